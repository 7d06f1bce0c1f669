#![expect(clippy::disallowed_methods, reason = "tests write as any program does")]

use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::Path;

use super::*;
use crate::base::{NoProgress, RepoPath, TreeId};
use crate::workspace::tests::{Sample, path};

fn sandbox(sample: &Sample, tree: TreeId, overlay: &[OverlayFile]) -> Sandbox {
    let options = SandboxOptions {
        below: &[RepoPath::root()],
        wanted: &|path| path.as_bytes() != b"unwanted",
        overlay,
    };
    sample.workspace.create_sandbox(tree, &options, &NoProgress).unwrap()
}

fn collect(sample: &Sample, sandbox: &Sandbox) -> Collected {
    let is_output = |path: &RepoPath| path.as_bytes().starts_with(b"out");
    sample.workspace.collect(sandbox, &is_output, &NoProgress).unwrap()
}

#[test]
fn a_tree_and_the_code_beside_it_are_laid_out_and_untouched_make_nothing() {
    let sample = Sample::new();
    let tree = sample.tree(&[
        ("data/a", "1"),
        ("run.sh", "#!"),
        ("link", "->data/a"),
        ("out/old", "2"),
        ("unwanted", ""),
    ]);
    let source = sample.root.join("main.py");
    fs::write(&source, "code").unwrap();
    let overlay = ["main.py", "run.sh", "data/a/b"]
        .map(|name| OverlayFile { path: path(name), source: source.clone() });
    let sandbox = sandbox(&sample, tree, &overlay);
    let at = |name: &str| sandbox.path().join(name);
    assert_eq!(fs::read_to_string(at("main.py")).unwrap(), "code");
    assert_eq!(fs::read_to_string(at("run.sh")).unwrap(), "#!");
    assert_eq!(fs::metadata(at("run.sh")).unwrap().permissions().mode() & 0o100, 0o100);
    assert_eq!(fs::read_to_string(at("link")).unwrap(), "1");
    assert!(!at("unwanted").exists());
    let collected = collect(&sample, &sandbox);
    assert!(collected.edits.is_empty() && collected.discarded.is_empty());
    let place = sandbox.path().to_owned();
    drop(sandbox);
    assert!(!place.exists());
}

#[test]
fn outputs_become_edits_and_everything_else_is_discarded_by_name() {
    let sample = Sample::new();
    let tree = sample.tree(&[
        ("data/a", "1"),
        ("data/b", "2"),
        ("out/changed", "3"),
        ("out/gone", "4"),
        ("out/same", "5"),
    ]);
    let sandbox = sandbox(&sample, tree, &[]);
    let at = |name: &str| sandbox.path().join(name);
    fs::write(at("data/a"), "spoilt").unwrap();
    fs::remove_file(at("data/b")).unwrap();
    fs::write(at("scratch"), "").unwrap();
    fs::write(at("out/changed"), "x").unwrap();
    fs::remove_file(at("out/gone")).unwrap();
    fs::write(at("out/same"), "5").unwrap();
    fs::create_dir(at("out/new")).unwrap();
    fs::write(at("out/new/file"), "6").unwrap();
    let collected = collect(&sample, &sandbox);
    let discarded: Vec<_> = collected.discarded.iter().map(ToString::to_string).collect();
    assert_eq!(discarded, ["data/a", "data/b", "scratch"]);
    let after = sample.objects.edit_tree(tree, collected.edits).unwrap();
    let expected = [
        ("data/a", "1"),
        ("data/b", "2"),
        ("out/changed", "x"),
        ("out/new/file", "6"),
        ("out/same", "5"),
    ];
    assert_eq!(after, sample.tree(&expected));
}

#[test]
fn a_change_made_at_once_and_of_the_same_size_is_seen() {
    let sample = Sample::new();
    for _ in 0..20 {
        let sandbox = sandbox(&sample, sample.tree(&[("out", "one")]), &[]);
        fs::write(sandbox.path().join("out"), "two").unwrap();
        assert_eq!(collect(&sample, &sandbox).edits.len(), 1);
    }
}

