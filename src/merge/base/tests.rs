use std::sync::Arc;

use super::*;
use crate::base::Timestamp;
use crate::merge::{ConflictKind, MergePlan};
use crate::object::{Commit, Entry, Signature};
use crate::store::MemoryStore;

struct World {
    db: ObjectDb,
    clock: i64,
}

impl World {
    fn new() -> Self {
        Self { db: ObjectDb::new(Arc::new(MemoryStore::default())), clock: 0 }
    }

    /// Commits files given as names with texts.
    fn commit(&mut self, parents: &[CommitId], files: &[(&str, &str)]) -> CommitId {
        let set = |(name, text): &(&str, &str)| {
            let file = self.db.ingest_bytes(text.as_bytes()).unwrap();
            let value = TreeValue::Set(Entry::File { file, executable: false });
            TreeEdit { path: path(name), value }
        };
        let empty = self.db.empty_tree().unwrap();
        let tree = self.db.edit_tree(empty, files.iter().map(set).collect()).unwrap();
        self.clock += 1;
        let time = Timestamp::from_seconds(self.clock);
        let author = Signature { name: "Ada".to_owned(), email: "ada@example.com".to_owned() };
        let commit = Commit {
            tree,
            parents: parents.to_vec(),
            author: author.clone(),
            time,
            committer: author,
            commit_time: time,
            message: String::new(),
            meta: Vec::new(),
            code: None,
        };
        self.db.write_commit(&commit).unwrap()
    }

    fn base(&self, ours: CommitId, theirs: CommitId) -> MergeBase {
        merge_base(&self.db, &mut History::of(&self.db), ours, theirs).unwrap()
    }

    fn merge(&self, ours: CommitId, theirs: CommitId) -> MergePlan {
        let base = self.base(ours, theirs);
        let (ours, theirs) = (self.tree(ours), self.tree(theirs));
        plan_merge(&self.db, &base, ours, theirs, &MergeOptions::default()).unwrap()
    }

    fn tree(&self, commit: CommitId) -> TreeId {
        self.db.commit(commit).unwrap().tree
    }

    /// Returns what the plan makes of a file.
    fn text(&self, plan: &MergePlan, name: &str) -> Option<String> {
        let tree = plan.apply(&self.db).unwrap();
        let (_, entry) = self.db.walk_tree(tree, &path(name)).next()?.unwrap();
        let Entry::File { file, .. } = entry else { panic!("not a file") };
        Some(String::from_utf8(self.db.read_file(&file, 1 << 20).unwrap()).unwrap())
    }
}

fn path(name: &str) -> RepoPath {
    RepoPath::from_bytes(name).unwrap()
}

#[test]
fn one_common_ancestor_is_the_base_and_none_is_the_empty_tree() {
    let mut world = World::new();
    let root = world.commit(&[], &[("f", "1")]);
    let left = world.commit(&[root], &[("f", "2")]);
    let right = world.commit(&[root], &[("f", "3")]);
    assert_eq!(world.base(left, right), world.tree(root).into());
    let stranger = world.commit(&[], &[("g", "1")]);
    assert_eq!(world.base(left, stranger), world.db.empty_tree().unwrap().into());
    assert!(world.merge(left, stranger).is_clean());
}

#[test]
fn criss_cross_ancestors_are_merged_into_one_base() {
    let mut world = World::new();
    let root = world.commit(&[], &[("a", "1"), ("b", "1")]);
    let left = world.commit(&[root], &[("a", "2"), ("b", "1")]);
    let right = world.commit(&[root], &[("a", "1"), ("b", "2")]);
    let ours = world.commit(&[left, right], &[("a", "2"), ("b", "2")]);
    let theirs = world.commit(&[right, left], &[("a", "2"), ("b", "2")]);
    // With either ancestor alone as the base, one of these would look like a change of both.
    let ours = world.commit(&[ours], &[("a", "3"), ("b", "2")]);
    let theirs = world.commit(&[theirs], &[("a", "2"), ("b", "3")]);
    let plan = world.merge(ours, theirs);
    assert!(plan.is_clean(), "{:?}", plan.conflicts);
    assert_eq!(world.text(&plan, "a").unwrap(), "3");
    assert_eq!(world.text(&plan, "b").unwrap(), "3");
    assert_eq!(world.base(ours, theirs), world.base(theirs, ours));
}

