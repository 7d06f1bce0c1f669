//! `mlv status`

use std::os::unix::fs::PermissionsExt;

use crate::common::TestEnvironment;

/// Returns a repository where everything differs that can differ.
fn mixed() -> TestEnvironment {
    let env = TestEnvironment::new();
    env.success(&["init"]);
    for name in ["kept", "old name", "gone", "changed", "data/both"] {
        env.write(name, format!("content of {name}\n"));
    }
    env.success(&["add", "."]);
    env.success(&["commit", "-m", "first"]);
    env.success(&["mv", "old name", "new name"]);
    env.write("data/both", "staged\n");
    env.write("added", "1");
    env.success(&["add", "data/both", "added"]);
    env.write("data/both", "not staged\n");
    env.write("changed", "changed\n");
    env.write("data/untracked", "1");
    env.write("more/a", "1");
    env.write("more/b", "1");
    std::fs::remove_file(env.path("gone")).unwrap();
    env
}

#[test]
fn the_sections_say_what_the_next_commit_will_hold() {
    let env = mixed();
    insta::assert_snapshot!(env.screen("mlv status"), @r"
    $ mlv status
    On branch main

    Staged for the next commit (`mlv restore --staged PATH` unstages):
      added:      added
      modified:   data/both
      renamed:    old name -> new name

    Changed, but not staged (`mlv add PATH` stages, `mlv restore PATH` takes back):
      modified:   changed
      modified:   data/both
      deleted:    gone

    Untracked (`mlv add PATH` takes in):
      data/untracked
      more/
    ");
    insta::assert_snapshot!(env.screen("mlv status -s"), @r"
    $ mlv status -s
    A  added
     M changed
    MM data/both
    ?? data/untracked
     D gone
    ?? more/
    R  old name -> new name
    ");
}

#[test]
fn paths_are_seen_from_where_the_user_stands() {
    let env = mixed();
    let mut command = env.command(&["status", "-s"]);
    command.current_dir(env.path("data"));
    insta::assert_snapshot!(env.finish(command), @r"
    $ mlv status -s
    A  ../added
     M ../changed
    MM both
    ?? untracked
     D ../gone
    ?? ../more/
    R  ../old name -> ../new name
    ");
}

#[test]
fn the_json_has_the_documented_shape() {
    let env = mixed();
    let mut status = env.json(&["status", "--json"]);
    let head = status["head"].take();
    assert_eq!(head.as_str().unwrap().len(), 64);
    assert_eq!(
        status,
        serde_json::json!({
            "branch": "main",
            "head": null,
            "upstream": null,
            "staged": [
                { "path": "added", "change": "added" },
                { "path": "data/both", "change": "modified" },
                { "path": "new name", "change": "renamed", "from": "old name" },
            ],
            "unstaged": [
                { "path": "changed", "change": "modified" },
                { "path": "data/both", "change": "modified" },
                { "path": "gone", "change": "deleted" },
            ],
            "untracked": ["data/untracked", "more/"],
            "conflicts": [],
            "clean": false,
            "sparse": null,
            "merging": null,
            "code": null,
            "notices": [],
        })
    );
}

#[test]
fn a_clean_and_an_empty_repository_say_so() {
    let env = TestEnvironment::new();
    env.success(&["init"]);
    insta::assert_snapshot!(env.screen("mlv status"), @r"
    $ mlv status
    On branch main, which has no commit yet
    no files yet
    ");
    env.write("a", "1");
    env.success(&["add", "a"]);
    env.success(&["commit", "-m", "first"]);
    insta::assert_snapshot!(env.screen("mlv status"), @r"
    $ mlv status
    On branch main
    nothing to commit
    ");
    assert_eq!(env.success(&["status", "-s"]).stdout, "");
    assert_eq!(env.json(&["status", "--json"])["clean"], true);
}

#[test]
fn a_file_that_became_a_link_changed_its_type() {
    let env = TestEnvironment::new();
    env.success(&["init"]);
    env.write("a", "1");
    env.success(&["add", "a"]);
    env.success(&["commit", "-m", "first"]);
    std::fs::remove_file(env.path("a")).unwrap();
    std::os::unix::fs::symlink("b", env.path("a")).unwrap();
    assert_eq!(env.success(&["status", "-s"]).stdout, " T a\n");
    env.success(&["add", "a"]);
    assert_eq!(env.success(&["status", "-s"]).stdout, "T  a\n");
}

#[test]
fn the_state_of_the_code_is_shown() {
    let env = TestEnvironment::new();
    env.git(&["init", "-q"]);
    env.write("train.py", "1");
    env.git(&["add", "."]);
    env.git(&["commit", "-qm", "code"]);
    let commit = env.git(&["rev-parse", "HEAD"]).trim().to_owned();
    env.success(&["init"]);
    let code = |env: &TestEnvironment| env.json(&["status", "--json"])["code"].clone();
    assert_eq!(code(&env), serde_json::json!({ "commit": commit, "dirty": false }));
    env.write("train.py", "2");
    assert_eq!(code(&env), serde_json::json!({ "commit": commit, "dirty": true }));
    let screen = env.success(&["status"]);
    let line = format!("Code at {}, with changes that Git has not committed\n", &commit[..10]);
    assert!(screen.stdout.contains(&line), "{screen}");
}

#[test]
fn a_status_needs_no_lock() {
    let env = mixed();
    let before = env.success(&["status"]).stdout;
    let lock = std::fs::OpenOptions::new()
        .create(true)
        .append(true)
        .open(env.path(".mlv/worktree.lock"))
        .unwrap();
    lock.lock().unwrap();
    assert_eq!(env.success(&["status"]).stdout, before);
}

#[test]
fn a_repository_that_nobody_may_write_to_has_a_status() {
    let env = mixed();
    let before = env.success(&["status"]).stdout;
    set_modes(&env.path(".mlv"), 0o555, 0o444);
    let after = env.finish(env.command_bound_by_modes(&["status"]));
    let add = env.finish(env.command_bound_by_modes(&["add", "-A"]));
    set_modes(&env.path(".mlv"), 0o755, 0o644);
    assert_eq!(after.expect_code(0).stdout, before);
    let add = add.expect_code(1);
    assert!(add.stderr.contains("Permission denied"), "{add}");
}

fn set_modes(path: &std::path::Path, directory: u32, file: u32) {
    if path.is_dir() {
        std::fs::set_permissions(path, PermissionsExt::from_mode(0o700)).unwrap();
        for entry in std::fs::read_dir(path).unwrap() {
            set_modes(&entry.unwrap().path(), directory, file);
        }
    }
    let mode = if path.is_dir() { directory } else { file };
    std::fs::set_permissions(path, PermissionsExt::from_mode(mode)).unwrap();
}
