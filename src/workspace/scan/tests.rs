#![expect(clippy::disallowed_methods, reason = "tests write as any program does")]

use std::fs;
use std::os::unix::fs::symlink;
use std::os::unix::net::UnixListener;
use std::path::Path;
use std::sync::Arc;

use super::*;
use crate::base::RepoPath;
use crate::workspace::disk::{Disk, FileKind};
use crate::workspace::notice::Notice;

fn write(root: &Path, path: &str, text: &str) {
    fs::create_dir_all(root.join(path).parent().unwrap()).unwrap();
    fs::write(root.join(path), text).unwrap();
}

fn options<'a>(below: &str, enter_ignored: bool) -> ScanOptions<'a> {
    ScanOptions {
        below: RepoPath::from_bytes(below).unwrap(),
        use_ignore_files: true,
        enter_ignored: Box::new(move |_| enter_ignored),
        wants_facts: Arc::new(|_| true),
    }
}

fn scan(root: &Path, below: &str, enter_ignored: bool) -> Vec<Found> {
    Scan::new(&Disk::open(root).unwrap(), options(below, enter_ignored)).collect()
}

fn files(found: &[Found]) -> Vec<String> {
    let path = |found: &Found| match found {
        Found::File { path, ignored: false, .. } => Some(path.to_string()),
        Found::File { path, .. } => Some(format!("({path})")),
        _ => None,
    };
    found.iter().filter_map(path).collect()
}

#[test]
fn files_come_in_the_order_of_paths_without_reserved_directories() {
    let dir = tempfile::tempdir().unwrap();
    for path in ["a.b", "a/b", "a-b", "a/.git/config", ".mlv/repo.db", "sub/.GIT/x", "z/y/x"] {
        write(dir.path(), path, "");
    }
    write(dir.path(), "a/.mlv-write-0-1", "half a file");
    symlink("/nowhere", dir.path().join("link")).unwrap();
    symlink("z", dir.path().join("to-directory")).unwrap();
    let found = scan(dir.path(), "", false);
    assert_eq!(files(&found), ["a/b", "a-b", "a.b", "link", "to-directory", "z/y/x"]);
    assert_eq!(files(&scan(dir.path(), "z", false)), ["z/y/x"]);
    assert_eq!(files(&scan(dir.path(), "z/y/x", false)), ["z/y/x"]);
    assert!(scan(dir.path(), "gone", false).is_empty());
    assert!(scan(dir.path(), "to-directory/y", false).is_empty());
}

#[test]
fn the_order_holds_over_many_directories_read_ahead() {
    let dir = tempfile::tempdir().unwrap();
    for i in 0..150 {
        write(dir.path(), &format!("{}/{}", i % 70, i), "");
        write(dir.path(), &format!("{}/deep/{i}", i % 7), "");
    }
    let found = scan(dir.path(), "", false);
    let paths: Vec<_> = found.iter().map(|found| found.path().clone()).collect();
    assert_eq!(paths.len(), 300);
    assert!(paths.is_sorted());
}

#[test]
fn ignored_directories_are_entered_only_on_request() {
    let dir = tempfile::tempdir().unwrap();
    for path in ["out/a", "out/deep/b", "keep", "x.tmp", "sub/y.tmp", "sub/z.log", "sub/out/c"] {
        write(dir.path(), path, "");
    }
    write(dir.path(), ".mlvignore", "out/\n*.tmp\n");
    write(dir.path(), "sub/.mlvignore", "!y.tmp\n*.log\n");
    let found = scan(dir.path(), "", false);
    let plain = [".mlvignore", "keep", "sub/.mlvignore", "sub/y.tmp", "(sub/z.log)", "(x.tmp)"];
    assert_eq!(files(&found), plain);
    let entered = files(&scan(dir.path(), "", true));
    assert_eq!(entered[2..4], ["(out/a)", "(out/deep/b)"]);
    assert_eq!(files(&scan(dir.path(), "sub/y.tmp", false)), ["sub/y.tmp"]);
    assert_eq!(files(&scan(dir.path(), "x.tmp", false)), ["(x.tmp)"]);
    assert_eq!(files(&scan(dir.path(), "out/deep", true)), ["(out/deep/b)"]);
}

#[test]
fn sockets_pipes_and_nested_repositories_are_passed_over_with_a_word() {
    let dir = tempfile::tempdir().unwrap();
    let _listener = UnixListener::bind(dir.path().join("socket")).unwrap();
    rustix::fs::mknodat(
        rustix::fs::CWD,
        dir.path().join("pipe"),
        rustix::fs::FileType::Fifo,
        rustix::fs::Mode::from_raw_mode(0o600),
        0,
    )
    .unwrap();
    write(dir.path(), "inner/.mlv/repo.db", "");
    write(dir.path(), "inner/theirs", "");
    write(dir.path(), "git/.git/config", "");
    write(dir.path(), "git/ours", "");
    let found = scan(dir.path(), "", false);
    let path = |text: &str| RepoPath::from_bytes(text).unwrap();
    assert_eq!(files(&found), ["git/ours"]);
    let nested = Notice::NestedRepository { path: path("inner") };
    assert!(found.contains(&Found::Unknown { notice: nested }));
    assert!(found.contains(&Found::Special { path: path("pipe"), kind: FileKind::Fifo }));
    assert!(found.contains(&Found::Special { path: path("socket"), kind: FileKind::Socket }));
}

#[test]
fn what_lies_below_can_be_left_out_midway() {
    let dir = tempfile::tempdir().unwrap();
    for path in ["a/1", "a/2", "a/b/3", "c"] {
        write(dir.path(), path, "");
    }
    let mut scan = Scan::new(&Disk::open(dir.path()).unwrap(), options("", false));
    assert_eq!(scan.next().unwrap().path().to_string(), "a/1");
    scan.skip_below(RepoPath::from_bytes("a").unwrap());
    assert_eq!(scan.next().unwrap().path().to_string(), "c");
    assert!(scan.next().is_none());
}

#[test]
fn very_deep_directories_are_walked_without_running_out_of_handles() {
    let dir = tempfile::tempdir().unwrap();
    let mut cursor = Disk::open(dir.path()).unwrap().cursor();
    let deep = RepoPath::from_bytes("d/".repeat(1900) + "f").unwrap();
    cursor.make_directory(&deep.parent().unwrap()).unwrap();
    cursor.create_file(&deep, 0o666).unwrap();
    let found = scan(dir.path(), "", false);
    assert_eq!(found.len(), 1);
    assert_eq!(found[0].path(), &deep);
}
