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
    insta::assert_snapshot!(env.screen("mlv rm a.csv"), @r"
    $ mlv rm a.csv
    [stderr]
    removed 1 file
    ");
    assert!(!env.path("a.csv").exists());
    assert_eq!(env.success(&["status", "-s"]).stdout, "D  a.csv\n");
    env.success(&["undo"]);
    assert_eq!(env.read("a.csv"), b"a.csv");
    assert_eq!(env.success(&["status", "-s"]).stdout, "");
}

#[test]
fn a_directory_is_removed_only_on_purpose_and_goes_when_it_is_empty() {
    let env = repository();
    insta::assert_snapshot!(env.screen("mlv rm dir"), @r"
    $ mlv rm dir
    [stderr]
    error: `dir` is a directory
    hint: `mlv rm -r dir` removes all that is in it
    [exit code 1]
    ");
    insta::assert_snapshot!(env.screen("mlv rm -r -n dir"), @r"
    $ mlv rm -r -n dir
    remove  dir/deep/y
    remove  dir/x
    ");
    env.success(&["rm", "-r", "dir"]);
    assert!(!env.path("dir").exists());
}

#[test]
fn unsaved_changes_are_in_the_way_unless_forced() {
    let env = repository();
    env.write("a.csv", "changed");
    insta::assert_snapshot!(env.screen("mlv rm *.csv"), @r"
    $ mlv rm *.csv
    [stderr]
    error: unsaved work is in the way: 1 path
    hint: in the way:
      a.csv: has changes that no commit holds
    hint: nothing was touched; commit, `mlv stash` or move them away first
    hint: `mlv rm -f` removes them all the same, `--cached` leaves them on the disk
    [exit code 1]
    ");
    assert!(env.path("a.csv").exists() && env.path("b.csv").exists());
    env.success(&["rm", "-f", "*.csv"]);
    assert!(!env.path("a.csv").exists() && !env.path("b.csv").exists());
    env.success(&["undo"]);
    assert_eq!(env.read("a.csv"), b"changed");
}

#[test]
fn cached_leaves_the_files_alone() {
    let env = repository();
    env.write("a.csv", "changed");
    insta::assert_snapshot!(env.screen("mlv rm --cached a.csv"), @r"
    $ mlv rm --cached a.csv
    [stderr]
    removed 1 file from the next commit only
    ");
    assert_eq!(env.read("a.csv"), b"changed");
    assert_eq!(env.success(&["status", "-s"]).stdout, "D  a.csv\n?? a.csv\n");
}

#[test]
fn a_file_that_is_gone_already_is_removed_and_an_unknown_one_is_not() {
    let env = repository();
    std::fs::remove_file(env.path("a.csv")).unwrap();
    env.success(&["rm", "a.csv"]);
    assert_eq!(env.success(&["status", "-s"]).stdout, "D  a.csv\n");
    insta::assert_snapshot!(env.screen("mlv rm nothing"), @r"
    $ mlv rm nothing
    [stderr]
    error: `nothing` matches no file
    [exit code 1]
    ");
}
