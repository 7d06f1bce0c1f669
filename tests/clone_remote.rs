//! `mlv clone` of a remote: whole, in part, and gone on with.

use std::collections::BTreeMap;
use std::os::unix::ffi::OsStringExt as _;
use std::os::unix::fs::{MetadataExt as _, PermissionsExt, symlink};
use std::path::Path;

use serde_json::Value;

use crate::common::model::Dice;
use crate::common::servers::{self, Server};
use crate::common::{Team, TestEnvironment};

/// Makes a history of merges, tags and odd files, and sends it all.
fn with_history(team: &Team) {
    let env = &team.env;
    let mut dice = Dice::new(1);
    env.write("ada/large/one.bin", dice.bytes(5_000_000));
    env.write("ada/large/two.bin", vec![b'x'; 3_000_000]);
    env.write("ada/odd/a \"quoted\" näme\n", "odd");
    let raw = std::ffi::OsString::from_vec(b"ada/odd/\xff\xfe".to_vec());
    env.write(Path::new(&raw), "not text");
    env.write("ada/tool.sh", "#!/bin/sh\n");
    let executable = PermissionsExt::from_mode(0o755);
    std::fs::set_permissions(env.path("ada/tool.sh"), executable).unwrap();
    symlink("../large/one.bin", env.path("ada/odd/link")).unwrap();
    team.commit("ada", "empty", "");
    for branch in ["features", "models/churn"] {
        team.success("ada", &["switch", "-c", branch, "main"]);
        team.commit("ada", &format!("{branch}.csv"), dice.bytes(70_000));
        team.success("ada", &["switch", "main"]);
    }
    team.success("ada", &["tag", "v1"]);
    team.success("ada", &["merge", "--no-ff", "features", "-m", "merged"]);
    team.success("ada", &["tag", "v2", "-m", "with a message"]);
    team.commit("ada", "large/one.bin", dice.bytes(1_000_000));
    let pushed = team.json("ada", &["push", "--all"]);
    assert_eq!(pushed["refs"].as_array().unwrap().len(), 5, "{pushed}");
}

/// What a directory holds: contents with the bit of execution, and targets of links.
fn contents(root: &Path) -> BTreeMap<Vec<u8>, (u32, Vec<u8>)> {
    let (mut found, mut dirs) = (BTreeMap::new(), vec![root.to_owned()]);
    while let Some(dir) = dirs.pop() {
        for entry in std::fs::read_dir(dir).unwrap() {
            let path = entry.unwrap().path();
            let facts = path.symlink_metadata().unwrap();
            if facts.is_dir() {
                dirs.push(path);
                continue;
            }
            let name = path.strip_prefix(root).unwrap().as_os_str().to_owned().into_vec();
            let content = if facts.is_symlink() {
                (0, std::fs::read_link(&path).unwrap().into_os_string().into_vec())
            } else {
                (1 + (facts.mode() & 0o100), std::fs::read(&path).unwrap())
            };
            found.insert(name, content);
        }
    }
    found
}

fn exported(team: &Team, who: &str, commit: &str) -> BTreeMap<Vec<u8>, (u32, Vec<u8>)> {
    let target = team.env.home().join(format!("{who}-{commit}"));
    team.success(who, &["export", commit, target.to_str().unwrap()]);
    contents(&target)
}

/// Returns all commits that the branches of the remote lead to.
fn history(team: &Team, who: &str) -> Vec<String> {
    let mut ids: Vec<String> = Vec::new();
    for branch in ["origin/main", "origin/features", "origin/models/churn"] {
        let log = team.json(who, &["log", branch]);
        ids.extend(log.as_array().unwrap().iter().map(|it| it["id"].as_str().unwrap().to_owned()));
    }
    ids.sort();
    ids.dedup();
    ids
}

