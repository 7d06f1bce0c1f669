//! The golden segment: what `docs/format.md` says, as bytes.

use crate::base::{Hash, PackId};
use crate::store::compress::Scheme;
use crate::store::index::build::{Row, key, write};
use crate::store::index::segment::Segment;
use crate::store::pack::{BlobEntry, PackName, from_hex, to_hex};
use crate::store::{BlobId, BlobKind};

const GOLDEN: &str = include_str!("../../../tests/golden/store/index.hex");

fn rows() -> (Vec<PackName>, Vec<Row>) {
    let pack = |n: u8| PackName { id: PackId(Hash::of(&[n])), nonce: u64::from(n) };
    let packs = vec![pack(1), pack(2)];
    let row = |n: u8| {
        let id = BlobId::of(BlobKind::Chunk, &[n]);
        let offset = 8 + u32::from(n) * 57;
        let entry = BlobEntry { id, scheme: Scheme::RAW, offset, stored: 1, plain: 1 };
        (packs[usize::from(n % 2)], entry)
    };
    let mut rows: Vec<Row> = (0..5).map(row).collect();
    rows.sort_unstable_by_key(key);
    (packs, rows)
}

#[test]
fn the_writer_still_produces_the_golden_segment() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("segment.idx");
    let (packs, rows) = rows();
    let count = rows.len();
    write(&path, dir.path(), &packs, count, rows.into_iter().map(Ok), false).unwrap();
    assert_eq!(to_hex(&std::fs::read(path).unwrap()), to_hex(&from_hex(GOLDEN)));
}

#[test]
fn the_golden_segment_finds_its_blobs() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("segment.idx");
    crate::base::fs::atomic_write(&path, &from_hex(GOLDEN)).unwrap();
    let segment = Segment::open(&path).unwrap();
    let (packs, rows) = rows();
    assert_eq!(segment.packs(), packs);
    for row in rows {
        let mut found = Vec::new();
        segment.find(row.1.id, &mut |pack, entry| found.push((pack, entry))).unwrap();
        assert_eq!(found, [row]);
    }
}
