//! `mlv reset`

use crate::common::TestEnvironment;

fn two_commits() -> TestEnvironment {
    let env = TestEnvironment::new();
    env.success(&["init"]);
    for text in ["one", "two"] {
        env.write("a", text);
        env.write("b", text);
        env.write("c", text);
        env.success(&["add", "."]);
        env.success(&["commit", "-m", text]);
    }
    env
}

#[test]
fn a_hard_reset_keeps_what_it_overwrites_and_says_so() {
    let env = two_commits();
    for name in ["a", "b", "c"] {
        env.write(name, "unsaved");
    }
    insta::assert_snapshot!(env.screen("mlv reset --hard HEAD~1").without_ids(), @r"
    $ mlv reset --hard HEAD~1
    [stderr]
    `main` is at $ID one (3 files changed)
    3 files with unsaved changes were saved; `mlv undo` brings them back
    ");
    assert_eq!(env.read("b"), b"one");
    assert_eq!(env.json(&["status", "--json"])["clean"], true);
    env.success(&["undo"]);
    assert_eq!(env.read("b"), b"unsaved");
}

#[test]
fn soft_and_mixed_leave_the_files() {
    let env = two_commits();
    let status = |what: &str| env.json(&["status", "--json"])[what].as_array().unwrap().len();
    env.success(&["reset", "--soft", "HEAD~1"]);
    assert_eq!((status("staged"), status("unstaged")), (3, 0));
    env.success(&["undo"]);
    let done = env.json(&["reset", "HEAD~1", "--json"]);
    assert_eq!((&done["mode"], &done["branch"]), (&"mixed".into(), &"main".into()));
    assert_eq!((status("staged"), status("unstaged")), (0, 3));
    assert_eq!(env.read("a"), b"two");
}

#[test]
fn before_the_first_commit_a_reset_unstages() {
    let env = TestEnvironment::new();
    env.success(&["init"]);
    env.write("a", "1");
    env.success(&["add", "a"]);
    insta::assert_snapshot!(env.screen("mlv reset"), @r"
    $ mlv reset
    [stderr]
    nothing is staged
    ");
    assert_eq!(env.json(&["status", "--json"])["untracked"], serde_json::json!(["a"]));
}

#[test]
fn modes_exclude_each_other_and_a_detached_head_moves_alone() {
    let env = two_commits();
    env.mlv(&["reset", "--soft", "--hard"]).expect_code(2);
    env.success(&["switch", "--detach", "HEAD"]);
    env.success(&["reset", "--hard", "HEAD~1"]);
    assert_eq!(env.read("a"), b"one");
    assert_eq!(env.success(&["cat", "main:a"]).stdout, "two");
}