#[test]
fn a_clone_has_every_byte_of_every_commit() {
    let team = Team::new();
    with_history(&team);
    team.clone("bob");
    let ids = history(&team, "bob");
    assert_eq!((ids.len(), &ids), (6, &history(&team, "ada")));
    let mut files = 0;
    for id in &ids {
        let export = exported(&team, "bob", id);
        assert!(exported(&team, "ada", id) == export, "commit {id}");
        files += export.len();
    }
    assert_eq!(files, 51);
    for who in ["ada", "bob"] {
        team.success(who, &["fsck"]);
        assert_eq!(team.json(who, &["status"])["clean"], true);
    }
    assert_eq!(team.json("ada", &["tag"]), team.json("bob", &["tag"]));
    let before = team.listing();
    for who in ["ada", "bob"] {
        assert_eq!(team.json(who, &["push"])["bytes"], 0);
    }
    assert_eq!(team.listing(), before);
}

#[test]
fn a_lazy_clone_fetches_what_is_read_and_a_sparse_one_what_it_holds() {
    let team = Team::new();
    with_history(&team);
    insta::assert_snapshot!(team.env.screen("mlv clone remote lazy --lazy").without_ids(), @r"
    $ mlv clone remote lazy --lazy
    [stderr]
    cloned `$ROOT/remote` into `$ROOT/lazy`
    3 branches, 2 tags, 7.9 KiB of stored data
    on `main`: 0 files
    hint: `mlv pull PATH` brings files into the working copy, `mlv ls -r` lists them
    ");
    assert!(contents(&team.env.path("lazy")).keys().all(|path| path.starts_with(b".mlv/")));
    let stored = |who: &str| -> u64 {
        let packs = contents(&team.env.path(who).join(".mlv/store/packs"));
        packs.values().map(|(_, bytes)| bytes.len() as u64).sum()
    };
    assert!(stored("lazy") < 500_000, "{}", stored("lazy"));
    assert_eq!(team.success("lazy", &["cat", "HEAD:data/a.csv"]).raw_stdout, b"1\n");
    insta::assert_snapshot!(team.screen("lazy", "mlv pull large/two.bin"), @r"
    $ lazy: mlv pull large/two.bin
    [stderr]
    brought 1 file into the working copy
    ");
    assert_eq!(team.env.read("lazy/large/two.bin"), vec![b'x'; 3_000_000]);
    assert!(!team.env.path("lazy/large/one.bin").exists());
    team.success("lazy", &["fsck"]);
    insta::assert_snapshot!(team.screen("lazy", "mlv pull nosuch"), @r"
    $ lazy: mlv pull nosuch
    [stderr]
    error: `nosuch` is neither a remote nor a path that is tracked
    hint: `mlv remote` lists the remotes, `mlv ls -r` the paths
    [exit code 1]
    ");

    team.env.success(&["clone", team.url(), "sparse", "--sparse", "data", "-b", "features"]);
    assert_eq!(team.env.read("sparse/data/a.csv"), b"1\n");
    assert!(!team.env.path("sparse/features.csv").exists());
    team.commit("sparse", "data/b.csv", "2\n");
    team.success("sparse", &["push"]);
    team.success("ada", &["switch", "features"]);
    team.success("ada", &["pull"]);
    assert_eq!(team.env.read("ada/data/b.csv"), b"2\n");
    assert!(team.env.path("ada/features.csv").exists());
}

#[test]
fn a_clone_of_some_depth_is_deepened_and_pushes() {
    let team = Team::new();
    with_history(&team);
    for path in ["data/c.csv", "data/d.csv"] {
        team.commit("ada", path, path);
    }
    team.success("ada", &["push"]);
    team.env.success(&["clone", team.url(), "bob", "--depth", "1"]);
    let commits = || team.json("bob", &["log"]).as_array().unwrap().len();
    assert_eq!(commits(), 1);
    team.success("bob", &["fetch", "--depth", "2"]);
    assert_eq!(commits(), 2);
    team.success("bob", &["fsck"]);
    team.success("bob", &["fetch", "--depth", "1"]);
    assert_eq!(commits(), 2, "nothing that is here is hidden");
    team.success("bob", &["fetch", "--depth", "1000"]);
    assert_eq!(commits(), team.json("ada", &["log"]).as_array().unwrap().len());
    assert!(!team.env.path("bob/.mlv/shallow").exists());
    team.success("bob", &["fsck"]);
    team.commit("bob", "data/b.csv", "2\n");
    team.success("bob", &["push"]);
    team.success("bob", &["fsck"]);
    team.success("ada", &["pull"]);
    assert_eq!(team.id("ada", "HEAD~1"), team.id("bob", "HEAD~1"));
}

#[test]
fn a_clone_of_what_is_not_there_leaves_no_trace() {
    let team = Team::new();
    insta::assert_snapshot!(team.env.screen("mlv clone remote bob -b mian"), @r"
    $ mlv clone remote bob -b mian
    [stderr]
    error: no branch is called `mian`
    hint: did you mean `main`?
    hint: `mlv branch` lists them
    [exit code 1]
    ");
    insta::assert_snapshot!(team.env.screen("mlv clone nowhere bob"), @r"
    $ mlv clone nowhere bob
    [stderr]
    error: `$ROOT/nowhere` is no mlv repository
    hint: name a repository, or the folder of a remote
    [exit code 1]
    ");
    insta::assert_snapshot!(team.env.screen("mlv clone remote ada"), @r"
    $ mlv clone remote ada
    [stderr]
    error: `ada` is not empty
    hint: name a directory that is new or empty
    [exit code 1]
    ");
    assert!(!team.env.path("bob").exists());
}

#[test]
fn a_remote_without_commits_is_cloned_and_pushed_to() {
    let env = TestEnvironment::new();
    env.success(&["init", "ada"]);
    env.success(&["-C", "ada", "remote", "add", "origin", "../remote"]);
    insta::assert_snapshot!(env.screen("mlv clone remote bob"), @r"
    $ mlv clone remote bob
    [stderr]
    cloned `$ROOT/remote` into `$ROOT/bob`
    0 branches, 0 tags, 0 B of stored data
    on `main`, which has no commit yet
    ");
    env.write("bob/a.csv", "1\n");
    env.success(&["-C", "bob", "add", "."]);
    env.success(&["-C", "bob", "commit", "-m", "first"]);
    env.success(&["-C", "bob", "push"]);
    env.success(&["-C", "ada", "pull"]);
    assert_eq!(env.read("ada/a.csv"), b"1\n");
}

#[test]
fn a_clone_through_a_web_server_reads_all_and_sends_nothing() {
    let team = Team::new();
    with_history(&team);
    let server = Server::web(&team.env.root());
    let url = format!("{}/remote", server.endpoint);
    team.env.success(&["clone", &url, "bob"]);
    team.success("bob", &["fsck"]);
    team.commit("bob", "data/b.csv", "2\n");
    let refused = team.run("bob", &["push"]).expect_code(1);
    assert!(refused.stderr.contains("can only be read"), "{refused}");
    assert_eq!(team.json("bob", &["fetch"])["refs"], Value::Array(Vec::new()));
}

#[test]
fn a_clone_over_tls_trusts_the_certificates_that_the_machine_trusts_and_no_others() {
    if servers::are_skipped() {
        return;
    }
    let team = Team::new();
    with_history(&team);
    let certificate = team.env.path("certificate.pem");
    let server = Server::tls_web(&team.env.root(), &certificate);
    let url = format!("{}/remote", server.endpoint);
    let clone = |trusted: &Path| {
        let mut command = team.env.command(&["clone", &url, "bob"]);
        command.env("SSL_CERT_FILE", trusted);
        team.env.finish(command)
    };
    let other = team.env.path("other.pem");
    let _other = Server::tls_web(&team.env.root(), &other);
    let refused = clone(&other).expect_code(1);
    assert!(refused.stderr.contains("certificate"), "{refused}");
    clone(&certificate).expect_code(0);
    team.success("bob", &["fsck"]);
}

#[test]
fn a_promisor_that_cannot_be_reached_is_in_the_way_of_nothing_that_is_here() {
    let team = Team::new();
    team.env.success(&["clone", "remote", "bob", "--lazy"]);
    team.success("bob", &["config", "set", "remote.origin.url", "nowhere://x"]);
    team.success("bob", &["log"]);
    team.success("bob", &["status"]);
    let refused = team.run("bob", &["cat", "HEAD:data/a.csv"]).expect_code(1);
    assert!(refused.stderr.contains("nowhere"), "{refused}");
    team.success("bob", &["config", "set", "remote.origin.url", "../remote"]);
    team.success("bob", &["cat", "HEAD:data/a.csv"]);
}
