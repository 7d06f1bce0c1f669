//! The golden pack: what `docs/format.md` says, as bytes.

use std::fs::File;
use std::os::unix::fs::FileExt;
use std::path::Path;

use super::*;
use crate::store::BlobId;
use crate::store::compress::Scheme;

const GOLDEN: &str = include_str!("../../../tests/golden/store/pack.hex");

/// Returns the bytes of a text of hex digits with comments.
pub fn from_hex(text: &str) -> Vec<u8> {
    let lines = text.lines().filter(|line| !line.starts_with('#'));
    let digits: Vec<u8> = lines.flat_map(str::bytes).filter(u8::is_ascii_hexdigit).collect();
    let byte = |pair: &[u8]| u8::from_str_radix(str::from_utf8(pair).unwrap(), 16).unwrap();
    digits.chunks(2).map(byte).collect()
}

/// Returns bytes as lines of hex digits.
pub fn to_hex(bytes: &[u8]) -> String {
    use std::fmt::Write;
    let mut text = String::new();
    for line in bytes.chunks(32) {
        for byte in line {
            write!(text, "{byte:02x}").unwrap();
        }
        text.push('\n');
    }
    text
}

fn blobs() -> [(BlobKind, Vec<u8>); 3] {
    let text = "all work and no play ".repeat(12).into_bytes();
    [(BlobKind::Chunk, b"hello".to_vec()), (BlobKind::Chunk, text), (BlobKind::Commit, vec![0x80])]
}

fn golden_file(dir: &Path) -> File {
    let path = dir.join("pack");
    crate::base::fs::atomic_write(&path, &from_hex(GOLDEN)).unwrap();
    File::open(path).unwrap()
}

#[test]
fn the_golden_pack_gives_its_blobs() {
    let dir = tempfile::tempdir().unwrap();
    let file = golden_file(dir.path());
    let (entries, _) = read_footer(&file).unwrap();
    assert_eq!(entries.len(), 3);
    for (kind, plain) in blobs() {
        let id = BlobId::of(kind, &plain);
        let entry = entries.iter().find(|entry| entry.id == id).unwrap();
        assert_eq!(read_blob(&file, entry).unwrap(), plain);
        let compressed = plain.len() > 64;
        assert_eq!(entry.scheme, if compressed { Scheme::ZSTD } else { Scheme::RAW });
    }
    let mut scanned = scan(&file).unwrap();
    scanned.sort_unstable_by_key(BlobEntry::key);
    assert_eq!(scanned, entries);
}

#[test]
fn the_writer_still_produces_the_golden_pack() {
    let dir = tempfile::tempdir().unwrap();
    let golden = golden_file(dir.path());
    let mut entries = read_footer(&golden).map(|(entries, _)| entries).unwrap_or_default();
    entries.sort_unstable_by_key(|entry| entry.offset);
    let mut writer = PackWriter::create(dir.path()).unwrap();
    for (kind, plain) in blobs() {
        let id = BlobId::of(kind, &plain);
        // The payload is the golden one: another release of zstd may find a shorter frame.
        let entry = entries.iter().find(|entry| entry.id == id).unwrap();
        let (payload, _) = read_both(&golden, entry).unwrap();
        let scheme = entry.scheme;
        writer.append(id, scheme, plain.len() as u32, &payload);
    }
    let sealed = writer.seal(dir.path(), false).unwrap();
    let bytes = std::fs::read(dir.path().join(sealed.name.file_name())).unwrap();
    assert_eq!(to_hex(&bytes), to_hex(&from_hex(GOLDEN)));
    let mut id = [0; 32];
    golden.read_exact_at(&mut id, bytes.len() as u64 - 32).unwrap();
    assert_eq!(sealed.name.id.0.0, id);
}
