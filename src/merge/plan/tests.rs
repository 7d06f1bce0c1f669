use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use proptest::prelude::*;

use super::*;
use crate::base::Hash;
use crate::object::{Entry, Reference};
use crate::store::{BlobId, BlobKind, MemoryStore};

/// A tree as a plain map.
type Files = BTreeMap<RepoPath, Entry>;

fn database() -> ObjectDb {
    ObjectDb::new(Arc::new(MemoryStore::default()))
}

fn path(text: &str) -> RepoPath {
    RepoPath::from_bytes(text).unwrap()
}

fn file(db: &ObjectDb, text: &str) -> Entry {
    Entry::File { file: db.ingest_bytes(text.as_bytes()).unwrap(), executable: false }
}

fn tree_of(db: &ObjectDb, files: &Files) -> TreeId {
    let set = |(path, entry): (&RepoPath, &Entry)| TreeEdit {
        path: path.clone(),
        value: TreeValue::Set(entry.clone()),
    };
    db.edit_tree(db.empty_tree().unwrap(), files.iter().map(set).collect()).unwrap()
}

fn files_of(db: &ObjectDb, tree: TreeId) -> Files {
    db.walk_tree(tree, &RepoPath::root()).collect::<Result<_, _>>().unwrap()
}

/// Merges three trees given as paths with texts.
fn merge(
    db: &ObjectDb,
    base: &[(&str, &str)],
    ours: &[(&str, &str)],
    theirs: &[(&str, &str)],
) -> MergePlan {
    let tree = |files: &[(&str, &str)]| {
        tree_of(db, &files.iter().map(|(name, text)| (path(name), file(db, text))).collect())
    };
    let options = MergeOptions::default();
    plan_merge(db, &tree(base).into(), tree(ours), tree(theirs), &options).unwrap()
}

fn kinds(plan: &MergePlan) -> Vec<(String, ConflictKind)> {
    plan.conflicts.iter().map(|conflict| (conflict.path.to_string(), conflict.kind)).collect()
}

#[test]
fn every_conflict_is_listed_with_its_kind_in_order() {
    let db = database();
    let plan = merge(
        &db,
        &[("deleted", "1"), ("kept", "1"), ("modified", "1"), ("was_dir/x", "1")],
        &[("added", "o"), ("kept", "2"), ("modified", "o"), ("new_dir", "o"), ("was_dir", "o")],
        &[
            ("added", "t"),
            ("deleted", "2"),
            ("modified", "t"),
            ("new_dir/x", "t"),
            ("was_dir/x", "t"),
        ],
    );
    let expected = [
        ("added", ConflictKind::BothAdded),
        ("deleted", ConflictKind::DeletedByOurs),
        ("kept", ConflictKind::DeletedByTheirs),
        ("modified", ConflictKind::BothModified),
        ("new_dir", ConflictKind::FileDirectory),
        ("was_dir", ConflictKind::FileDirectory),
    ];
    assert_eq!(kinds(&plan), expected.map(|(path, kind)| (path.to_owned(), kind)));
    assert!(matches!(plan.apply(&db), Err(MergeError::Unsettled { conflicts: 6 })));
}

#[test]
fn a_file_that_became_a_directory_on_one_side_alone_is_no_conflict() {
    let db = database();
    for (before, after) in [([("a", "1")], [("a/x", "2")]), ([("a/x", "1")], [("a", "2")])] {
        let plan = merge(&db, &before, &before, &after);
        assert_eq!(
            plan.apply(&db).unwrap(),
            merge(&db, &before, &after, &before).apply(&db).unwrap()
        );
    }
    let plan = merge(&db, &[("a/x", "1")], &[("a", "2")], &[("a/x", "1"), ("b", "3")]);
    let merged: Vec<_> = files_of(&db, plan.apply(&db).unwrap()).into_keys().collect();
    assert_eq!(merged, [path("a"), path("b")]);
}

