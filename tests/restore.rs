//! `mlv restore`

use crate::common::TestEnvironment;

fn repository() -> TestEnvironment {
    let env = TestEnvironment::new();
    env.success(&["init"]);
    for content in ["first", "second"] {
        env.write("a", content);
        env.write("dir/b", content);
        env.success(&["add", "."]);
        env.success(&["commit", "-m", content]);
    }
    env
}

#[test]
fn files_come_back_as_they_are_staged() {
    let env = repository();
    env.write("a", "staged");
    env.success(&["add", "a"]);
    env.write("a", "changed");
    std::fs::remove_dir_all(env.path("dir")).unwrap();
    insta::assert_snapshot!(env.screen("mlv restore ."), @r"
    $ mlv restore .
    [stderr]
    restored 2 files
    ");
    assert_eq!(env.read("a"), b"staged");
    assert_eq!(env.read("dir/b"), b"second");
}

#[test]
fn what_is_staged_comes_back_and_the_files_stay() {
    let env = repository();
    env.write("a", "staged");
    env.write("new", "staged");
    env.success(&["add", "."]);
    insta::assert_snapshot!(env.screen("mlv restore --staged a new"), @r"
    $ mlv restore --staged a new
    [stderr]
    restored 2 paths in the next commit
    ");
    assert_eq!(env.success(&["status", "-s"]).stdout, " M a\n?? new\n");
    assert_eq!(env.read("a"), b"staged");
}

#[test]
fn files_are_taken_from_any_commit() {
    let env = repository();
    env.success(&["restore", "--source", "HEAD~1", "dir"]);
    assert_eq!(env.read("dir/b"), b"first");
    assert_eq!(env.success(&["status", "-s"]).stdout, " M dir/b\n");
    env.success(&["restore", "--source", "HEAD~1", "--staged", "--worktree", "."]);
    assert_eq!(env.success(&["status", "-s"]).stdout, "M  a\nM  dir/b\n");
}

#[test]
fn everything_can_be_unstaged_before_the_first_commit() {
    let env = TestEnvironment::new();
    env.success(&["init"]);
    env.write("a", "1");
    env.success(&["add", "a"]);
    env.success(&["restore", "--staged", "a"]);
    assert_eq!(env.success(&["status", "-s"]).stdout, "?? a\n");
}

#[test]
fn a_name_or_commit_that_means_nothing_is_refused() {
    let env = repository();
    insta::assert_snapshot!(env.screen("mlv restore nothing"), @r"
    $ mlv restore nothing
    [stderr]
    error: `nothing` matches no file
    [exit code 1]
    ");
    insta::assert_snapshot!(env.screen("mlv restore --source mian a"), @r"
    $ mlv restore --source mian a
    [stderr]
    error: no branch, tag or commit is called `mian`
    hint: did you mean `main`?
    hint: `mlv branch` and `mlv tag` list the names, `mlv help revisions` the forms
    [exit code 1]
    ");
    env.mlv(&["restore"]).expect_code(2);
}
