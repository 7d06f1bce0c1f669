use super::*;
use crate::store::BlobId;

fn noise(seed: u64, len: usize) -> Vec<u8> {
    let mut bytes = vec![0; len];
    blake3::Hasher::new().update(&seed.to_le_bytes()).finalize_xof().fill(&mut bytes);
    bytes
}

fn put(store: &LocalStore, kind: BlobKind, bytes: &[u8]) -> BlobId {
    let id = BlobId::of(kind, bytes);
    store.write(id, bytes).unwrap();
    id
}

#[test]
fn what_was_written_is_read_at_once_and_by_others_after_a_flush() {
    let dir = tempfile::tempdir().unwrap();
    let store = LocalStore::open(dir.path()).unwrap();
    let other = LocalStore::open(dir.path()).unwrap();
    let id = put(&store, BlobKind::Chunk, b"one");
    assert!(!store.write(id, b"one").unwrap());
    assert_eq!(store.read(id).unwrap(), b"one");
    assert!(!other.contains(id).unwrap());
    store.flush(Durability::Visible).unwrap();
    assert!(other.contains(id).unwrap());
    assert_eq!(other.read(id).unwrap(), b"one");
    other.flush(Durability::Durable).unwrap();
    assert_eq!(store.read(id).unwrap(), b"one");
    assert_eq!(LocalStore::open(dir.path()).unwrap().read(id).unwrap(), b"one");
}
