//! `mlv --repo ADDRESS`: work on a remote without a clone.

use std::path::PathBuf;
use std::process::Stdio;

use insta::assert_snapshot;
use serde_json::Value;

use crate::common::TestEnvironment;
use crate::common::servers::{self, Server};

/// Returns a directory with `remote`, of three branches that have parted, and `work`, which was pushed
/// there. The definitions of hooks are on `main`.
fn shared(hooks: &str) -> TestEnvironment {
    let env = TestEnvironment::new();
    env.success(&["init", "work"]);
    let work = |arguments: &[&str]| env.success(&[&["-C", "work"], arguments].concat());
    for number in 0..20 {
        env.write(format!("work/data/{number}"), contents(number));
    }
    let commit = |branch: &str, path: &str| {
        env.write(format!("work/{path}"), format!("of {branch}\n"));
        work(&["add", "."]);
        work(&["commit", "--no-verify", "-m", &format!("a change of {branch}")]);
    };
    commit("main", "README");
    work(&["switch", "-c", "side"]);
    commit("side", "side.txt");
    work(&["switch", "-c", "other", "main"]);
    commit("other", "other.txt");
    work(&["switch", "main"]);
    if !hooks.is_empty() {
        env.write("work/mlv.yaml", format!("version: 1\n{hooks}"));
    }
    commit("main", "main.txt");
    work(&["remote", "add", "origin", "../remote"]);
    work(&["push", "origin", "main", "side", "other"]);
    env
}

/// Returns bytes that do not compress.
fn contents(number: u64) -> Vec<u8> {
    let mut state = number + 1;
    let mut next = || {
        state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1);
        (state >> 33) as u8
    };
    (0..20_000).map(|_| next()).collect()
}

fn at_remote<'a>(arguments: &[&'a str]) -> Vec<&'a str> {
    [&["--repo", "remote"], arguments].concat()
}

/// Returns what the remote has: its refs, and how many bytes.
fn listing(env: &TestEnvironment) -> (Value, u64) {
    let listing = env.json(&at_remote(&["ls-remote", "--json"]));
    (listing["refs"].clone(), listing["bytes"].as_u64().unwrap())
}

/// Returns how many bytes of packs lie in the mirror.
fn mirrored(env: &TestEnvironment) -> u64 {
    let mut waiting: Vec<PathBuf> = vec![env.home().join(".cache/mlv")];
    let mut bytes = 0;
    while let Some(dir) = waiting.pop() {
        for entry in std::fs::read_dir(dir).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                waiting.push(path);
            } else if path.extension().is_some_and(|end| end == "pack") {
                bytes += path.metadata().unwrap().len();
            }
        }
    }
    bytes
}

#[test]
fn a_remote_reads_as_a_clone_of_it_does() {
    let env = shared("");
    env.success(&["clone", "remote", "clone"]);
    for arguments in [
        &["diff", "origin/side", "origin/main", "--json"][..],
        &["ls", "-r", "--json", "origin/main"],
        &["du", "origin/main:data", "--json"],
        &["cat", "origin/side:side.txt"],
        &["cat", "origin/main:data/7"],
    ] {
        let here = env.success(&[&["-C", "clone"], arguments].concat());
        let names: Vec<String> = arguments.iter().map(|word| word.replace("origin/", "")).collect();
        let names: Vec<&str> = names.iter().map(String::as_str).collect();
        let there = env.success(&at_remote(&names));
        assert!(!here.raw_stdout.is_empty());
        let text = String::from_utf8_lossy(&here.raw_stdout).replace("origin/", "");
        assert_eq!(String::from_utf8_lossy(&there.raw_stdout), text, "{arguments:?}");
    }
    let ids = |arguments: &[&str]| {
        let log = env.json(arguments);
        log.as_array().unwrap().iter().map(|commit| commit["id"].clone()).collect::<Vec<_>>()
    };
    let here = ids(&["-C", "clone", "log", "--json", "origin/side", "--", "side.txt"]);
    assert_eq!(ids(&at_remote(&["log", "--json", "side", "--", "side.txt"])), here);
    assert_eq!(here.len(), 1);
    env.success(&at_remote(&["export", "main", "exported"]));
    for name in ["data/0", "data/19", "main.txt"] {
        assert_eq!(env.read(format!("exported/{name}")), env.read(format!("clone/{name}")));
    }
}

