//! `mlv undo`, `redo` and `op`: what is taken back is as it was, to the byte.

use std::collections::BTreeMap;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};

use serde_json::Value;

use crate::common::TestEnvironment;

/// Everything that an operation can change.
#[derive(Debug, PartialEq, Eq)]
struct State {
    head: String,
    branches: Value,
    tags: Value,
    staged: Value,
    stashes: Value,
    files: BTreeMap<PathBuf, (Vec<u8>, bool)>,
}

fn state(env: &TestEnvironment) -> State {
    let mut files = BTreeMap::new();
    collect(&env.root(), &mut files);
    let status = env.json(&["status", "--json"]);
    State {
        head: format!("{} {}", status["branch"], status["head"]),
        branches: env.json(&["branch", "--json"]),
        tags: env.json(&["tag", "--json"]),
        staged: env.json(&["ls", "-r", "--json", ":"]),
        stashes: env.json(&["stash", "list", "--json"]),
        files,
    }
}

fn collect(dir: &Path, files: &mut BTreeMap<PathBuf, (Vec<u8>, bool)>) {
    for item in std::fs::read_dir(dir).unwrap() {
        let item = item.unwrap();
        let (path, kind) = (item.path(), item.file_type().unwrap());
        if item.file_name() == ".mlv" {
            continue;
        }
        if kind.is_dir() {
            collect(&path, files);
        } else if kind.is_symlink() {
            let target = std::fs::read_link(&path).unwrap();
            files.insert(path, (target.into_os_string().into_encoded_bytes(), false));
        } else {
            let runs = item.metadata().unwrap().permissions().mode() & 0o100 != 0;
            files.insert(path.clone(), (std::fs::read(path).unwrap(), runs));
        }
    }
}

/// Two branches that differ, a tag, and a working copy with every kind of change.
fn world() -> TestEnvironment {
    let env = TestEnvironment::new();
    env.success(&["init"]);
    for name in ["both", "gone", "mine", "same", "data/deep/x"] {
        env.write(name, format!("{name} one"));
    }
    env.success(&["add", "."]);
    env.success(&["commit", "-m", "one"]);
    env.success(&["switch", "-c", "other"]);
    for name in ["both", "new-here", "data/deep/y"] {
        env.write(name, format!("{name} other"));
    }
    std::fs::remove_file(env.path("gone")).unwrap();
    env.success(&["add", "."]);
    env.success(&["commit", "-m", "other"]);
    env.success(&["tag", "-m", "why", "v1"]);
    env.success(&["switch", "main"]);
    env
}

fn make_dirty(env: &TestEnvironment) {
    env.write("both", "unsaved");
    env.write("new-here", "untracked, in the way");
    env.write("staged", "staged only");
    env.success(&["add", "staged"]);
    env.write("staged", "and changed again");
    std::fs::remove_file(env.path("mine")).unwrap();
    std::fs::remove_file(env.path("gone")).unwrap();
}

/// Runs a command, takes it back, does it again and takes it back again.
#[track_caller]
fn is_undone(env: &TestEnvironment, command: &[&str]) {
    let before = state(env);
    env.success(command);
    let after = state(env);
    assert_ne!(before, after, "{command:?} did nothing");
    for _ in 0..2 {
        env.success(&["undo"]);
        assert_eq!(state(env), before, "undo of {command:?}");
        env.success(&["redo"]);
        assert_eq!(state(env), after, "redo of {command:?}");
    }
    env.success(&["undo"]);
    assert_eq!(state(env), before);
}

#[test]
fn every_operation_on_a_clean_copy_is_undone_and_redone() {
    let env = world();
    for command in [
        &["switch", "other"][..],
        &["switch", "--detach", "v1"],
        &["switch", "-c", "third", "other"],
        &["branch", "third"],
        &["branch", "-D", "other"],
        &["branch", "-m", "main", "trunk"],
        &["branch", "-f", "other", "main"],
        &["tag", "v2"],
        &["tag", "-d", "v1"],
        &["reset", "--soft", "other"],
        &["reset", "--mixed", "other"],
        &["reset", "--hard", "other"],
        &["rm", "both"],
        &["rm", "--cached", "both"],
        &["mv", "both", "elsewhere"],
        &["mv", "data", "moved"],
        &["restore", "--source", "other", "both"],
        &["commit", "--allow-empty", "-m", "nothing"],
        &["merge", "other"],
        &["merge", "--no-ff", "-m", "merged", "other"],
        &["merge", "--squash", "-m", "squashed", "other"],
        &["cherry-pick", "other"],
        &["revert", "HEAD"],
    ] {
        is_undone(&env, command);
    }
}

