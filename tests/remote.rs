//! `mlv remote` and `mlv ls-remote`, and what is wrong with an address or what lies there.

use std::path::{Path, PathBuf};
use std::process::Command;

use crate::common::servers::{self, Server};
use crate::common::{Team, TestEnvironment};

#[test]
fn remotes_are_added_listed_renamed_moved_and_removed() {
    let team = Team::new();
    insta::assert_snapshot!(team.screen("ada", "mlv remote add backup ../backup"), @r"
    $ ada: mlv remote add backup ../backup
    [stderr]
    made the remote `backup` at $ROOT/backup
    hint: `mlv push` sends the branch you stand on
    ");
    insta::assert_snapshot!(team.screen("ada", "mlv remote"), @r"
    $ ada: mlv remote
    backup  $ROOT/backup
    origin  $ROOT/remote
    ");
    insta::assert_snapshot!(team.screen("ada", "mlv remote rename origin up"), @r"
    $ ada: mlv remote rename origin up
    [stderr]
    `origin` is called `up` now
    ");
    insta::assert_snapshot!(team.screen("ada", "mlv status"), @r"
    $ ada: mlv status
    On branch main
    Up to date with up/main
    nothing to commit
    ");
    insta::assert_snapshot!(team.screen("ada", "mlv push"), @r"
    $ ada: mlv push
    [stderr]
    `up` has everything already
    ");
    insta::assert_snapshot!(team.screen("ada", "mlv remote set-url up ../backup"), @r"
    $ ada: mlv remote set-url up ../backup
    [stderr]
    `up` is at $ROOT/backup from now on
    ");
    insta::assert_snapshot!(team.screen("ada", "mlv push"), @r"
    $ ada: mlv push
    [stderr]
    sent main at $ID (new)
    to $ROOT/backup: 627 B
    ");
    insta::assert_snapshot!(team.screen("ada", "mlv remote remove up"), @r"
    $ ada: mlv remote remove up
    [stderr]
    `up` is forgotten here; what lies there stays
    ");
    insta::assert_snapshot!(team.screen("ada", "mlv remote remove up"), @r"
    $ ada: mlv remote remove up
    [stderr]
    error: no remote is called `up`
    hint: `mlv remote` lists them
    [exit code 1]
    ");
    team.success("ada", &["remote", "remove", "backup"]);
    insta::assert_snapshot!(team.screen("ada", "mlv push"), @r"
    $ ada: mlv push
    [stderr]
    error: there is no remote yet
    hint: `mlv remote add origin URL` names one: a bucket or a folder
    [exit code 1]
    ");
    let kept: Vec<_> = std::fs::read_dir(team.env.path("ada/.mlv/remotes")).unwrap().collect();
    assert!(kept.is_empty(), "{kept:?}");
}

#[test]
fn a_remote_is_listed_without_being_brought() {
    let team = Team::new();
    team.success("ada", &["tag", "v1"]);
    team.success("ada", &["push"]);
    insta::assert_snapshot!(team.screen("ada", "mlv ls-remote"), @r"
    $ ada: mlv ls-remote
    $ID  refs/heads/main
    $ID  refs/tags/v1
    [stderr]
    $ROOT/remote: 2 packs, 739 B
    ");
    let env = TestEnvironment::new();
    env.success(&["init"]);
    let listed = env.json(&["ls-remote", team.url(), "--json"]);
    assert_eq!((&listed["head"], &listed["entries"]), (&"main".into(), &2.into()));
}

#[test]
fn an_address_that_is_none_is_refused_with_what_one_is() {
    let env = TestEnvironment::new();
    env.success(&["init"]);
    insta::assert_snapshot!(env.screen("mlv remote add origin ftp://host/path"), @r"
    $ mlv remote add origin ftp://host/path
    [stderr]
    error: `ftp://` is no scheme that mlv knows
    hint: an address is s3://BUCKET/PATH, gs://BUCKET/PATH, az://CONTAINER/PATH, a folder, or https:// to read only
    [exit code 2]
    ");
    insta::assert_snapshot!(env.screen("mlv remote add origin s3://key:secret@bucket/path"), @r"
    $ mlv remote add origin s3://key:secret@bucket/path
    [stderr]
    error: `s3://***@bucket/path` holds a user or a secret
    hint: name them in the environment or in a profile: `docs/guide-remotes.md` tells how
    [exit code 2]
    ");
    insta::assert_snapshot!(env.screen("mlv remote add origin s3://bucket/path?X-Amz-Signature=secret"), @r"
    $ mlv remote add origin 's3://bucket/path?X-Amz-Signature=secret'
    [stderr]
    error: `s3://bucket/path?***` is no address of a remote: it has a query; settings and keys do not belong into an address
    hint: an address is s3://BUCKET/PATH, gs://BUCKET/PATH, az://CONTAINER/PATH, a folder, or https:// to read only
    [exit code 2]
    ");
    insta::assert_snapshot!(env.screen("mlv remote add a/b ../remote"), @r"
    $ mlv remote add a/b ../remote
    [stderr]
    error: `a/b` cannot name a remote: it is empty, has a slash or a dot, or starts with a dash
    [exit code 1]
    ");
    insta::assert_snapshot!(env.screen("mlv push"), @r"
    $ mlv push
    [stderr]
    error: there is no remote yet
    hint: `mlv remote add origin URL` names one: a bucket or a folder
    [exit code 1]
    ");
    insta::assert_snapshot!(env.screen("mlv fetch nosuch"), @r"
    $ mlv fetch nosuch
    [stderr]
    error: no remote is called `nosuch`
    hint: `mlv remote` lists them
    [exit code 1]
    ");
    assert_eq!(env.json(&["remote", "--json"]), serde_json::json!([]));
}

#[test]
fn a_place_that_holds_something_else_is_refused_and_left_alone() {
    let env = TestEnvironment::new();
    env.success(&["init"]);
    env.success(&["init", "mine"]);
    env.write("photos/cat.jpg", "meow");
    insta::assert_snapshot!(env.screen("mlv remote add origin mine"), @r"
    $ mlv remote add origin mine
    [stderr]
    error: `$ROOT/mine` is a repository, not a remote
    hint: a remote is a bucket or a folder of its own: `mlv remote add origin URL`
    [exit code 1]
    ");
    insta::assert_snapshot!(env.screen("mlv remote add origin photos"), @r"
    $ mlv remote add origin photos
    [stderr]
    error: `$ROOT/photos` holds something else: `cat.jpg`
    hint: give it a folder, or a part of the bucket, of its own
    [exit code 1]
    ");
    insta::assert_snapshot!(env.screen("mlv fetch photos"), @r"
    $ mlv fetch photos
    [stderr]
    error: no remote is called `photos`
    hint: `mlv remote` lists them
    [exit code 1]
    ");
    insta::assert_snapshot!(env.screen("mlv clone photos copy"), @r"
    $ mlv clone photos copy
    [stderr]
    error: `$ROOT/photos` holds no mlv repository
    hint: check the address; the first push makes a remote
    [exit code 1]
    ");
    let left: Vec<_> = std::fs::read_dir(env.path("photos")).unwrap().collect();
    assert_eq!(left.len(), 1, "{left:?}");
    assert!(!env.path("copy").exists());
}

#[test]
fn a_remote_of_a_later_mlv_is_refused() {
    let team = Team::new();
    team.clone("bob");
    team.commit("bob", "data/b.csv", "2\n");
    overwrite(&team.env.path("remote/mlv-remote"), |bytes| {
        String::from_utf8(bytes).unwrap().replace("mlv remote 1", "mlv remote 2").into_bytes()
    });
    insta::assert_snapshot!(team.screen("bob", "mlv push"), @r"
    $ bob: mlv push
    [stderr]
    error: `$ROOT/remote` has format 2, which this mlv does not know
    hint: a newer mlv has written it: update mlv
    [exit code 1]
    ");
    insta::assert_snapshot!(team.screen("bob", "mlv fetch"), @r"
    $ bob: mlv fetch
    [stderr]
    error: `$ROOT/remote` has format 2, which this mlv does not know
    hint: a newer mlv has written it: update mlv
    [exit code 1]
    ");
    insta::assert_snapshot!(team.env.screen("mlv clone remote carol"), @r"
    $ mlv clone remote carol
    [stderr]
    error: `$ROOT/remote` has format 2, which this mlv does not know
    hint: a newer mlv has written it: update mlv
    [exit code 1]
    ");
    assert!(!team.env.path("carol").exists());
}

#[test]
fn an_entry_of_the_log_that_was_changed_is_named() {
    let team = Team::new();
    team.commit("ada", "data/b.csv", "2\n");
    team.success("ada", &["push"]);
    overwrite(&team.env.path("remote/refs/log/0000000000000001"), flipped);
    insta::assert_snapshot!(team.env.screen("mlv clone remote bob"), @r"
    $ mlv clone remote bob
    [stderr]
    error: `refs/log/0000000000000002` of `$ROOT/remote` is damaged: it does not follow the entry before it
    hint: `mlv fsck --remote NAME` finds all that is damaged; who has it whole pushes to a new remote
    [exit code 1]
    ");
    assert!(!team.env.path("bob").exists());
}

#[test]
fn a_pack_that_is_damaged_or_gone_is_named_and_nothing_of_it_is_taken() {
    let team = Team::new();
    team.commit("ada", "data/large.bin", vec![7; 100_000]);
    team.success("ada", &["push"]);
    for pack in packs(&team) {
        let whole = std::fs::read(&pack).unwrap();
        let refused = |reason: &str| {
            let damaged = team.env.mlv(&["clone", "remote", "bob"]).expect_code(1);
            let name = pack.strip_prefix(team.env.path("remote")).unwrap().display();
            let sentence = format!("error: `{name}` of `$ROOT/remote` is damaged: {reason}");
            assert!(damaged.stderr.contains(&sentence), "{sentence}: {damaged}");
        };
        restore(&pack, &flipped(whole.clone()));
        refused("its ");
        restore(&pack, &whole[..20]);
        refused("it ");
        std::fs::remove_file(&pack).unwrap();
        refused("it is not there");
        restore(&pack, &whole);
    }
    team.clone("bob");
    team.success("bob", &["fsck"]);
}

#[test]
fn a_folder_that_can_only_be_read_is_fetched_from_and_a_push_says_why_not() {
    let team = Team::new();
    team.env.success(&["init", "bob"]);
    std::fs::create_dir(team.env.path("locked")).unwrap();
    change_modes(&team, "a+rwX", "bob");
    for folder in ["remote", "locked"] {
        change_modes(&team, "a-w", folder);
    }
    let run = |arguments: &[&str]| {
        let command = team.env.command_bound_by_modes(&[&["-C", "bob"], arguments].concat());
        let mut output = team.env.finish(command).without_ids();
        output.command = format!("bob: mlv {}", arguments.join(" "));
        output
    };
    insta::assert_snapshot!(run(&["remote", "add", "origin", "../remote"]), @r"
    $ bob: mlv remote add origin ../remote
    [stderr]
    `origin` is at $ROOT/remote: 1 branch
    hint: it can only be read from here: `mlv fetch` brings what it has, nothing can be pushed
    ");
    insta::assert_snapshot!(run(&["pull"]), @r"
    $ bob: mlv pull
    [stderr]
    origin/main at $ID (new)
    from $ROOT/remote: 587 B
    moved `main` forward to `origin/main` at $ID, 2 files changed
    ");
    run(&["commit", "--allow-empty", "-m", "mine"]).expect_code(0);
    let refused = run(&["push"]).expect_code(1);
    let sentence = "error: `$ROOT/remote` does not let you write `packs/";
    assert!(refused.stderr.starts_with(sentence), "{refused}");
    insta::assert_snapshot!(run(&["remote", "add", "new", "../locked/remote"]), @r"
    $ bob: mlv remote add new ../locked/remote
    [stderr]
    error: `$ROOT/locked/remote` does not let you write `mlv-remote`
    hint: ask whoever owns it for the right to write, or take another profile
    [exit code 1]
    ");
    for folder in ["remote", "locked"] {
        change_modes(&team, "u+w", folder);
    }
}

fn change_modes(team: &Team, change: &str, folder: &str) {
    let mut chmod = Command::new("chmod");
    chmod.args(["-R", change, folder]).current_dir(team.env.root());
    assert!(chmod.status().unwrap().success());
}

#[test]
fn what_is_wrong_with_a_bucket_is_said_in_a_sentence() {
    if servers::are_skipped() {
        return;
    }
    let server = Server::s3();
    let mut env = TestEnvironment::new();
    env.success(&["init"]);
    insta::assert_snapshot!(env.screen("mlv remote add origin s3://bucket/a"), @r"
    $ mlv remote add origin s3://bucket/a
    [stderr]
    error: nothing says who you are to `s3://bucket/a`
    hint: set `AWS_PROFILE`, `GOOGLE_APPLICATION_CREDENTIALS` or `AZURE_STORAGE_ACCOUNT` and its key; a bucket that everybody may read needs `anonymous = true`
    [exit code 1]
    ");
    server.variables.iter().for_each(|(name, value)| env.set_variable(name, value));
    insta::assert_snapshot!(env.screen("mlv remote add origin s3://nosuch/a"), @r"
    $ mlv remote add origin s3://nosuch/a
    [stderr]
    error: there is no bucket for `s3://nosuch/a`
    hint: mlv makes no buckets: make it, or check its name
    [exit code 1]
    ");
    env.success(&["remote", "add", "origin", "s3://bucket/a"]);
    drop(server);
    let away = env.mlv(&["fetch"]).expect_code(1);
    assert!(away.stderr.contains("cannot be reached"), "{away}");
}

/// Returns the files of packs of the remote.
fn packs(team: &Team) -> Vec<PathBuf> {
    let root = team.env.path("remote");
    let files = crate::common::model::on_disk(&root).into_keys();
    let packs: Vec<_> = files.filter(|file| file.starts_with("packs/")).collect();
    assert!(!packs.is_empty());
    packs.iter().map(|pack| root.join(pack)).collect()
}

fn overwrite(path: &Path, change: impl FnOnce(Vec<u8>) -> Vec<u8>) {
    restore(path, &change(std::fs::read(path).unwrap()));
}

#[expect(clippy::disallowed_methods, reason = "the test stands for another program")]
fn restore(path: &Path, bytes: &[u8]) {
    std::fs::write(path, bytes).unwrap();
}

fn flipped(mut bytes: Vec<u8>) -> Vec<u8> {
    let middle = bytes.len() / 2;
    bytes[middle] ^= 1;
    bytes
}