#[test]
fn a_sandbox_of_read_only_directories_and_links_outwards_is_removed_alone() {
    let sample = Sample::new();
    sample.write("kept/file", "mine");
    let sandbox = sandbox(&sample, sample.tree(&[("a/b/c", "1")]), &[]);
    std::os::unix::fs::symlink(sample.root.join("kept"), sandbox.path().join("a/link")).unwrap();
    fs::create_dir_all(sandbox.path().join("a/.git/objects")).unwrap();
    for name in ["a/b", "a", ""] {
        let mode = fs::Permissions::from_mode(0o500);
        fs::set_permissions(sandbox.path().join(name), mode).unwrap();
    }
    let place = sandbox.path().to_owned();
    sandbox.remove().unwrap();
    assert!(!place.exists());
    assert_eq!(fs::read_to_string(sample.root.join("kept/file")).unwrap(), "mine");
}

#[test]
fn a_sandbox_that_its_program_deleted_is_an_error_to_collect_and_none_to_drop() {
    let sample = Sample::new();
    let sandbox = sandbox(&sample, sample.tree(&[("out/a", "1")]), &[]);
    let place = sandbox.path().to_owned();
    let refused = || {
        let error = sample.workspace.collect(&sandbox, &|_| true, &NoProgress).unwrap_err();
        assert!(error.to_string().ends_with("was removed or replaced"), "{error}");
    };
    fs::remove_dir_all(&place).unwrap();
    refused();
    sample.write("kept/file", "mine");
    std::os::unix::fs::symlink(sample.root.join("kept"), &place).unwrap();
    refused();
    drop(sandbox);
    assert!(fs::symlink_metadata(&place).is_err());
    assert_eq!(fs::read_to_string(sample.root.join("kept/file")).unwrap(), "mine");
}

#[test]
fn only_what_is_asked_for_is_looked_at() {
    let sample = Sample::new();
    let tree = sample.tree(&[("data/raw/a", "1"), ("data/rest/b", "2"), ("run.py", "3")]);
    let options = SandboxOptions {
        below: &[path("data/raw"), path("missing"), path("run.py")],
        wanted: &|_| true,
        overlay: &[],
    };
    let sandbox = sample.workspace.create_sandbox(tree, &options, &NoProgress).unwrap();
    let laid: Vec<String> = sandbox.laid.iter().map(|laid| laid.path.to_string()).collect();
    assert_eq!(laid, ["data/raw/a", "run.py"]);
}

#[test]
fn links_that_lead_into_the_working_copy_lead_into_the_sandbox() {
    let sample = Sample::new();
    let root = sample.workspace.root().to_owned();
    let name = root.file_name().unwrap().to_str().unwrap();
    fs::create_dir_all(root.join("data")).unwrap();
    fs::write(root.join("data/a"), "mine").unwrap();
    let links = [
        ("absolute", format!("->{}/data/a", root.display())),
        ("sub/around", format!("->../../{name}/data/a")),
        ("up", "->../../../data/a".to_owned()),
        ("sub/plain", "->../data/a".to_owned()),
        ("away", "->/dev/null".to_owned()),
    ];
    let mut files = vec![("data/a", "theirs")];
    files.extend(links.iter().map(|(path, target)| (*path, target.as_str())));
    let tree = sample.tree(&files);
    let sandbox = sandbox(&sample, tree, &[]);
    for (link, _) in &links {
        // Whatever the hook writes to: it is not the user's file.
        let _ = fs::write(sandbox.path().join(link), "spoilt");
    }
    assert_eq!(fs::read_to_string(root.join("data/a")).unwrap(), "mine");
    assert_eq!(fs::read_to_string(sandbox.path().join("data/a")).unwrap(), "spoilt");
    assert_eq!(fs::read_link(sandbox.path().join("sub/plain")).unwrap(), Path::new("../data/a"));
    assert_eq!(fs::read_link(sandbox.path().join("away")).unwrap(), Path::new("/dev/null"));
    let collected = collect(&sample, &sandbox);
    assert_eq!(collected.discarded, [path("data/a")]);
}
