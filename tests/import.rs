//! `mlv import`

use std::path::{Path, PathBuf};
use std::time::{Duration, SystemTime};

use mlv::remote::{Backend, wait};
use serde_json::json;

use crate::common::TestEnvironment;
use crate::common::servers::{self, Server};

/// A folder that lies beside the repository, with these files.
struct Lake(PathBuf);

impl Lake {
    fn put(&self, name: &str, text: &str) {
        let path = self.0.join(name);
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        let mut file = std::fs::File::create(&path).unwrap();
        std::io::Write::write_all(&mut file, text.as_bytes()).unwrap();
        file.set_modified(SystemTime::UNIX_EPOCH + Duration::from_secs(1_700_000_000)).unwrap();
    }

    /// Says that a file was written again, with these bytes.
    fn touch(&self, name: &str, text: &str) {
        self.put(name, text);
        let file = std::fs::File::options().write(true).open(self.0.join(name)).unwrap();
        file.set_modified(SystemTime::UNIX_EPOCH + Duration::from_hours(500_000)).unwrap();
    }

    fn remove(&self, name: &str) {
        std::fs::remove_file(self.0.join(name)).unwrap();
    }
}

fn lake(env: &TestEnvironment) -> Lake {
    let lake = Lake(env.home().join("lake"));
    lake.put("a.csv", "id\n1\n");
    lake.put("b/c.csv", "id\n2\n");
    lake
}

/// Returns a repository in which a folder was imported to `data` and committed.
fn imported() -> (TestEnvironment, Lake) {
    let env = TestEnvironment::new();
    env.success(&["init"]);
    let lake = lake(&env);
    let url = lake.0.to_str().unwrap();
    env.success(&["import", url, "data"]);
    env.success(&["commit", "-m", "data by reference"]);
    (env, lake)
}

fn import_again(env: &TestEnvironment, lake: &Lake) -> serde_json::Value {
    env.json(&["import", lake.0.to_str().unwrap(), "data", "--json"])
}

fn clean(env: &TestEnvironment) {
    let status = env.json(&["status", "--json"]);
    for list in ["staged", "unstaged", "untracked"] {
        assert_eq!(status[list], json!([]), "{status}");
    }
}

fn cat(env: &TestEnvironment, place: &str) -> String {
    env.success(&["cat", place]).stdout
}

