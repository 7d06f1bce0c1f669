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
    insta::assert_snapshot!(env.screen("mlv mv a.csv new/place.csv"), @r"
    $ mlv mv a.csv new/place.csv
    [stderr]
    moved `a.csv` to `new/place.csv`
    ");
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
    insta::assert_snapshot!(env.screen("mlv mv a.csv b.csv"), @r"
    $ mlv mv a.csv b.csv
    [stderr]
    error: `b.csv` exists already
    [exit code 1]
    ");
    insta::assert_snapshot!(env.screen("mlv mv dir dir/deep"), @r"
    $ mlv mv dir dir/deep
    [stderr]
    error: `dir` cannot be moved into itself
    [exit code 1]
    ");
    insta::assert_snapshot!(env.screen("mlv mv nothing b"), @r"
    $ mlv mv nothing b
    [stderr]
    error: `nothing` matches no file
    [exit code 1]
    ");
    env.write("untracked", "1");
    insta::assert_snapshot!(env.screen("mlv mv untracked b"), @r"
    $ mlv mv untracked b
    [stderr]
    error: `untracked` is not tracked
    hint: `mlv add untracked` first
    [exit code 1]
    ");
    env.write("target/b.csv", "1");
    insta::assert_snapshot!(env.screen("mlv mv a.csv b.csv target"), @r"
    $ mlv mv a.csv b.csv target
    [stderr]
    error: `target/b.csv` exists already
    [exit code 1]
    ");
    insta::assert_snapshot!(env.screen("mlv mv a.csv b.csv/inside"), @r"
    $ mlv mv a.csv b.csv/inside
    [stderr]
    error: cannot create directory `$ROOT/b.csv`: Not a directory (os error 20)
    [exit code 1]
    ");
    assert_eq!(env.read("a.csv"), b"a.csv");
    assert_eq!(env.success(&["status", "-s"]).stdout, "?? target/\n?? untracked\n");
}

#[test]
fn a_move_can_be_taken_back_and_unsaved_changes_are_not_lost_by_it() {
    let env = repository();
    env.success(&["mv", "dir", "moved"]);
    env.success(&["undo"]);
    assert_eq!(env.read("dir/deep/y"), b"dir/deep/y");
    assert!(!env.path("moved").exists());
    assert_eq!(env.success(&["status", "-s"]).stdout, "");

    env.write("a.csv", "changed");
    env.success(&["mv", "a.csv", "c.csv"]);
    env.success(&["undo"]);
    assert_eq!(env.read("a.csv"), b"changed");
    env.success(&["redo"]);
    assert_eq!(env.read("c.csv"), b"changed");
}

#[test]
fn an_undo_keeps_work_on_the_moved_file_and_so_does_a_redo() {
    let env = repository();
    env.write("a.csv", "unsaved");
    env.success(&["mv", "a.csv", "c.csv"]);
    let undone = env.success(&["undo"]);
    assert!(!undone.stderr.contains("unsaved"), "{undone}");
    assert_eq!(env.read("a.csv"), b"unsaved");
    assert!(!env.path("c.csv").exists());
    assert_eq!(env.success(&["status", "-s"]).stdout, " M a.csv\n");
    env.write("a.csv", "later");
    env.success(&["redo"]);
    assert_eq!(env.read("c.csv"), b"later");
    assert!(!env.path("a.csv").exists());
    assert_eq!(env.success(&["status", "-s"]).stdout, "RM a.csv -> c.csv\n");
}

#[test]
fn an_undo_keeps_work_on_the_right_one_of_files_that_were_the_same() {
    let env = TestEnvironment::new();
    env.success(&["init"]);
    for name in ["p/x", "p/y", "q/a/z", "q/z"] {
        env.write(name, "same");
    }
    env.success(&["add", "."]);
    env.success(&["mv", "p", "q", "moved/"]);
    env.write("moved/p/y", "work on y");
    env.write("moved/q/z", "work on z");
    env.success(&["undo"]);
    assert_eq!((env.read("p/y"), env.read("q/z")), (b"work on y".to_vec(), b"work on z".to_vec()));
    assert_eq!((env.read("p/x"), env.read("q/a/z")), (b"same".to_vec(), b"same".to_vec()));
}