#[test]
fn texts_merge_by_lines_and_the_executable_bit_by_itself() {
    let db = database();
    let with_bit = |text: &str| match file(&db, text) {
        Entry::File { file, .. } => Entry::File { file, executable: true },
        other => other,
    };
    let tree = |entry: Entry| tree_of(&db, &Files::from([(path("f"), entry)]));
    let base = tree(file(&db, "1\n2\n3\n"));
    let ours = tree(with_bit("one\n2\n3\n"));
    let theirs = tree(file(&db, "1\n2\nthree\n"));
    let plan = plan_merge(&db, &base.into(), ours, theirs, &MergeOptions::default()).unwrap();
    assert_eq!(plan.line_merged, [path("f")]);
    let merged = tree(with_bit("one\n2\nthree\n"));
    assert_eq!(plan.apply(&db).unwrap(), merged);

    let chmod = tree(with_bit("1\n2\n3\n"));
    let plan = plan_merge(&db, &base.into(), chmod, theirs, &MergeOptions::default()).unwrap();
    assert_eq!(plan.apply(&db).unwrap(), tree(with_bit("1\n2\nthree\n")));
    assert!(plan.line_merged.is_empty());

    let small = MergeOptions { text_limit: 7, ..MergeOptions::default() };
    let plan = plan_merge(&db, &base.into(), ours, theirs, &small).unwrap();
    assert_eq!(kinds(&plan), [("f".to_owned(), ConflictKind::BothModified)]);
}

#[test]
fn binary_content_is_not_merged_by_lines() {
    let db = database();
    let plan = merge(&db, &[("f", "\0\n2\n3\n")], &[("f", "\0\n2\n")], &[("f", "1\n\0\n2\n3\n")]);
    assert_eq!(kinds(&plan), [("f".to_owned(), ConflictKind::BothModified)]);
}

#[test]
fn a_merge_reads_nothing_of_what_neither_side_touched() {
    let store = Arc::new(MemoryStore::default());
    let db = ObjectDb::new(store.clone());
    let mut files: Files =
        (0..5000).map(|n| (path(&format!("d{}/{n}", n % 50)), file(&db, "same"))).collect();
    let base = tree_of(&db, &files);
    files.insert(path("d1/new"), file(&db, "ours"));
    let ours = tree_of(&db, &files);
    files.insert(path("d2/new"), file(&db, "theirs"));
    let merged = tree_of(&db, &files);
    files.remove(&path("d1/new"));
    let theirs = tree_of(&db, &files);
    for untouched in 3..50 {
        let dir = db.subtree(base, &path(&format!("d{untouched}"))).unwrap().unwrap();
        assert!(store.remove(BlobId { kind: BlobKind::Tree, hash: dir.0 }));
    }

    let cold = ObjectDb::new(store);
    let plan = plan_merge(&cold, &base.into(), ours, theirs, &MergeOptions::default()).unwrap();
    assert_eq!(plan.edits.len(), 1);
    assert_eq!(plan.apply(&cold).unwrap(), merged);
}

