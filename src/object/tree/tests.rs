//! The laws of trees, over maps as models. Small shapes make many levels of few entries.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use proptest::prelude::*;

use crate::base::{Hash, ManifestId, PathRule, RepoPath, TreeId};
use crate::object::tree::codec;
use crate::object::tree::node::{Node, blob_id};
use crate::object::tree::shape::Shape;
use crate::object::{
    Entry, FileRef, ObjectDb, ObjectError, Reached, Summary, TreeEdit, TreeEntry, TreeValue,
};
use crate::store::{BlobId, BlobKind, MemoryStore};

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

fn any_entry() -> impl Strategy<Value = Entry> {
    prop_oneof![
        4 => (0u64..1000).prop_map(file),
        1 => prop::collection::vec(1u8.., 1..20).prop_map(|target| Entry::Symlink { target }),
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
            let mut bytes = crate::store::ChunkStore::read(&*store, id).unwrap();
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
    use crate::object::tree::codec::Value;
    let name = node.name(index);
    match node.value(index) {
        Value::Leaf(entry) => codec::write_leaf(name, entry, out),
        Value::Node { id, summary } if node.level() > 0 => {
            codec::write_child(name, *id, *summary, out);
        }
        Value::Node { id, summary } => codec::write_directory(name, *id, *summary, out),
        Value::Inline { .. } => {
            let crate::object::tree::Slot::Directory(crate::object::tree::Directory::Inline(inner)) =
                node.slot(index)
            else {
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
fn small_shapes_make_several_levels() {
    let (_, db) = database();
    let edits: Vec<_> = (0..2000).map(|n| set(&format!("f{n:05}"), n)).collect();
    let tree = build(&db, edits);
    assert!(db.node(tree).unwrap().level() >= 4);
    assert_eq!(files(&db, tree).len(), 2000);
}

#[test]
fn every_prefix_and_every_hole_of_a_flat_directory_has_its_one_id() {
    let (_, db) = database();
    let name = |n: u64| format!("f{n:05}");
    let mut tree = db.empty_tree().unwrap();
    for n in 0..150 {
        tree = db.edit_tree_shaped(tree, vec![set(&name(n), n)], SMALL).unwrap();
        assert_eq!(tree, build(&db, (0..=n).map(|n| set(&name(n), n)).collect()));
    }
    for n in 0..150 {
        let without = db.edit_tree_shaped(tree, vec![remove(&name(n))], SMALL).unwrap();
        let others = (0..150).filter(|other| *other != n).map(|n| set(&name(n), n)).collect();
        assert_eq!(without, build(&db, others));
    }
}

#[test]
fn removing_most_of_a_large_directory_gives_the_small_one() {
    let (_, db) = database();
    let name = |n: u64| format!("f{n:05}");
    let full = build(&db, (0..1500).map(|n| set(&name(n), n)).collect());
    for keep in [0..0, 0..1, 700..703, 1499..1500, 200..240] {
        let gone = (0..1500).filter(|n| !keep.contains(n)).map(|n| remove(&name(n))).collect();
        let kept: Vec<_> = keep.map(|n| set(&name(n), n)).collect();
        assert_eq!(db.edit_tree_shaped(full, gone, SMALL).unwrap(), build(&db, kept));
    }
}

#[test]
fn one_change_in_a_large_flat_directory_rewrites_few_nodes() {
    let (_, db) = database();
    let name = |n: u64| format!("img_{n:08}.jpg");
    let empty = db.empty_tree().unwrap();
    let edits = (0..50_000).map(|n| set(&name(n * 2), n)).collect();
    let tree = db.edit_tree(empty, edits).unwrap();
    let before = nodes(&db, tree);
    for edit in [set(&name(50_000), 7), set(&name(31_111), 7), remove(&name(77_776))] {
        let changed = db.edit_tree(tree, vec![edit]).unwrap();
        let new = nodes(&db, changed).difference(&before).count();
        assert!((2..10).contains(&new), "{new} new nodes");
    }
}

#[test]
fn nodes_keep_within_their_sizes() {
    let (store, db) = database();
    let empty = db.empty_tree().unwrap();
    let edits = (0..50_000).map(|n| set(&format!("img_{n:08}.jpg"), n)).collect();
    let tree = db.edit_tree(empty, edits).unwrap();
    let sizes: Vec<usize> = nodes(&db, tree)
        .into_iter()
        .map(|id| crate::store::ChunkStore::read(&*store, id).unwrap().len())
        .collect();
    let mean = sizes.iter().sum::<usize>() / sizes.len();
    assert!((12 << 10..18 << 10).contains(&mean), "{mean}");
    assert!(sizes.iter().all(|size| *size < 65 << 10));
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
fn paths_nested_too_deep_are_refused() {
    let (_, db) = database();
    let deep = |levels: usize| set(&vec!["a"; levels].join("/"), 1);
    let empty = db.empty_tree().unwrap();
    let tree = db.edit_tree(empty, vec![deep(128)]).unwrap();
    assert_eq!(files(&db, tree).len(), 1);
    let refused = db.edit_tree(tree, vec![deep(130)]).unwrap_err();
    assert!(matches!(refused, ObjectError::Path { rule: PathRule::Deep, .. }));
}

fn leaf_items(names: &[&[u8]]) -> Vec<u8> {
    let mut items = Vec::new();
    for name in names {
        codec::write_leaf(name, &file(1), &mut items);
    }
    items
}

#[test]
fn nodes_with_unsorted_repeated_or_invalid_names_are_refused() {
    let decode = |names: &[&[u8]]| {
        Node::decode(codec::write_node(0, names.len() as u64, &leaf_items(names)))
    };
    assert!(decode(&[b"a", b"b"]).is_ok());
    for bad in [[b"b", b"a"], [b"a", b"a"], [b"a", b"/"], [b".", b"a"], [b"\0", b"a"]] {
        assert!(decode(&bad.map(|name| &name[..])).is_err());
    }
    assert!(decode(&[b".."]).is_err() && decode(&[b".git"]).is_err() && decode(&[b""]).is_err());
}

#[test]
fn nodes_that_go_on_after_their_end_are_refused() {
    let long = |first: u8| [vec![first; 40_000], vec![b'x'; 10]].concat();
    let names = [long(b'a'), long(b'b'), long(b'c')];
    let node = |count: usize| {
        let names: Vec<&[u8]> = names[..count].iter().map(Vec::as_slice).collect();
        Node::decode(codec::write_node(0, count as u64, &leaf_items(&names)))
    };
    assert!(node(2).is_ok());
    assert!(node(3).is_err());
}

#[test]
fn names_longer_than_a_node_can_be_kept_and_found() {
    let (_, db) = database();
    let name = |n: u8| [&[b'a' + n; 100_000][..], b"z"].concat();
    let edit = |n| TreeEdit {
        path: RepoPath::from_bytes(name(n)).unwrap(),
        value: TreeValue::Set(file(u64::from(n))),
    };
    let tree = db.edit_tree(db.empty_tree().unwrap(), (0..9).map(edit).collect()).unwrap();
    assert!(db.node(tree).unwrap().level() >= 3);
    for n in 0..9 {
        assert!(db.tree_entry(tree, &edit(n).path).unwrap().is_some());
    }
    let none = (0..9).map(|n| TreeEdit { value: TreeValue::Remove, ..edit(n) }).collect();
    assert_eq!(db.edit_tree(tree, none).unwrap(), db.empty_tree().unwrap());
}

#[test]
fn directories_in_their_parent_are_small_and_never_empty() {
    let decode = |items: &[u8]| Node::decode(codec::write_node(0, 1, items));
    let mut empty = Vec::new();
    codec::write_inline(b"d", 0, &[], &mut empty);
    assert!(decode(&empty).is_err());
    let names: Vec<String> = (10..60).map(|n| format!("f{n}")).collect();
    let names: Vec<&[u8]> = names.iter().map(String::as_bytes).collect();
    let mut large = Vec::new();
    codec::write_inline(b"d", 50, &leaf_items(&names), &mut large);
    assert!(decode(&large).is_err());
    let nested = |depth: usize| [b"\x83\x41d\x04\x81".repeat(depth), leaf_items(&[b"f"])].concat();
    assert!(decode(&nested(8)).is_ok());
    assert!(decode(&nested(9)).is_err() && decode(&nested(1_000_000)).is_err());
}

#[test]
fn a_node_that_is_not_what_its_pointer_says_is_refused() {
    let (_, db) = database();
    let write = |level, count, items: &[u8]| {
        let bytes = codec::write_node(level, count, items);
        let id = BlobId::of(BlobKind::Tree, &bytes);
        db.store().write(id, &bytes).unwrap();
        TreeId(id.hash)
    };
    let low = write(0, 1, &leaf_items(&[b"m"]));
    let right = Summary { files: 1, bytes: 1 };
    let root_of = |first: &[u8], summary, second: &[u8]| {
        let mut items = Vec::new();
        codec::write_child(first, low, summary, &mut items);
        codec::write_child(second, write(0, 1, &leaf_items(&[second])), right, &mut items);
        write(1, 2, &items)
    };
    let read = |tree| db.walk_tree(tree, &RepoPath::root()).collect::<Result<Vec<_>, _>>();
    assert_eq!(read(root_of(b"m", right, b"z")).unwrap().len(), 2);
    let lies = [
        root_of(b"n", right, b"z"),
        root_of(b"m", Summary { files: 2, bytes: 1 }, b"z"),
        {
            let mut items = Vec::new();
            codec::write_child(b"m", low, right, &mut items);
            write(1, 1, &items)
        },
        {
            let below = write(0, 2, &leaf_items(&[b"a", b"z"]));
            let mut items = Vec::new();
            codec::write_child(b"m", low, right, &mut items);
            codec::write_child(b"z", below, Summary { files: 2, bytes: 2 }, &mut items);
            write(1, 2, &items)
        },
    ];
    for lie in lies {
        assert!(matches!(read(lie), Err(ObjectError::Invalid { .. })));
    }
    for lie in [lies[0], lies[1], lies[3]] {
        let reached = db.reach_tree(lie, &mut |_| true);
        assert!(matches!(reached, Err(ObjectError::Invalid { .. })));
    }
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

mod golden;
