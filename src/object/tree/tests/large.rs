//! Directories of many names, and of long ones.

use super::{SMALL, build, database, file, files, nodes, remove, set};
use crate::base::RepoPath;
use crate::object::{TreeEdit, TreeValue};
use crate::store::ChunkStore;

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
    let sizes: Vec<usize> =
        nodes(&db, tree).into_iter().map(|id| store.read(id).unwrap().len()).collect();
    let mean = sizes.iter().sum::<usize>() / sizes.len();
    assert!((12 << 10..18 << 10).contains(&mean), "{mean}");
    assert!(sizes.iter().all(|size| *size < 65 << 10));
}

#[test]
fn names_longer_than_a_node_can_be_kept_and_found() {
    let (_, db) = database();
    let name = |n: u8| [vec![b'a' + n; 100_000], b"z".to_vec()].concat();
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