/// Two ancestors that set `f` differently, merged crosswise with opposite choices.
fn disputed(world: &mut World) -> (CommitId, CommitId) {
    let root = world.commit(&[], &[("f", "1"), ("g", "1")]);
    let left = world.commit(&[root], &[("f", "left"), ("g", "1")]);
    let right = world.commit(&[root], &[("f", "right"), ("g", "1")]);
    let ours = world.commit(&[left, right], &[("f", "left"), ("g", "1")]);
    let theirs = world.commit(&[right, left], &[("f", "right"), ("g", "1")]);
    (ours, theirs)
}

#[test]
fn what_the_ancestors_dispute_is_a_conflict_again() {
    let mut world = World::new();
    let (ours, theirs) = disputed(&mut world);
    assert_eq!(world.base(ours, theirs).contested, BTreeSet::from([path("f")]));
    let plan = world.merge(ours, theirs);
    let found: Vec<_> = plan.conflicts.iter().map(|c| (c.path.clone(), c.kind)).collect();
    assert_eq!(found, [(path("f"), ConflictKind::BothAdded)]);
}

#[test]
fn a_deletion_of_what_the_ancestors_dispute_is_not_undone() {
    let mut world = World::new();
    let (ours, theirs) = disputed(&mut world);
    let deleted = world.commit(&[ours], &[("g", "1")]);
    let plan = world.merge(deleted, theirs);
    let found: Vec<_> = plan.conflicts.iter().map(|c| (c.path.clone(), c.kind)).collect();
    assert_eq!(found, [(path("f"), ConflictKind::DeletedByOurs)]);

    let both = world.commit(&[theirs], &[("g", "2")]);
    let plan = world.merge(deleted, both);
    assert_eq!(world.text(&plan, "f"), None);
    assert_eq!(world.text(&plan, "g").unwrap(), "2");
}

#[test]
fn a_dispute_that_both_sides_settled_alike_is_over() {
    let mut world = World::new();
    let (ours, theirs) = disputed(&mut world);
    let ours = world.commit(&[ours], &[("f", "peace"), ("g", "1")]);
    let theirs = world.commit(&[theirs], &[("f", "peace"), ("g", "2")]);
    let plan = world.merge(ours, theirs);
    assert_eq!(world.text(&plan, "f").unwrap(), "peace");
    assert_eq!(world.text(&plan, "g").unwrap(), "2");
}

#[test]
fn a_long_row_of_criss_crosses_ends() {
    let mut world = World::new();
    let root = world.commit(&[], &[("f", "0")]);
    let mut left = world.commit(&[root], &[("f", "0"), ("l", "0")]);
    let mut right = world.commit(&[root], &[("f", "0"), ("r", "0")]);
    for round in 1..200 {
        let text = round.to_string();
        let both = [left, right];
        left = world.commit(&both, &[("f", "0"), ("l", &text), ("r", "0")]);
        right = world.commit(&both, &[("f", "0"), ("l", "0"), ("r", &text)]);
    }
    assert_eq!(world.base(left, right), world.base(right, left));
    world.merge(left, right);
}

#[test]
fn beyond_the_limit_the_newest_ancestor_stands_for_all() {
    let mut world = World::new();
    let (ours, theirs) = disputed(&mut world);
    let mut history = History::of(&world.db);
    let newest = history.merge_bases(ours, theirs).unwrap()[0];
    let mut finder = Finder { db: &world.db, history: &mut history, merges_left: 1 };
    let base = finder.base_of(&[ours], theirs).unwrap();
    assert_eq!(base, world.tree(newest).into());
}
