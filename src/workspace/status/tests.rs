#![expect(clippy::disallowed_methods, reason = "tests write as any program does")]

use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::os::unix::net::UnixListener;
use std::time::{Duration, SystemTime};

use super::*;
use crate::workspace::notice::Notice;
use crate::workspace::tests::{Sample, path};

fn shown(changes: &[Change]) -> Vec<String> {
    changes.iter().map(|change| format!("{:?} {}", change.kind, change.path)).collect()
}

fn untracked(status: &Status) -> Vec<String> {
    let slash = |it: &Untracked| if it.is_directory { "/" } else { "" };
    status.untracked.iter().map(|it| format!("{}{}", it.path, slash(it))).collect()
}

#[test]
fn what_was_added_is_staged_and_a_later_change_is_not() {
    let sample = Sample::new();
    let head = sample.tree(&[("gone", "1"), ("moved", "much"), ("same", "3")]);
    sample.write("same", "3");
    sample.write("new", "4");
    sample.write("to/moved", "much");
    let staged = sample.add(head, &["."]);
    sample.write("new", "5");
    fs::set_permissions(sample.root.join("same"), fs::Permissions::from_mode(0o755)).unwrap();
    let status = sample.status(head, staged, UntrackedMode::Files);
    assert_eq!(shown(&status.staged), ["Deleted gone", "Added new", "Renamed to/moved"]);
    assert_eq!(status.staged[2].from, Some(path("moved")));
    assert_eq!(shown(&status.unstaged), ["Modified new", "Modified same"]);
    assert!(!status.is_clean());
}

#[test]
fn a_file_changed_in_the_tick_of_its_adding_is_noticed() {
    for _ in 0..20 {
        let sample = Sample::new();
        sample.write("file", "one");
        let staged = sample.add(sample.empty_tree(), &["."]);
        fs::write(sample.root.join("file"), "two").unwrap();
        let status = sample.status(staged, staged, UntrackedMode::Files);
        assert_eq!(shown(&status.unstaged), ["Modified file"]);
    }
}

#[test]
fn an_old_file_is_not_read_again_and_a_young_one_is_believed_after_the_next_look() {
    let sample = Sample::new();
    sample.write("file", "one");
    sample.age("file", Duration::from_secs(10));
    let staged = sample.add(sample.empty_tree(), &["."]);
    let stat = sample.workspace.disk.cursor().stat(&path("file")).unwrap().unwrap();
    let row = || sample.workspace.cache.get(&path("file")).unwrap();
    assert!(row().proves(&stat));

    // As young as can be, and however long this takes: last written in the future.
    sample.write("file", "two");
    sample.set_modified("file", SystemTime::now() + Duration::from_hours(1));
    let staged = sample.add(staged, &["."]);
    let stat = sample.workspace.disk.cursor().stat(&path("file")).unwrap().unwrap();
    assert!(!row().proves(&stat));
    assert!(sample.status(staged, staged, UntrackedMode::Files).is_clean());
    assert!(!row().proves(&stat));

    // Once that lies behind, the next look at it counts.
    sample.age("file", Duration::from_secs(10));
    let stat = sample.workspace.disk.cursor().stat(&path("file")).unwrap().unwrap();
    assert!(!row().proves(&stat));
    assert!(sample.status(staged, staged, UntrackedMode::Files).is_clean());
    assert!(row().proves(&stat));
}

#[test]
fn a_type_that_changed_is_told_and_a_link_is_never_followed() {
    let sample = Sample::new();
    let staged = sample.tree(&[("a", "text"), ("b", "->a"), ("c", "->elsewhere"), ("d", "x")]);
    for (name, text) in [("a", "->b"), ("b", "text"), ("c", "->/etc/passwd")] {
        sample.write(name, text);
    }
    let _listener = UnixListener::bind(sample.root.join("d")).unwrap();
    let status = sample.status(staged, staged, UntrackedMode::Files);
    assert_eq!(
        shown(&status.unstaged),
        ["TypeChange a", "TypeChange b", "Modified c", "TypeChange d"]
    );
}

