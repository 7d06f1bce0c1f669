//! `mlv mv`

use std::os::unix::fs::MetadataExt;

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
fn a_file_keeps_its_bytes_and_its_inode() {
    let env = repository();
    let inode = env.path("a.csv").metadata().unwrap().ino();
    insta::assert_snapshot!(env.screen("mlv mv a.csv new/place.csv"), @"");
    assert_eq!(env.path("new/place.csv").metadata().unwrap().ino(), inode);
    assert_eq!(env.success(&["status", "-s"]).stdout, "R  a.csv -> new/place.csv\n");
}

#[test]
fn directories_move_with_all_that_is_in_them() {
    let env = repository();
    env.write("dir/untracked", "1");
    env.success(&["mv", "dir", "moved"]);
    assert_eq!(env.read("moved/deep/y"), b"dir/deep/y");
    assert_eq!(env.read("moved/untracked"), b"1");
    assert!(!env.path("dir").exists());
    env.success(&["mv", "a.csv", "b.csv", "moved"]);
    assert_eq!(env.read("moved/b.csv"), b"b.csv");
    assert_eq!(
        env.success(&["status", "-s"]).stdout,
        "R  a.csv -> moved/a.csv\nR  b.csv -> moved/b.csv\nR  dir/deep/y -> moved/deep/y\n\
         ?? moved/untracked\nR  dir/x -> moved/x\n"
    );
}

#[test]
fn unsaved_changes_move_along() {
    let env = repository();
    env.write("a.csv", "changed");
    env.success(&["mv", "a.csv", "c.csv"]);
    assert_eq!(env.read("c.csv"), b"changed");
    assert_eq!(env.success(&["status", "-s"]).stdout, "RM a.csv -> c.csv\n");
}

#[test]
fn a_file_that_was_renamed_by_hand_is_only_noted() {
    let env = repository();
    std::fs::rename(env.path("a.csv"), env.path("c.csv")).unwrap();
    env.success(&["mv", "a.csv", "c.csv"]);
    assert_eq!(env.success(&["status", "-s"]).stdout, "R  a.csv -> c.csv\n");
}

#[test]
fn nothing_is_overwritten_and_a_failure_moves_nothing() {
    let env = repository();
    insta::assert_snapshot!(env.screen("mlv mv a.csv b.csv"), @"");
    insta::assert_snapshot!(env.screen("mlv mv dir dir/deep"), @"");
    insta::assert_snapshot!(env.screen("mlv mv nothing b"), @"");
    env.write("untracked", "1");
    insta::assert_snapshot!(env.screen("mlv mv untracked b"), @"");
    env.write("target/b.csv", "1");
    insta::assert_snapshot!(env.screen("mlv mv a.csv b.csv target"), @"");
    insta::assert_snapshot!(env.screen("mlv mv a.csv b.csv/inside"), @"");
    assert_eq!(env.read("a.csv"), b"a.csv");
    assert_eq!(env.success(&["status", "-s"]).stdout, "?? target/\n?? untracked\n");
}
