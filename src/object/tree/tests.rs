//! The laws of trees, over maps as models. Small shapes make many levels of few entries.

mod golden;
mod large;
mod refusal;
mod regular;

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use proptest::prelude::*;

use crate::base::{Hash, ManifestId, PathRule, RepoPath, TreeId};
use crate::object::tree::codec::{self, Value};
use crate::object::tree::node::{Node, blob_id};
use crate::object::tree::{Directory, Shape, Slot};
use crate::object::{
    Entry, FileRef, ObjectDb, ObjectError, Reached, Reference, Summary, TreeEdit, TreeEntry,
    TreeValue,
};
use crate::store::{BlobId, ChunkStore, MemoryStore};

const SMALL: Shape = Shape { target: 160, min: 40, max: 600, inline: 90 };

type Model = BTreeMap<RepoPath, Entry>;

fn database() -> (Arc<MemoryStore>, ObjectDb) {
    let store = Arc::new(MemoryStore::default());
    (store.clone(), ObjectDb::new(store))
}

fn path(text: &str) -> RepoPath {
    RepoPath::from_bytes(text).unwrap()
}

fn file(size: u64) -> Entry {
    let content = Hash::of(&size.to_le_bytes());
    let manifest = (size % 7 == 3).then_some(ManifestId(content));
    Entry::File { file: FileRef { size, content, manifest }, executable: size.is_multiple_of(5) }
}

fn set(text: &str, size: u64) -> TreeEdit {
    TreeEdit { path: path(text), value: TreeValue::Set(file(size)) }
}

fn remove(text: &str) -> TreeEdit {
    TreeEdit { path: path(text), value: TreeValue::Remove }
}

fn build(db: &ObjectDb, edits: Vec<TreeEdit>) -> TreeId {
    db.edit_tree_shaped(db.empty_tree().unwrap(), edits, SMALL).unwrap()
}

fn sets(model: &Model) -> Vec<TreeEdit> {
    let edit = |(path, entry): (&RepoPath, &Entry)| TreeEdit {
        path: path.clone(),
        value: TreeValue::Set(entry.clone()),
    };
    model.iter().map(edit).collect()
}

fn files(db: &ObjectDb, tree: TreeId) -> Vec<(RepoPath, Entry)> {
    db.walk_tree(tree, &RepoPath::root()).map(Result::unwrap).collect()
}

fn nodes(db: &ObjectDb, tree: TreeId) -> BTreeSet<BlobId> {
    let mut found = BTreeSet::new();
    let mut visit = |reached: Reached<'_>| match reached {
        Reached::Node(id) => found.insert(id),
        Reached::Entry(_) => true,
    };
    db.reach_tree(tree, &mut visit).unwrap();
    found
}

/// What the edits mean: paths in order, the last edit of each.
fn apply_to_model(model: &mut Model, edits: &[TreeEdit]) {
    let last: BTreeMap<_, _> = edits.iter().map(|edit| (&edit.path, &edit.value)).collect();
    for (path, value) in last {
        match value {
            TreeValue::Remove => model.retain(|other, _| !other.starts_with(path)),
            TreeValue::Set(entry) => {
                model.retain(|other, _| !other.starts_with(path) && !path.starts_with(other));
                model.insert(path.clone(), entry.clone());
            }
            TreeValue::Graft(_) => unreachable!("grafts have their own test"),
        }
    }
}

prop_compose! {
    fn any_path()(names in prop::collection::vec("[a-d]{1,2}|[a-z]{40}", 1..4)) -> RepoPath {
        path(&names.join("/"))
    }
}

prop_compose! {
    fn any_reference()(
        url in "s3://[a-z]{1,9}/[a-z]{1,60}", size in 0u64..1000, etag in "[0-9a-f]{0,32}",
        version in "[a-z]{0,9}", modified in any::<u64>(), content in any::<Option<[u8; 32]>>(),
    ) -> Entry {
        let content = content.map(Hash);
        Entry::Reference(Box::new(Reference { url, size, etag, version, modified, content }))
    }
}

fn any_entry() -> impl Strategy<Value = Entry> {
    prop_oneof![
        4 => (0u64..1000).prop_map(file),
        1 => prop::collection::vec(1u8.., 1..20).prop_map(|target| Entry::Symlink { target }),
        1 => any_reference(),
    ]
}

fn any_edit() -> impl Strategy<Value = TreeEdit> {
    let value =
        prop_oneof![3 => any_entry().prop_map(TreeValue::Set), 1 => Just(TreeValue::Remove)];
    (any_path(), value).prop_map(|(path, value)| TreeEdit { path, value })
}

fn any_edits() -> impl Strategy<Value = Vec<TreeEdit>> {
    prop::collection::vec(any_edit(), 0..120)
}

fn any_model() -> impl Strategy<Value = Model> {
    any_edits().prop_map(|edits| {
        let mut model = Model::new();
        apply_to_model(&mut model, &edits);
        model
    })
}

