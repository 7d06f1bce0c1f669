use std::collections::BTreeSet;

use proptest::prelude::*;

use super::*;
use crate::git::tests::{Sandbox, paths};

/// Returns what `git status` would offer to add.
fn untracked(sandbox: &Sandbox) -> BTreeSet<RepoPath> {
    let listing = sandbox.git(&["ls-files", "--others", "--exclude-standard", "-z"]);
    let names = listing.split(|byte| *byte == 0).filter(|name| !name.is_empty());
    names.map(|name| RepoPath::from_bytes(name).unwrap()).collect()
}

fn lines(sandbox: &Sandbox) -> Vec<String> {
    let text = std::fs::read_to_string(sandbox.path(".git/info/exclude")).unwrap();
    text.lines().filter(|line| line.starts_with('/')).map(str::to_owned).collect()
}

#[test]
fn data_is_hidden_and_the_users_lines_stay() {
    let sandbox = Sandbox::with_commit();
    sandbox.write(".git/info/exclude", "# mine\n*.log");
    sandbox.write("data/raw/a.csv", "");
    sandbox.write(".mlv/repo.db", "");
    sandbox.write("notes.txt", "");
    let enclosing = sandbox.enclosing("");
    let others = paths(&["notes.txt"]);
    let report = enclosing.exclude(&paths(&["data/raw/a.csv"]), &others).unwrap();
    assert!(report.changed && report.inexpressible.is_empty());
    assert_eq!(untracked(&sandbox), BTreeSet::from_iter(others.clone()));
    let expected = "# mine\n*.log\n\
        # >>> mlv: . (written by mlv, edits are lost)\n/.mlv/\n/data/\n# <<< mlv\n";
    let file = enclosing.exclude_file().unwrap();
    assert_eq!(std::fs::read_to_string(&file).unwrap(), expected);

    let again = enclosing.exclude(&paths(&["data/raw/a.csv"]), &others).unwrap();
    assert!(!again.changed);
    enclosing.exclude(&[], &others).unwrap();
    let emptied = std::fs::read_to_string(&file).unwrap();
    assert!(emptied.starts_with("# mine\n*.log\n") && !emptied.contains("/data/"), "{emptied}");
}

#[test]
fn each_root_has_a_block_of_its_own() {
    let sandbox = Sandbox::with_commit();
    sandbox.write("one/a.csv", "");
    sandbox.write("two/b.csv", "");
    sandbox.enclosing("one").exclude(&paths(&["a.csv"]), &[]).unwrap();
    sandbox.enclosing("two").exclude(&paths(&["b.csv"]), &[]).unwrap();
    sandbox.enclosing("one").exclude(&paths(&["a.csv"]), &[]).unwrap();
    assert_eq!(lines(&sandbox), ["/one/.mlv/", "/one/a.csv", "/two/.mlv/", "/two/b.csv"]);
    assert_eq!(untracked(&sandbox), BTreeSet::new());
}

#[test]
fn a_directory_with_a_file_of_gits_is_not_excluded_whole() {
    let sandbox = Sandbox::with_commit();
    sandbox.write("data/load.py", "");
    sandbox.git(&["add", "data/load.py"]);
    let names: Vec<String> = (0..20).map(|number| format!("data/{number}.csv")).collect();
    let mut versioned: Vec<&str> = names.iter().map(String::as_str).collect();
    versioned.extend(["data/deep/er/a.bin", "data/odd"]);
    for path in &versioned {
        sandbox.write(path, "");
    }
    let mut versioned = paths(&versioned);
    versioned.sort();
    sandbox.enclosing("").exclude(&versioned, &[]).unwrap();
    assert_eq!(lines(&sandbox), ["/.mlv/", "/data/*.csv", "/data/deep/", "/data/odd"]);
    let covers = |path: &str| sandbox.enclosing("").excludes(paths(&[path])).unwrap();
    assert!(covers("data/new.csv") && covers("data/deep/new") && covers("data/odd"));
    assert!(!covers("data/new.py") && !covers("new.csv") && !covers("data/deep.csv/x"));

    let mine = paths(&["data/mine.csv"]);
    sandbox.write("data/mine.csv", "");
    sandbox.enclosing("").exclude(&versioned, &mine).unwrap();
    assert_eq!(lines(&sandbox).len(), 23);
    assert_eq!(untracked(&sandbox), BTreeSet::from_iter(mine));
}

#[test]
fn names_that_no_pattern_can_express_are_told() {
    let sandbox = Sandbox::with_commit();
    let odd = paths(&["new\nline", "return\r"]);
    for path in &odd {
        sandbox.write(path.as_path(), "");
    }
    let report = sandbox.enclosing("").exclude(&odd, &[]).unwrap();
    assert_eq!(report.inexpressible, odd);
    assert_eq!(untracked(&sandbox), BTreeSet::from_iter(odd));
}

#[test]
fn a_block_that_lost_its_end_swallows_no_line() {
    let cut = b"# >>> mlv: . (written by mlv, edits are lost)\n/old\n# mine\n";
    let healed = block::replace(cut, ".", &[b"/new".to_vec()]);
    let expected = "# >>> mlv: . (written by mlv, edits are lost)\n/new\n# <<< mlv\n/old\n# mine\n";
    assert_eq!(String::from_utf8(healed).unwrap(), expected);
}

/// Sets of files whose names are full of what patterns read as syntax.
fn files() -> impl Strategy<Value = BTreeSet<RepoPath>> {
    let name = || {
        let names = ["a", "b.csv", "c.csv", "#x", "!y", "*", "?", "[ab]", "\\", "e ", " f", "{g}"];
        prop::sample::select(names.to_vec())
    };
    let path = prop::collection::vec(name(), 1..3).prop_map(|names| {
        // Directories have names of their own, so that no path is both.
        let (file, dirs) = names.split_last().unwrap();
        let dirs: Vec<String> = dirs.iter().map(|dir| format!("{dir}d /")).collect();
        RepoPath::from_bytes(dirs.concat() + file).unwrap()
    });
    prop::collection::btree_set(path, 0..30)
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(40))]
    #[test]
    fn git_sees_the_others_and_nothing_of_ours(ours in files(), others in files()) {
        let sandbox = Sandbox::with_commit();
        ours.union(&others).for_each(|path| sandbox.write(path.as_path(), ""));
        let versioned: Vec<_> = ours.into_iter().collect();
        let visible: Vec<_> = others.iter().cloned().collect();
        let enclosing = sandbox.enclosing("");
        enclosing.exclude(&versioned, &visible).unwrap();
        for path in &versioned {
            let covered = enclosing.excludes(std::slice::from_ref(path)).unwrap();
            prop_assert_eq!(covered, !others.contains(path), "`{}`", path);
        }
        prop_assert_eq!(untracked(&sandbox), others);
    }
}
