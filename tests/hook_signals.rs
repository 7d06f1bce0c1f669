//! Signals to mlv while hooks run: SIGINT, as Ctrl-C sends it, SIGTERM and SIGHUP. A running hook is
//! asked to end, then killed; its run is accounted for, and what waits is lost nowhere.

use std::collections::BTreeSet;
use std::io::{BufRead, BufReader, Read};
use std::process::{Child, Stdio};
use std::time::{Duration, Instant};

use rustix::process::{Pid, Signal, kill_process};
use serde_json::{Value, json};

use crate::common::TestEnvironment;

fn project(hook: &str) -> TestEnvironment {
    let env = TestEnvironment::new();
    env.success(&["init"]);
    env.success(&["config", "set", "hooks.worker", "manual"]);
    env.write("mlv.yaml", format!("version: 1\nhooks:\n  odd: {{{hook}}}\n"));
    env.write("a.csv", "1\n");
    env.success(&["add", "."]);
    env.success(&["commit", "-m", "first"]);
    env
}

fn newest_run(env: &TestEnvironment) -> Value {
    env.json(&["hooks", "runs", "-n", "1", "--json"])[0].clone()
}

fn start(env: &TestEnvironment, arguments: &[&str]) -> Child {
    let mut command = env.command(arguments);
    command.stderr(Stdio::piped()).stdout(Stdio::piped()).spawn().unwrap()
}

fn send(child: &Child, signal: Signal) {
    kill_process(Pid::from_child(child), signal).unwrap();
}

/// Waits for the end of a process that was told to end; returns its exit code and what it said.
#[track_caller]
fn end(child: Child) -> (Option<i32>, String, String) {
    let start = Instant::now();
    let ended = child.wait_with_output().unwrap();
    assert!(start.elapsed() < Duration::from_secs(20), "it took {:?}", start.elapsed());
    let text = |bytes: Vec<u8>| String::from_utf8(bytes).unwrap();
    (ended.status.code(), text(ended.stdout), text(ended.stderr))
}

/// Waits until the process that a hook wrote down in `.mlv/begun` is gone.
#[track_caller]
fn wait_for_end_of_hook(env: &TestEnvironment) {
    let leader: i32 = String::from_utf8(env.read(".mlv/begun")).unwrap().trim().parse().unwrap();
    let stat = format!("/proc/{leader}/stat");
    let start = Instant::now();
    while std::fs::read_to_string(&stat).is_ok_and(|text| !text.contains(") Z ")) {
        assert!(start.elapsed() < Duration::from_secs(20), "the hook lives on");
        std::thread::sleep(Duration::from_millis(10));
    }
}

/// What half-written things lie around.
fn left_over(env: &TestEnvironment) -> BTreeSet<String> {
    let names = |dir: &str| {
        let found = std::fs::read_dir(env.path(dir)).unwrap();
        found.map(move |item| item.unwrap().file_name().into_string().unwrap()).collect::<Vec<_>>()
    };
    let alive = names(".mlv/runs")
        .into_iter()
        .filter(|name| std::path::Path::new(name).extension().is_some_and(|end| end == "alive"));
    names(".mlv/tmp").into_iter().chain(alive).collect()
}

/// Says that it has begun, and how often; goes on when it may, and says where it was asked to end.
const POLITE: &str = "run: 'cd \"$MLV_ROOT/.mlv\"; trap \"echo asked >> asked; exit 7\" TERM; echo $$ > new; mv new begun; while ! test -e go; do sleep 0.02; done'";

/// Does not listen.
const DEAF: &str = "run: 'cd \"$MLV_ROOT/.mlv\"; trap \"\" TERM INT HUP; echo $$ > new; mv new begun; while ! test -e go; do sleep 0.02; done'";

