//! The laws of differences: they say what an edit did, and applied they make the other tree.

use std::collections::BTreeMap;
use std::sync::Arc;

use proptest::prelude::*;

use crate::base::{Hash, RepoPath, TreeId};
use crate::diff::{TreeChange, tree_changes};
use crate::object::tree::Shape;
use crate::object::{Entry, FileRef, ObjectDb, Reference, TreeEdit, TreeValue};
use crate::store::{BlobId, BlobKind, ChunkStore, Durability, MemoryStore, StoreError};

type Model = BTreeMap<RepoPath, Entry>;

fn database() -> ObjectDb {
    ObjectDb::new(Arc::new(MemoryStore::default()))
}

fn path(text: &str) -> RepoPath {
    RepoPath::from_bytes(text).unwrap()
}

fn file(size: u64) -> Entry {
    let content = Hash::of(&size.to_le_bytes());
    Entry::File { file: FileRef { size, content, manifest: None }, executable: false }
}

fn reference(size: u64) -> Entry {
    Entry::Reference(Box::new(Reference {
        url: "s3://bucket/a".to_owned(),
        size,
        etag: String::new(),
        version: String::new(),
        modified: 1,
        content: (size == 2).then(|| Hash::of(b"")),
    }))
}

fn set(text: &str, size: u64) -> TreeEdit {
    TreeEdit { path: path(text), value: TreeValue::Set(file(size)) }
}

const SMALL: Shape = Shape { target: 160, min: 40, max: 600, inline: 90 };

/// Small nodes, so that short directories have several levels.
fn edited(db: &ObjectDb, tree: TreeId, edits: Vec<TreeEdit>) -> TreeId {
    db.edit_tree_shaped(tree, edits, SMALL).unwrap()
}

fn model_of(db: &ObjectDb, tree: TreeId) -> Model {
    db.walk_tree(tree, &RepoPath::root()).map(Result::unwrap).collect()
}

fn changes(db: &ObjectDb, old: TreeId, new: TreeId, below: &RepoPath) -> Vec<TreeChange> {
    tree_changes(db, old, new, below).map(Result::unwrap).collect()
}

/// What differs, found by looking at every path of both.
fn expected(old: &Model, new: &Model, below: &RepoPath) -> Vec<TreeChange> {
    let mut sides: BTreeMap<&RepoPath, (Option<&Entry>, Option<&Entry>)> = BTreeMap::new();
    for (path, entry) in old {
        sides.entry(path).or_default().0 = Some(entry);
    }
    for (path, entry) in new {
        sides.entry(path).or_default().1 = Some(entry);
    }
    let differing = sides.into_iter().filter(|(_, (old, new))| old != new);
    let change = |(path, (old, new)): (&RepoPath, (Option<&Entry>, Option<&Entry>))| TreeChange {
        path: path.clone(),
        old: old.cloned(),
        new: new.cloned(),
    };
    differing.filter(|(path, _)| path.starts_with(below)).map(change).collect()
}

/// Turns differences into the edits that make them.
fn edits(changes: Vec<TreeChange>) -> Vec<TreeEdit> {
    let value = |new: Option<Entry>| new.map_or(TreeValue::Remove, TreeValue::Set);
    let edit = |TreeChange { path, new, .. }| TreeEdit { path, value: value(new) };
    changes.into_iter().map(edit).collect()
}

prop_compose! {
    fn any_path()(names in prop::collection::vec("[a-d]{1,2}", 1..4)) -> RepoPath {
        path(&names.join("/"))
    }
}

fn any_edits(most: usize) -> impl Strategy<Value = Vec<TreeEdit>> {
    let value = prop_oneof![
        3 => (0u64..100).prop_map(|size| TreeValue::Set(file(size))),
        1 => (0u64..3).prop_map(|size| TreeValue::Set(reference(size))),
        1 => Just(TreeValue::Remove),
    ];
    let edit = (any_path(), value).prop_map(|(path, value)| TreeEdit { path, value });
    prop::collection::vec(edit, 0..most)
}

/// Edits of a flat directory.
fn flat(numbers: impl IntoIterator<Item = u64>) -> Vec<TreeEdit> {
    let name = |n: u64| format!("large/a_rather_long_name_of_a_file_{n:06}");
    numbers.into_iter().map(|n| set(&name(n), n)).collect()
}

