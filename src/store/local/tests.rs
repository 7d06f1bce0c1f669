use std::collections::BTreeSet;
use std::path::PathBuf;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use proptest::prelude::*;
use rayon::prelude::*;
use tempfile::TempDir;

use super::*;
use crate::base::{Hash, NoProgress};
use crate::store::layout::{Layout, children, packs_in};
use crate::store::{BlobId, Damage};

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

fn open(dir: &TempDir) -> LocalStore {
    LocalStore::open(dir.path()).unwrap()
}

/// Stores some blobs of two kinds, some of which compress, and flushes.
fn filled(dir: &TempDir, seed: u64, count: u64) -> Vec<(BlobId, Vec<u8>)> {
    let store = open(dir);
    let blobs = (0..count).map(|n| {
        let bytes = noise(seed * 1000 + n, 50 + n as usize * 37);
        let bytes = if n % 3 == 0 { bytes.repeat(3) } else { bytes };
        let kind = if n % 4 == 0 { BlobKind::Tree } else { BlobKind::Chunk };
        (put(&store, kind, &bytes), bytes)
    });
    let blobs = blobs.collect();
    store.flush(Durability::Durable).unwrap();
    blobs
}

fn damages(store: &LocalStore) -> Vec<Damage> {
    let mut found = Vec::new();
    for pack in store.packs().unwrap() {
        store.verify_pack(&pack, &NoProgress, &mut |damage| found.push(damage)).unwrap();
    }
    found
}

fn names_blob(found: &[Damage], blob: BlobId) -> bool {
    found.iter().any(|damage| matches!(damage, Damage::Blob { id, .. } if *id == blob))
}

fn flip(path: &Path, bit: usize) {
    let mut bytes = std::fs::read(path).unwrap();
    bytes[bit / 8] ^= 1 << (bit % 8);
    put_file(path, &bytes);
}

fn put_file(path: &Path, bytes: &[u8]) {
    crate::base::fs::atomic_write(path, bytes).unwrap();
}

fn pack_paths(dir: &TempDir) -> Vec<PathBuf> {
    let layout = Layout::new(dir.path());
    let packs_of = |dir: PathBuf| {
        packs_in(&dir).unwrap().into_iter().map(move |name| dir.join(name.file_name()))
    };
    layout.pack_dirs().unwrap().into_iter().flat_map(packs_of).collect()
}

fn index_paths(dir: &TempDir) -> Vec<PathBuf> {
    children(&dir.path().join("index")).unwrap()
}

#[test]
fn what_was_written_is_read_at_once_and_by_others_after_a_flush() {
    let dir = tempfile::tempdir().unwrap();
    let store = open(&dir);
    let other = open(&dir);
    let id = put(&store, BlobKind::Chunk, b"one");
    assert!(!store.write(id, b"one").unwrap());
    assert_eq!(store.read(id).unwrap(), b"one");
    assert!(!other.contains(id).unwrap());
    store.flush(Durability::Visible).unwrap();
    assert!(other.contains(id).unwrap());
    assert_eq!(other.read(id).unwrap(), b"one");
    other.flush(Durability::Durable).unwrap();
    assert_eq!(store.read(id).unwrap(), b"one");
    assert_eq!(open(&dir).read(id).unwrap(), b"one");
}

#[test]
fn a_durable_flush_moves_the_packs_of_every_process() {
    let dir = tempfile::tempdir().unwrap();
    let (one, two) = (open(&dir), open(&dir));
    put(&one, BlobKind::Chunk, b"one");
    put(&two, BlobKind::Chunk, b"two");
    one.flush(Durability::Visible).unwrap();
    two.flush(Durability::Durable).unwrap();
    let layout = Layout::new(dir.path());
    assert_eq!(packs_in(&layout.packs()).unwrap().len(), 2);
    assert_eq!(packs_in(&layout.fresh().unwrap()).unwrap().len(), 0);
}