proptest! {
    #[test]
    fn a_tree_holds_what_a_map_holds_and_its_id_forgets_its_history(
        batches in prop::collection::vec(any_edits(), 1..4),
        seed in any::<u64>(),
    ) {
        let (_, db) = database();
        let (mut model, mut tree) = (Model::new(), db.empty_tree().unwrap());
        for mut edits in batches {
            apply_to_model(&mut model, &edits);
            // One edit of a path at the most, in an order that means nothing.
            let last: BTreeMap<_, _> =
                edits.drain(..).map(|edit| (edit.path.clone(), edit)).collect();
            let mut edits: Vec<_> = last.into_values().collect();
            edits.sort_by_key(|edit| Hash::of(&[edit.path.as_bytes(), &seed.to_le_bytes()].concat()));
            tree = db.edit_tree_shaped(tree, edits, SMALL).unwrap();
        }
        prop_assert_eq!(files(&db, tree), model.clone().into_iter().collect::<Vec<_>>());
        prop_assert_eq!(tree, build(&db, sets(&model)));
        prop_assert_eq!(regular::irregular(&db, &[tree]), []);
        let bytes = model.values().map(Entry::size).sum();
        let summary = Summary { files: model.len() as u64, bytes };
        prop_assert_eq!(db.tree_summary(tree).unwrap(), summary);
    }

    #[test]
    fn a_path_is_found_exactly_where_the_map_has_it(model in any_model(), probe in any_path()) {
        let (_, db) = database();
        let tree = build(&db, sets(&model));
        for (path, entry) in &model {
            let found = db.tree_entry(tree, path).unwrap();
            prop_assert_eq!(found, Some(TreeEntry::Leaf(entry.clone())));
        }
        let below: Vec<_> =
            model.iter().filter(|(path, _)| path.starts_with(&probe)).collect();
        let walked: Vec<_> = db.walk_tree(tree, &probe).map(Result::unwrap).collect();
        prop_assert!(walked.iter().map(|(path, entry)| (path, entry)).eq(below.iter().copied()));
        let expected = match below.first() {
            None => None,
            Some((path, entry)) if **path == probe => Some(TreeEntry::Leaf((*entry).clone())),
            Some(_) => Some(TreeEntry::Directory(Summary {
                files: below.len() as u64,
                bytes: below.iter().map(|(_, entry)| entry.size()).sum(),
            })),
        };
        prop_assert_eq!(db.tree_entry(tree, &probe).unwrap(), expected);
    }

    #[test]
    fn listing_a_directory_gives_its_names_in_order(model in any_model()) {
        let (_, db) = database();
        let tree = build(&db, sets(&model));
        let names: BTreeSet<_> =
            model.keys().map(|path| path.components().next().unwrap().to_vec()).collect();
        let listed = db.list_tree(tree, &RepoPath::root()).unwrap().unwrap();
        let listed: Vec<_> = listed.map(Result::unwrap).collect();
        prop_assert!(listed.iter().map(|(name, _)| name).eq(names.iter()));
        for (name, entry) in listed {
            let path = RepoPath::from_bytes(name).unwrap();
            prop_assert_eq!(db.tree_entry(tree, &path).unwrap(), Some(entry));
        }
    }

    #[test]
    fn grafting_a_tree_is_setting_all_its_files(base in any_model(), graft in any_model(), at in any_path()) {
        let (_, db) = database();
        let grafted = build(&db, sets(&graft));
        let edit = TreeEdit { path: at.clone(), value: TreeValue::Graft(grafted) };
        let tree = db.edit_tree_shaped(build(&db, sets(&base)), vec![edit], SMALL).unwrap();
        let mut edits = vec![TreeEdit { path: at.clone(), value: TreeValue::Remove }];
        edits.extend(sets(&graft).into_iter().map(|edit| TreeEdit { path: at.join(&edit.path), ..edit }));
        let mut model = base;
        apply_to_model(&mut model, &edits);
        prop_assert_eq!(files(&db, tree), model.clone().into_iter().collect::<Vec<_>>());
        prop_assert_eq!(tree, build(&db, sets(&model)));
        let taken = db.subtree(tree, &at).unwrap();
        prop_assert_eq!(taken, (!graft.is_empty()).then_some(grafted));
    }

    #[test]
    fn decoding_any_bytes_never_panics(bytes in prop::collection::vec(any::<u8>(), 0..200)) {
        drop(Node::decode(bytes));
    }

    #[test]
    fn a_damaged_node_is_refused_or_is_the_one_spelling_of_another(
        model in any_model(), at in any::<prop::sample::Index>(), to in any::<u8>(),
    ) {
        let (store, db) = database();
        let tree = build(&db, sets(&model));
        for id in nodes(&db, tree) {
            let mut bytes = store.read(id).unwrap();
            let at = at.index(bytes.len());
            bytes[at] = to;
            if let Ok(node) = Node::decode(bytes.clone()) {
                prop_assert_eq!(respell(&node), bytes);
            }
        }
    }
}

/// Encodes a node from its decoded values alone.
fn respell(node: &Node) -> Vec<u8> {
    let mut items = Vec::new();
    for index in 0..node.len() {
        respell_item(node, index, &mut items);
    }
    codec::write_node(node.level(), node.len() as u64, &items)
}