#[test]
fn a_branch_a_tag_and_a_merge_move_no_contents() {
    let env = shared("");
    let (_, before) = listing(&env);
    env.success(&at_remote(&["branch", "experiment", "side"]));
    env.success(&at_remote(&["tag", "v1", "-m", "the first"]));
    env.success(&at_remote(&["merge", "side", "--into", "main"]));
    env.success(&at_remote(&["merge", "other", "--into", "experiment"]));
    let (refs, after) = listing(&env);
    let names: Vec<_> = refs.as_array().unwrap().iter().map(|r| r["name"].clone()).collect();
    let branches = ["experiment", "main", "other", "side"].map(|name| format!("refs/heads/{name}"));
    assert_eq!(names[..4], branches);
    assert_eq!(names[4..], ["refs/tags/v1"]);
    assert!(before > 400_000 && after - before < 20_000, "{before} bytes became {after}");
    assert!(mirrored(&env) < 40_000, "{} bytes were fetched", mirrored(&env));
    env.success(&["clone", "remote", "clone"]);
    for (name, text) in [("side.txt", "of side\n"), ("main.txt", "of main\n")] {
        assert_eq!(env.read(format!("clone/{name}")), text.as_bytes());
    }
    let missing = env.json(&at_remote(&["verify", "experiment", "--json"]));
    assert_eq!(missing["ok"], true);
    env.success(&at_remote(&["fsck"]));
}

