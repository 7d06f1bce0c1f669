use std::sync::atomic::Ordering;

use super::*;

fn layered(dir: &std::path::Path) -> (LayeredStore, Arc<CountingSource>) {
    let store = LayeredStore::new(Arc::new(LocalStore::open(dir).unwrap()));
    let source = Arc::new(CountingSource::default());
    store.set_source(source.clone());
    (store, source)
}

fn promised(source: &CountingSource, text: &str) -> BlobId {
    let id = BlobId::of(BlobKind::Chunk, text.as_bytes());
    source.blobs.write(id, text.as_bytes()).unwrap();
    id
}

#[test]
fn what_is_missing_is_fetched_when_it_is_read_and_then_is_here() {
    let dir = tempfile::tempdir().unwrap();
    let (store, source) = layered(dir.path());
    let (one, other) = (promised(&source, "one"), promised(&source, "other"));
    assert!(!store.contains(one).unwrap() && store.promises(one).unwrap());
    assert_eq!(store.read(one).unwrap(), b"one");
    let mut room = [0; 5];
    assert_eq!((store.read_into(other, &mut room).unwrap(), &room), (5, b"other"));
    assert_eq!(source.take_requests(), [vec![one], vec![other]]);
    assert_eq!(store.read(one).unwrap(), b"one");
    assert!(store.contains(one).unwrap() && source.take_requests().is_empty());
}

#[test]
fn many_blobs_are_fetched_in_one_request_and_other_handles_see_them() {
    let dir = tempfile::tempdir().unwrap();
    let (store, source) = layered(dir.path());
    let ids: Vec<BlobId> = (0..50).map(|n| promised(&source, &format!("blob {n}"))).collect();
    store.write(ids[7], b"blob 7").unwrap();
    store.fetch(&ids).unwrap();
    store.fetch(&ids).unwrap();
    let requests = source.take_requests();
    assert_eq!((requests.len(), requests[0].len()), (1, 49));
    let other = LocalStore::open(dir.path()).unwrap();
    assert!(ids.iter().all(|id| other.contains(*id).unwrap()));
}

#[test]
fn what_nobody_promises_is_missing_and_a_source_out_of_reach_says_so() {
    let dir = tempfile::tempdir().unwrap();
    let (store, source) = layered(dir.path());
    let unknown = BlobId::of(BlobKind::Chunk, b"unknown");
    assert!(matches!(store.read(unknown), Err(StoreError::Missing { id }) if id == unknown));
    store.fetch(&[unknown]).unwrap();
    let known = promised(&source, "known");
    source.offline.store(true, Ordering::Relaxed);
    assert!(matches!(store.read(known), Err(StoreError::NotFetched { .. })));
    assert!(matches!(store.fetch(&[known]), Err(StoreError::NotFetched { .. })));
}

#[test]
fn what_is_only_promised_is_stored_all_the_same() {
    let dir = tempfile::tempdir().unwrap();
    let (store, source) = layered(dir.path());
    let id = promised(&source, "mine too");
    assert!(store.write(id, b"mine too").unwrap());
    source.blobs.remove(id);
    assert_eq!(store.read(id).unwrap(), b"mine too");
    assert!(source.take_requests().is_empty());
}

#[test]
fn what_is_damaged_here_is_healed_from_the_source_or_named_as_damaged() {
    let dir = tempfile::tempdir().unwrap();
    let (store, source) = layered(dir.path());
    let id = promised(&source, "damaged later");
    store.write(id, b"damaged later").unwrap();
    store.flush(Durability::Durable).unwrap();
    let pack = store.local().packs().unwrap().remove(0);
    drop(store);
    let mut bytes = std::fs::read(&pack.path).unwrap();
    let place = bytes.windows(7).position(|text| text == b"damaged").unwrap();
    bytes[place] ^= 1;
    crate::base::fs::atomic_write(&pack.path, &bytes).unwrap();

    let store = LayeredStore::new(Arc::new(LocalStore::open(dir.path()).unwrap()));
    store.set_source(source.clone());
    source.offline.store(true, Ordering::Relaxed);
    assert!(matches!(store.read(id), Err(StoreError::Damaged { .. })));
    source.offline.store(false, Ordering::Relaxed);
    assert_eq!(store.read(id).unwrap(), b"damaged later");
    store.flush(Durability::Visible).unwrap();
    assert_eq!(LocalStore::open(dir.path()).unwrap().read(id).unwrap(), b"damaged later");
}
