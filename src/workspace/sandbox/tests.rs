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

/// Returns all that is in a directory, with modes and contents.
fn listing(dir: &Path) -> Vec<(String, u32, Vec<u8>)> {
    let mut found = Vec::new();
    let mut pending = vec![dir.to_owned()];
    while let Some(at) = pending.pop() {
        for item in fs::read_dir(&at).unwrap() {
            let place = item.unwrap().path();
            let facts = fs::symlink_metadata(&place).unwrap();
            let content = if facts.is_dir() {
                pending.push(place.clone());
                Vec::new()
            } else if facts.is_symlink() {
                fs::read_link(&place).unwrap().into_os_string().into_encoded_bytes()
            } else {
                fs::read(&place).unwrap()
            };
            let name = place.strip_prefix(dir).unwrap().display().to_string();
            found.push((name, facts.permissions().mode(), content));
        }
    }
    found.sort();
    found
}

/// Writes a file outside, long enough ago that its times tell when it changes.
fn code(sample: &Sample, name: &str, content: &str) -> OverlayFile {
    let source = sample.root.join("code").join(name);
    fs::create_dir_all(source.parent().unwrap()).unwrap();
    fs::write(&source, content).unwrap();
    let earlier = std::time::SystemTime::now() - std::time::Duration::from_mins(1);
    fs::File::options().write(true).open(&source).unwrap().set_modified(earlier).unwrap();
    OverlayFile { path: path(name), source }
}

fn refit(sample: &Sample, used: Sandbox, tree: TreeId, overlay: &[OverlayFile]) -> Sandbox {
    let options = SandboxOptions {
        below: &[RepoPath::root()],
        wanted: &|path| path.as_bytes() != b"unwanted",
        overlay,
    };
    sample.workspace.refit_sandbox(used, tree, &options, &NoProgress).unwrap()
}

fn inode(sandbox: &Sandbox, name: &str) -> u64 {
    use std::os::unix::fs::MetadataExt;
    fs::metadata(sandbox.path().join(name)).unwrap().ino()
}

