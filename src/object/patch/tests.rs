use std::sync::Arc;

use proptest::prelude::*;

use super::*;
use crate::store::{BlobId, MemoryStore};

/// Returns bytes that look random, the same for the same seed.
fn noise(seed: u64, len: usize) -> Vec<u8> {
    let mut bytes = vec![0; len];
    blake3::Hasher::new().update(&seed.to_le_bytes()).finalize_xof().fill(&mut bytes);
    bytes
}

fn db() -> (Arc<MemoryStore>, ObjectDb) {
    let store = Arc::new(MemoryStore::default());
    (store.clone(), ObjectDb::new(store))
}

fn file_of(bytes: &[u8]) -> File {
    let file = tempfile::tempfile().unwrap();
    file.write_all_at(bytes, 0).unwrap();
    file
}

fn bytes_of(file: &File) -> Vec<u8> {
    let mut bytes = vec![0; file.metadata().unwrap().len() as usize];
    file.read_exact_at(&mut bytes, 0).unwrap();
    bytes
}

/// An edit of a file: where, how many bytes go, how many come.
type Edit = (usize, usize, usize);

fn edited(mut bytes: Vec<u8>, edits: &[Edit]) -> Vec<u8> {
    for (seed, (at, removed, inserted)) in edits.iter().enumerate() {
        let at = at % (bytes.len() + 1);
        let end = (at + removed).min(bytes.len());
        bytes.splice(at..end, noise(seed as u64 + 9, *inserted));
    }
    bytes
}

fn edits() -> impl Strategy<Value = Vec<Edit>> {
    let same_length = (any::<usize>(), 1..50_000_usize).prop_map(|(at, len)| (at, len, len));
    let other_length = (any::<usize>(), 0..300_000_usize, 0..300_000_usize);
    prop::collection::vec(prop_oneof![3 => same_length, 1 => other_length], 1..4)
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(32))]

    #[test]
    fn a_file_patched_there_and_back_holds_the_same_bytes_again(
        len in 300_000..2_000_000_usize, edits in edits(), cuts in any::<(u8, u8)>()
    ) {
        let (_, db) = db();
        let old = noise(1, len);
        let new = edited(old.clone(), &edits);
        let (before, after) = (db.ingest_bytes(&old).unwrap(), db.ingest_bytes(&new).unwrap());
        let Some(there) = db.compare_files(&before, &after, u64::MAX).unwrap() else {
            prop_assert!(new.len() <= 1 << 18, "one is a single chunk");
            return Ok(());
        };
        let back = db.compare_files(&after, &before, u64::MAX).unwrap().unwrap();
        let file = file_of(&old);
        prop_assert!(db.is_between(&there, &file).unwrap());
        db.write_patch(&there, &file).unwrap();
        prop_assert!(bytes_of(&file) == new);
        // Any part of the way back, in any order, then there again.
        for (number, chunk) in back.new.chunks.iter().enumerate() {
            if (number as u8).wrapping_mul(cuts.0 | 1) < cuts.1 {
                let kept = chunk.len as usize * usize::from(cuts.0) / 255;
                let start = chunk.offset as usize;
                let end = (start + kept).min(new.len()).max(start.min(new.len()));
                if start < end {
                    file.write_all_at(&old[start..end], chunk.offset).unwrap();
                }
            }
        }
        prop_assert!(db.is_half_patched(&before, &after, &file).unwrap());
        prop_assert!(db.is_half_patched(&after, &before, &file).unwrap());
        db.write_patch(&there, &file).unwrap();
        prop_assert!(bytes_of(&file) == new);
        db.write_patch(&back, &file).unwrap();
        prop_assert!(bytes_of(&file) == old);
    }
}

/// Two versions, the second with a few bytes of the first replaced.
fn two(db: &ObjectDb) -> (Vec<u8>, FileRef, FileRef, Patch) {
    let old = noise(1, 3_000_000);
    let new = edited(old.clone(), &[(1_500_000, 1000, 1000)]);
    let (before, after) = (db.ingest_bytes(&old).unwrap(), db.ingest_bytes(&new).unwrap());
    let patch = db.compare_files(&before, &after, u64::MAX).unwrap().unwrap();
    (old, before, after, patch)
}

#[test]
fn a_byte_of_neither_version_is_noticed_wherever_it_is() {
    let (_, db) = db();
    let (old, before, after, patch) = two(&db);
    for place in [0, 1_500_500, 2_999_999] {
        let mut other = old.clone();
        other[place] ^= 1;
        let file = file_of(&other);
        assert!(!db.is_half_patched(&before, &after, &file).unwrap(), "at {place}");
        assert_eq!(db.is_between(&patch, &file).unwrap(), place != 1_500_500);
    }
    for size in [old.len() - 1, old.len() + 1, 0] {
        let file = file_of(&old);
        file.set_len(size as u64).unwrap();
        assert!(!db.is_half_patched(&before, &after, &file).unwrap(), "{size} bytes");
    }
}

#[test]
fn a_patch_is_as_long_as_what_differs_and_none_is_made_beyond_the_limit() {
    let (_, db) = db();
    let (_, before, after, patch) = two(&db);
    assert!((1000..600_000).contains(&patch.bytes()), "{}", patch.bytes());
    assert!(db.compare_files(&before, &after, patch.bytes() - 1).unwrap().is_none());
    assert_eq!(db.compare_files(&before, &before, 0).unwrap().unwrap().bytes(), 0);
    let small = db.ingest_bytes(b"small").unwrap();
    assert!(db.compare_files(&small, &after, u64::MAX).unwrap().is_none());
}

#[test]
fn a_version_that_the_store_has_lost_is_an_error_before_anything_is_written() {
    for lose_old in [true, false] {
        let (store, db) = db();
        let (old, _, _, patch) = two(&db);
        let lost = if lose_old { &patch.old } else { &patch.new };
        store.remove(BlobId::chunk(lost.chunks[0].hash));
        assert!(db.is_between(&patch, &file_of(&old)).is_err());
    }
}
