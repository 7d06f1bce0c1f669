//! Hooks that misbehave, and what becomes of mlv's own death while they run.

use std::process::{Child, Stdio};
use std::time::{Duration, Instant};

use rustix::process::{Pid, Signal, kill_process};
use serde_json::{Value, json};

use crate::common::TestEnvironment;

/// Returns a repository with this hook on `main`, and a branch `side` to merge.
fn project(hook: &str) -> TestEnvironment {
    let env = TestEnvironment::new();
    env.success(&["init"]);
    env.write("mlv.yaml", format!("version: 1\nhooks:\n  odd: {{branches: [main], {hook}}}\n"));
    env.write("a.csv", "1\n");
    env.success(&["add", "."]);
    env.success(&["commit", "-m", "first"]);
    env.success(&["switch", "-c", "side"]);
    env.write("b.csv", "b\n");
    env.success(&["add", "."]);
    env.success(&["commit", "-m", "side"]);
    env.success(&["switch", "main"]);
    env
}

fn newest_run(env: &TestEnvironment) -> Value {
    env.json(&["hooks", "runs", "-n", "1", "--json"])[0].clone()
}

fn main_id(env: &TestEnvironment) -> Value {
    env.json(&["log", "main", "-n", "1", "--json"])[0]["id"].clone()
}

/// Starts a merge, and returns when its hook says that it has begun.
fn start_merge(env: &TestEnvironment) -> Child {
    let mut command = env.command(&["merge", "side"]);
    command.stderr(Stdio::piped()).stdout(Stdio::null());
    let child = command.spawn().unwrap();
    env.wait_for(".mlv/begun");
    child
}

fn signal(child: &Child, signal: Signal) {
    kill_process(Pid::from_child(child), signal).unwrap();
}

#[test]
fn a_hook_that_ignores_its_timeout_and_the_request_to_end_is_killed() {
    let env =
        project("on: pre-merge, timeout: 200ms, run: \"trap '' TERM; while :; do sleep 1; done\"");
    env.success(&["config", "set", "hooks.grace", "100ms"]);
    let before = main_id(&env);
    let start = Instant::now();
    env.mlv(&["merge", "side"]).expect_code(3);
    assert!(start.elapsed() < Duration::from_secs(10));
    let run = newest_run(&env);
    assert_eq!(
        (&run["status"], &run["message"]),
        (&json!("failed"), &json!("timed out after 200ms"))
    );
    assert_eq!(main_id(&env), before);
}

#[test]
fn a_flood_of_output_is_kept_whole_in_a_small_log() {
    let env = project(
        "on: pre-merge, run: 'yes a line of the length that programs like to write | head -c 8000000'",
    );
    env.success(&["merge", "side"]);
    let log = env.path(newest_run(&env)["log"].as_str().unwrap());
    assert!(log.metadata().unwrap().len() <= 1024 * 1024);
    assert_eq!(env.success(&["hooks", "log"]).stdout.len(), 8_000_000);
}

#[test]
fn a_hook_that_removes_its_sandbox_fails_only_where_its_outputs_go_with_it() {
    let gone = "'d=$PWD; cd /; rm -rf \"$d\"'";
    let env = project(&format!("on: pre-merge, run: {gone}"));
    let merged = env.json(&["merge", "side", "--json"]);
    assert_eq!(merged["hooks"][0]["message"], "it removed its sandbox");
    let env = project(&format!("on: pre-merge, outputs: [out/**], run: {gone}"));
    let refused = env.mlv(&["merge", "side", "--json"]).expect_code(3).json();
    let message = "it removed its sandbox, and its outputs with it";
    assert_eq!(refused["hooks"][0]["message"], message);
}

#[test]
fn an_output_that_cannot_be_kept_fails_the_hook() {
    let env = project(
        "on: pre-merge, outputs: [out/**], run: 'mkdir out; mkfifo out/pipe; echo x > out/file'",
    );
    env.success(&["merge", "side"]);
    assert_eq!(env.read("out/file"), b"x\n");
    assert!(!env.path("out/pipe").exists());
}

#[test]
fn a_helper_left_in_the_background_does_not_hold_up_the_merge() {
    let env = project("on: pre-merge, run: 'sleep 60 & setsid sleep 60 & echo started'");
    let start = Instant::now();
    env.success(&["merge", "side"]);
    assert!(start.elapsed() < Duration::from_secs(20));
}

/// The file is renamed into place, so that who sees it can read it.
const WAITS: &str = "run: 'echo $$ > \"$MLV_ROOT/.mlv/new\"; mv \"$MLV_ROOT/.mlv/new\" \"$MLV_ROOT/.mlv/begun\"; sleep 60'";

