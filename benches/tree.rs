//! Measures trees of a million files in memory: building, changing, comparing, walking.
//! `cargo bench --bench tree`; another number of files as the first argument.

#![expect(clippy::print_stdout, reason = "a benchmark prints what it measured")]

use std::collections::BTreeSet;
use std::sync::Arc;
use std::time::{Duration, Instant};

use mlv::base::{Hash, RepoPath, TreeId};
use mlv::diff::tree_changes;
use mlv::object::{Entry, FileRef, ObjectDb, ObjectError, Reached, TreeEdit, TreeValue};
use mlv::store::{BlobId, ChunkStore, MemoryStore};

fn main() -> Result<(), ObjectError> {
    let count = std::env::args().skip(1).find_map(|text| text.parse().ok()).unwrap_or(1_000_000);
    let store = Arc::new(MemoryStore::default());
    let db = ObjectDb::new(store.clone());
    let empty = db.empty_tree()?;
    let shuffled = |number: u64| number.wrapping_mul(0x9e37_79b9_7f4a_7c15) % count;

    let edits = (0..count).map(|n| set(&flat(n), n)).collect();
    let (tree, time) = timed(|| db.edit_tree(empty, edits))?;
    report("build a flat directory", count, time);
    describe(&db, &store, tree)?;

    let edits = (0..count / 10).map(|n| set(&nested(n), n)).collect();
    let (_, time) = timed(|| db.edit_tree(empty, edits))?;
    report("build 100 directories", count / 10, time);

    let small = (0..count / 10).map(|n| set(&format!("s{:06}/{:02}", n / 4, n % 4), n)).collect();
    let (_, time) = timed(|| db.edit_tree(empty, small))?;
    report("build directories of 4 files", count / 10, time);

    let picked = |n: u64| flat(shuffled(n * 977 + 13));
    let removal = |path: &str| TreeEdit { value: TreeValue::Remove, ..set(path, 0) };
    for times in [1, 200] {
        let some = |edit: &dyn Fn(u64) -> TreeEdit| (0..times).map(edit).collect();
        single_edits(&db, tree, "change", some(&|n| set(&picked(n), count + n)))?;
        single_edits(&db, tree, "insert", some(&|n| set(&(picked(n) + "-new"), count + n)))?;
        single_edits(&db, tree, "remove", some(&|n| removal(&picked(n))))?;
    }

    let edits = (0..1000).map(|n| set(&flat(shuffled(n)), n + 7)).collect();
    let (changed, time) = timed(|| db.edit_tree(tree, edits))?;
    report("edit scattered files", 1000, time);
    for name in ["cold", "warm"] {
        // A new handle has nothing in its cache.
        let db = if name == "cold" { ObjectDb::new(store.clone()) } else { db.clone() };
        let root = RepoPath::root();
        let (found, time) =
            timed(|| tree_changes(&db, tree, changed, &root).collect::<Result<Vec<_>, _>>())?;
        report(&format!("diff, {name}"), found.len() as u64, time);
    }

    let db = ObjectDb::new(store);
    let walk = || db.walk_tree(tree, &RepoPath::root()).try_fold(0, |n, item| item.map(|_| n + 1));
    let (walked, time) = timed(walk)?;
    report("walk", walked, time);

    let looked = || {
        (0..10_000).try_for_each(|n| {
            let path = RepoPath::from_bytes(flat(shuffled(n))).expect("a valid path");
            assert!(db.tree_entry(tree, &path)?.is_some());
            Ok(())
        })
    };
    report("look up scattered files", 10_000, timed(looked)?.1);
    Ok(())
}

fn flat(number: u64) -> String {
    format!("images/img_{number:08}.jpg")
}

fn nested(number: u64) -> String {
    format!("train/class_{:04}/img_{number:08}.jpg", number / 1000)
}

fn set(path: &str, seed: u64) -> TreeEdit {
    let file =
        FileRef { size: seed % 100_000, content: Hash::of(&seed.to_le_bytes()), manifest: None };
    let path = RepoPath::from_bytes(path).expect("a valid path");
    TreeEdit { path, value: TreeValue::Set(Entry::File { file, executable: false }) }
}

fn timed<T>(deed: impl FnOnce() -> Result<T, ObjectError>) -> Result<(T, Duration), ObjectError> {
    let start = Instant::now();
    Ok((deed()?, start.elapsed()))
}

fn report(what: &str, count: u64, time: Duration) {
    println!("{what:<32} {count:>9} {:>10.2} ms", time.as_secs_f64() * 1e3);
}

fn nodes(db: &ObjectDb, tree: TreeId) -> Result<BTreeSet<BlobId>, ObjectError> {
    let mut nodes = BTreeSet::new();
    let mut visit = |reached: Reached<'_>| match reached {
        Reached::Node(id) => nodes.insert(id),
        Reached::Entry(_) => true,
    };
    db.reach_tree(tree, &mut visit)?;
    Ok(nodes)
}

/// Prints how large the nodes of a tree are.
fn describe(db: &ObjectDb, store: &MemoryStore, tree: TreeId) -> Result<(), ObjectError> {
    let read = |id| Ok(store.read(id)?.len());
    let mut sizes: Vec<usize> =
        nodes(db, tree)?.into_iter().map(read).collect::<Result<_, ObjectError>>()?;
    sizes.sort_unstable();
    let at = |percent: usize| sizes[(sizes.len() - 1) * percent / 100];
    let total: usize = sizes.iter().sum();
    let mean = total / sizes.len();
    println!("  {} nodes, {total} bytes, mean {mean}", sizes.len());
    println!(
        "  smallest {}, 5 % {}, half {}, 95 % {}, largest {}",
        at(0),
        at(5),
        at(50),
        at(95),
        at(100)
    );
    Ok(())
}

/// Returns the nodes of a tree that are not among `known`.
fn new_nodes(
    db: &ObjectDb,
    known: &BTreeSet<BlobId>,
    tree: TreeId,
) -> Result<Vec<BlobId>, ObjectError> {
    let mut new = Vec::new();
    let mut visit = |reached: Reached<'_>| {
        let Reached::Node(id) = reached else { return true };
        let unknown = !known.contains(&id);
        new.extend(unknown.then_some(id));
        unknown
    };
    db.reach_tree(tree, &mut visit)?;
    Ok(new)
}

/// Measures edits of one file each.
fn single_edits(
    db: &ObjectDb,
    tree: TreeId,
    what: &str,
    edits: Vec<TreeEdit>,
) -> Result<(), ObjectError> {
    let known = nodes(db, tree)?;
    let count = edits.len();
    let (mut written, mut bytes, mut time) = (Vec::new(), 0, Duration::ZERO);
    for edit in edits {
        let (changed, took) = timed(|| db.edit_tree(tree, vec![edit]))?;
        time += took;
        let new = new_nodes(db, &known, changed)?;
        for id in &new {
            bytes += db.store().read(*id)?.len();
        }
        written.push(new.len());
    }
    report(&format!("{what} one file (mean of {count})"), 1, time / count as u32);
    let mean = written.iter().sum::<usize>() as f64 / count as f64;
    let most = written.iter().max().copied().unwrap_or_default();
    println!("  nodes written: mean {mean:.2}, most {most}; {} bytes", bytes / count);
    Ok(())
}