/// What a path of a random tree holds, before it is stored.
#[derive(Debug, Clone)]
enum Sketch {
    File { lines: &'static [&'static str], executable: bool },
    Symlink(&'static str),
    Reference(&'static str),
}

impl Sketch {
    fn entry(&self, db: &ObjectDb) -> Entry {
        match self {
            Self::Symlink(target) => Entry::Symlink { target: target.as_bytes().to_vec() },
            Self::Reference(etag) => reference(etag, None),
            Self::File { lines, executable } => Entry::File {
                file: db.ingest_bytes(lines.concat().as_bytes()).unwrap(),
                executable: *executable,
            },
        }
    }
}

type Sketches = BTreeMap<RepoPath, Sketch>;

fn reference(etag: &str, content: Option<&str>) -> Entry {
    Entry::Reference(Box::new(Reference {
        url: "s3://bucket/a".to_owned(),
        size: 1,
        etag: etag.to_owned(),
        version: String::new(),
        modified: 0,
        content: content.map(|content| Hash::of(content.as_bytes())),
    }))
}

#[test]
fn of_references_that_mean_the_same_the_hashed_one_stays() {
    let db = database();
    let tree = |entry: Entry| tree_of(&db, &Files::from([(path("f"), entry)]));
    let (plain, hashed) =
        (|etag: &str| reference(etag, None), |etag: &str| reference(etag, Some("x")));
    let merged = |base: Entry, ours: Entry, theirs: Entry| {
        let base = tree(base).into();
        let plan = plan_merge(&db, &base, tree(ours), tree(theirs), &MergeOptions::default());
        let plan = plan.unwrap();
        plan.is_clean().then(|| files_of(&db, plan.apply(&db).unwrap()).remove(&path("f")).unwrap())
    };
    // One hashed it, the other took in a new version; or both took in the new one, and one hashed it.
    for (base, ours, theirs, expected) in [
        (plain("1"), hashed("1"), plain("2"), Some(plain("2"))),
        (plain("1"), plain("2"), hashed("2"), Some(hashed("2"))),
        (plain("1"), reference("1", Some("x")), reference("1", Some("y")), None),
        (plain("1"), plain("2"), plain("3"), None),
        (plain("1"), hashed("2"), plain("3"), None),
    ] {
        assert_eq!(merged(base.clone(), ours.clone(), theirs.clone()), expected);
        assert_eq!(merged(base, theirs, ours), expected);
    }
}

/// Few paths, few contents: sides often meet. Where a path is file and directory, the file stays.
fn sketches() -> impl Strategy<Value = Sketches> {
    let paths = ["a", "b", "a/x", "a/y", "a/x/k", "a.b", "b/x", "b/y/k", "c"];
    let texts: [&[&str]; 5] = [
        &["1\n", "2\n", "3\n", "4\n"],
        &["one\n", "2\n", "3\n", "4\n"],
        &["1\n", "2\n", "3\n", "four\n"],
        &["1\n", "x\n", "3\n", "4\n"],
        &["\0"],
    ];
    let file = (prop::sample::select(texts.to_vec()), prop::bool::weighted(0.2))
        .prop_map(|(lines, executable)| Sketch::File { lines, executable });
    let link = prop::sample::select(vec!["a", "b"]).prop_map(Sketch::Symlink);
    let reference = prop::sample::select(vec!["1", "2"]).prop_map(Sketch::Reference);
    let sketch = prop_oneof![8 => file, 1 => link, 2 => reference];
    prop::collection::btree_map(prop::sample::select(paths.to_vec()), sketch, 0..7).prop_map(
        |all| {
            let mut kept = Sketches::new();
            for (name, sketch) in all.into_iter().map(|(name, sketch)| (path(name), sketch)) {
                let above = |taken: &RepoPath| name.starts_with(taken);
                if !kept.keys().any(above) {
                    kept.insert(name, sketch);
                }
            }
            kept
        },
    )
}

struct World {
    db: ObjectDb,
    base: Files,
    ours: Files,
    theirs: Files,
}

impl World {
    fn new(base: &Sketches, ours: &Sketches, theirs: &Sketches) -> Self {
        let db = database();
        let files = |sketches: &Sketches| -> Files {
            sketches.iter().map(|(path, sketch)| (path.clone(), sketch.entry(&db))).collect()
        };
        let (base, ours, theirs) = (files(base), files(ours), files(theirs));
        Self { db, base, ours, theirs }
    }

    fn plan(&self, ours: &Files, theirs: &Files, strategy: Option<Side>) -> MergePlan {
        let options = MergeOptions { strategy, ..MergeOptions::default() };
        let base = self.tree(&self.base).into();
        plan_merge(&self.db, &base, self.tree(ours), self.tree(theirs), &options).unwrap()
    }

    fn tree(&self, files: &Files) -> TreeId {
        tree_of(&self.db, files)
    }

    fn all_paths(&self) -> BTreeSet<RepoPath> {
        [&self.base, &self.ours, &self.theirs].into_iter().flat_map(Files::keys).cloned().collect()
    }
}

fn swapped(conflict: &Conflict) -> Conflict {
    let kind = match conflict.kind {
        ConflictKind::DeletedByOurs => ConflictKind::DeletedByTheirs,
        ConflictKind::DeletedByTheirs => ConflictKind::DeletedByOurs,
        kind => kind,
    };
    let (ours, theirs) = (conflict.theirs.clone(), conflict.ours.clone());
    Conflict { kind, ours, theirs, ..conflict.clone() }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(1000))]

    #[test]
    fn what_one_side_left_alone_is_the_others(base in sketches(), changed in sketches()) {
        let world = World::new(&base, &changed, &changed);
        let (base, changed) = (&world.base, &world.ours);
        for (ours, theirs) in [(base, changed), (changed, base), (changed, changed)] {
            let plan = world.plan(ours, theirs, None);
            prop_assert_eq!(plan.apply(&world.db).unwrap(), world.tree(changed));
        }
    }

    #[test]
    fn the_sides_may_be_swapped(base in sketches(), ours in sketches(), theirs in sketches()) {
        let world = World::new(&base, &ours, &theirs);
        let there = world.plan(&world.ours, &world.theirs, None);
        let back = world.plan(&world.theirs, &world.ours, None);
        let expected: Vec<_> = back.conflicts.iter().map(swapped).collect();
        prop_assert_eq!(&there.conflicts, &expected);
        prop_assert_eq!(&there.line_merged, &back.line_merged);
        if there.is_clean() {
            prop_assert_eq!(there.apply(&world.db).unwrap(), back.apply(&world.db).unwrap());
        }
    }

    #[test]
    fn each_path_follows_the_rule_or_is_in_conflict(
        base in sketches(), ours in sketches(), theirs in sketches(),
    ) {
        let world = World::new(&base, &ours, &theirs);
        let plan = world.plan(&world.ours, &world.theirs, None);
        let merged = files_of(&world.db, plan.apply_clean_part(&world.db).unwrap());
        prop_assert!(plan.conflicts.windows(2).all(|pair| pair[0].path < pair[1].path));
        for path in world.all_paths() {
            let in_files = |files: &Files| files.get(&path).cloned();
            let (base, ours, theirs) =
                (in_files(&world.base), in_files(&world.ours), in_files(&world.theirs));
            let got = merged.get(&path).cloned();
            let covering = plan.conflicts.iter().find(|conflict| {
                path == conflict.path
                    || (path.starts_with(&conflict.path)
                        && conflict.kind == ConflictKind::FileDirectory)
            });
            if covering.is_some() {
                prop_assert_eq!(got, ours, "in conflict, `{}` stays as in ours", path);
            } else if ours == theirs || theirs == base {
                prop_assert_eq!(got, ours, "`{}`", path);
            } else if ours == base {
                prop_assert_eq!(got, theirs, "`{}`", path);
            } else {
                let both_files = [&base, &ours, &theirs]
                    .iter()
                    .all(|entry| matches!(entry, Some(Entry::File { .. })));
                prop_assert!(both_files, "`{}` merged out of nothing", path);
            }
        }
    }

    #[test]
    fn a_strategy_settles_the_conflicts_and_nothing_else(
        base in sketches(), ours in sketches(), theirs in sketches(),
    ) {
        let world = World::new(&base, &ours, &theirs);
        let open = world.plan(&world.ours, &world.theirs, None);
        let clean = files_of(&world.db, open.apply_clean_part(&world.db).unwrap());
        for (side, files) in [(Side::Ours, &world.ours), (Side::Theirs, &world.theirs)] {
            let plan = world.plan(&world.ours, &world.theirs, Some(side));
            prop_assert!(plan.is_clean());
            prop_assert_eq!(&plan.settled, &open.conflicts);
            let merged = files_of(&world.db, plan.apply(&world.db).unwrap());
            let is_settled =
                |path: &RepoPath| plan.settled.iter().any(|conflict| path.starts_with(&conflict.path));
            for path in world.all_paths() {
                let expected = if is_settled(&path) { files } else { &clean };
                prop_assert_eq!(merged.get(&path), expected.get(&path), "`{}`", path);
            }
        }
    }

    #[test]
    fn changes_of_different_paths_commute(base in sketches(), changed in sketches()) {
        let world = World::new(&base, &changed, &changed);
        let pick = |below: &[&str]| -> Files {
            let is_picked = |p: &RepoPath| below.iter().any(|dir| p.starts_with(&path(dir)));
            let changed = world.ours.iter().filter(|(path, _)| is_picked(path));
            let unchanged = world.base.iter().filter(|(path, _)| !is_picked(path));
            changed.chain(unchanged).map(|(path, entry)| (path.clone(), entry.clone())).collect()
        };
        let (ours, theirs) = (pick(&["a"]), pick(&["b", "c", "a.b"]));
        for (ours, theirs) in [(&ours, &theirs), (&theirs, &ours)] {
            let merged = world.plan(ours, theirs, None).apply(&world.db).unwrap();
            prop_assert_eq!(merged, world.tree(&world.ours));
        }
    }

    #[test]
    fn where_the_base_is_contested_only_equal_sides_agree(
        base in sketches(), ours in sketches(), theirs in sketches(),
        names in prop::collection::btree_set(prop::sample::select(vec!["a", "b", "a/x", "c"]), 0..3),
    ) {
        let contested: BTreeSet<RepoPath> = names.into_iter().map(path).collect();
        let is_contested = |path: &RepoPath| contested.iter().any(|above| path.starts_with(above));
        let mut world = World::new(&base, &ours, &theirs);
        world.base.retain(|path, _| !is_contested(path));
        let base = MergeBase { tree: world.tree(&world.base), contested: contested.clone() };
        let (ours, theirs) = (world.tree(&world.ours), world.tree(&world.theirs));
        let plan = plan_merge(&world.db, &base, ours, theirs, &MergeOptions::default()).unwrap();
        let merged = files_of(&world.db, plan.apply_clean_part(&world.db).unwrap());
        for path in world.all_paths().into_iter().filter(is_contested) {
            let (ours, theirs) = (world.ours.get(&path), world.theirs.get(&path));
            let covered = plan.conflicts.iter().any(|conflict| path.starts_with(&conflict.path));
            prop_assert!(covered || ours == theirs, "`{}` is decided without a base", path);
            prop_assert_eq!(merged.get(&path), ours, "`{}`", path);
        }
    }
}
