//! Files with every name and shape that Linux allows: added, committed, removed, restored, the same.

use std::ffi::{OsStr, OsString};
use std::fs;
use std::os::unix::ffi::OsStrExt;
use std::os::unix::fs::{MetadataExt, PermissionsExt, symlink};
use std::path::{Path, PathBuf};

use crate::common::TestEnvironment;

/// What a path is, with all that has to come back.
#[derive(Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Shape {
    File { content: Vec<u8>, executable: bool },
    Link { target: PathBuf },
}

/// Returns everything below a directory but `.mlv`, sorted.
fn shapes(root: &Path) -> Vec<(PathBuf, Shape)> {
    let mut found = Vec::new();
    let mut pending = vec![root.to_owned()];
    while let Some(dir) = pending.pop() {
        for entry in fs::read_dir(&dir).unwrap() {
            let path = entry.unwrap().path();
            let metadata = path.symlink_metadata().unwrap();
            let shape = if path.file_name() == Some(OsStr::new(".mlv")) {
                continue;
            } else if metadata.is_symlink() {
                Shape::Link { target: fs::read_link(&path).unwrap() }
            } else if metadata.is_dir() {
                pending.push(path);
                continue;
            } else {
                let executable = metadata.permissions().mode() & 0o100 != 0;
                Shape::File { content: fs::read(&path).unwrap(), executable }
            };
            found.push((path, shape));
        }
    }
    found.sort();
    found
}

/// Adds and commits all that is there, removes it from the disk, restores it, and compares.
#[track_caller]
fn there_and_back(env: &TestEnvironment) {
    let before = shapes(&env.root());
    assert!(!before.is_empty());
    env.success(&["add", "-A"]);
    let done = env.json(&["commit", "-m", "odd", "--json"]);
    assert_eq!(done["files_changed"], before.len());
    assert_eq!(env.json(&["status", "--json"])["clean"], true);
    for entry in fs::read_dir(env.root()).unwrap() {
        let path = entry.unwrap().path();
        if path.file_name() == Some(OsStr::new(".mlv")) {
            continue;
        }
        if path.is_dir() && !path.is_symlink() {
            fs::remove_dir_all(&path).unwrap();
        } else {
            fs::remove_file(&path).unwrap();
        }
    }
    let deleted = env.json(&["status", "--json"]);
    assert_eq!(deleted["unstaged"].as_array().unwrap().len(), before.len());
    env.success(&["restore", "."]);
    assert_eq!(shapes(&env.root()), before);
    assert_eq!(env.json(&["status", "--json"])["clean"], true);
}

fn repository() -> TestEnvironment {
    let env = TestEnvironment::new();
    env.success(&["init"]);
    env
}

#[test]
fn names_of_any_bytes_come_back() {
    let env = repository();
    let names: [&[u8]; 14] = [
        b"with space",
        b" leading and trailing ",
        b"new\nline",
        b"tab\tand\x1b[31mcolour",
        "données 名前 🦀".as_bytes(),
        b"not \xff\xfe utf-8",
        b"-n",
        b"--json",
        b"quote'\"`$(x)",
        b"back\\slash",
        b"a[1]*?.csv",
        b"HEAD:file",
        b"#hash",
        b"...",
    ];
    for name in names {
        env.write(OsStr::from_bytes(name), name);
        env.write(Path::new("dir").join(OsStr::from_bytes(name)), name);
    }
    there_and_back(&env);
}

#[test]
fn each_odd_name_can_be_named() {
    let env = repository();
    let names: [&[u8]; 6] =
        [b"with space", b"new\nline", b"not \xff utf-8", b"a[1].csv", b"--json", b"back\\slash"];
    for name in names {
        env.write(OsStr::from_bytes(name), "1");
        let arguments = [OsStr::new("add"), OsStr::new("--"), OsStr::from_bytes(name)];
        env.success(&arguments);
        let staged = env.json(&["status", "--json"])["staged"].clone();
        assert_eq!(staged.as_array().unwrap().len(), 1, "{}", name.escape_ascii());
        env.success(&["commit", "-m", "x"]);
        env.write(OsStr::from_bytes(name), "2");
        env.success(&[OsStr::new("restore"), OsStr::new("--"), OsStr::from_bytes(name)]);
        assert_eq!(env.read(OsStr::from_bytes(name)), b"1");
    }
}

