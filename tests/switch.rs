//! `mlv switch`

use crate::common::TestEnvironment;

/// `main` and `other` differ in `both`; `other` has `sub/new`, `main` has `gone`.
fn two_branches() -> TestEnvironment {
    let env = TestEnvironment::new();
    env.success(&["init"]);
    for name in ["both", "gone", "same"] {
        env.write(name, format!("{name} of main"));
    }
    env.success(&["add", "."]);
    env.success(&["commit", "-m", "main"]);
    env.success(&["switch", "-c", "other"]);
    env.write("both", "both of other");
    env.write("sub/new", "new");
    std::fs::remove_file(env.path("gone")).unwrap();
    env.success(&["add", "."]);
    env.success(&["commit", "-m", "other"]);
    env.success(&["switch", "main"]);
    env
}

#[test]
fn a_switch_brings_the_files_of_the_branch_and_leaves_the_others_alone() {
    let env = two_branches();
    let time = |name: &str| env.path(name).metadata().unwrap().modified().unwrap();
    let before = time("same");
    insta::assert_snapshot!(env.screen("mlv switch other"), @r"
    $ mlv switch other
    [stderr]
    switched to `other` (3 files changed)
    ");
    assert_eq!(env.read("both"), b"both of other");
    assert!(!env.path("gone").exists());
    assert_eq!(time("same"), before);
    assert_eq!(env.json(&["status", "--json"])["clean"], true);
    env.success(&["checkout", "main"]);
    assert!(!env.path("sub").exists());
    insta::assert_snapshot!(env.screen("mlv switch main"), @r"
    $ mlv switch main
    [stderr]
    already on `main`
    ");
}

#[test]
fn unsaved_work_refuses_the_switch_and_every_path_is_named() {
    let env = two_branches();
    env.write("both", "mine");
    env.write("sub/new", "untracked");
    env.write("same", "carried");
    insta::assert_snapshot!(env.screen("mlv switch other"), @r"
    $ mlv switch other
    [stderr]
    error: unsaved work is in the way: 2 paths
    hint: in the way:
      both: has changes that no commit holds
      sub/new: is not tracked
    hint: nothing was touched; commit, `mlv stash` or move them away first
    [exit code 1]
    ");
    assert_eq!(env.read("both"), b"mine");
    assert!(env.path("gone").exists());
    assert_eq!(env.json(&["status", "--json"])["branch"], "main");
    let output = env.success(&["switch", "other", "--discard-changes"]);
    assert!(
        output.stderr.contains("3 files with unsaved changes were saved; `mlv undo`"),
        "{output}"
    );
    env.success(&["undo"]);
    assert_eq!(env.read("both"), b"mine");
    assert_eq!(env.read("sub/new"), b"untracked");
    assert_eq!(env.read("same"), b"carried");
}

#[test]
fn changes_come_along_where_the_commits_agree() {
    let env = two_branches();
    env.write("same", "changed");
    env.write("fresh", "staged");
    env.success(&["add", "fresh"]);
    env.success(&["switch", "other"]);
    let status = env.json(&["status", "--json"]);
    assert_eq!(status["staged"][0]["path"], "fresh");
    assert_eq!(status["unstaged"][0]["path"], "same");
    assert_eq!(env.read("same"), b"changed");
}

#[test]
fn what_is_staged_where_the_commits_differ_is_in_the_way() {
    let env = two_branches();
    env.write("both", "staged");
    env.success(&["add", "both"]);
    let output = env.mlv(&["switch", "other"]).expect_code(1);
    assert!(output.stderr.contains("  both"), "{output}");
    assert_eq!(env.json(&["status", "--json"])["branch"], "main");
}

#[test]
fn a_name_that_is_no_branch_is_met_with_what_helps() {
    let env = two_branches();
    env.success(&["tag", "v1"]);
    insta::assert_snapshot!(env.screen("mlv switch othre"), @r"
    $ mlv switch othre
    [stderr]
    error: no branch is called `othre`
    hint: did you mean `other`?
    hint: `mlv branch` lists them
    [exit code 1]
    ");
    insta::assert_snapshot!(env.screen("mlv switch v1"), @r"
    $ mlv switch v1
    [stderr]
    error: `v1` is a commit, but no branch
    hint: `mlv switch --detach v1` looks at it; `mlv switch -c NAME v1` begins a branch there
    [exit code 1]
    ");
    insta::assert_snapshot!(env.screen("mlv switch -c other"), @r"
    $ mlv switch -c other
    [stderr]
    error: `other` exists already
    hint: `mlv switch other` goes there; `mlv branch -f other` moves it
    [exit code 1]
    ");
    env.mlv(&["switch"]).expect_code(2);
}

#[test]
fn a_dash_goes_back_to_a_branch_or_a_commit() {
    let env = two_branches();
    let branch = || env.json(&["status", "--json"])["branch"].clone();
    env.success(&["switch", "-"]);
    assert_eq!(branch(), "other");
    env.success(&["switch", "-"]);
    assert_eq!(branch(), "main");
    insta::assert_snapshot!(env.screen("mlv switch --detach other").without_ids(), @r"
    $ mlv switch --detach other
    [stderr]
    standing on $ID other, on no branch (3 files changed)
    hint: `mlv switch -c NAME` makes a branch here, `mlv switch -` goes back
    ");
    env.success(&["switch", "-"]);
    assert_eq!(branch(), "main");
    env.success(&["switch", "-"]);
    assert_eq!(branch(), serde_json::Value::Null);
}

#[test]
fn a_commit_that_no_branch_leads_to_is_named_when_one_leaves_it() {
    let env = two_branches();
    env.success(&["switch", "--detach", "other"]);
    let output = env.success(&["switch", "main"]);
    assert!(!output.stderr.contains("no branch leads"), "{output}");
    env.success(&["switch", "--detach", "other"]);
    env.success(&["commit", "--allow-empty", "-m", "alone"]);
    insta::assert_snapshot!(env.screen("mlv switch main").without_ids(), @r"
    $ mlv switch main
    [stderr]
    switched to `main` (3 files changed)
    hint: no branch leads to $ID, where you stood: `mlv branch NAME $ID`
    ");
}

#[test]
fn a_branch_can_be_begun_anywhere_and_before_the_first_commit() {
    let env = two_branches();
    let switched = env.json(&["checkout", "-b", "third", "other~1", "--json"]);
    assert_eq!((&switched["branch"], &switched["created"]), (&"third".into(), &true.into()));
    assert_eq!(env.read("both"), b"both of main");
    let env = TestEnvironment::new();
    env.success(&["init"]);
    env.success(&["switch", "-c", "dev"]);
    insta::assert_snapshot!(env.screen("mlv branch"), @r"
    $ mlv branch
    * dev    no commit yet
    ");
}

#[test]
fn a_switch_removes_the_directory_one_stands_in_only_when_it_is_empty() {
    let env = two_branches();
    env.success(&["switch", "other"]);
    env.write("sub/own", "untracked");
    let mut command = env.command(&["switch", "main"]);
    command.current_dir(env.path("sub"));
    env.finish(command).expect_code(0);
    assert!(env.path("sub/own").exists() && !env.path("sub/new").exists());
}

#[test]
fn in_a_directory_that_is_gone_one_is_told_to_leave() {
    let env = two_branches();
    std::fs::create_dir(env.path("gone-dir")).unwrap();
    let script = "cd gone-dir && rmdir ../gone-dir && exec \"$0\" status";
    let output = std::process::Command::new("sh")
        .args(["-c", script, env!("CARGO_BIN_EXE_mlv")])
        .current_dir(env.root())
        .output()
        .unwrap();
    let told = String::from_utf8(output.stderr).unwrap();
    assert!(told.contains("error: the directory you stand in cannot be found"), "{told}");
    assert!(told.contains("hint: it may be gone"), "{told}");
}

#[test]
fn to_stay_on_a_branch_without_a_commit_is_no_operation() {
    let env = TestEnvironment::new();
    env.success(&["init"]);
    env.success(&["switch", "main"]);
    assert_eq!(env.success(&["op", "log"]).stdout, "");
}

#[cfg(target_os = "linux")]
#[test]
fn a_large_file_of_which_little_differs_is_written_to_where_it_is_unless_somebody_reads_it() {
    use std::io::Read;
    use std::os::unix::fs::MetadataExt;

    let env = TestEnvironment::new();
    env.success(&["init"]);
    let main = crate::common::model::Dice::new(1).bytes(6_000_000);
    let mut other = main.clone();
    other[3_000_000] ^= 1;
    env.write("model.bin", &main);
    env.success(&["add", "."]);
    env.success(&["commit", "-m", "main"]);
    env.success(&["switch", "-c", "other"]);
    env.write("model.bin", &other);
    env.success(&["commit", "-am", "other"]);
    let full = env.path("model.bin");
    // Over another file system, the kernel does not see who reads a file.
    let is_overlay = |stat: rustix::fs::StatFs| stat.f_type == 0x794C_7630;
    if rustix::fs::statfs(&full).is_ok_and(is_overlay) {
        return;
    }
    let inode = || full.metadata().unwrap().ino();
    env.success(&["switch", "main"]);
    let before = inode();
    env.success(&["switch", "other"]);
    assert!(env.read("model.bin") == other);
    assert_eq!(inode(), before);

    let mut reader = std::fs::File::open(&full).unwrap();
    env.success(&["switch", "main"]);
    assert!(env.read("model.bin") == main);
    assert_ne!(inode(), before);
    let mut seen = Vec::new();
    reader.read_to_end(&mut seen).unwrap();
    assert!(seen == other, "who reads it goes on reading what it was");
    assert_eq!(env.json(&["status", "--json"])["clean"], true);
}