#[test]
fn ctrl_c_during_a_hook_ends_it_and_changes_nothing() {
    let env = project(&format!("on: pre-merge, {WAITS}"));
    let before = main_id(&env);
    let merge = start_merge(&env);
    signal(&merge, Signal::INT);
    let ended = merge.wait_with_output().unwrap();
    let told = String::from_utf8_lossy(&ended.stderr);
    assert_eq!(ended.status.code(), Some(130), "{told}");
    assert!(told.ends_with("error: interrupted\n"), "{told}");
    assert_eq!(newest_run(&env)["status"], "cancelled");
    assert_eq!(main_id(&env), before);
    assert!(!env.path("b.csv").exists());
    assert_eq!(env.json(&["status", "--json"])["clean"], true);
    let group: i32 = String::from_utf8(env.read(".mlv/begun")).unwrap().trim().parse().unwrap();
    assert!(kill_process(Pid::from_raw(group).unwrap(), Signal::INT).is_err(), "it lives on");
}

#[test]
fn a_hook_does_not_outlive_an_mlv_that_is_killed() {
    let env = project(&format!("on: pre-merge, {WAITS}"));
    let mut merge = start_merge(&env);
    let leader = String::from_utf8(env.read(".mlv/begun")).unwrap();
    let stat = format!("/proc/{}/stat", leader.trim());
    signal(&merge, Signal::KILL);
    merge.wait().unwrap();
    let start = Instant::now();
    while std::fs::read_to_string(&stat).is_ok_and(|text| !text.contains(") Z ")) {
        assert!(start.elapsed() < Duration::from_secs(20), "the hook lives on");
        std::thread::sleep(Duration::from_millis(10));
    }
    assert_eq!(newest_run(&env)["status"], "failed");
}

#[test]
fn others_add_and_look_while_a_gate_runs_and_what_they_staged_stays() {
    let env = project(
        "on: pre-merge, outputs: [made], run: 'touch \"$MLV_ROOT/.mlv/begun\"; while ! test -e \"$MLV_ROOT/.mlv/go\"; do sleep 0.05; done; echo made > made'",
    );
    let merge = start_merge(&env);
    env.write("later.csv", "later\n");
    env.success(&["add", "later.csv"]);
    assert_eq!(env.json(&["status", "--json"])["staged"][0]["path"], "later.csv");
    env.write(".mlv/go", "");
    let ended = merge.wait_with_output().unwrap();
    assert!(ended.status.success(), "{}", String::from_utf8_lossy(&ended.stderr));
    let status = env.json(&["status", "--json"]);
    assert_eq!(status["staged"], json!([{"path": "later.csv", "change": "added"}]));
    assert_eq!((&status["unstaged"], &status["untracked"]), (&json!([]), &json!([])));
    assert_eq!(env.read("made"), b"made\n");
    assert_eq!(env.read("b.csv"), b"b\n");
}

#[test]
fn a_branch_that_moves_while_its_gate_runs_is_not_overwritten() {
    let env = project(
        "on: pre-merge, run: 'touch \"$MLV_ROOT/.mlv/begun\"; while ! test -e \"$MLV_ROOT/.mlv/go\"; do sleep 0.05; done'",
    );
    env.write("a.csv", "2\n");
    let merge = start_merge(&env);
    env.success(&["commit", "-am", "meanwhile"]);
    let moved = main_id(&env);
    env.write(".mlv/go", "");
    let ended = merge.wait_with_output().unwrap();
    assert_eq!(ended.status.code(), Some(5), "{}", String::from_utf8_lossy(&ended.stderr));
    assert_eq!(main_id(&env), moved);
    assert!(!env.path("b.csv").exists());
}

#[test]
fn death_during_a_gate_leaves_the_branch_and_a_failed_run() {
    let env = project(&format!("on: pre-merge, {WAITS}"));
    let before = main_id(&env);
    let mut merge = start_merge(&env);
    signal(&merge, Signal::KILL);
    merge.wait().unwrap();
    let run = newest_run(&env);
    assert_eq!(
        (&run["status"], &run["message"]),
        (&json!("failed"), &json!("mlv died while it ran"))
    );
    assert_eq!(main_id(&env), before);
}

#[test]
fn death_after_the_deed_runs_its_hooks_again() {
    let env = project(
        "on: post-merge, run: 'touch \"$MLV_ROOT/.mlv/begun\"; test -e \"$MLV_ROOT/.mlv/go\" || sleep 60'",
    );
    let mut merge = start_merge(&env);
    signal(&merge, Signal::KILL);
    merge.wait().unwrap();
    assert_eq!(env.read("b.csv"), b"b\n");
    env.write(".mlv/go", "");
    env.write("c.csv", "c\n");
    let next = env.success(&["add", "c.csv"]);
    assert!(next.stderr.contains("running the post-merge hooks that a crash left over"), "{next}");
    let runs = env.json(&["hooks", "runs", "--json"]);
    let end = |run: &Value| (run["status"].clone(), run["commit"].clone(), run["attempt"].clone());
    let ends: Vec<_> = runs.as_array().unwrap().iter().map(end).collect();
    assert_eq!(ends, [(json!("passed"), main_id(&env), json!(2))]);
    let quiet = env.success(&["add", "c.csv"]);
    assert!(!quiet.stderr.contains("crash"), "{quiet}");
}