/// What a hook does in its sandbox, and how that is called.
type Deed = (&'static str, fn(&Path));

#[test]
fn a_sandbox_that_is_used_again_holds_what_a_fresh_one_would() {
    let sample = Sample::new();
    let tree =
        sample.tree(&[("data/a", "1"), ("data/b", "2"), ("link", "->data/a"), ("out/x", "3")]);
    let overlay = ["lib/a.py", "lib/b.py", "lib/deep/c.py", "run.py", "data/c"]
        .map(|name| code(&sample, name, name));
    let deeds: [Deed; 14] = [
        ("nothing", |_| {}),
        ("the same size", |at| fs::write(at.join("lib/a.py"), "LIB/A.PY").unwrap()),
        ("data", |at| fs::write(at.join("data/a"), "x").unwrap()),
        ("removed", |at| fs::remove_dir_all(at.join("lib")).unwrap()),
        ("added", |at| {
            fs::create_dir_all(at.join("new/empty")).unwrap();
            fs::write(at.join("lib/.hidden"), "x").unwrap();
        }),
        ("modes", |at| {
            for (name, mode) in [("lib/a.py", 0o600), ("lib", 0o700), ("data", 0o555)] {
                fs::set_permissions(at.join(name), fs::Permissions::from_mode(mode)).unwrap();
            }
        }),
        ("closed", |at| {
            fs::set_permissions(at.join("lib"), fs::Permissions::from_mode(0o000)).unwrap();
        }),
        ("replaced by a link", |at| {
            fs::remove_dir_all(at.join("lib")).unwrap();
            std::os::unix::fs::symlink("data", at.join("lib")).unwrap();
        }),
        ("a directory in place of a file", |at| {
            fs::remove_file(at.join("run.py")).unwrap();
            fs::create_dir(at.join("run.py")).unwrap();
        }),
        ("renamed", |at| fs::rename(at.join("lib"), at.join("bil")).unwrap()),
        ("exchanged", |at| {
            fs::rename(at.join("lib/a.py"), at.join("lib/t")).unwrap();
            fs::rename(at.join("lib/b.py"), at.join("lib/a.py")).unwrap();
            fs::rename(at.join("lib/t"), at.join("lib/b.py")).unwrap();
        }),
        ("a second name", |at| {
            let outside = at.parent().unwrap().join("second-name");
            let _ = fs::remove_file(&outside);
            fs::hard_link(at.join("lib/a.py"), outside).unwrap();
        }),
        ("its time put back", |at| {
            let place = at.join("lib/b.py");
            let before = fs::metadata(&place).unwrap().modified().unwrap();
            fs::write(&place, "LIB/B.PY").unwrap();
            let file = fs::File::options().write(true).open(&place).unwrap();
            file.set_modified(before).unwrap();
        }),
        ("a socket", |at| {
            drop(std::os::unix::net::UnixListener::bind(at.join("lib/socket")).unwrap());
        }),
    ];
    let fresh = sandbox(&sample, tree, &overlay);
    let expected = listing(fresh.path());
    for (name, deed) in deeds {
        let used = sandbox(&sample, tree, &overlay);
        deed(used.path());
        let again = refit(&sample, used, tree, &overlay);
        assert_eq!(listing(again.path()), expected, "{name}");
        let collected = collect(&sample, &again);
        assert!(collected.edits.is_empty() && collected.discarded.is_empty(), "{name}");
        // Nothing that somebody else knows is in it.
        let second = again.path().parent().unwrap().join("second-name");
        if second.exists() {
            fs::write(second, "spoilt").unwrap();
            assert_eq!(listing(again.path()), expected, "{name}");
        }
    }
}

#[test]
fn what_was_not_touched_stays_and_what_changed_meanwhile_is_laid_out_again() {
    let sample = Sample::new();
    let tree = sample.tree(&[("data/a", "1"), ("data/b", "2"), ("out/x", "3")]);
    let overlay = ["lib/a.py", "lib/b.py", "run.py"].map(|name| code(&sample, name, name));
    let used = sandbox(&sample, tree, &overlay);
    fs::write(used.path().join("out/x"), "made").unwrap();
    fs::create_dir(used.path().join("lib/__pycache__")).unwrap();
    let stays = ["data/a", "lib/a.py"];
    let before = stays.map(|name| inode(&used, name));
    // One file of the code changes, one goes, one is the tree's now, and so is a directory of it.
    code(&sample, "lib/b.py", "LIB/B.PY");
    fs::write(&overlay[1].source, "LIB/B.PY").unwrap();
    let next =
        sample.tree(&[("data/a", "1"), ("data/b", "9"), ("run.py/x", "tree"), ("out/x", "3")]);
    let again = refit(&sample, used, next, &overlay);
    assert_eq!(stays.map(|name| inode(&again, name)), before);
    assert_eq!(listing(again.path()), listing(sandbox(&sample, next, &overlay).path()));
    assert_eq!(fs::read(again.path().join("lib/b.py")).unwrap(), b"LIB/B.PY");
    let bare = refit(&sample, again, next, &overlay[..1]);
    assert_eq!(inode(&bare, "lib/a.py"), before[1]);
    assert_eq!(listing(bare.path()), listing(sandbox(&sample, next, &overlay[..1]).path()));
}

#[test]
fn a_sandbox_is_in_use_as_long_as_a_process_is_in_it() {
    let sample = Sample::new();
    let used = sandbox(&sample, sample.tree(&[("a", "1")]), &[]);
    // What another test starts knows all that this process has open, until it is itself.
    let is_free = || {
        (0..100).any(|_| {
            std::thread::sleep(std::time::Duration::from_millis(10));
            !used.is_in_use()
        })
    };
    assert!(is_free());
    let begin = |dir: &Path, file: Option<fs::File>| {
        let mut command = std::process::Command::new("sleep");
        command
            .arg("60")
            .current_dir(dir)
            .env_clear()
            .env("PATH", std::env::var_os("PATH").unwrap());
        command.stdin(file.map_or_else(std::process::Stdio::null, Into::into)).spawn().unwrap()
    };
    let elsewhere = Path::new("/");
    let of_file = fs::File::open(used.path().join("a")).unwrap();
    for mut process in [begin(used.path(), None), begin(elsewhere, Some(of_file))] {
        assert!(used.is_in_use());
        process.kill().unwrap();
        process.wait().unwrap();
    }
    assert!(is_free());
}