#[test]
fn a_pack_that_becomes_durable_while_packs_are_listed_is_not_missed() {
    let dir = tempfile::tempdir().unwrap();
    let (writer, reader) = (open(&dir), open(&dir));
    let (sender, visible) = std::sync::mpsc::channel();
    std::thread::scope(|scope| {
        scope.spawn(move || {
            for number in 0..400 {
                let id = put(&writer, BlobKind::Tree, &noise(number, 100));
                writer.flush(Durability::Visible).unwrap();
                sender.send(id).unwrap();
                writer.flush(Durability::Durable).unwrap();
            }
        });
        for id in visible {
            assert!(reader.read(id).is_ok(), "{id:?} was there, and was not found");
        }
    });
}

#[test]
fn threads_that_write_the_same_blobs_store_each_once() {
    let dir = tempfile::tempdir().unwrap();
    let store = open(&dir);
    let fresh = AtomicUsize::new(0);
    (0..4000u64).into_par_iter().for_each(|n| {
        let bytes = noise(n % 1000, 3000);
        let id = BlobId::of(BlobKind::Chunk, &bytes);
        fresh.fetch_add(usize::from(store.write(id, &bytes).unwrap()), Ordering::SeqCst);
        assert_eq!(store.read(id).unwrap(), bytes);
    });
    store.flush(Durability::Visible).unwrap();
    assert_eq!(fresh.into_inner(), 1000);
    assert_eq!(store.usage().unwrap().blobs, 1000);
    assert_eq!(damages(&store), []);
}

#[test]
fn a_missing_blob_is_named() {
    let dir = tempfile::tempdir().unwrap();
    let id = BlobId::of(BlobKind::Tree, b"nowhere");
    assert!(matches!(open(&dir).read(id), Err(StoreError::Missing { id: named }) if named == id));
}

#[test]
fn a_prefix_finds_blobs_of_its_kind_in_order() {
    let dir = tempfile::tempdir().unwrap();
    let blobs = filled(&dir, 1, 300);
    let store = open(&dir);
    store.index.fold(false).unwrap();
    let late = put(&store, BlobKind::Tree, b"late");
    for prefix in ["", "0", "a", "5f", "abc", &late.hash.to_hex()] {
        let mut expected: Vec<BlobId> = blobs.iter().map(|(id, _)| *id).chain([late]).collect();
        expected.retain(|id| id.kind == BlobKind::Tree && id.hash.to_hex().starts_with(prefix));
        expected.sort_unstable();
        assert_eq!(store.find(BlobKind::Tree, prefix, 1000).unwrap(), expected, "{prefix}");
        expected.truncate(2);
        assert_eq!(store.find(BlobKind::Tree, prefix, 2).unwrap(), expected, "{prefix}");
    }
    assert_eq!(store.find(BlobKind::Tree, "xyz", 9).unwrap(), []);
    assert_eq!(store.find(BlobKind::Tree, &"a".repeat(65), 9).unwrap(), []);
}

#[test]
fn hundreds_of_small_flushes_leave_few_segments_and_lose_nothing() {
    let dir = tempfile::tempdir().unwrap();
    let ids: Vec<BlobId> = (0..300u64)
        .map(|n| {
            let store = open(&dir);
            let id = put(&store, BlobKind::Commit, &n.to_le_bytes());
            store.flush(Durability::Visible).unwrap();
            id
        })
        .collect();
    assert!((1..12).contains(&index_paths(&dir).len()), "{:?}", index_paths(&dir));
    let store = open(&dir);
    assert!(ids.iter().all(|id| store.read(*id).is_ok()));
    assert_eq!(store.usage().unwrap().blobs, 300);
    assert_eq!(store.blobs(BlobKind::Commit).unwrap().len(), 300);
}

#[test]
fn a_deleted_index_is_rebuilt_from_the_packs() {
    let dir = tempfile::tempdir().unwrap();
    let blobs = filled(&dir, 2, 50);
    let store = open(&dir);
    store.index.fold(false).unwrap();
    assert_eq!(index_paths(&dir).len(), 1);
    std::fs::remove_dir_all(dir.path().join("index")).unwrap();
    let again = open(&dir);
    assert!(blobs.iter().all(|(id, bytes)| again.read(*id).unwrap() == *bytes));
    assert!(blobs.iter().all(|(id, bytes)| store.read(*id).unwrap() == *bytes));
}

