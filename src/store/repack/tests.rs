use std::collections::BTreeSet;
use std::time::Duration;

use super::*;
use crate::base::NoProgress;
use crate::store::{BlobKind, ChunkStore, Durability};

fn noise(seed: u64, len: usize) -> Vec<u8> {
    let mut bytes = vec![0; len];
    blake3::Hasher::new().update(&seed.to_le_bytes()).finalize_xof().fill(&mut bytes);
    bytes
}

/// Stores blobs of 10 kB, the given seeds in one pack.
fn pack_of(store: &LocalStore, seeds: impl Iterator<Item = u64>) -> Vec<BlobId> {
    let put = |seed| {
        let bytes = noise(seed, 10_000);
        let id = BlobId::of(BlobKind::Chunk, &bytes);
        store.write(id, &bytes).unwrap();
        id
    };
    let ids = seeds.map(put).collect();
    store.flush(Durability::Durable).unwrap();
    ids
}

fn collect(store: &LocalStore, live: &BTreeSet<BlobId>) -> (RepackPlan, RepackOutcome) {
    let live = |id: &BlobId| live.contains(id);
    let session = store.exclusive(Duration::ZERO).unwrap();
    let plan = session.plan(&live, RepackLimits::default()).unwrap();
    let outcome = session.execute(&plan, &live, &NoProgress).unwrap();
    (plan, outcome)
}

#[test]
fn dead_packs_go_wasteful_ones_are_rewritten_and_live_blobs_stay() {
    let dir = tempfile::tempdir().unwrap();
    let store = LocalStore::open(dir.path()).unwrap();
    let dead = pack_of(&store, 0..10);
    let mixed = pack_of(&store, 10..20);
    let full = pack_of(&store, 20..30);
    let live: BTreeSet<BlobId> = mixed[..5].iter().chain(&full).copied().collect();
    let (plan, outcome) = collect(&store, &live);
    assert_eq!((plan.remove.len(), plan.rewrite.len()), (1, 1));
    assert_eq!((outcome.removed.len(), outcome.kept), (2, vec![]));
    for store in [&store, &LocalStore::open(dir.path()).unwrap()] {
        assert!(live.iter().all(|id| store.read(*id).is_ok()));
        assert!(dead.iter().chain(&mixed[5..]).all(|id| !store.contains(*id).unwrap()));
        assert_eq!(store.usage().unwrap().blobs, 15);
    }
}

#[test]
fn a_store_with_little_waste_is_left_alone() {
    let dir = tempfile::tempdir().unwrap();
    let store = LocalStore::open(dir.path()).unwrap();
    let ids = pack_of(&store, 0..100);
    let live: BTreeSet<BlobId> = ids[..98].iter().copied().collect();
    let (plan, outcome) = collect(&store, &live);
    assert_eq!((plan.remove.len(), plan.rewrite.len(), outcome.removed.len()), (0, 0, 0));
    assert!((20_000..23_000).contains(&plan.unused), "{}", plan.unused);
}

#[test]
fn many_tiny_packs_become_one() {
    let dir = tempfile::tempdir().unwrap();
    let store = LocalStore::open(dir.path()).unwrap();
    let ids: BTreeSet<BlobId> = (0..40).flat_map(|n| pack_of(&store, n..=n)).collect();
    collect(&store, &ids);
    assert_eq!(store.packs().unwrap().len(), 1);
    assert!(ids.iter().all(|id| store.read(*id).is_ok()));
}

#[test]
fn a_pack_with_a_damaged_live_blob_is_kept() {
    let dir = tempfile::tempdir().unwrap();
    let store = LocalStore::open(dir.path()).unwrap();
    let ids = pack_of(&store, 0..10);
    let pack = store.packs().unwrap().remove(0);
    let mut bytes = std::fs::read(&pack.path).unwrap();
    bytes[5000] ^= 1;
    crate::base::fs::atomic_write(&pack.path, &bytes).unwrap();
    let live: BTreeSet<BlobId> = ids[..5].iter().copied().collect();
    let (plan, outcome) = collect(&store, &live);
    assert_eq!(plan.rewrite.len(), 1);
    assert_eq!(outcome.kept, [pack.name]);
    assert!(pack.path.exists());
}