/// Lets the next worker do what the one before was kept from.
fn finish_the_queue(env: &TestEnvironment, run: &Value) {
    let waiting = newest_run(env);
    assert_eq!((&waiting["run_id"], &waiting["status"]), (&run["run_id"], &json!("queued")));
    env.write(".mlv/go", "");
    env.success(&["hooks", "work", "--once"]);
    let done = newest_run(env);
    assert_eq!((&done["run_id"], &done["status"]), (&run["run_id"], &json!("passed")));
    assert_eq!(env.json(&["hooks", "runs", "--json"]).as_array().unwrap().len(), 1);
}

#[test]
fn a_worker_that_is_told_to_end_asks_its_hook_to_and_leaves_the_event_to_the_next() {
    for (signal, once) in [(Signal::INT, true), (Signal::TERM, true), (Signal::TERM, false)] {
        let env = project(&format!("on: post-commit, async: true, {POLITE}"));
        let run = newest_run(&env);
        let arguments = if once { &["hooks", "work", "--once"][..] } else { &["hooks", "work"] };
        let worker = start(&env, arguments);
        env.wait_for(".mlv/begun");
        send(&worker, signal);
        let (code, _, told) = end(worker);
        // One that stays ends so whenever it ends.
        assert_eq!(code, Some(if once { 130 } else { 0 }), "{told}");
        assert_eq!(env.read(".mlv/asked"), b"asked\n");
        assert_eq!(left_over(&env), BTreeSet::new());
        finish_the_queue(&env, &run);
    }
}

#[test]
fn a_hook_of_a_worker_that_does_not_listen_is_killed_after_a_while() {
    let env = project(&format!("on: post-commit, async: true, {DEAF}"));
    env.success(&["config", "set", "hooks.grace", "300ms"]);
    let run = newest_run(&env);
    let worker = start(&env, &["hooks", "work", "--once"]);
    env.wait_for(".mlv/begun");
    send(&worker, Signal::INT);
    let (code, _, told) = end(worker);
    assert_eq!(code, Some(130), "{told}");
    wait_for_end_of_hook(&env);
    finish_the_queue(&env, &run);
}

#[test]
fn a_second_ctrl_c_ends_a_worker_at_once_and_its_hook_with_it() {
    let env = project(&format!("on: post-commit, async: true, {DEAF}"));
    env.success(&["config", "set", "hooks.grace", "1h"]);
    let run = newest_run(&env);
    let worker = start(&env, &["hooks", "work", "--once"]);
    env.wait_for(".mlv/begun");
    send(&worker, Signal::INT);
    std::thread::sleep(Duration::from_millis(200));
    assert_eq!(newest_run(&env)["status"], "running", "there is an hour left to it");
    send(&worker, Signal::INT);
    let (code, _, told) = end(worker);
    assert_eq!(code, Some(130), "{told}");
    wait_for_end_of_hook(&env);
    // As after a crash: the run is over, and the next worker begins it again.
    assert_eq!(newest_run(&env)["status"], "failed");
    env.write(".mlv/go", "");
    env.success(&["hooks", "work", "--once"]);
    let again = newest_run(&env);
    assert_eq!((&again["run_id"], &again["status"]), (&run["run_id"], &json!("passed")));
    assert_eq!(again["attempt"], 2);
}

#[test]
fn a_worker_that_waits_ends_when_it_is_told_to() {
    for signal in [Signal::INT, Signal::TERM, Signal::HUP] {
        let env = project("on: post-commit, run: 'true'");
        let mut worker = start(&env, &["hooks", "work"]);
        let mut stderr = BufReader::new(worker.stderr.take().unwrap());
        let mut told = String::new();
        stderr.read_line(&mut told).unwrap();
        assert!(told.contains("Ctrl-C ends it"), "{told}");
        send(&worker, signal);
        let (code, _, _) = end(worker);
        stderr.read_to_string(&mut told).unwrap();
        assert_eq!((code, told.contains("nothing waited")), (Some(0), true), "{told}");
        assert_eq!(left_over(&env), BTreeSet::new());
    }
}