#[test]
fn every_operation_on_a_dirty_copy_is_undone_and_redone() {
    let env = world();
    make_dirty(&env);
    for command in [
        &["switch", "other", "--discard-changes"][..],
        &["switch", "-c", "third"],
        &["branch", "-D", "other"],
        &["add", "."],
        &["commit", "-m", "staged part"],
        &["commit", "-a", "-m", "all of it"],
        &["commit", "-m", "some", "both"],
        &["reset", "--soft", "other"],
        &["reset", "--mixed"],
        &["reset", "--hard"],
        &["reset", "--hard", "other"],
        &["restore", "both", "mine", "staged"],
        &["restore", "--staged", "staged"],
        &["stash"],
        &["stash", "-u"],
    ] {
        is_undone(&env, command);
    }
}

#[test]
fn a_switch_that_carries_changes_along_is_undone_with_them() {
    let env = world();
    env.write("same", "carried");
    env.write("added", "carried too");
    env.success(&["add", "added"]);
    std::fs::remove_file(env.path("mine")).unwrap();
    is_undone(&env, &["switch", "other"]);
}

#[test]
fn a_first_commit_is_undone() {
    let env = TestEnvironment::new();
    env.success(&["init"]);
    env.write("a", "1");
    is_undone(&env, &["add", "a"]);
    env.success(&["add", "a"]);
    is_undone(&env, &["commit", "-m", "first"]);
}

#[test]
fn work_done_since_is_kept_by_the_undo_that_overwrites_it() {
    let env = world();
    env.success(&["switch", "other"]);
    env.write("both", "written since");
    let since = state(&env);
    let output = env.success(&["undo"]);
    let told = "1 file with unsaved changes was saved; `mlv redo` brings it back";
    assert!(output.stderr.contains(told), "{output}");
    assert_eq!(env.read("both"), b"both one");
    env.success(&["redo"]);
    assert_eq!(state(&env), since);
}

#[test]
fn several_operations_are_undone_one_by_one_and_restored_at_once() {
    let env = world();
    make_dirty(&env);
    let operation = env.json(&["op", "log", "--json", "-n", "1"])[0]["id"].clone();
    let mut states = vec![state(&env)];
    for command in [
        &["reset", "--hard", "other"][..],
        &["tag", "v9"],
        &["switch", "-c", "fourth"],
        &["rm", "both"],
        &["commit", "-m", "without"],
    ] {
        env.success(command);
        states.push(state(&env));
    }
    let last = states.pop().unwrap();
    for before in states.iter().rev() {
        env.success(&["undo"]);
        assert_eq!(state(&env), *before);
    }
    for _ in 0..5 {
        env.success(&["redo"]);
    }
    assert_eq!(state(&env), last);
    env.success(&["op", "restore", &operation.to_string()]);
    assert_eq!(state(&env), states[0]);
    env.success(&["undo"]);
    assert_eq!(state(&env), last);
}

#[test]
fn undo_names_what_it_took_back_and_ends_where_nothing_is_left() {
    let env = TestEnvironment::new();
    env.success(&["init"]);
    env.write("a", "1");
    env.success(&["add", "a"]);
    env.success(&["commit", "-m", "it's done"]);
    insta::assert_snapshot!(env.screen("mlv undo"), @r"
    $ mlv undo
    [stderr]
    undid `mlv commit -m 'it'\''s done'`
    hint: `mlv redo` does it again
    ");
    insta::assert_snapshot!(env.screen("mlv redo"), @r"
    $ mlv redo
    [stderr]
    redid `mlv commit -m 'it'\''s done'`
    ");
    env.success(&["undo"]);
    env.success(&["undo"]);
    insta::assert_snapshot!(env.screen("mlv undo"), @r"
    $ mlv undo
    [stderr]
    error: nothing to undo
    [exit code 1]
    ");
    env.success(&["tag", "x", "--help"]);
    env.success(&["add", "a"]);
    insta::assert_snapshot!(env.screen("mlv redo"), @r"
    $ mlv redo
    [stderr]
    error: nothing to redo
    [exit code 1]
    ");
}

#[test]
fn the_log_of_operations_lists_and_shows_them() {
    let env = TestEnvironment::new();
    env.success(&["init"]);
    env.write("a", "1");
    env.success(&["add", "a"]);
    env.success(&["commit", "-m", "one"]);
    env.success(&["undo"]);
    insta::assert_snapshot!(env.screen("mlv op log"), @r"
    $ mlv op log
    3  1 minute ago   mlv undo           of 2
    2  2 minutes ago  mlv commit -m one
    1  3 minutes ago  mlv add a
    ");
    insta::assert_snapshot!(env.screen("mlv op show 2").without_ids(), @r"
    $ mlv op show 2
    operation 2
    command:  mlv commit -m one
    time:     2026-01-31T12:02:00Z
      main  nothing -> $ID
    ");
    let shown = env.json(&["op", "show", "3", "--json"]);
    assert_eq!((&shown["kind"], &shown["of"]), (&"undo".into(), &2.into()));
    assert_eq!(shown["refs"][0]["name"], "main");
    insta::assert_snapshot!(env.screen("mlv op show 9"), @r"
    $ mlv op show 9
    [stderr]
    error: no operation has the number 9
    hint: `mlv op log` lists them
    [exit code 1]
    ");
}
