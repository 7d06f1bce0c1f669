//! `mlv ls`, `cat`, `du` and `export`: looking into commits without a checkout.

use std::ffi::OsStr;
use std::os::unix::ffi::OsStrExt;
use std::os::unix::fs::PermissionsExt;

use crate::common::TestEnvironment;

fn stocked() -> TestEnvironment {
    let env = TestEnvironment::new();
    env.success(&["init"]);
    env.write("top", "12345");
    env.write("data/deep/x", "x of one");
    env.write("data/run.sh", "#!/bin/sh\n");
    let runs = std::fs::Permissions::from_mode(0o755);
    std::fs::set_permissions(env.path("data/run.sh"), runs).unwrap();
    std::os::unix::fs::symlink("deep/x", env.path("data/link")).unwrap();
    env.write(OsStr::from_bytes(b"data/odd\xff\nname"), "odd");
    env.success(&["add", "."]);
    env.success(&["commit", "-m", "one"]);
    env.write("data/deep/x", "changed");
    env
}

#[test]
fn a_directory_is_listed_with_names_sizes_and_all_below() {
    let env = stocked();
    insta::assert_snapshot!(env.screen("mlv ls"), @r"
    $ mlv ls
    data/
    top
    ");
    insta::assert_snapshot!(env.screen("mlv ls -l HEAD:data").without_ids(), @r"
    $ mlv ls -l HEAD:data
    dir          8 B              deep/
    link         6 B  $ID  link -> deep/x
    file         3 B  $ID  odd\xff\x0aname
    exec        10 B  $ID  run.sh
    ");
    insta::assert_snapshot!(env.screen("mlv ls -r main:data"), @r"
    $ mlv ls -r main:data
    deep/x
    link
    odd\xff\x0aname
    run.sh
    ");
    let listed = env.json(&["ls", "--json", "HEAD:data"]);
    assert_eq!(listed[0]["path"], "data/deep");
    assert_eq!((&listed[0]["kind"], &listed[0]["files"]), (&"directory".into(), &1.into()));
    assert_eq!(listed[1]["target"], "deep/x");
    assert_eq!(env.json(&["ls", "--json", "HEAD:top"])[0]["size"], 5);
}

#[test]
fn a_file_is_printed_as_it_was() {
    let env = stocked();
    assert_eq!(env.success(&["cat", "HEAD:data/deep/x"]).stdout, "x of one");
    env.success(&["add", "."]);
    assert_eq!(env.success(&["cat", ":data/deep/x"]).stdout, "changed");
    let odd = OsStr::from_bytes(b"HEAD:data/odd\xff\nname");
    assert_eq!(env.success(&[OsStr::new("cat"), odd]).stdout, "odd");
    let mut command = env.command(&["cat", "HEAD:./deep/x"]);
    command.current_dir(env.path("data"));
    assert_eq!(env.finish(command).stdout, "x of one");
}

#[test]
fn what_is_not_there_or_no_file_is_explained() {
    let env = stocked();
    insta::assert_snapshot!(env.screen("mlv cat HEAD:data"), @r"
    $ mlv cat HEAD:data
    [stderr]
    error: `data` in `HEAD` is a directory
    hint: `mlv ls` lists it, `mlv export` writes it out
    [exit code 1]
    ");
    insta::assert_snapshot!(env.screen("mlv cat HEAD:data/run.hs"), @r"
    $ mlv cat HEAD:data/run.hs
    [stderr]
    error: `data/run.hs` is not in `HEAD`
    hint: did you mean `data/run.sh`?
    [exit code 1]
    ");
    insta::assert_snapshot!(env.screen("mlv ls top"), @r"
    $ mlv ls top
    [stderr]
    error: no branch, tag or commit is called `top`
    hint: `top` is a path: `-- top` names it, `HEAD:top` in a commit
    hint: `mlv branch` and `mlv tag` list the names, `mlv help revisions` the forms
    [exit code 1]
    ");
    env.mlv(&["cat", "HEAD:../outside"]).expect_code(1);
}

#[test]
fn sizes_are_summed_up() {
    let env = stocked();
    insta::assert_snapshot!(env.screen("mlv du"), @r"
    $ mlv du
    27 B  4 files  data/
     5 B   1 file  top
    32 B  5 files  total
    ");
    let usage = env.json(&["du", "--json", "HEAD:data"]);
    assert_eq!(
        (&usage["path"], &usage["files"], &usage["bytes"]),
        (&"data".into(), &4.into(), &27.into())
    );
    assert_eq!(usage["children"].as_array().unwrap().len(), 4);
}

#[test]
fn a_commit_is_written_into_an_empty_directory_only() {
    let env = stocked();
    insta::assert_snapshot!(env.screen("mlv export HEAD:data out"), @r"
    $ mlv export HEAD:data out
    [stderr]
    wrote 4 files (27 B) into `out`
    ");
    assert_eq!(env.read("out/deep/x"), b"x of one");
    assert_eq!(env.read("out/link"), b"x of one");
    assert!(env.path("out/link").is_symlink());
    assert_eq!(env.path("out/run.sh").metadata().unwrap().permissions().mode() & 0o100, 0o100);
    insta::assert_snapshot!(env.screen("mlv export HEAD out"), @r"
    $ mlv export HEAD out
    [stderr]
    error: `out` is not empty
    hint: name a directory that is new or empty
    [exit code 1]
    ");
    env.success(&["export", "HEAD:data/run.sh", "one"]);
    assert_eq!(env.read("one/run.sh"), b"#!/bin/sh\n");
}
