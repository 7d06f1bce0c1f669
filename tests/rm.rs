//! `mlv rm`

use crate::common::TestEnvironment;

fn repository() -> TestEnvironment {
    let env = TestEnvironment::new();
    env.success(&["init"]);
    for name in ["a.csv", "b.csv", "dir/x", "dir/deep/y"] {
        env.write(name, name);
    }
    env.success(&["add", "."]);
    env.success(&["commit", "-m", "first"]);
    env
}

#[test]
fn a_file_leaves_the_disk_and_the_next_commit_and_undo_brings_it_back() {
    let env = repository();
    insta::assert_snapshot!(env.screen("mlv rm a.csv"), @"");
    assert!(!env.path("a.csv").exists());
    assert_eq!(env.success(&["status", "-s"]).stdout, "D  a.csv\n");
    env.success(&["restore", "--staged", "--worktree", "a.csv"]);
    assert_eq!(env.read("a.csv"), b"a.csv");
}

#[test]
fn a_directory_is_removed_only_on_purpose_and_goes_when_it_is_empty() {
    let env = repository();
    insta::assert_snapshot!(env.screen("mlv rm dir"), @"");
    insta::assert_snapshot!(env.screen("mlv rm -r -n dir"), @"");
    env.success(&["rm", "-r", "dir"]);
    assert!(!env.path("dir").exists());
}

#[test]
fn unsaved_changes_are_in_the_way_unless_forced() {
    let env = repository();
    env.write("a.csv", "changed");
    insta::assert_snapshot!(env.screen("mlv rm *.csv"), @"");
    assert!(env.path("a.csv").exists() && env.path("b.csv").exists());
    env.success(&["rm", "-f", "*.csv"]);
    assert!(!env.path("a.csv").exists() && !env.path("b.csv").exists());
}

#[test]
fn cached_leaves_the_files_alone() {
    let env = repository();
    env.write("a.csv", "changed");
    insta::assert_snapshot!(env.screen("mlv rm --cached a.csv"), @"");
    assert_eq!(env.read("a.csv"), b"changed");
    assert_eq!(env.success(&["status", "-s"]).stdout, "D  a.csv\n?? a.csv\n");
}

#[test]
fn a_file_that_is_gone_already_is_removed_and_an_unknown_one_is_not() {
    let env = repository();
    std::fs::remove_file(env.path("a.csv")).unwrap();
    env.success(&["rm", "a.csv"]);
    assert_eq!(env.success(&["status", "-s"]).stdout, "D  a.csv\n");
    insta::assert_snapshot!(env.screen("mlv rm nothing"), @"");
}
