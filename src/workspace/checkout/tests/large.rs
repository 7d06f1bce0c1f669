//! Files of many chunks, which are written in pieces at the same time.

use std::io::Read;
use std::sync::Arc;

use super::*;
use crate::base::Hash;
use crate::object::ObjectDb;
use crate::store::{BlobId, BlobKind, ChunkStore, Durability, StoreError};

/// A store whose reader is killed at the n-th chunk, or told that it is gone.
#[derive(Debug)]
pub(super) struct DyingStore {
    pub inner: Arc<dyn ChunkStore>,
    pub left: AtomicUsize,
    pub kills: bool,
}

impl ChunkStore for DyingStore {
    fn contains(&self, id: BlobId) -> Result<bool, StoreError> {
        self.inner.contains(id)
    }

    fn read(&self, id: BlobId) -> Result<Vec<u8>, StoreError> {
        let step = |left: usize| left.checked_sub(1);
        if id.kind == BlobKind::Chunk
            && self.left.fetch_update(Ordering::SeqCst, Ordering::SeqCst, step).is_err()
        {
            if self.kills {
                std::panic::resume_unwind(Box::new("killed"));
            }
            return Err(StoreError::Missing { id });
        }
        self.inner.read(id)
    }

    fn write(&self, id: BlobId, bytes: &[u8]) -> Result<bool, StoreError> {
        self.inner.write(id, bytes)
    }

    fn flush(&self, durability: Durability) -> Result<(), StoreError> {
        self.inner.flush(durability)
    }

    fn find(&self, kind: BlobKind, prefix: &str, limit: usize) -> Result<Vec<BlobId>, StoreError> {
        self.inner.find(kind, prefix, limit)
    }
}

/// Returns text that no chunk of which is like another.
pub(super) fn long_text(lines: usize) -> String {
    (0..lines).map(|line| Hash::of(&line.to_le_bytes()).to_hex() + "\n").collect()
}

/// Two trees with a file of many chunks that differs at its end, in the middle and in its length.
fn two_large(sample: &Sample) -> (TreeId, TreeId) {
    let old = long_text(30_000);
    let half = old.len() / 2;
    let new = [&old[..half], "something else\n", &old[half + 200..]].concat();
    (sample.tree(&[("a", "1"), ("model", &old)]), sample.tree(&[("a", "2"), ("model", &new)]))
}

#[test]
fn a_large_file_whose_writing_was_killed_at_any_chunk_is_old_or_new() {
    for direction in [Direction::Forward, Direction::Back] {
        let mut after = 0;
        loop {
            let sample = Sample::new();
            let (old, new) = two_large(&sample);
            sample.fill(old);
            let store = sample.objects.store().clone();
            let dying =
                Arc::new(DyingStore { inner: store, left: AtomicUsize::new(after), kills: true });
            let dot_dir = sample.root.join(".mlv");
            let workspace = Workspace::open(&sample.root, &dot_dir, ObjectDb::new(dying)).unwrap();
            let plan = workspace.plan_checkout(old, new, Policy::Keep).unwrap();
            let done = survives(|| {
                drop(workspace.apply_checkout(plan, b"", &UntilInterrupted, &NoProgress).unwrap());
            });
            let pending = sample.workspace.interrupted_checkout().unwrap().unwrap();
            pending.resolve(direction, &NoProgress).unwrap();
            let tree = if direction == Direction::Forward { new } else { old };
            assert!(sample.on_disk() == sample.in_tree(tree), "{direction:?} after {after} chunks");
            if done.is_some() {
                break;
            }
            after += 7;
            assert!(after < 1000);
        }
        assert!(after > 20, "it was killed too seldom");
    }
}

#[test]
fn who_has_the_old_file_open_keeps_it_whole() {
    let sample = Sample::new();
    let (old, new) = two_large(&sample);
    sample.fill(old);
    let full = sample.root.join("model");
    let before = fs::read(&full).unwrap();
    fs::hard_link(&full, sample.root.join(".mlv/second name")).unwrap();
    let mut open = fs::File::open(&full).unwrap();
    // The second name is a change of facts, not of content.
    sample.checkout(old, new, Policy::Keep).unwrap();
    assert!(sample.on_disk() == sample.in_tree(new));
    let mut after = Vec::new();
    open.read_to_end(&mut after).unwrap();
    assert!(after == before);
    assert!(fs::read(sample.root.join(".mlv/second name")).unwrap() == before);
}