#[test]
fn a_pack_without_its_end_still_gives_its_intact_blobs() {
    let dir = tempfile::tempdir().unwrap();
    let blobs = filled(&dir, 3, 40);
    for path in pack_paths(&dir) {
        let bytes = std::fs::read(&path).unwrap();
        put_file(&path, &bytes[..bytes.len() * 2 / 3]);
    }
    let store = open(&dir);
    let intact = blobs.iter().filter(|(id, _)| store.read(*id).is_ok()).count();
    assert!(intact >= 20, "{intact}");
    let named = damages(&store);
    assert!(named.iter().any(|damage| matches!(damage, Damage::Footer { .. })), "{named:?}");
}

#[test]
fn a_damaged_blob_names_its_pack_and_a_second_copy_helps() {
    let dir = tempfile::tempdir().unwrap();
    let (store, other) = (open(&dir), open(&dir));
    let bytes = noise(4, 9000);
    let id = put(&store, BlobKind::Chunk, &bytes);
    put(&other, BlobKind::Chunk, &bytes);
    store.flush(Durability::Durable).unwrap();
    let path = pack_paths(&dir).remove(0);
    flip(&path, 8 * 4000);
    match open(&dir).read(id) {
        Err(StoreError::Damaged { id: named, pack, .. }) => {
            assert_eq!((named, pack), (id, Some(path)));
        }
        other => panic!("{other:?}"),
    }
    other.flush(Durability::Durable).unwrap();
    assert_eq!(open(&dir).read(id).unwrap(), bytes);
}

#[test]
fn temporary_files_of_the_dead_go_and_those_of_the_living_stay() {
    let dir = tempfile::tempdir().unwrap();
    let store = open(&dir);
    put(&store, BlobKind::Chunk, b"living");
    put_file(&dir.path().join("tmp/dead.tmp"), b"half a pack");
    open(&dir);
    assert_eq!(children(&dir.path().join("tmp")).unwrap().len(), 1);
    drop(store);
    assert_eq!(children(&dir.path().join("tmp")).unwrap().len(), 0);
}

#[test]
fn after_a_power_cut_sound_packs_are_kept_and_damaged_ones_set_aside() {
    let dir = tempfile::tempdir().unwrap();
    let before = || LocalStore::open_layout(Layout::with_boot(dir.path(), "before")).unwrap();
    let (one, two) = (before(), before());
    let sound = put(&one, BlobKind::Chunk, &noise(5, 5000));
    one.flush(Durability::Visible).unwrap();
    let path = pack_paths(&dir).remove(0);
    let hurt = put(&two, BlobKind::Chunk, &noise(6, 5000));
    two.flush(Durability::Visible).unwrap();
    let hurt_path = pack_paths(&dir).into_iter().find(|other| *other != path).unwrap();
    let len = hurt_path.metadata().unwrap().len();
    put_file(&hurt_path, &vec![0; len as usize]);
    drop((one, two));
    let after = LocalStore::open_layout(Layout::with_boot(dir.path(), "after")).unwrap();
    assert_eq!(after.report().damaged.len(), 1);
    assert!(after.report().damaged[0].starts_with(dir.path().join("damaged")));
    assert!(after.read(sound).is_ok());
    assert!(matches!(after.read(hurt), Err(StoreError::Missing { .. })));
    let again = LocalStore::open_layout(Layout::with_boot(dir.path(), "after")).unwrap();
    assert_eq!(again.report().damaged, Vec::<PathBuf>::new());
}

#[test]
fn a_failed_write_fails_everything_after_it_and_leaves_nothing() {
    let dir = tempfile::tempdir().unwrap();
    let store = open(&dir);
    std::fs::remove_dir(dir.path().join("tmp")).unwrap();
    let id = BlobId::of(BlobKind::Chunk, b"x");
    let refused = store.write(id, b"x").unwrap_err().to_string();
    assert!(refused.contains("cannot create") && refused.contains("/tmp/"), "{refused}");
    std::fs::create_dir(dir.path().join("tmp")).unwrap();
    let flushed = store.flush(Durability::Visible).unwrap_err().to_string();
    assert!(flushed.starts_with("cannot create"), "{flushed}");
    assert!(!store.contains(id).unwrap());
    assert_eq!(pack_paths(&dir), Vec::<PathBuf>::new());
}

