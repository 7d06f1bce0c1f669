use std::io::{Read, Seek};
use std::sync::Arc;

use proptest::prelude::*;

use super::*;
use crate::store::{ChunkStore, MemoryStore, StoreError};

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

fn bytes_of(mut file: &File) -> Vec<u8> {
    let mut bytes = Vec::new();
    file.rewind().unwrap();
    file.read_to_end(&mut bytes).unwrap();
    bytes
}

/// Returns `bytes` with one run of them replaced by another.
fn edited(bytes: &[u8], at: usize, removed: usize, inserted: usize) -> Vec<u8> {
    let at = at % (bytes.len() + 1);
    let end = (at + removed).min(bytes.len());
    [&bytes[..at], &noise(at as u64 + 9, inserted), &bytes[end..]].concat()
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(24))]

    #[test]
    fn what_is_filled_or_patched_holds_the_file(
        len in prop_oneof![Just(0), 1..4_000_usize, 200_000..3_000_000_usize],
        at in any::<usize>(),
        removed in prop_oneof![Just(0), 1..2_000_000_usize],
        inserted in prop_oneof![Just(0), 1..400_000_usize],
    ) {
        let (_, db) = db();
        let old = noise(1, len);
        let new = edited(&old, at, removed, inserted);
        let (before, after) = (db.ingest_bytes(&old).unwrap(), db.ingest_bytes(&new).unwrap());
        let out = file_of(b"");
        db.fill_file(&after, &out).unwrap();
        prop_assert!(bytes_of(&out) == new);
        let clone = file_of(&old);
        db.patch_file(&before, &after, &clone).unwrap();
        prop_assert!(bytes_of(&clone) == new);
        prop_assert!(db.shared_bytes(&before, &after).unwrap() <= after.size);
        prop_assert_eq!(db.shared_bytes(&after, &after).unwrap(), after.size);
    }
}

#[test]
fn what_a_clone_has_already_is_not_read_from_the_store() {
    let (store, db) = db();
    let old = noise(1, 3_000_000);
    let new = edited(&old, 1_500_000, 1000, 1000);
    let (before, after) = (db.ingest_bytes(&old).unwrap(), db.ingest_bytes(&new).unwrap());
    assert!(db.shared_bytes(&before, &after).unwrap() > 2_000_000);
    let held: Vec<ChunkSpan> = db.chunk_spans(&before).map(Result::unwrap).collect();
    for span in db.chunk_spans(&after).map(Result::unwrap).filter(|span| held.contains(span)) {
        store.remove(BlobId::chunk(span.hash));
    }
    let clone = file_of(&old);
    db.patch_file(&before, &after, &clone).unwrap();
    assert!(bytes_of(&clone) == new);
    assert!(db.fill_file(&after, &file_of(b"")).is_err());
}

#[test]
fn a_clone_that_is_not_what_it_is_believed_to_be_is_put_right() {
    let (_, db) = db();
    let old = noise(1, 3_000_000);
    let new = edited(&old, 10, 5, 5);
    let (before, after) = (db.ingest_bytes(&old).unwrap(), db.ingest_bytes(&new).unwrap());
    let mut other = old.clone();
    other[2_000_000] ^= 1;
    for clone in [file_of(&other), file_of(&old[..1_000_000]), file_of(b"")] {
        db.patch_file(&before, &after, &clone).unwrap();
        assert!(bytes_of(&clone) == new);
    }
}

#[test]
fn a_chunk_that_is_gone_and_one_of_another_length_are_errors() {
    let (store, db) = db();
    let file = db.ingest_bytes(&noise(1, 3_000_000)).unwrap();
    let span = db.chunk_spans(&file).nth(20).unwrap().unwrap();
    let id = BlobId::chunk(span.hash);
    let refused = |db: &ObjectDb| db.fill_file(&file, &file_of(b"")).unwrap_err();
    store.write(id, b"short").unwrap();
    assert!(matches!(refused(&db), ObjectError::Invalid { .. }));
    store.remove(id);
    let missing = refused(&db);
    assert!(matches!(missing, ObjectError::Store(StoreError::Missing { id: it }) if it == id));
}

#[test]
fn a_length_that_no_chunk_has_is_an_error_and_takes_no_memory() {
    let (_, db) = db();
    let file = db.ingest_bytes(b"short").unwrap();
    for size in [6, 1 << 50, u64::MAX] {
        let refused = db.fill_file(&FileRef { size, ..file }, &file_of(b""));
        assert!(matches!(refused, Err(ObjectError::Invalid { .. })), "{size}");
    }
}