#[test]
fn untracked_directories_are_told_as_one_unless_something_in_them_is_tracked() {
    let sample = Sample::new();
    let staged = sample.tree(&[("some/tracked/x", "x"), ("z", "z")]);
    for name in ["new/a/b", "new/c", "some/new/d", "some/tracked/x", "z", "code/main.py", "file"] {
        sample.write(name, name.rsplit('/').next().unwrap());
    }
    sample.write("only/ignored.tmp", "");
    sample.write("part/code.tmp", "");
    sample.write("part/data", "");
    sample.write(".mlvignore", "*.tmp");
    let collapsed = sample.status(staged, staged, UntrackedMode::Collapsed);
    assert_eq!(untracked(&collapsed), [".mlvignore", "file", "new/", "part/", "some/new/"]);
    let files = sample.status(staged, staged, UntrackedMode::Files);
    assert_eq!(
        untracked(&files),
        [".mlvignore", "file", "new/a/b", "new/c", "part/data", "some/new/d"]
    );
    assert!(sample.status(staged, staged, UntrackedMode::None).is_clean());
}

#[test]
fn tracked_files_are_seen_where_they_are_ignored() {
    let sample = Sample::new();
    let staged = sample.tree(&[("out/kept", "1"), ("x.tmp", "2")]);
    sample.write("out/kept", "changed");
    sample.write("out/other", "");
    sample.write("x.tmp", "2");
    sample.write(".mlvignore", "out/\n*.tmp\n.mlvignore\n");
    let status = sample.status(staged, staged, UntrackedMode::Files);
    assert_eq!(shown(&status.unstaged), ["Modified out/kept"]);
    assert!(status.untracked.is_empty());
}

#[test]
fn what_cannot_be_looked_at_is_named_and_not_called_deleted() {
    let sample = Sample::new();
    let staged = sample.tree(&[("inner/file", "1"), ("last", "2")]);
    sample.write("inner/.mlv/repo.db", "");
    sample.write("last", "2");
    let _listener = UnixListener::bind(sample.root.join("socket")).unwrap();
    let status = sample.status(staged, staged, UntrackedMode::Files);
    assert!(status.is_clean());
    assert!(matches!(
        &status.notices[..],
        [Notice::NestedRepository { .. }, Notice::Special { .. }]
    ));
}

#[test]
fn odd_names_are_told_apart() {
    let sample = Sample::new();
    let names: [&[u8]; 7] = [
        b"new\nline",
        b"sp ace",
        b"\xff\xfe",
        "\u{e9}".as_bytes(),
        "e\u{301}".as_bytes(),
        b"Case",
        b"case",
    ];
    let mut cursor = sample.workspace.disk.cursor();
    for name in names {
        cursor.create_file(&path(name), 0o644).unwrap();
    }
    let deep = path("d/".repeat(1900) + "f");
    let long = path(format!("{}/", "n".repeat(250)).repeat(15) + &"m".repeat(235));
    cursor.make_directory(&long.parent().unwrap()).unwrap();
    cursor.create_file(&long, 0o644).unwrap();
    cursor.make_directory(&deep.parent().unwrap()).unwrap();
    cursor.create_file(&deep, 0o644).unwrap();
    let outcome = sample.try_add(sample.empty_tree(), &["."], false).unwrap();
    assert!(matches!(&outcome.notices[..], [Notice::Unreadable { path, .. }] if *path == deep));
    let staged = outcome.tree;
    assert_eq!(sample.objects.walk_tree(staged, &path("")).count(), 8);
    let status = sample.status(staged, staged, UntrackedMode::Files);
    assert!(status.unstaged.is_empty() && status.untracked.len() == 1);
}

#[test]
fn files_in_directories_with_nothing_tracked_are_named_without_being_looked_at() {
    let sample = Sample::new();
    let tree = sample.tree(&[("data/held", "1"), ("data/gone", "2")]);
    for name in ["data/held", "data/new", "code/main.py", "notes/one", "notes/deep/two"] {
        sample.write(name, "1");
    }
    let status = sample.status(tree, tree, UntrackedMode::Files);
    assert_eq!(shown(&status.unstaged), ["Deleted data/gone"]);
    assert_eq!(untracked(&status), ["data/new", "notes/deep/two", "notes/one"]);
    let status = sample.status(tree, tree, UntrackedMode::Collapsed);
    assert_eq!(untracked(&status), ["data/new", "notes/"]);
    // A directory that the tree has a file for holds nothing of it.
    let tree = sample.tree(&[("notes", "a file")]);
    let status = sample.status(tree, tree, UntrackedMode::None);
    assert_eq!(shown(&status.unstaged), ["Deleted notes"]);
}
