#![expect(clippy::disallowed_methods, reason = "tests write as any program does")]

use std::fs;
use std::io::{Read, Write};
use std::os::unix::fs::symlink;

use super::*;

fn path(bytes: impl Into<Vec<u8>>) -> RepoPath {
    RepoPath::from_bytes(bytes).unwrap()
}

fn write(cursor: &mut Cursor, to: &RepoPath, content: &[u8]) -> Result<(), PathError> {
    cursor.make_directory(&to.parent().unwrap())?;
    cursor.create_file(to, 0o666)?.write_all(content).context("write", to.to_path())
}

#[test]
fn a_link_on_the_way_is_never_followed() {
    let outside = tempfile::tempdir().unwrap();
    fs::write(outside.path().join("file"), "theirs").unwrap();
    let root = tempfile::tempdir().unwrap();
    symlink(outside.path(), root.path().join("link")).unwrap();
    let mut cursor = Disk::open(root.path()).unwrap().cursor();

    assert!(write(&mut cursor, &path("link/new"), b"x").is_err());
    assert!(write(&mut cursor, &path("link/deep/new"), b"x").is_err());
    assert!(cursor.open_file(&path("link/file")).is_err());
    assert!(cursor.remove_file(&path("link/file")).is_err());
    assert_eq!(cursor.stat(&path("link/file")).unwrap(), None);
    assert_eq!(cursor.obstacle(&path("link/deep/file")).unwrap(), Some(path("link")));
    assert_eq!(fs::read_dir(outside.path()).unwrap().count(), 1);
}

#[test]
fn a_link_in_place_of_a_file_is_not_opened() {
    let root = tempfile::tempdir().unwrap();
    symlink("/etc/hostname", root.path().join("file")).unwrap();
    let mut cursor = Disk::open(root.path()).unwrap().cursor();
    assert!(cursor.open_file(&path("file")).is_err());
    assert_eq!(cursor.read_link(&path("file")).unwrap(), b"/etc/hostname");
    assert!(cursor.create_file(&path("file"), 0o666).is_err());
}

#[test]
fn paths_of_four_thousand_bytes_and_odd_bytes_work() {
    let root = tempfile::tempdir().unwrap();
    let mut cursor = Disk::open(root.path()).unwrap().cursor();
    let many_levels = path("d/".repeat(1999) + "f");
    let long_names = path(format!("{}/", "n".repeat(250)).repeat(15) + &"m".repeat(235));
    let odd = path(b"new\nline/\xff\xfe \x01".to_vec());
    for file in [&many_levels, &long_names, &odd] {
        write(&mut cursor, file, b"content").unwrap();
        let stat = cursor.stat(file).unwrap().unwrap();
        assert_eq!((stat.kind(), stat.size), (FileKind::File, 7));
        let mut content = String::new();
        cursor.open_file(file).unwrap().read_to_string(&mut content).unwrap();
        assert_eq!(content, "content");
    }
    assert!(long_names.as_bytes().len() >= 4000);
    remove_all(&root.path().join("d")).unwrap();
    assert!(!root.path().join("d").exists());
}

#[test]
fn a_rename_to_a_name_that_is_taken_is_refused_on_request() {
    let root = tempfile::tempdir().unwrap();
    let mut cursor = Disk::open(root.path()).unwrap().cursor();
    write(&mut cursor, &path("a/new"), b"new").unwrap();
    write(&mut cursor, &path("a/old"), b"old").unwrap();
    assert!(cursor.rename_new(&path("a/new"), &path("a/old")).is_err());
    cursor.rename_over(&path("a/new"), &path("a/old")).unwrap();
    assert_eq!(fs::read(root.path().join("a/old")).unwrap(), b"new");
    cursor.rename_new(&path("a/old"), &path("a/free")).unwrap();
    assert_eq!(fs::read_dir(root.path().join("a")).unwrap().count(), 1);
}

#[test]
fn a_directory_that_took_the_place_of_a_file_is_not_replaced() {
    let root = tempfile::tempdir().unwrap();
    let mut cursor = Disk::open(root.path()).unwrap().cursor();
    write(&mut cursor, &path("new"), b"new").unwrap();
    write(&mut cursor, &path("old/mine"), b"mine").unwrap();
    assert!(cursor.rename_over(&path("new"), &path("old")).is_err());
    assert_eq!(fs::read(root.path().join("old/mine")).unwrap(), b"mine");
    assert_eq!(fs::read(root.path().join("new")).unwrap(), b"new");
}

#[test]
fn only_empty_directories_are_removed() {
    let root = tempfile::tempdir().unwrap();
    let mut cursor = Disk::open(root.path()).unwrap().cursor();
    write(&mut cursor, &path("a/b/c"), b"").unwrap();
    assert!(!cursor.remove_empty_directory(&path("a/b")).unwrap());
    cursor.remove_file(&path("a/b/c")).unwrap();
    cursor.remove_file(&path("a/b/c")).unwrap();
    assert!(cursor.remove_empty_directory(&path("a/b")).unwrap());
    assert!(cursor.remove_empty_directory(&path("a/b")).unwrap());
}

#[test]
fn a_file_set_aside_is_older_than_the_present() {
    let root = tempfile::tempdir().unwrap();
    let now = present(root.path()).unwrap();
    let mut cursor = Disk::open(root.path()).unwrap().cursor();
    let file = cursor.create_file(&path("a"), 0o666).unwrap();
    set_aside(&file, now).unwrap();
    let stat = cursor.stat(&path("a")).unwrap().unwrap();
    assert!(stat.mtime_ns < now && stat.mtime_ns > now - 1_000_000_000);
    set_aside(&file, i64::MIN).unwrap();
    assert_eq!(cursor.stat(&path("a")).unwrap().unwrap().mtime_ns, stat.mtime_ns);
}