#[test]
fn a_name_is_shown_without_harm_to_the_terminal() {
    let env = repository();
    env.write("new\nline\x1b[31m", "1");
    env.write(OsStr::from_bytes(b"\xff"), "1");
    insta::assert_snapshot!(env.screen("mlv status -s"), @r"
    $ mlv status -s
    ?? new\x0aline\x1b[31m
    ?? \xff
    ");
}

#[test]
fn names_that_differ_only_by_case_or_form_are_different() {
    let env = repository();
    for name in ["data/File", "data/file", "data/FILE", "Data/file", "caf\u{e9}", "cafe\u{301}"] {
        env.write(name, name);
    }
    there_and_back(&env);
}

#[test]
fn a_path_of_four_thousand_bytes_comes_back() {
    let env = repository();
    // The system takes no path this long at once: it is made from within.
    let names: Vec<String> = (0..19).map(|n| format!("{n:0>199}")).collect();
    let script = names.iter().map(|name| format!("mkdir {name} && cd {name} && "));
    let script: String = script.chain(["printf deep > file".to_owned()]).collect();
    let made = std::process::Command::new("sh")
        .args(["-c", &script])
        .current_dir(env.root())
        .status()
        .unwrap();
    assert!(made.success());
    let path = format!("{}/file", names.join("/"));
    assert!(path.len() > 3800, "{}", path.len());
    env.success(&["add", "-A"]);
    assert_eq!(env.json(&["commit", "-m", "deep", "--json"])["files_changed"], 1);
    assert_eq!(env.json(&["status", "--json"])["clean"], true);
    fs::remove_dir_all(env.path(&names[0])).unwrap();
    env.success(&["restore", "."]);
    assert_eq!(env.json(&["status", "--json"])["clean"], true);
    let down = format!("cd {} && cat file", names.join(" && cd "));
    let read = std::process::Command::new("sh")
        .args(["-c", &down])
        .current_dir(env.root())
        .output()
        .unwrap();
    assert_eq!(read.stdout, b"deep");
}

#[test]
fn empty_files_and_the_executable_bit_come_back() {
    let env = repository();
    env.write("empty", "");
    env.write("run.sh", "#!/bin/sh\n");
    fs::set_permissions(env.path("run.sh"), PermissionsExt::from_mode(0o755)).unwrap();
    env.write("empty-and-executable", "");
    fs::set_permissions(env.path("empty-and-executable"), PermissionsExt::from_mode(0o700))
        .unwrap();
    there_and_back(&env);
    fs::set_permissions(env.path("run.sh"), PermissionsExt::from_mode(0o644)).unwrap();
    assert_eq!(env.success(&["status", "-s"]).stdout, " M run.sh\n");
}

#[test]
fn links_come_back_as_links_and_are_never_written_through() {
    let env = repository();
    env.write("../outside/precious", "precious");
    symlink("../outside/precious", env.path("out")).unwrap();
    symlink(env.path("../outside"), env.path("absolute")).unwrap();
    symlink("nowhere", env.path("dangling")).unwrap();
    symlink("self", env.path("self")).unwrap();
    symlink(OsStr::from_bytes(b"\xff \n"), env.path("odd")).unwrap();
    symlink(OsString::from("x".repeat(3000)), env.path("long")).unwrap();
    there_and_back(&env);
    assert_eq!(env.read("../outside/precious"), b"precious");

    // Where a versioned directory was replaced by a link, nothing lands behind the link.
    env.write("dir/file", "1");
    env.success(&["add", "dir"]);
    fs::remove_dir_all(env.path("dir")).unwrap();
    symlink("../outside", env.path("dir")).unwrap();
    env.mlv(&["restore", "dir"]);
    assert!(!env.path("../outside/file").exists());
    assert_eq!(env.read("../outside/precious"), b"precious");
}

#[test]
fn a_sparse_file_comes_back_and_takes_no_room_in_the_store() {
    let env = repository();
    let file = fs::File::create(env.path("sparse")).unwrap();
    file.set_len(256 << 20).unwrap();
    drop(file);
    there_and_back(&env);
    let mut stored = 0;
    let mut pending = vec![env.path(".mlv/store")];
    while let Some(dir) = pending.pop() {
        for entry in fs::read_dir(dir).unwrap() {
            let entry = entry.unwrap();
            let metadata = entry.metadata().unwrap();
            stored += metadata.size();
            if metadata.is_dir() {
                pending.push(entry.path());
            }
        }
    }
    assert!(stored < 1 << 20, "{stored} bytes are stored");
}

#[test]
fn an_empty_directory_is_not_versioned_and_not_removed() {
    let env = repository();
    fs::create_dir(env.path("empty")).unwrap();
    env.write("a", "1");
    env.success(&["add", "-A"]);
    env.success(&["add", "empty"]);
    env.success(&["commit", "-m", "x"]);
    env.success(&["restore", "."]);
    assert!(env.path("empty").is_dir());
    assert_eq!(env.json(&["status", "--json"])["clean"], true);
}

#[test]
fn a_repository_within_is_left_alone_and_of_a_git_clone_the_files_are_taken() {
    let env = repository();
    env.success(&["init", "inner"]);
    env.write("inner/theirs", "1");
    env.git(&["init", "-q", "clone"]);
    env.write("clone/model.bin", "1");
    env.success(&["add", "-A"]);
    assert_eq!(env.success(&["status", "-s"]).stdout, "A  clone/model.bin\n");
    env.mlv(&["add", "inner/theirs"]).expect_code(1);
    env.mlv(&["add", "clone/.git/HEAD"]).expect_code(1);
    assert_eq!(env.json(&["-C", "inner", "status", "--json"])["untracked"][0], "theirs");
}

#[test]
fn a_file_may_become_a_directory_and_a_directory_a_file() {
    let env = repository();
    env.write("was-file", "1");
    env.write("was-dir/inside", "1");
    env.success(&["add", "-A"]);
    env.success(&["commit", "-m", "before"]);
    fs::remove_file(env.path("was-file")).unwrap();
    fs::remove_dir_all(env.path("was-dir")).unwrap();
    env.write("was-file/inside", "2");
    env.write("was-dir", "2");
    env.success(&["add", "-A"]);
    env.success(&["commit", "-m", "after"]);
    assert_eq!(env.json(&["status", "--json"])["clean"], true);
    env.success(&["restore", "--source", "HEAD~1", "--staged", "--worktree", "."]);
    assert_eq!(env.read("was-file"), b"1");
    assert_eq!(env.read("was-dir/inside"), b"1");
}