proptest! {
    #[test]
    fn differences_are_what_an_edit_did_and_redo_it(
        first in any_edits(150), second in any_edits(40), below in any_path(),
    ) {
        let db = database();
        let old = edited(&db, db.empty_tree().unwrap(), first);
        let new = edited(&db, old, second);
        let (before, after) = (model_of(&db, old), model_of(&db, new));
        for below in [RepoPath::root(), below] {
            let found = changes(&db, old, new, &below);
            prop_assert_eq!(found, expected(&before, &after, &below));
        }
        let forth = edits(changes(&db, old, new, &RepoPath::root()));
        prop_assert_eq!(edited(&db, old, forth), new);
        let back = edits(changes(&db, new, old, &RepoPath::root()));
        prop_assert_eq!(edited(&db, new, back), old);
        prop_assert_eq!(changes(&db, new, new, &RepoPath::root()), vec![]);
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(24))]
    #[test]
    fn differences_of_long_directories_are_found_across_moved_boundaries(
        set in prop::collection::vec(0u64..4000, 0..20),
        remove in prop::collection::vec(0u64..2000, 0..20),
        window in 0u64..2000, wide in 0u64..600,
    ) {
        let db = database();
        let old = edited(&db, db.empty_tree().unwrap(), flat((0..2000).map(|n| n * 2)));
        let gone = remove.into_iter().map(|n| n * 2).chain(window * 2..(window + wide) * 2);
        let mut second = flat(gone);
        for edit in &mut second {
 edit.value = TreeValue::Remove;
}
        second.extend(flat(set));
        let new = edited(&db, old, second);
        let found = changes(&db, old, new, &RepoPath::root());
        let root = RepoPath::root();
        prop_assert_eq!(&found, &expected(&model_of(&db, old), &model_of(&db, new), &root));
        prop_assert_eq!(edited(&db, old, edits(found)), new);
    }
}

#[test]
fn a_file_that_became_a_directory_goes_before_what_is_in_it_comes() {
    let db = database();
    let old = edited(&db, db.empty_tree().unwrap(), vec![set("a", 1), set("b", 1)]);
    let new = edited(&db, old, vec![set("a/x", 2)]);
    let forth = vec![
        TreeChange { path: path("a"), old: Some(file(1)), new: None },
        TreeChange { path: path("a/x"), old: None, new: Some(file(2)) },
    ];
    assert_eq!(changes(&db, old, new, &RepoPath::root()), forth);
    let back = vec![
        TreeChange { path: path("a"), old: None, new: Some(file(1)) },
        TreeChange { path: path("a/x"), old: Some(file(2)), new: None },
    ];
    assert_eq!(changes(&db, new, old, &RepoPath::root()), back);
}

/// A store that counts the nodes read from it.
#[derive(Debug, Default)]
struct Counting {
    store: MemoryStore,
    reads: std::sync::atomic::AtomicUsize,
}

impl ChunkStore for Counting {
    fn contains(&self, id: BlobId) -> Result<bool, StoreError> {
        self.store.contains(id)
    }

    fn read(&self, id: BlobId) -> Result<Vec<u8>, StoreError> {
        self.reads.fetch_add(1, std::sync::atomic::Ordering::Relaxed);
        self.store.read(id)
    }

    fn write(&self, id: BlobId, bytes: &[u8]) -> Result<bool, StoreError> {
        self.store.write(id, bytes)
    }

    fn flush(&self, durability: Durability) -> Result<(), StoreError> {
        self.store.flush(durability)
    }

    fn find(&self, kind: BlobKind, prefix: &str, limit: usize) -> Result<Vec<BlobId>, StoreError> {
        self.store.find(kind, prefix, limit)
    }
}

#[test]
fn only_nodes_that_differ_are_read() {
    let store = Arc::new(Counting::default());
    let db = ObjectDb::new(store.clone());
    let old = db.edit_tree(db.empty_tree().unwrap(), flat(0..30_000)).unwrap();
    let added = set("large/a_rather_long_name_of_a_file_015000_and_more", 1);
    let new = db.edit_tree(old, vec![added]).unwrap();
    let fresh = ObjectDb::new(store.clone());
    let reads = || store.reads.load(std::sync::atomic::Ordering::Relaxed);
    let before = reads();
    assert_eq!(changes(&fresh, old, new, &RepoPath::root()).len(), 1);
    // The two roots, two or three levels of the directory on both sides, and a node or two where
    // boundaries moved.
    assert!(reads() - before <= 12, "{} nodes read", reads() - before);
}