#[test]
fn who_stops_following_a_log_stops_nothing_else() {
    for signal in [Signal::INT, Signal::TERM] {
        let env = project(
            "on: post-commit, async: true, run: 'echo first; cd \"$MLV_ROOT/.mlv\"; touch begun; while ! test -e go; do sleep 0.02; done; echo last'",
        );
        let run = newest_run(&env);
        let id = run["run_id"].as_str().unwrap().to_owned();
        // It may begin before there is a log.
        let follower = start(&env, &["hooks", "log", &id, "-f"]);
        let worker = start(&env, &["hooks", "work", "--once"]);
        env.wait_for(".mlv/begun");
        std::thread::sleep(Duration::from_millis(1500));
        let before = left_over(&env);
        send(&follower, signal);
        let (code, shown, told) = end(follower);
        assert_eq!((code, shown.as_str(), told.as_str()), (Some(130), "first\n", ""));
        assert_eq!(left_over(&env), before);
        assert_eq!(newest_run(&env)["status"], "running");
        env.write(".mlv/go", "");
        let (code, _, told) = end(worker);
        assert_eq!(code, Some(0), "{told}");
        assert_eq!(newest_run(&env)["status"], "passed");
        assert_eq!(env.success(&["hooks", "log", &id]).stdout, "first\nlast\n");
    }
}

#[test]
fn a_commit_that_is_told_to_end_while_a_gate_runs_changes_nothing() {
    for (signal, hook) in
        [(Signal::INT, POLITE), (Signal::TERM, POLITE), (Signal::HUP, POLITE), (Signal::TERM, DEAF)]
    {
        let env = project(&format!("on: pre-commit, paths: [b.csv], {hook}"));
        env.success(&["config", "set", "hooks.grace", "300ms"]);
        env.write("b.csv", "b\n");
        env.success(&["add", "b.csv"]);
        let before = (env.json(&["log", "--json"]), env.json(&["status", "--json"]));
        let commit = start(&env, &["commit", "-m", "second"]);
        env.wait_for(".mlv/begun");
        send(&commit, signal);
        let (code, _, told) = end(commit);
        assert_eq!(code, Some(130), "{told}");
        assert!(told.ends_with("error: interrupted\n"), "{told}");
        assert_eq!(env.path(".mlv/asked").exists(), hook == POLITE);
        wait_for_end_of_hook(&env);
        let run = newest_run(&env);
        assert_eq!((&run["status"], &run["message"]), (&json!("cancelled"), &json!("interrupted")));
        assert_eq!((env.json(&["log", "--json"]), env.json(&["status", "--json"])), before);
        assert_eq!(left_over(&env), BTreeSet::new());
        env.write(".mlv/go", "");
        env.success(&["commit", "-m", "second"]);
    }
}

#[test]
fn a_hook_after_a_commit_that_is_cut_off_is_told_and_can_be_run_again() {
    let env = project(&format!("on: post-commit, paths: [b.csv], {POLITE}"));
    env.write("b.csv", "b\n");
    env.success(&["add", "b.csv"]);
    let commit = start(&env, &["commit", "-m", "second"]);
    env.wait_for(".mlv/begun");
    send(&commit, Signal::TERM);
    let (code, _, told) = end(commit);
    assert_eq!(env.json(&["log", "--json"])[0]["message"].as_str().unwrap().trim(), "second");
    let run = newest_run(&env);
    assert_eq!(run["status"], "cancelled", "{code:?}: {told}");
    assert_eq!(env.read(".mlv/asked"), b"asked\n");
    assert_eq!(left_over(&env), BTreeSet::new());
    env.write(".mlv/go", "");
    env.success(&["hooks", "retry", run["run_id"].as_str().unwrap()]);
    let again = newest_run(&env);
    assert_eq!((&again["run_id"], &again["status"]), (&run["run_id"], &json!("passed")));
}
