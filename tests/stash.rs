//! `mlv stash`

use crate::common::TestEnvironment;

fn repository() -> TestEnvironment {
    let env = TestEnvironment::new();
    env.success(&["init"]);
    env.write("a", "1");
    env.write("b", "1");
    env.success(&["add", "."]);
    env.success(&["commit", "-m", "first"]);
    env
}

#[test]
fn changes_are_set_aside_and_brought_back() {
    let env = repository();
    env.write("a", "2");
    env.write("new", "1");
    env.write("added", "1");
    env.success(&["add", "added"]);
    insta::assert_snapshot!(env.screen("mlv stash"), @r"
    $ mlv stash
    [stderr]
    set aside 2 files: changes on main
    hint: `mlv stash pop` brings it back
    ");
    assert_eq!(env.success(&["status", "-s"]).stdout, "?? new\n");
    assert_eq!(env.read("a"), b"1");
    insta::assert_snapshot!(env.screen("mlv stash pop"), @r"
    $ mlv stash pop
    [stderr]
    brought back 2 files: changes on main
    ");
    assert_eq!(env.success(&["status", "-s"]).stdout, " M a\nA  added\n?? new\n");
    assert_eq!(env.json(&["stash", "list", "--json"]), serde_json::json!([]));
}

#[test]
fn untracked_files_go_along_when_asked() {
    let env = repository();
    env.write("new", "1");
    insta::assert_snapshot!(env.screen("mlv stash"), @r"
    $ mlv stash
    [stderr]
    error: nothing to stash
    [exit code 1]
    ");
    env.success(&["stash", "-u", "-m", "with new"]);
    assert!(!env.path("new").exists());
    env.success(&["stash", "pop"]);
    assert_eq!(env.read("new"), b"1");
}

#[test]
fn stashes_are_numbered_from_the_newest_and_each_can_be_had() {
    let env = repository();
    for content in ["2", "3", "4"] {
        env.write("a", content);
        env.success(&["stash", "-m", &format!("value {content}")]);
    }
    let list = env.json(&["stash", "list", "--json"]);
    assert_eq!(list[0]["message"], "value 4");
    assert_eq!(list[2]["number"], 2);
    assert_eq!(list[2]["files"], 1);
    env.success(&["stash", "apply", "2"]);
    assert_eq!(env.read("a"), b"2");
    env.success(&["restore", "a"]);
    insta::assert_snapshot!(env.screen("mlv stash drop stash@{1}"), @r"
    $ mlv stash drop stash@{1}
    [stderr]
    forgot stash 1: 1 file: value 3
    ");
    let list = env.json(&["stash", "list", "--json"]);
    let messages: Vec<_> =
        list.as_array().unwrap().iter().map(|stash| stash["message"].clone()).collect();
    assert_eq!(messages, ["value 4", "value 2"]);
    insta::assert_snapshot!(env.screen("mlv stash pop 7"), @r"
    $ mlv stash pop 7
    [stderr]
    error: no stash has the number 7
    hint: `mlv stash list` shows them
    [exit code 1]
    ");
}

#[test]
fn a_stash_that_conflicts_changes_nothing_and_is_kept() {
    let env = repository();
    env.write("a", "mine");
    env.success(&["stash"]);
    env.write("a", "theirs");
    insta::assert_snapshot!(env.screen("mlv stash pop"), @r"
    $ mlv stash pop
    [stderr]
    error: unsaved work is in the way: 1 path
    hint: in the way:
      a: has changes that no commit holds
    hint: nothing was touched; commit, `mlv stash` or move them away first
    [exit code 1]
    ");
    env.success(&["commit", "-a", "-m", "second"]);
    insta::assert_snapshot!(env.screen("mlv stash pop"), @r"
    $ mlv stash pop
    [stderr]
    error: stash 0 does not go together with what is here
    hint: in conflict, nothing was changed:
      a (both modified)
    hint: commit what is here, or take it back, then try again
    [exit code 4]
    ");
    assert_eq!(env.read("a"), b"theirs");
    assert_eq!(env.json(&["stash", "list", "--json"]).as_array().unwrap().len(), 1);
}

#[test]
fn there_has_to_be_a_commit_first() {
    let env = TestEnvironment::new();
    env.success(&["init"]);
    env.write("a", "1");
    env.success(&["add", "a"]);
    insta::assert_snapshot!(env.screen("mlv stash"), @r"
    $ mlv stash
    [stderr]
    error: nothing to stash before the first commit
    [exit code 1]
    ");
}
