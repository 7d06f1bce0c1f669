use std::time::{Duration, SystemTime};

use std::fs;
use std::os::unix::fs::symlink;
use std::os::unix::net::UnixListener;
use std::sync::Mutex;

use super::*;
use crate::base::progress::Unit;
use crate::base::{NoProgress, Progress, RepoPath, TreeId};
use crate::diff::tree::tree_changes;
use crate::workspace::error::WorkspaceError;
use crate::workspace::notice::Notice;
use crate::workspace::pathspec::Pathspecs;
use crate::workspace::tests::Sample;

/// Returns the paths that an `add` changed in the staged tree.
fn edited(sample: &Sample, staged: TreeId, outcome: &AddOutcome) -> Vec<String> {
    let changes = tree_changes(&sample.objects, staged, outcome.tree, &RepoPath::root());
    changes.map(|change| change.unwrap().path.to_string()).collect()
}

#[test]
fn what_was_added_is_what_is_on_the_disk() {
    let sample = Sample::new();
    let files = [
        ("empty", ""),
        ("run.sh", "#!/bin/sh"),
        ("deep/down/x", "x"),
        ("to-nowhere", "->nowhere"),
        ("out-of-it", "->../../etc/passwd"),
    ];
    for (name, text) in files {
        sample.write(name, text);
    }
    let sparse = fs::File::create(sample.root.join("sparse")).unwrap();
    sparse.set_len(3 << 20).unwrap();
    let staged = sample.add(sample.empty_tree(), &[]);
    assert_eq!(sample.in_tree(staged), sample.on_disk());
    fs::remove_file(sample.root.join("sparse")).unwrap();
    assert_eq!(sample.add(staged, &["."]), sample.tree(&files));
}

#[test]
fn files_directories_and_patterns_can_be_named() {
    let sample = Sample::new();
    for name in ["a.csv", "b.txt", "data/c.csv", "data/deep/d.txt", "other/e.csv"] {
        sample.write(name, name);
    }
    let empty = sample.empty_tree();
    let add =
        |names: &[&str]| edited(&sample, empty, &sample.try_add(empty, names, false).unwrap());
    assert_eq!(add(&["a.csv", "data/deep"]), ["a.csv", "data/deep/d.txt"]);
    assert_eq!(add(&["*.csv"]), ["a.csv", "data/c.csv", "other/e.csv"]);
    assert_eq!(add(&["data/**"]), ["data/c.csv", "data/deep/d.txt"]);
    let error = sample.try_add(sample.empty_tree(), &["a.csv", "*.json"], false).unwrap_err();
    assert_eq!(error.to_string(), "`*.json` matches no file");
}

#[test]
fn what_is_gone_is_removed_where_it_is_meant() {
    let sample = Sample::new();
    let staged = sample.tree(&[("a", "1"), ("dir/b", "2"), ("dir/c", "3"), ("keep", "4")]);
    sample.write("dir", "a file now");
    let outcome = sample.try_add(staged, &["a", "dir"], false).unwrap();
    assert_eq!(edited(&sample, staged, &outcome), ["a", "dir", "dir/b", "dir/c"]);
    assert_eq!(outcome.tree, sample.tree(&[("dir", "a file now"), ("keep", "4")]));
}

#[test]
fn ignored_files_are_passed_over_refused_where_named_and_added_where_forced() {
    let sample = Sample::new();
    for name in ["data/x.tmp", "data/y", "out/deep/z"] {
        sample.write(name, name);
    }
    sample.write(".mlvignore", "*.tmp\nout/\n");
    let empty = sample.empty_tree();
    let add = |names: &[&str], force| sample.try_add(empty, names, force);
    assert_eq!(edited(&sample, empty, &add(&["data"], false).unwrap()), ["data/y"]);
    for named in ["data/x.tmp", "out", "out/deep", "out/deep/z"] {
        match add(&[named, "data"], false) {
            Err(WorkspaceError::Ignored { paths }) => assert_eq!(paths[0].to_string(), named),
            other => panic!("{named}: {other:?}"),
        }
    }
    let forced = add(&["data/x.tmp", "out"], true).unwrap();
    assert_eq!(edited(&sample, empty, &forced), ["data/x.tmp", "out/deep/z"]);
}

#[test]
fn files_of_git_are_added_only_where_they_are_named() {
    let sample = Sample::new();
    sample.write("code/main.py", "");
    sample.write("data", "");
    let empty = sample.empty_tree();
    let add =
        |names: &[&str]| edited(&sample, empty, &sample.try_add(empty, names, false).unwrap());
    assert_eq!(add(&["."]), ["data"]);
    assert_eq!(add(&["code/main.py"]), ["code/main.py"]);
}

#[test]
fn unchanged_files_are_not_read_and_make_no_edit() {
    let sample = Sample::new();
    sample.write("old", "1");
    Sample::settle();
    let staged = sample.add(sample.empty_tree(), &["."]);
    sample.write("young", "2");
    // Too young to be believed, however slow the machine is.
    sample.set_modified("young", SystemTime::now() + Duration::from_hours(1));
    let staged = sample.add(staged, &["."]);
    let options = AddOptions {
        paths: &Pathspecs::default(),
        force: false,
        tracked_only: false,
        is_git_tracked: &|_| false,
        is_lost: &|_| false,
    };
    let plan = sample.workspace.plan_add(staged, &options).unwrap();
    assert_eq!(plan.unchanged, 1);
    assert_eq!(plan.files.len(), 1);
    let outcome = sample.workspace.execute_add(staged, &plan, &NoProgress).unwrap();
    assert_eq!(outcome.tree, staged);
}