#[test]
fn a_blob_longer_than_a_header_may_claim_is_refused() {
    let dir = tempfile::tempdir().unwrap();
    let bytes = vec![0; (16 << 20) + 1];
    let refused = open(&dir).write(BlobId::of(BlobKind::Chunk, &bytes), &bytes);
    assert!(matches!(refused, Err(StoreError::TooLong { .. })), "{refused:?}");
}

#[test]
fn a_full_pack_is_sealed_and_another_begun() {
    let dir = tempfile::tempdir().unwrap();
    let store = open(&dir);
    let bytes: Vec<Vec<u8>> = (0..70).map(|n| noise(n, 1 << 20)).collect();
    let ids: Vec<BlobId> = bytes.par_iter().map(|b| put(&store, BlobKind::Chunk, b)).collect();
    assert_eq!(store.packs().unwrap().len(), 1);
    assert!(ids.iter().zip(&bytes).all(|(id, bytes)| store.read(*id).unwrap() == *bytes));
    store.flush(Durability::Visible).unwrap();
    assert_eq!(store.packs().unwrap().len(), 2);
    assert_eq!(damages(&store), []);
}

#[test]
fn garbage_collection_waits_for_the_other_users_of_the_store() {
    let dir = tempfile::tempdir().unwrap();
    let (store, other) = (open(&dir), open(&dir));
    let held = store.exclusive(Duration::from_millis(20));
    assert!(matches!(held, Err(StoreError::Lock(_))));
    drop(other);
    store.exclusive(Duration::ZERO).unwrap();
    assert!(store.exclusive(Duration::ZERO).is_ok());
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(48))]

    #[test]
    fn a_flipped_bit_in_a_pack_is_found_or_harmless(place in any::<prop::sample::Index>()) {
        let dir = tempfile::tempdir().unwrap();
        let blobs = filled(&dir, 7, 12);
        let paths = pack_paths(&dir);
        let lens: Vec<usize> =
            paths.iter().map(|p| p.metadata().unwrap().len() as usize).collect();
        let mut bit = place.index(lens.iter().sum::<usize>() * 8);
        let mut number = 0;
        while bit >= lens[number] * 8 {
            bit -= lens[number] * 8;
            number += 1;
        }
        flip(&paths[number], bit);
        let store = open(&dir);
        let harmless = blobs.iter().all(|(id, bytes)| {
            store.read(*id).is_ok_and(|found| found == *bytes)
        });
        let found = damages(&store);
        prop_assert!(harmless || !found.is_empty());
        // Only the payload of a compressed blob has bits that mean nothing.
        for (id, bytes) in &blobs {
            match store.read(*id) {
                Ok(read) => prop_assert_eq!(&read, bytes),
                Err(_) => prop_assert!(names_blob(&found, *id)),
            }
        }
    }

    #[test]
    fn a_flipped_bit_in_the_index_is_harmless(place in any::<prop::sample::Index>()) {
        let dir = tempfile::tempdir().unwrap();
        let blobs = filled(&dir, 8, 60);
        open(&dir).index.fold(false).unwrap();
        let path = index_paths(&dir).remove(0);
        flip(&path, place.index(path.metadata().unwrap().len() as usize * 8));
        let store = open(&dir);
        for (id, bytes) in &blobs {
            prop_assert_eq!(&store.read(*id).unwrap(), bytes);
        }
        let ids: BTreeSet<BlobId> = blobs.iter().map(|(id, _)| *id).collect();
        prop_assert_eq!(store.usage().unwrap().blobs, ids.len() as u64);
        prop_assert!(!store.contains(BlobId::chunk(Hash::of(b"stranger"))).unwrap());
    }

    #[test]
    fn garbage_in_place_of_a_pack_never_panics(bytes in prop::collection::vec(any::<u8>(), 0..400)) {
        let dir = tempfile::tempdir().unwrap();
        filled(&dir, 9, 3);
        let path = pack_paths(&dir).remove(0);
        put_file(&path, &bytes);
        let store = open(&dir);
        prop_assert!(store.usage().is_ok());
        prop_assert!(!damages(&store).is_empty());
    }
}