#[test]
fn a_folder_is_recorded_and_nothing_of_it_is_copied() {
    let env = TestEnvironment::new();
    env.success(&["init"]);
    let lake = lake(&env);
    let url = lake.0.to_str().unwrap();
    insta::assert_snapshot!(env.mlv(&["import", "-n", url, "data"]), @"
    $ mlv import -n $HOME/lake data
    new      data/a.csv
    new      data/b/c.csv
    ");
    clean(&env);
    insta::assert_snapshot!(env.mlv(&["import", url, "data"]), @"
    $ mlv import $HOME/lake data
    [stderr]
    recorded what lies at $HOME/lake: 2 new (10 B); none of it was read
    ");
    insta::assert_snapshot!(env.screen("mlv status"), @"
    $ mlv status
    On branch main, which has no commit yet

    Staged for the next commit (`mlv restore --staged PATH` unstages):
      added:      data/a.csv
      added:      data/b/c.csv
    ");
    env.success(&["commit", "-m", "data by reference"]);
    clean(&env);
    assert!(!env.path("data").exists());
    insta::assert_snapshot!(env.screen("mlv ls -lr HEAD"), @"
    $ mlv ls -lr HEAD
    ref          5 B              data/a.csv -> file://$HOME/lake/a.csv
    ref          5 B              data/b/c.csv -> file://$HOME/lake/b/c.csv
    ");
    insta::assert_snapshot!(env.screen("mlv du"), @"
    $ mlv du
    10 B  2 files  data/
    10 B  2 files  total
    ");
    assert_eq!(cat(&env, "HEAD:data/b/c.csv"), "id\n2\n");
    insta::assert_snapshot!(env.mlv(&["import", url, "data"]), @"
    $ mlv import $HOME/lake data
    [stderr]
    nothing to record: 2 files unchanged at $HOME/lake
    ");
    env.success(&["export", "HEAD", "../out"]);
    assert_eq!(env.read("../out/data/a.csv"), b"id\n1\n");
    insta::assert_snapshot!(env.screen("mlv fsck"), @"
    $ mlv fsck
    [stderr]
    2 references to files elsewhere: `mlv import --check` asks there
    all sound: 1 commit, 2 objects, 2 packs of 635 B
    ");
    env.success(&["gc"]);
    clean(&env);
}

#[test]
fn what_changed_at_its_source_is_named_and_imported_again() {
    let (env, lake) = imported();
    lake.put("a.csv", "id\n1\n3\n");
    lake.put("d.csv", "new");
    lake.remove("b/c.csv");
    insta::assert_snapshot!(env.screen("mlv cat HEAD:data/a.csv"), @"
    $ mlv cat HEAD:data/a.csv
    [stderr]
    error: `file://$HOME/lake/a.csv` has changed: its size was 5, and is 7
    hint: `mlv import URL PATH` again records what is there now; `mlv import --check` names all
    [exit code 1]
    ");
    insta::assert_snapshot!(env.screen("mlv cat HEAD:data/b/c.csv"), @"
    $ mlv cat HEAD:data/b/c.csv
    [stderr]
    error: `file://$HOME/lake/b/c.csv` is gone
    hint: `mlv import URL PATH` again records what is there now; `mlv import --check` names all
    [exit code 1]
    ");
    insta::assert_snapshot!(env.screen("mlv import --check"), @"
    $ mlv import --check
    changed  data/a.csv  (file://$HOME/lake/a.csv: its size was 5, and is 7)
    gone     data/b/c.csv  (file://$HOME/lake/b/c.csv)
    [stderr]
    error: of 2 references, 1 changed, 1 gone
    hint: `mlv import URL PATH` again records what is there now
    [exit code 1]
    ");
    let checked = env.mlv(&["import", "--check", "data/b", "--json"]).expect_code(1).json();
    assert_eq!((&checked["references"], &checked["ok"]), (&json!(1), &json!(false)));
    assert_eq!(checked["gone"][0]["path"], "data/b/c.csv");
    insta::assert_snapshot!(env.mlv(&["import", lake.0.to_str().unwrap(), "data"]), @"
    $ mlv import $HOME/lake data
    new      data/d.csv
    changed  data/a.csv
    gone     data/b/c.csv
    [stderr]
    recorded what lies at $HOME/lake: 1 new, 1 changed, 1 gone (10 B); none of it was read
    ");
    env.success(&["commit", "-m", "again"]);
    let log = env.json(&["log", "--json", "--", "data/a.csv"]);
    assert_eq!(log.as_array().unwrap().len(), 2, "{log}");
    let log = env.json(&["log", "--json", "--", "data/d.csv"]);
    assert_eq!(log.as_array().unwrap().len(), 1, "{log}");
    insta::assert_snapshot!(env.screen("mlv diff HEAD~1 HEAD"), @"
    $ mlv diff HEAD~1 HEAD
    data/a.csv: reference, 5 B -> 7 B
    data/b/c.csv: deleted, reference, 5 B
    data/d.csv: new, reference, 3 B
    ");
    assert_eq!(cat(&env, "HEAD:data/a.csv"), "id\n1\n3\n");
    env.success(&["import", "--check"]);
    env.mlv(&["export", "HEAD~1", "../out"]).expect_code(1);
}

#[test]
fn a_recorded_hash_finds_what_size_and_time_do_not() {
    let (env, lake) = imported();
    let hashed = env.json(&["import", "--hash", lake.0.to_str().unwrap(), "data", "--json"]);
    assert_eq!((&hashed["unchanged"], &hashed["hashed"]), (&json!(2), &json!(2)));
    let listed = env.json(&["ls", "-r", ":", "--json"]);
    assert_eq!(listed[0]["hash"], json!(blake3::hash(b"id\n1\n").to_hex().as_str()));
    // What was read before is not read again.
    let again = env.json(&["import", "--hash", lake.0.to_str().unwrap(), "data", "--json"]);
    assert_eq!(again["hashed"], 0);
    env.success(&["commit", "-m", "hashed"]);
    lake.put("a.csv", "id\n9\n");
    env.success(&["import", "--check"]);
    insta::assert_snapshot!(env.screen("mlv cat HEAD:data/a.csv"), @"
    $ mlv cat HEAD:data/a.csv
    [stderr]
    error: `file://$HOME/lake/a.csv` has changed: its hash was 96d2f084a2cd9b1a05193fe80c685bb68ba22fb2a4b6eb1c56c4bbd5cc012688, and is 0ea952a51f1cf6463925ac1929f4757aa25b50d5d4ab519029712117301a8449
    hint: `mlv import URL PATH` again records what is there now; `mlv import --check` names all
    [exit code 1]
    ");
    env.mlv(&["import", "--fetch", "data/a.csv"]).expect_code(1);
    assert!(!env.path("data").exists());
    clean(&env);
}

#[test]
fn fetched_references_are_files_as_any_others() {
    let (env, lake) = imported();
    insta::assert_snapshot!(env.screen("mlv import --fetch data/b"), @"
    $ mlv import --fetch data/b
    [stderr]
    fetched 1 file (5 B): staged as files
    ");
    assert_eq!(env.read("data/b/c.csv"), b"id\n2\n");
    insta::assert_snapshot!(env.screen("mlv status"), @"
    $ mlv status
    On branch main

    Staged for the next commit (`mlv restore --staged PATH` unstages):
      typechange: data/b/c.csv
    ");
    env.success(&["commit", "-m", "copied"]);
    clean(&env);
    lake.remove("b/c.csv");
    assert_eq!(cat(&env, "HEAD:data/b/c.csv"), "id\n2\n");
    // A file that is versioned is left alone by an import.
    lake.put("b/c.csv", "other");
    let again = import_again(&env, &lake);
    assert_eq!(again["skipped"][0]["name"], "data/b/c.csv");
    env.success(&["switch", "--detach", "HEAD~1"]);
    assert!(!env.path("data").exists());
    clean(&env);
    env.success(&["switch", "main"]);
    assert_eq!(env.read("data/b/c.csv"), b"id\n2\n");
    env.success(&["undo"]);
    assert!(!env.path("data").exists());
    env.success(&["switch", "main"]);
    env.success(&["revert", "HEAD"]);
    assert!(!env.path("data").exists());
    clean(&env);
}

#[test]
fn a_file_in_the_place_of_a_reference_replaces_it() {
    let (env, _lake) = imported();
    env.write("data/a.csv", "mine");
    insta::assert_snapshot!(env.screen("mlv status"), @"
    $ mlv status
    On branch main

    Changed, but not staged (`mlv add PATH` stages, `mlv restore PATH` takes back):
      typechange: data/a.csv
    ");
    insta::assert_snapshot!(env.screen("mlv diff"), @r"
    $ mlv diff
    data/a.csv: deleted, reference, 5 B
    diff --git a/data/a.csv b/data/a.csv
    new file mode 100644
    --- /dev/null
    +++ b/data/a.csv
    @@ -0,0 +1 @@
    +mine
    \ No newline at end of file
    ");
    env.success(&["restore", "data/a.csv"]);
    assert!(!env.path("data/a.csv").exists());
    clean(&env);
    env.success(&["undo"]);
    assert_eq!(env.read("data/a.csv"), b"mine");
    env.success(&["stash"]);
    assert!(!env.path("data/a.csv").exists());
    clean(&env);
    env.success(&["stash", "pop"]);
    assert_eq!(env.read("data/a.csv"), b"mine");
    env.success(&["add", "."]);
    env.success(&["commit", "-m", "mine"]);
    clean(&env);
    assert_eq!(cat(&env, "HEAD:data/a.csv"), "mine");
    env.success(&["switch", "--detach", "HEAD~1"]);
    assert!(!env.path("data").exists());
    // Whatever stands where a reference is: it is work, and in the way.
    env.write("data/a.csv", "unsaved");
    env.mlv(&["switch", "main"]).expect_code(1);
    assert_eq!(env.read("data/a.csv"), b"unsaved");
}

#[test]
fn a_file_or_a_directory_in_the_way_of_references_is_a_change() {
    let (env, _lake) = imported();
    env.write("data", "a file");
    let status = env.json(&["status", "--json"]);
    let gone: Vec<_> = status["unstaged"].as_array().unwrap().iter().collect();
    assert_eq!(gone.len(), 2, "{status}");
    env.success(&["add", "."]);
    env.success(&["commit", "-m", "a file"]);
    clean(&env);
    env.success(&["revert", "HEAD"]);
    assert!(!env.path("data").exists());
    env.write("data/a.csv/part", "1");
    env.success(&["add", "."]);
    env.success(&["commit", "-m", "parts"]);
    clean(&env);
    assert_eq!(cat(&env, "HEAD:data/a.csv/part"), "1");
    assert_eq!(cat(&env, "HEAD:data/b/c.csv"), "id\n2\n");
}

#[test]
fn references_are_moved_removed_and_left_out_as_files_are() {
    let (env, _lake) = imported();
    env.success(&["mv", "data/a.csv", "data/z.csv"]);
    env.success(&["mv", "data", "raw"]);
    let staged = env.json(&["status", "--json"])["staged"].clone();
    assert_eq!(staged[1]["from"], "data/a.csv", "{staged}");
    assert_eq!(cat(&env, ":raw/z.csv"), "id\n1\n");
    env.write("raw/own.csv", "own");
    env.success(&["add", "."]);
    env.success(&["commit", "-m", "moved"]);
    env.success(&["mv", "raw", "data"]);
    assert_eq!(env.read("data/own.csv"), b"own");
    env.success(&["rm", "data/b/c.csv"]);
    env.success(&["commit", "-m", "fewer"]);
    clean(&env);
    assert_eq!(env.success(&["ls", "-r"]).stdout, "data/own.csv\ndata/z.csv\n");
    env.success(&["sparse", "set", "data/z.csv"]);
    assert!(!env.path("data").exists());
    clean(&env);
}

#[test]
fn two_changes_of_one_reference_are_a_conflict() {
    let (env, lake) = imported();
    env.success(&["switch", "-c", "other"]);
    lake.put("a.csv", "theirs");
    import_again(&env, &lake);
    env.success(&["commit", "-m", "theirs"]);
    env.success(&["switch", "main"]);
    lake.put("a.csv", "ours too");
    lake.put("new.csv", "1");
    import_again(&env, &lake);
    env.success(&["commit", "-m", "ours"]);
    env.mlv(&["merge", "other", "--no-commit"]).expect_code(4);
    env.success(&["merge", "--abort"]);
    clean(&env);
    insta::assert_snapshot!(env.mlv(&["merge", "other"]).expect_code(4), @"
    $ mlv merge other
    both modified       data/a.csv
    [stderr]
    error: merge of `other` into `main`: 1 conflict; nothing was changed
    hint: `mlv merge other --no-commit` on `main` prepares both sides
    hint: `--strategy ours` or `theirs` settles them all with one side
    [exit code 4]
    ");
    clean(&env);
    env.mlv(&["merge", "other", "--no-commit"]).expect_code(4);
    lake.put("a.csv", "settled by both");
    let settled = import_again(&env, &lake);
    assert_eq!(settled["changed"], json!(["data/a.csv"]));
    env.success(&["merge", "--continue"]);
    clean(&env);
    assert_eq!(cat(&env, "HEAD:data/a.csv"), "settled by both");
    // Only one side changed: no conflict.
    env.success(&["switch", "-c", "third"]);
    lake.put("a.csv", "third time");
    import_again(&env, &lake);
    env.success(&["commit", "-m", "third"]);
    env.success(&["switch", "main"]);
    env.success(&["merge", "third"]);
    assert_eq!(cat(&env, "HEAD:data/a.csv"), "third time");
}

#[test]
fn a_hook_reads_what_is_referred_to_and_is_refused_what_changed() {
    let env = TestEnvironment::with_hooks(
        "version: 1\nhooks:\n  gate: {on: pre-commit, run: 'cat lake/*.csv || true', inputs: [lake/**]}\n",
    );
    let lake = lake(&env);
    env.success(&["import", lake.0.to_str().unwrap()]);
    env.success(&["commit", "-m", "with data"]);
    let run = env.json(&["hooks", "runs", "-n", "1", "--json"])[0]["run_id"].clone();
    assert!(env.success(&["hooks", "log", run.as_str().unwrap()]).stdout.contains("id\n1\n"));
    clean(&env);
    env.write("more.txt", "1");
    env.success(&["add", "."]);
    lake.touch("a.csv", "id\n7\n");
    env.write("mlv.yaml", "version: 1\nhooks:\n  gate: {on: pre-commit, run: 'cat lake/a.csv'}\n");
    env.success(&["add", "."]);
    let refused = env.mlv(&["commit", "-m", "no"]);
    assert_ne!(refused.code, 0);
    assert!(refused.stderr.contains("has changed: its time was"), "{refused}");
}

#[test]
fn a_clone_has_the_references_and_reads_their_sources() {
    let (env, lake) = imported();
    env.success(&["remote", "add", "origin", env.home().join("store").to_str().unwrap()]);
    env.success(&["push", "origin", "main"]);
    let verified = env.success(&["verify"]).stderr;
    let told = "2 references to files elsewhere: `mlv import --check` asks there\n";
    assert!(verified.ends_with(told), "{verified}");
    let store = env.home().join("store");
    env.success(&["clone", store.to_str().unwrap(), "copy"]);
    let there = |arguments: &[&str]| {
        let mut command = env.command(arguments);
        command.current_dir(env.path("copy"));
        env.finish(command)
    };
    assert!(!env.path("copy/data").exists());
    assert_eq!(there(&["cat", "HEAD:data/a.csv"]).expect_code(0).stdout, "id\n1\n");
    assert_eq!(there(&["status", "--json"]).json()["unstaged"], json!([]));
    lake.remove("a.csv");
    assert!(there(&["cat", "HEAD:data/a.csv"]).expect_code(1).stderr.contains("is gone"));
    let verify = env.json(&["verify", "--json"]);
    assert_eq!((&verify["references"], &verify["ok"]), (&json!(2), &json!(true)));
}

#[test]
fn a_pull_of_paths_says_what_stays_at_its_source_and_how_it_is_copied() {
    let (env, lake) = imported();
    env.write("data/kept.csv", "id\n3\n");
    env.success(&["add", "."]);
    env.success(&["commit", "-m", "a file beside"]);
    insta::assert_snapshot!(env.screen("mlv pull data"), @"
    $ mlv pull data
    [stderr]
    brought 1 file into the working copy
    2 files, recorded by reference, stay at the source
    hint: `mlv import --fetch data` makes files of them here, `mlv cat` reads one there
    ");
    insta::assert_snapshot!(env.screen("mlv pull data/a.csv data/b"), @"
    $ mlv pull data/a.csv data/b
    [stderr]
    2 files, recorded by reference, stay at the source
    hint: `mlv import --fetch data/a.csv data/b` makes files of them here, `mlv cat` reads one there
    ");
    insta::assert_snapshot!(env.screen("mlv pull data/kept.csv"), @"
    $ mlv pull data/kept.csv
    [stderr]
    brought 1 file into the working copy
    ");
    let told = env.json(&["pull", "data", "--json"]);
    assert_eq!((&told["files"], &told["references"]), (&json!(1), &json!(2)));
    // Nothing was asked of the sources, and nothing changed.
    clean(&env);
    lake.remove("a.csv");
    assert_eq!(env.json(&["pull", "data", "--json"])["references"], 2);
}

#[test]
fn a_clone_says_what_stays_at_its_source_and_a_lazy_one_copies_it_the_same_way() {
    let (env, lake) = imported();
    env.write("data/kept.csv", "id\n3\n");
    env.success(&["add", "."]);
    env.success(&["commit", "-m", "a file beside"]);
    let store = env.home().join("store");
    let store = store.to_str().unwrap();
    env.success(&["remote", "add", "origin", store]);
    env.success(&["push", "origin", "main"]);
    let there = |who: &str, arguments: &[&str]| env.success(&[&["-C", who], arguments].concat());
    let told = env.success(&["clone", store, "whole"]);
    let line = "2 files, recorded by reference, stay at the source\n";
    assert!(told.stderr.contains(line), "{told}");
    let json = env.json(&["clone", store, "again", "--json"]);
    assert_eq!((&json["files"], &json["references"]), (&json!(1), &json!(2)));
    let told = env.success(&["clone", "--lazy", store, "lazy"]);
    assert!(told.stderr.contains(line), "{told}");
    let pulled = there("lazy", &["pull", "data"]);
    assert!(pulled.stderr.starts_with(&format!("brought 1 file into the working copy\n{line}")));
    assert!(!env.path("lazy/data/a.csv").exists());
    for who in ["whole", "lazy"] {
        there(who, &["import", "--fetch", "data"]);
        assert_eq!(env.read(format!("{who}/data/b/c.csv")), b"id\n2\n");
        there(who, &["commit", "-m", "a copy"]);
        assert_eq!(there(who, &["status", "--json"]).json()["clean"], true);
        let pulled = there(who, &["pull", "data", "--json"]).json();
        assert_eq!(pulled["references"], 0);
    }
    // What no part of the working copy holds is copied into it where it is named.
    env.success(&["clone", "--lazy", store, "third"]);
    there("third", &["import", "--fetch", "data/a.csv"]);
    there("third", &["pull", "data"]);
    assert_eq!(env.read("third/data/a.csv"), b"id\n1\n");
    // A fetch and a pull of commits carry references, whether their sources are there or not.
    lake.remove("a.csv");
    there("again", &["fetch", "--lazy"]);
    there("again", &["pull"]);
    assert_eq!(there("again", &["status", "--json"]).json()["clean"], true);
}

#[test]
fn many_references_are_copied_at_once_and_each_is_what_was_recorded() {
    let env = TestEnvironment::new();
    env.success(&["init"]);
    let lake = Lake(env.home().join("lake"));
    for number in 0..200 {
        lake.put(&format!("{}/{number}.csv", number % 7), &format!("id\n{number}\n"));
    }
    env.success(&["import", lake.0.to_str().unwrap(), "data"]);
    env.success(&["commit", "-m", "data by reference"]);
    let fetched = env.json(&["import", "--fetch", "data", "--json"]);
    assert_eq!(fetched["fetched"].as_array().unwrap().len(), 200);
    assert_eq!(fetched["bytes"], (0..200).map(|n| format!("id\n{n}\n").len()).sum::<usize>());
    for number in 0..200 {
        let found = env.read(format!("data/{}/{number}.csv", number % 7));
        assert_eq!(found, format!("id\n{number}\n").as_bytes());
    }
    env.success(&["commit", "-m", "a copy"]);
    clean(&env);
}

#[test]
fn addresses_that_cannot_be_imported_are_refused() {
    let env = TestEnvironment::new();
    env.success(&["init"]);
    let lake = lake(&env);
    insta::assert_snapshot!(env.screen("mlv import s3://key:secret@bucket/data"), @"
    $ mlv import s3://key:secret@bucket/data
    [stderr]
    error: `s3://***@bucket/data` holds a user or a secret
    hint: name them in the environment or in a profile: `docs/guide-remotes.md` tells how
    [exit code 2]
    ");
    insta::assert_snapshot!(env.screen("mlv import ftp://host/data"), @"
    $ mlv import ftp://host/data
    [stderr]
    error: `ftp://` is no scheme that mlv knows
    hint: an address is s3://BUCKET/PATH, gs://BUCKET/PATH, az://CONTAINER/PATH, a folder, or https:// to read only
    [exit code 2]
    ");
    insta::assert_snapshot!(env.mlv(&["import", lake.0.join("none").to_str().unwrap()]), @"
    $ mlv import $HOME/lake/none
    [stderr]
    error: there is nothing at `$HOME/lake/none`
    hint: check the address: an empty place is not imported
    [exit code 1]
    ");
    env.write("data", "a file");
    let taken = env.mlv(&["import", lake.0.to_str().unwrap(), "data"]).expect_code(1);
    assert!(taken.stderr.contains("`data` exists already"), "{taken}");
    env.mlv(&["import"]).expect_code(2);
    assert_eq!(env.json(&["status", "--json"])["staged"], json!([]));
}

fn put(backend: &Backend, key: &str, text: &'static str) {
    wait(backend.put(key, text.into())).unwrap();
}

/// A bucket is imported, read by its etags, and what is new, changed or gone there is named.
fn imports_a_bucket(server: &Server, bucket: &str) {
    let mut env = TestEnvironment::new();
    for (name, value) in &server.variables {
        env.set_variable(name, value.clone());
    }
    let backend = server.open(bucket);
    put(&backend, "raw/2026/a b.csv", "one");
    put(&backend, "raw/2026/deep/c.csv", "two");
    put(&backend, "raw/2027/x.csv", "not meant");
    env.success(&["init"]);
    let url = format!("{bucket}/raw/2026");
    let first = env.json(&["import", &url, "data", "--json"]);
    assert_eq!(first["new"], json!(["data/a b.csv", "data/deep/c.csv"]), "{first}");
    env.success(&["commit", "-m", "from the bucket"]);
    assert_eq!(cat(&env, "HEAD:data/a b.csv"), "one");
    assert_eq!(env.json(&["import", "--check", "--json"])["ok"], true);
    assert_eq!(env.json(&["import", &url, "data", "--json"])["unchanged"], 2);
    put(&backend, "raw/2026/a b.csv", "ONE");
    let refused = env.mlv(&["cat", "HEAD:data/a b.csv"]).expect_code(1);
    let named = format!("`{bucket}/raw/2026/a b.csv` has changed: its etag was ");
    assert!(refused.stderr.contains(&named), "{refused}");
    wait(backend.delete("raw/2026/deep/c.csv")).unwrap();
    let gone = env.mlv(&["cat", "HEAD:data/deep/c.csv"]).expect_code(1);
    assert!(gone.stderr.contains("deep/c.csv` is gone"), "{gone}");
    let checked = env.mlv(&["import", "--check", "--json"]).expect_code(1).json();
    assert_eq!(checked["changed"][0]["what"], "its etag");
    assert_eq!(checked["gone"][0]["path"], "data/deep/c.csv");
    put(&backend, "raw/2026/new.csv", "new");
    let again = env.json(&["import", "--hash", &url, "data", "--json"]);
    assert_eq!(again["new"], json!(["data/new.csv"]));
    assert_eq!(again["changed"], json!(["data/a b.csv"]));
    assert_eq!(again["gone"], json!(["data/deep/c.csv"]));
    assert_eq!(again["hashed"], 2);
    env.success(&["import", "--fetch", "data/a b.csv"]);
    assert_eq!(env.read("data/a b.csv"), b"ONE");
    let single = env.json(&["import", &format!("{url}/new.csv"), "one/", "--json"]);
    assert_eq!(single["new"], json!(["one/new.csv"]));
    let empty = env.mlv(&["import", &format!("{bucket}/none")]).expect_code(1);
    assert!(empty.stderr.contains("there is nothing at"), "{empty}");
}

#[test]
fn a_bucket_of_s3_is_imported() {
    if servers::are_skipped() {
        return;
    }
    imports_a_bucket(&Server::s3(), "s3://bucket");
}

#[test]
fn a_version_that_the_bucket_keeps_is_read_after_the_source_changed() {
    if servers::are_skipped() {
        return;
    }
    let (server, mut env) = (Server::s3(), TestEnvironment::new());
    for (name, value) in &server.variables {
        env.set_variable(name, value.clone());
    }
    let backend = server.open("s3://versioned");
    put(&backend, "raw/a.csv", "first");
    put(&backend, "raw/b.csv", "plain");
    env.success(&["init"]);
    env.success(&["import", "s3://versioned/raw/a.csv", "one.csv"]);
    env.success(&["import", "s3://versioned/raw", "raw"]);
    env.success(&["import", "--hash", "s3://versioned/raw", "hashed"]);
    put(&backend, "raw/a.csv", "second");
    assert_eq!(cat(&env, ":one.csv"), "first");
    assert_eq!(cat(&env, ":hashed/a.csv"), "first");
    env.mlv(&["cat", ":raw/a.csv"]).expect_code(1);
    let checked = env.mlv(&["import", "--check", "--json"]).expect_code(1).json();
    assert_eq!(checked["changed"].as_array().unwrap().len(), 3, "{checked}");
    wait(backend.delete("raw/a.csv")).unwrap();
    assert_eq!(cat(&env, ":one.csv"), "first");
}

#[test]
fn a_container_of_azure_is_imported() {
    if servers::are_skipped() {
        return;
    }
    imports_a_bucket(&Server::azure(), "az://bucket");
}

#[test]
fn a_bucket_of_google_is_imported() {
    imports_a_bucket(&Server::gcs(), "gs://bucket");
}

#[test]
fn a_file_on_the_web_is_imported() {
    let (dir, env) = (tempfile::tempdir().unwrap(), TestEnvironment::new());
    let lake = Lake(dir.path().to_owned());
    lake.put("a b.csv", "id\n1\n");
    let server = Server::web(Path::new(dir.path()));
    env.success(&["init"]);
    let url = format!("{}/a%20b.csv", server.endpoint);
    let imported = env.json(&["import", &url, "data.csv", "--hash", "--json"]);
    assert_eq!((&imported["new"], &imported["hashed"]), (&json!(["data.csv"]), &json!(1)));
    assert_eq!(cat(&env, ":data.csv"), "id\n1\n");
    lake.touch("a b.csv", "id\n2\n");
    let changed = env.mlv(&["cat", ":data.csv"]).expect_code(1);
    assert!(changed.stderr.contains("has changed"), "{changed}");
    let none = env.mlv(&["import", &format!("{}/none", server.endpoint)]).expect_code(1);
    assert!(none.stderr.contains("there is nothing at"), "{none}");
}