#[test]
fn only_tracked_files_are_looked_at_on_request() {
    let sample = Sample::new();
    let staged = sample.tree(&[("a", "1"), ("b", "2")]);
    sample.write("a", "changed");
    sample.write("new", "3");
    let options = AddOptions {
        paths: &Pathspecs::default(),
        force: false,
        tracked_only: true,
        is_git_tracked: &|_| false,
        is_lost: &|_| false,
    };
    let plan = sample.workspace.plan_add(staged, &options).unwrap();
    let outcome = sample.workspace.execute_add(staged, &plan, &NoProgress).unwrap();
    assert_eq!(edited(&sample, staged, &outcome), ["a", "b"]);
}

#[test]
fn sockets_are_named_and_the_rest_goes_on() {
    let sample = Sample::new();
    sample.write("a", "1");
    sample.write("z", "2");
    let _listener = UnixListener::bind(sample.root.join("socket")).unwrap();
    let outcome = sample.try_add(sample.empty_tree(), &[], false).unwrap();
    assert_eq!(edited(&sample, sample.empty_tree(), &outcome), ["a", "z"]);
    assert!(matches!(&outcome.notices[..], [Notice::Special { .. }]));
    assert!(!outcome.has_failures());
}

/// Writes to a file whenever some of it was read.
#[derive(Debug)]
struct Meddler {
    file: Mutex<fs::File>,
    times: Mutex<usize>,
}

impl Progress for Meddler {
    fn phase(&self, _name: &str, _total: Option<u64>, _unit: Unit) {}

    fn advance(&self, _amount: u64) {
        use std::io::Write;
        let mut times = self.times.lock().unwrap();
        if *times > 0 {
            *times -= 1;
            self.file.lock().unwrap().write_all(b"more").unwrap();
        }
    }

    fn notice(&self, _message: &str) {}
}

fn add_with_a_meddler(times: usize) -> (Sample, AddOutcome) {
    let sample = Sample::new();
    sample.write("big", &"0123456789".repeat(100_000));
    sample.write("small", "1");
    let options = AddOptions {
        paths: &Pathspecs::default(),
        force: false,
        tracked_only: false,
        is_git_tracked: &|_| false,
        is_lost: &|_| false,
    };
    let plan = sample.workspace.plan_add(sample.empty_tree(), &options).unwrap();
    let file = fs::File::options().append(true).open(sample.root.join("big")).unwrap();
    let meddler = Meddler { file: Mutex::new(file), times: Mutex::new(times) };
    let outcome = sample.workspace.execute_add(sample.empty_tree(), &plan, &meddler).unwrap();
    (sample, outcome)
}

#[test]
fn a_file_that_changed_while_it_was_read_is_read_again() {
    let (sample, outcome) = add_with_a_meddler(1);
    assert_eq!(sample.in_tree(outcome.tree), sample.on_disk());
}

#[test]
fn a_file_that_keeps_changing_is_refused_by_name_and_the_rest_goes_on() {
    let (sample, outcome) = add_with_a_meddler(usize::MAX);
    assert_eq!(edited(&sample, sample.empty_tree(), &outcome), ["small"]);
    assert!(outcome.has_failures());
    assert_eq!(outcome.notices[0].path(), &RepoPath::from_bytes("big").unwrap());
}

#[test]
fn a_file_that_vanished_or_became_something_else_after_the_plan_is_no_file() {
    let sample = Sample::new();
    for name in ["gone", "directory", "link"] {
        sample.write(name, "1");
    }
    let options = AddOptions {
        paths: &Pathspecs::default(),
        force: false,
        tracked_only: false,
        is_git_tracked: &|_| false,
        is_lost: &|_| false,
    };
    let plan = sample.workspace.plan_add(sample.empty_tree(), &options).unwrap();
    for name in ["gone", "directory", "link"] {
        sample.remove(name);
    }
    fs::create_dir(sample.root.join("directory")).unwrap();
    symlink("/etc/passwd", sample.root.join("link")).unwrap();
    let empty = sample.empty_tree();
    let outcome = sample.workspace.execute_add(empty, &plan, &NoProgress).unwrap();
    assert_eq!(outcome.tree, sample.tree(&[("link", "->/etc/passwd")]));
}

#[test]
fn many_files_taken_in_batch_by_batch_make_the_tree_that_all_at_once_make() {
    let sample = Sample::new();
    let name = |number: usize| match number % 3 {
        0 => format!("flat/file-{number}"),
        1 => format!("deep/{number}/file"),
        _ => format!("file-{number}"),
    };
    let files: Vec<_> = (0..50).map(|number| (name(number), number.to_string())).collect();
    let files: Vec<(&str, &str)> = files.iter().map(|(a, b)| (&a[..], &b[..])).collect();
    // A file that has become a directory, a directory that has become a file, and files gone.
    let before = ["deep", "file-2/inside", "gone/1", "gone/2", "gone/3", "gone/4", "gone/5"];
    let staged = sample.tree(&before.map(|name| (name, "before")));
    for (name, text) in &files {
        sample.write(name, text);
    }
    assert_eq!(sample.add(staged, &[]), sample.tree(&files));
    let again = sample.add(sample.tree(&files[..20]), &[]);
    assert_eq!(again, sample.tree(&files));
}