#[test]
fn what_needs_a_working_copy_is_refused() {
    let env = shared("");
    assert_snapshot!(env.mlv(&at_remote(&["status"])), @r"
    $ mlv --repo remote status
    [stderr]
    error: `mlv status` needs a working copy
    hint: `mlv clone remote` makes one
    [exit code 1]
    ");
    assert_snapshot!(env.mlv(&at_remote(&["hooks", "add", "max-file-size"])), @r"
    $ mlv --repo remote hooks add max-file-size
    [stderr]
    error: `mlv hooks add` needs a working copy
    hint: `mlv clone remote` makes one
    [exit code 1]
    ");
    assert_snapshot!(env.mlv(&at_remote(&["diff", "side"])), @r"
    $ mlv --repo remote diff side
    [stderr]
    error: a remote has no working copy to compare with
    hint: name two commits: `mlv --repo remote diff A B`
    [exit code 1]
    ");
    assert_snapshot!(env.mlv(&at_remote(&["branch", "-d", "main"])), @r"
    $ mlv --repo remote branch -d main
    [stderr]
    error: `main` is the branch that clones stand on
    hint: `mlv --repo remote branch -m main NEW` gives it another name
    [exit code 1]
    ");
    assert_snapshot!(env.mlv(&["--repo", "nowhere", "log"]), @r"
    $ mlv --repo nowhere log
    [stderr]
    error: `$ROOT/nowhere` holds no mlv repository
    hint: check the address; the first push makes a remote
    [exit code 1]
    ");
    assert_snapshot!(env.mlv(&["--repo", "work", "log"]), @r"
    $ mlv --repo work log
    [stderr]
    error: `$ROOT/work` is a repository, not a remote
    hint: a remote is a bucket or a folder of its own; `mlv -C $ROOT/work ...` works in this
    [exit code 1]
    ");
    // Of what is no remote nothing is kept.
    let mirrors = std::fs::read_dir(env.home().join(".cache/mlv/remotes-1")).unwrap();
    assert_eq!(mirrors.count(), 1);
}

#[test]
fn the_default_branch_can_be_renamed_and_a_change_taken_back() {
    let env = shared("");
    env.success(&at_remote(&["branch", "-m", "main", "trunk"]));
    env.success(&at_remote(&["revert", "HEAD"]));
    env.success(&at_remote(&["cherry-pick", "side"]));
    env.success(&["clone", "remote", "again"]);
    let log = env.success(&["-C", "again", "log", "--oneline"]).without_ids();
    assert_snapshot!(log, @r#"
    $ mlv -C again log --oneline
    $ID (HEAD -> trunk, origin/trunk) a change of side
    $ID Revert "a change of main"
    $ID a change of main
    $ID a change of main
    "#);
}

#[test]
fn a_variable_names_the_remote_too() {
    let mut env = shared("");
    env.set_variable("MLV_REPO", "remote");
    let log = env.success(&["log", "--oneline"]);
    assert_eq!(log.stdout, env.success(&at_remote(&["log", "--oneline"])).stdout);
    let refused = env.mlv(&["status"]).expect_code(1);
    assert!(refused.stderr.contains("unset it to work here"), "{refused}");
    // What needs no repository goes on as ever.
    env.success(&["config", "get", "core.default_branch"]);
}

#[test]
fn what_others_did_is_seen_by_the_next_command() {
    let env = shared("");
    env.success(&at_remote(&["tag", "gone"]));
    env.success(&["-C", "work", "branch", "new"]);
    env.success(&["-C", "work", "push", "origin", "new"]);
    env.success(&["-C", "work", "push", "origin", "--delete", "side", "refs/tags/gone"]);
    let branches = env.success(&at_remote(&["branch"])).without_ids();
    assert_snapshot!(branches, @r"
    $ mlv --repo remote branch
    * main   $ID  a change of main
      new    $ID  a change of main
      other  $ID  a change of other
    ");
    assert_eq!(env.success(&at_remote(&["tag"])).stdout, "");
}

/// A gate that waits until somebody lets all go on.
const WAITING: &str = "hooks:
  gate:
    on: pre-merge
    secrets: [WORLD]
    run: 'touch \"$WORLD/$MLV_SOURCE_BRANCH\"; until [ -e \"$WORLD/go\" ]; do sleep 0.01; done'
";

/// Merges two branches into one at the same time; the second process has this cache.
fn one_of_two_merges_lands(cache: &str) {
    let mut env = shared(WAITING);
    std::fs::create_dir(env.path("world")).unwrap();
    env.set_variable("WORLD", env.path("world").display().to_string());
    env.set_variable("MLV_TRUST_HOOKS", "1");
    let merge = |branch: &str, cache: &str| {
        let mut command = env.command(&at_remote(&["merge", branch, "--into", "main"]));
        command.env("XDG_CACHE_HOME", env.home().join(cache));
        let merging = command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
        env.wait_for(format!("world/{branch}"));
        merging
    };
    let merging = [merge("side", ".cache"), merge("other", cache)];
    env.write("world/go", "");
    let done = merging.map(|merging| merging.wait_with_output().unwrap());
    let mut codes = done.each_ref().map(|output| output.status.code().unwrap());
    codes.sort_unstable();
    assert_eq!(codes, [0, 5], "{done:?}");
    let lost = done.iter().find(|output| !output.status.success()).unwrap();
    let told = String::from_utf8_lossy(&lost.stderr);
    assert!(told.contains("`main` moved while this ran"), "{told}");
    assert!(told.contains("nothing was changed"), "{told}");
    let merges = env.json(&at_remote(&["log", "-n", "1", "main", "--json"]));
    assert_eq!(merges[0]["parents"].as_array().unwrap().len(), 2);
    // The other one goes on top of what landed.
    let again = if done[0].status.success() { "other" } else { "side" };
    env.success(&at_remote(&["merge", again, "--into", "main"]));
    let files = env.success(&at_remote(&["ls", "main"])).stdout;
    assert!(files.contains("side.txt") && files.contains("other.txt"), "{files}");
}

#[test]
fn of_two_merges_at_once_one_lands() {
    one_of_two_merges_lands(".cache");
}

#[test]
fn of_two_merges_on_two_machines_one_lands() {
    one_of_two_merges_lands("of another machine");
}

#[test]
fn a_gate_that_refuses_leaves_the_remote_as_it_was() {
    let mut env = shared("hooks:\n  gate: {on: pre-merge, run: 'exit 1'}\n");
    let before = listing(&env);
    assert_snapshot!(env.mlv(&at_remote(&["merge", "side", "--into", "main"])), @r"
    $ mlv --repo remote merge side --into main
    [stderr]
    error: the hooks of `main` are not trusted here yet; it is unchanged
    hint: `mlv --repo remote hooks trust main` shows them and lets them run
    [exit code 3]
    ");
    env.success(&at_remote(&["hooks", "trust", "main"]));
    let refused = env.mlv(&at_remote(&["merge", "side", "--into", "main"])).expect_code(3);
    assert!(refused.stderr.contains("mlv --repo remote hooks log"), "{refused}");
    assert_eq!(listing(&env), before);
    env.set_variable("MLV_NO_VERIFY", "1");
    env.success(&at_remote(&["merge", "side", "--into", "main"]));
}

#[test]
fn a_protected_branch_moves_by_merges_alone() {
    let env = shared("branches:\n  main: {protected: true}\n");
    let before = listing(&env);
    for arguments in [
        &["branch", "-f", "main", "side"][..],
        &["branch", "-m", "main", "trunk"],
        &["revert", "HEAD"],
    ] {
        let refused = env.mlv(&at_remote(arguments)).expect_code(1);
        assert!(refused.stderr.contains("`main` is protected"), "{refused}");
    }
    assert_eq!(listing(&env), before);
    env.success(&at_remote(&["merge", "side", "--into", "main"]));
    assert_ne!(listing(&env), before);
}

#[test]
fn what_a_hook_makes_after_a_merge_lands_at_the_remote() {
    let mut env = shared(
        "hooks:
  count:
    on: post-merge
    outputs: [count.txt]
    run: 'ls data | wc -l > count.txt'
  later:
    on: post-merge
    async: true
    outputs: [later.txt]
    run: 'echo later > later.txt'
",
    );
    env.set_variable("MLV_TRUST_HOOKS", "1");
    let quietly = ["-c", "hooks.worker=manual", "--repo", "remote"];
    env.success(&[&quietly[..], &["merge", "side", "--into", "main"]].concat());
    assert_eq!(env.success(&at_remote(&["cat", "main:count.txt"])).stdout.trim(), "20");
    env.success(&[&quietly[..], &["hooks", "work", "--once"]].concat());
    env.success(&["clone", "remote", "again"]);
    assert_eq!(env.read("again/later.txt"), b"later\n");
}

#[test]
fn what_a_hook_makes_lands_on_top_of_what_others_did_meanwhile() {
    let mut env = shared(
        "hooks:
  count:
    on: post-merge
    outputs: [count.txt]
    secrets: [WORLD]
    run: 'touch \"$WORLD/begun\"; until [ -e \"$WORLD/go\" ]; do sleep 0.01; done; echo 1 > count.txt'
",
    );
    std::fs::create_dir(env.path("world")).unwrap();
    env.set_variable("WORLD", env.path("world").display().to_string());
    env.set_variable("MLV_TRUST_HOOKS", "1");
    let mut merging = env.command(&at_remote(&["merge", "side", "--into", "main"]));
    let merging = merging.stdout(Stdio::null()).stderr(Stdio::null());
    let mut merging = merging.spawn().unwrap();
    env.wait_for("world/begun");
    let mut elsewhere = env.command(&at_remote(&["cherry-pick", "other"]));
    elsewhere.env("XDG_CACHE_HOME", env.home().join("of another machine"));
    env.finish(elsewhere).expect_code(0);
    env.write("world/go", "");
    assert!(merging.wait().unwrap().success());
    let files = env.success(&at_remote(&["ls", "main"])).stdout;
    assert!(files.contains("count.txt") && files.contains("other.txt"), "{files}");
    assert_eq!(env.success(&at_remote(&["cat", "main:other.txt"])).stdout, "of other\n");
}

#[test]
fn a_mirror_that_is_too_large_is_emptied() {
    let env = shared("");
    env.success(&at_remote(&["cat", "main:data/1"]));
    env.success(&at_remote(&["cat", "main:data/2"]));
    let full = mirrored(&env);
    env.success(&at_remote(&["log"]));
    assert_eq!(mirrored(&env), full);
    env.success(&["-c", "cache.size=0", "--repo", "remote", "log"]);
    assert!(mirrored(&env) + 39_000 < full, "{} of {full} bytes are left", mirrored(&env));
    assert_eq!(env.success(&at_remote(&["cat", "main:data/1"])).raw_stdout, contents(1));
}

#[test]
fn a_bucket_is_branched_and_merged() {
    if servers::are_skipped() {
        return;
    }
    let mut env = shared("");
    let server = Server::s3();
    for (name, value) in server.environment().iter() {
        env.set_variable(&name.to_string_lossy(), value.to_string_lossy());
    }
    env.success(&["-C", "work", "push", "s3://bucket/shared", "main", "side", "other"]);
    let there = ["--repo", "s3://bucket/shared"];
    env.success(&[&there[..], &["branch", "experiment", "side"]].concat());
    env.success(&[&there[..], &["merge", "other", "--into", "experiment"]].concat());
    let file = env.success(&[&there[..], &["cat", "experiment:data/5"]].concat());
    assert_eq!(file.raw_stdout, contents(5));
    assert!(mirrored(&env) < 60_000, "{} bytes were fetched", mirrored(&env));
}

#[test]
fn a_web_server_is_read_and_not_written() {
    if servers::are_skipped() {
        return;
    }
    let env = shared("");
    let server = Server::web(&env.path("remote"));
    let address = &server.endpoint;
    let here = env.success(&at_remote(&["log", "--oneline"]));
    let there = env.success(&["--repo", address, "log", "--oneline"]);
    assert_eq!(there.stdout, here.stdout);
    let cat = env.success(&["--repo", address, "cat", "main:data/3"]);
    assert_eq!(cat.raw_stdout, contents(3));
    let refused = env.mlv(&["--repo", address, "tag", "v1"]).expect_code(1);
    assert!(refused.stderr.contains("can only be read"), "{refused}");
    assert_eq!(env.success(&["--repo", address, "tag"]).stdout, "");
}