fn respell_item(node: &Node, index: usize, out: &mut Vec<u8>) {
    let name = node.name(index);
    match node.value(index) {
        Value::Leaf(entry) => codec::write_leaf(name, entry, out),
        Value::Node { id, summary } if node.level() > 0 => {
            codec::write_child(name, *id, *summary, out);
        }
        Value::Node { id, summary } => codec::write_directory(name, *id, *summary, out),
        Value::Inline { .. } => {
            let Slot::Directory(Directory::Inline(inner)) = node.slot(index) else {
                panic!("an inline value is an inline directory");
            };
            let mut items = Vec::new();
            for index in 0..inner.len() {
                respell_item(&inner, index, &mut items);
            }
            codec::write_inline(name, inner.len() as u64, &items, out);
        }
    }
}

#[test]
fn the_last_edit_of_a_path_wins_and_parents_come_before_what_is_below() {
    let (_, db) = database();
    let tree = build(&db, vec![set("a", 1), set("a", 2), set("d/x", 1), set("d/y", 1)]);
    assert_eq!(db.tree_entry(tree, &path("a")).unwrap(), Some(TreeEntry::Leaf(file(2))));
    let replaced =
        db.edit_tree_shaped(tree, vec![set("d/z", 3), remove("d"), set("a/b", 1)], SMALL).unwrap();
    assert_eq!(replaced, build(&db, vec![set("a/b", 1), set("d/z", 3)]));
}

#[test]
fn removing_below_a_file_leaves_the_file() {
    let (_, db) = database();
    let tree = build(&db, vec![set("a", 1)]);
    let edits = vec![remove("a/b/c"), remove("x"), remove("y/z")];
    assert_eq!(db.edit_tree_shaped(tree, edits, SMALL).unwrap(), tree);
}

#[test]
fn directories_that_become_empty_vanish() {
    let (_, db) = database();
    let tree = build(&db, vec![set("a/b/c/d", 1)]);
    let edited = db.edit_tree_shaped(tree, vec![remove("a/b/c/d")], SMALL).unwrap();
    assert_eq!(edited, db.empty_tree().unwrap());
    let everything = vec![TreeEdit { path: RepoPath::root(), value: TreeValue::Remove }];
    assert_eq!(db.edit_tree(tree, everything).unwrap(), edited);
}

#[test]
fn the_root_can_be_grafted_but_is_no_file() {
    let (_, db) = database();
    let (one, two) = (build(&db, vec![set("a", 1)]), build(&db, vec![set("b", 1)]));
    let edit = |value| vec![TreeEdit { path: RepoPath::root(), value }];
    assert_eq!(db.edit_tree(one, edit(TreeValue::Graft(two))).unwrap(), two);
    let refused = db.edit_tree(one, edit(TreeValue::Set(file(1)))).unwrap_err();
    assert!(matches!(refused, ObjectError::Path { rule: PathRule::Root, .. }));
}

#[test]
fn reaching_passes_what_the_visitor_knows_and_sees_what_is_lost() {
    let (store, db) = database();
    let tree = build(&db, (0..300).map(|n| set(&format!("d{}/f{n:04}", n % 3), n)).collect());
    let mut entries = 0;
    let all = |reached: Reached<'_>| {
        entries += u64::from(matches!(reached, Reached::Entry(_)));
        true
    };
    db.reach_tree(tree, &mut { all }).unwrap();
    assert_eq!(entries, 300);
    let mut seen = 0;
    db.reach_tree(tree, &mut |_| {
        seen += 1;
        false
    })
    .unwrap();
    assert_eq!(seen, 1);
    let lost = nodes(&db, tree).into_iter().find(|id| *id != blob_id(tree)).unwrap();
    assert!(store.remove(lost));
    assert!(db.reach_tree(tree, &mut |_| true).is_err());
}

#[test]
fn a_file_or_nothing_has_no_list_and_no_subtree() {
    let (_, db) = database();
    let tree = build(&db, vec![set("a", 1), set("d/b", 1)]);
    for absent in ["a", "a/b", "x", "d/b"] {
        assert!(db.list_tree(tree, &path(absent)).unwrap().is_none());
        assert_eq!(db.subtree(tree, &path(absent)).unwrap(), None);
    }
    assert_eq!(db.subtree(tree, &RepoPath::root()).unwrap(), Some(tree));
    assert_eq!(db.subtree(tree, &path("d")).unwrap(), Some(build(&db, vec![set("b", 1)])));
}

#[test]
fn an_edit_below_a_grafted_tree_changes_only_the_copy() {
    let (_, db) = database();
    let graft = build(&db, vec![set("x", 1), set("y", 2)]);
    let graft = TreeEdit { path: path("d"), value: TreeValue::Graft(graft) };
    let tree = build(&db, vec![set("d/y", 3), graft, set("d/z/q", 4), set("other", 5)]);
    let same = vec![set("d/x", 1), set("d/y", 3), set("d/z/q", 4), set("other", 5)];
    assert_eq!(tree, build(&db, same));
}
