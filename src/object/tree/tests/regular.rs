//! Trees whose nodes are sound, each in itself, but not cut where the content asks.

use std::collections::HashSet;

use super::{SMALL, database, file};
use crate::base::{RepoPath, TreeId};
use crate::object::tree::codec;
use crate::object::tree::node::Node;
use crate::object::tree::regular::RegularityCheck;
use crate::object::{ObjectDb, Reached, Summary, TreeEdit, TreeValue};
use crate::store::{BlobId, BlobKind};

/// Returns the directory and the reason of each finding, where each node is read once.
pub(super) fn irregular(db: &ObjectDb, trees: &[TreeId]) -> Vec<(String, &'static str)> {
    let mut check = RegularityCheck::of_shape(SMALL, 100);
    let mut seen = HashSet::new();
    for tree in trees {
        let mut visit = |reached: Reached<'_>| match reached {
            Reached::Node(id) => seen.insert(id),
            Reached::Entry(_) => true,
        };
        db.reach_tree_with(*tree, Some(&mut check), &mut visit).unwrap();
    }
    let found = check.take_found();
    assert_eq!(found.len() as u64, check.count());
    found.into_iter().map(|found| (found.directory.to_string(), found.reason)).collect()
}

fn store(db: &ObjectDb, level: u8, items: &[Vec<u8>]) -> (TreeId, Summary) {
    let bytes = codec::write_node(level, items.len() as u64, &items.concat());
    let id = BlobId::of(BlobKind::Tree, &bytes);
    db.store().write(id, &bytes).unwrap();
    (TreeId(id.hash), Node::decode(bytes).unwrap().summary())
}

fn leaf(name: &str) -> Vec<u8> {
    let mut raw = Vec::new();
    codec::write_leaf(name.as_bytes(), &file(1), &mut raw);
    raw
}

/// Returns the item that points to a node of these files, which is stored.
fn node_of(db: &ObjectDb, names: &[String]) -> Vec<u8> {
    let items: Vec<_> = names.iter().map(|name| leaf(name)).collect();
    let (id, summary) = store(db, 0, &items);
    let mut raw = Vec::new();
    codec::write_child(names[names.len() - 1].as_bytes(), id, summary, &mut raw);
    raw
}

/// Returns a tree with one directory, whose root is this node.
fn around(db: &ObjectDb, name: &str, (id, summary): (TreeId, Summary)) -> TreeId {
    let mut raw = Vec::new();
    codec::write_directory(name.as_bytes(), id, summary, &mut raw);
    store(db, 0, &[raw]).0
}

/// Returns the names of files, cut into nodes as the writer cuts them; four nodes and more.
fn runs() -> Vec<Vec<String>> {
    let mut runs = vec![Vec::new()];
    let mut size = 0;
    for number in 100..160 {
        let name = format!("file-{number}");
        let length = leaf(&name).len() as u64;
        size += length;
        let run = runs.last_mut().unwrap();
        run.push(name);
        if SMALL.ends_node(0, run.len(), run[run.len() - 1].as_bytes(), size, length) {
            runs.push(Vec::new());
            size = 0;
        }
    }
    assert!(runs.len() > 4 && runs.iter().any(|run| run.len() > 2));
    runs.retain(|run| !run.is_empty());
    runs
}

#[test]
fn a_node_that_ends_too_early_is_found_with_its_directory() {
    let (_, db) = database();
    let run = runs().into_iter().find(|run| run.len() > 2).unwrap();
    let items = [node_of(&db, &run[..1]), node_of(&db, &run[1..])];
    let tree = around(&db, "data", store(&db, 1, &items));
    assert_eq!(irregular(&db, &[tree]), [("data".to_owned(), "it ends where no node ends")]);
}

#[test]
fn a_node_that_goes_on_behind_a_boundary_is_found() {
    let (_, db) = database();
    let runs = runs();
    let items: Vec<_> = runs[..2].concat().iter().map(|name| leaf(name)).collect();
    let tree = around(&db, "data", store(&db, 0, &items));
    let reason = "it goes on behind the place where a node ends";
    assert_eq!(irregular(&db, &[tree]), [("data".to_owned(), reason)]);
}

#[test]
fn a_level_too_many_and_a_node_too_many_are_found() {
    let (_, db) = database();
    let high = store(&db, 1, &[node_of(&db, &runs()[0])]);
    let small = around(&db, "small", store(&db, 0, &[leaf("a")]));
    let high = around(&db, "high", high);
    let expected = [
        ("high".to_owned(), "it stands above a single node"),
        ("small".to_owned(), "it is small enough to be kept in its parent"),
    ];
    assert_eq!(irregular(&db, &[high, small]), expected);
}

#[test]
fn a_node_that_was_met_where_it_may_stand_is_found_where_it_may_not() {
    let (_, db) = database();
    let runs = runs();
    let place = runs.iter().position(|run| run.len() > 2).unwrap();
    let (open, rest) = runs[place].split_at(1);
    let right = around(&db, "right", store(&db, 0, &[leaf(&open[0])]));
    // By itself that small node may stand only at the top, or last.
    let (alone, _) = store(&db, 0, &[leaf(&open[0])]);
    assert_eq!(irregular(&db, &[alone]), []);
    let wrong = store(&db, 1, &[node_of(&db, open), node_of(&db, rest)]);
    let wrong = around(&db, "wrong", wrong);
    let cut_short = ("wrong".to_owned(), "it ends where no node ends");
    assert_eq!(irregular(&db, &[alone, wrong]), [cut_short]);
    assert_eq!(irregular(&db, &[alone, right]).len(), 1);
}

#[test]
fn what_the_writer_made_of_many_files_is_regular() {
    let (_, db) = database();
    let edit = |number: u32| TreeEdit {
        path: RepoPath::from_bytes(format!("d{}/file-{number}", number % 3)).unwrap(),
        value: TreeValue::Set(file(1)),
    };
    let mut tree = db.empty_tree().unwrap();
    for start in 0..4 {
        let edits = (start * 100..start * 100 + 150).map(edit).collect();
        tree = db.edit_tree_shaped(tree, edits, SMALL).unwrap();
        assert_eq!(irregular(&db, &[tree]), []);
    }
}
