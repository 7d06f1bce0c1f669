//! Hooks that run later or once more: in the background, on schedules, after a crash, by `retry`.

use std::path::Path;
use std::process::Stdio;
use std::time::{Duration, Instant};

use serde_json::{Value, json};

use crate::common::TestEnvironment;

/// Returns a repository with these hooks, whose workers are started by hand; what hooks write into
/// `../side` is seen from outside.
fn project(hooks: &str) -> TestEnvironment {
    let env = TestEnvironment::new();
    env.success(&["init"]);
    env.success(&["config", "set", "hooks.worker", "manual"]);
    env.write("mlv.yaml", format!("version: 1\nhooks:\n{hooks}"));
    env.write("a.csv", "1\n");
    env.success(&["add", "."]);
    env.success(&["commit", "-m", "first"]);
    env
}

fn change(env: &TestEnvironment, text: &str) {
    env.write("a.csv", text);
    env.success(&["commit", "-am", text]);
}

fn runs(env: &TestEnvironment, arguments: &[&str]) -> Vec<Value> {
    let all: Vec<&str> =
        ["hooks", "runs", "--json", "-n", "1000"].iter().chain(arguments).copied().collect();
    env.json(&all).as_array().unwrap().clone()
}

/// Returns how often hooks have appended a line to this file beside the repository.
fn lines(env: &TestEnvironment, name: &str) -> usize {
    let path = env.path(format!(".mlv/{name}"));
    std::fs::read_to_string(path).map_or(0, |text| text.lines().count())
}

#[track_caller]
fn wait_until(what: &str, holds: impl Fn() -> bool) {
    let start = Instant::now();
    while !holds() {
        assert!(start.elapsed() < Duration::from_secs(20), "it never came to this: {what}");
        std::thread::sleep(Duration::from_millis(10));
    }
}

const BACKGROUND: &str =
    "  quick: {on: post-commit, run: 'echo $MLV_RUN_ID >> \"$MLV_ROOT/.mlv/quick\"'}
  slow: {on: post-commit, async: true, run: 'echo $MLV_RUN_ID >> \"$MLV_ROOT/.mlv/slow\"'}
  last: {on: post-commit, needs: [slow, quick], run: 'echo $MLV_RUN_ID >> \"$MLV_ROOT/.mlv/last\"'}
";

#[test]
fn a_hook_in_the_background_and_those_that_need_it_wait_for_a_worker() {
    let env = project(BACKGROUND);
    let waiting = runs(&env, &["--status", "queued"]);
    let names: Vec<_> = waiting.iter().map(|run| run["hook"].as_str().unwrap()).collect();
    assert_eq!(names, ["last", "slow"]);
    assert_eq!((lines(&env, "quick"), lines(&env, "slow"), lines(&env, "last")), (1, 0, 0));
    // Others neither bury nor run what waits.
    env.success(&["add", "."]);
    assert_eq!(runs(&env, &["--status", "queued"]).len(), 2);
    let worked = env.mlv(&["hooks", "work", "--once"]).expect_code(0);
    assert!(worked.stderr.contains("2 runs of 1 event"), "{worked}");
    assert_eq!((lines(&env, "quick"), lines(&env, "slow"), lines(&env, "last")), (1, 1, 1));
    for (run, earlier) in runs(&env, &["--hook", "slow"]).iter().zip(&waiting[1..]) {
        assert_eq!(run["run_id"], earlier["run_id"]);
        assert_eq!((&run["status"], &run["attempt"]), (&json!("passed"), &json!(1)));
    }
    let nothing = env.mlv(&["hooks", "work", "--once"]).expect_code(0);
    assert!(nothing.stderr.contains("nothing waited"), "{nothing}");
}

#[test]
fn workers_at_once_run_each_event_exactly_once() {
    let env = project(BACKGROUND);
    for turn in 0..7 {
        change(&env, &turn.to_string());
    }
    std::thread::scope(|scope| {
        for _ in 0..5 {
            scope.spawn(|| env.success(&["hooks", "work", "--once"]));
        }
    });
    assert_eq!((lines(&env, "slow"), lines(&env, "last")), (8, 8));
    let done = runs(&env, &["--status", "passed"]);
    assert_eq!(done.len(), 24);
    assert!(done.iter().all(|run| run["attempt"] == 1));
}

#[test]
fn a_worker_is_started_by_the_verb_and_holds_no_stream_of_it() {
    let env = project(
        "  slow: {on: post-commit, async: true, run: 'while test ! -e \"$MLV_ROOT/.mlv/go\"; do sleep 0.02; done'}\n",
    );
    env.success(&["config", "set", "hooks.worker", "auto"]);
    env.write("a.csv", "2\n");
    // Were a stream of it held open, this would not come back before the hook ends.
    let told = env.success(&["commit", "-am", "second", "--json"]).json();
    let waiting = told["hooks"].as_array().unwrap();
    assert_eq!(waiting[0]["status"], "queued");
    wait_until("a hook is running", || !runs(&env, &["--status", "running"]).is_empty());
    env.write(".mlv/go", "");
    wait_until("both have passed", || runs(&env, &["--status", "passed"]).len() == 2);
}

#[test]
fn what_a_hook_in_the_background_makes_becomes_a_commit_that_follows() {
    let env = project(
        "  train: {on: post-commit, async: true, paths: [a.csv], run: 'mkdir -p out; cat a.csv > out/model', outputs: [out/**]}\n",
    );
    env.success(&["hooks", "work", "--once"]);
    assert_eq!(env.read("out/model"), b"1\n");
    let run = runs(&env, &["--hook", "train"])[0]["run_id"].as_str().unwrap().to_owned();
    let shown = env.json(&["hooks", "show", &run, "--json"]);
    let head = env.json(&["log", "-n", "1", "--json"])[0].clone();
    assert_eq!(shown["follow_up"], json!({"branch": "main", "commit": head["id"]}));
    assert_eq!(head["meta"]["mlv.run"], json!(run));
}

#[test]
fn a_worker_that_is_killed_leaves_its_event_to_the_next() {
    let env = project(
        "  slow: {on: post-commit, async: true, run: 'echo x >> \"$MLV_ROOT/.mlv/begun\"; while test ! -e \"$MLV_ROOT/.mlv/go\"; do sleep 0.02; done'}\n",
    );
    let mut command = env.command(&["hooks", "work", "--once"]);
    let mut worker = command.stdout(Stdio::null()).stderr(Stdio::null()).spawn().unwrap();
    wait_until("the hook has begun", || env.path(".mlv/begun").exists());
    worker.kill().unwrap();
    worker.wait().unwrap();
    let first = runs(&env, &[])[0].clone();
    env.write(".mlv/go", "");
    env.success(&["hooks", "work", "--once"]);
    let second = runs(&env, &[])[0].clone();
    assert_eq!(second["run_id"], first["run_id"]);
    assert_eq!((&second["status"], &second["attempt"]), (&json!("passed"), &json!(2)));
    assert_eq!(lines(&env, "begun"), 2);
}

const CHAIN: &str = "  one: {on: post-commit, run: 'echo $MLV_RUN_ID $MLV_ATTEMPT >> \"$MLV_ROOT/.mlv/one\"'}
  two: {on: post-commit, needs: [one], run: 'echo said; echo $MLV_RUN_ID $MLV_ATTEMPT >> \"$MLV_ROOT/.mlv/two\"; test -e \"$MLV_ROOT/.mlv/mended\"'}
  three: {on: post-commit, needs: [two], run: 'echo $MLV_RUN_ID >> \"$MLV_ROOT/.mlv/three\"'}
";

#[test]
fn a_retried_hook_keeps_its_run_id_and_takes_those_with_it_that_need_it() {
    let env = project(CHAIN);
    let failed = runs(&env, &["--status", "failed"]);
    assert_eq!((failed.len(), &failed[0]["hook"]), (1, &json!("two")));
    let run = failed[0]["run_id"].as_str().unwrap();
    let again = env.mlv(&["hooks", "retry", run]).expect_code(1);
    assert!(again.stderr.contains("`two` failed again"), "{again}");
    env.write(".mlv/mended", "");
    env.success(&["hooks", "retry", "--failed"]);
    assert_eq!((lines(&env, "one"), lines(&env, "two"), lines(&env, "three")), (1, 3, 1));
    let all = runs(&env, &[]);
    assert_eq!(all.len(), 3);
    assert!(all.iter().all(|run| run["status"] == "passed"), "{all:?}");
    let two = runs(&env, &["--hook", "two"])[0].clone();
    assert_eq!((&two["run_id"], &two["attempt"]), (&json!(run), &json!(3)));
    let log = env.success(&["hooks", "log", run]).stdout;
    assert_eq!(log, "said\n[mlv: attempt 2]\nsaid\n[mlv: attempt 3]\nsaid\n");
    let nothing = env.success(&["hooks", "retry", "--failed"]);
    assert!(nothing.stderr.contains("no hook failed"), "{nothing}");
    // Somebody who names one that passed means it.
    env.success(&["hooks", "retry", run]);
    assert_eq!((lines(&env, "one"), lines(&env, "two"), lines(&env, "three")), (1, 4, 1));
}

#[test]
fn a_gate_that_refused_judges_its_tree_again() {
    let env = project(
        "  gate: {on: pre-commit, inputs: [a.csv], run: 'test -e \"$MLV_ROOT/.mlv/mended\" || grep -v 2 a.csv'}\n",
    );
    env.write("a.csv", "2\n");
    env.mlv(&["commit", "-am", "second"]).expect_code(3);
    let run = runs(&env, &["--status", "failed"])[0]["run_id"].as_str().unwrap().to_owned();
    env.success(&["restore", "--staged", "a.csv"]);
    env.success(&["restore", "a.csv"]);
    let before = env.json(&["log", "--json"]);
    env.mlv(&["hooks", "retry", &run]).expect_code(3);
    env.write(".mlv/mended", "");
    env.success(&["hooks", "retry", &run]);
    let shown = env.json(&["hooks", "show", &run, "--json"]);
    assert_eq!((&shown["status"], &shown["attempt"]), (&json!("passed"), &json!(3)));
    assert_eq!(env.json(&["log", "--json"]), before);
    assert_eq!(env.read("a.csv"), b"1\n");
    env.mlv(&["hooks", "retry", "r-999999"]).expect_code(1);
}

#[test]
fn a_scheduled_hook_runs_once_at_its_time_however_many_workers_look() {
    // The clock of the tests goes on by a minute with each command.
    let env = project(
        "  hourly: {on: {schedule: '0 * * * *'}, run: 'echo $MLV_EVENT $MLV_BRANCH >> \"$MLV_ROOT/.mlv/hourly\"'}\n",
    );
    env.success(&["hooks", "work", "--once"]);
    assert_eq!(lines(&env, "hourly"), 0, "one that was never seen waits for its time");
    let work = |time: &str| {
        let mut command = env.command(&["hooks", "work", "--once"]);
        command.env("MLV_COMMIT_DATE", time);
        let done = env.finish(command);
        assert_eq!(done.code, 0, "{done}");
    };
    std::thread::scope(|scope| {
        for _ in 0..4 {
            scope.spawn(|| work("2099-01-01T12:01:00Z"));
        }
    });
    assert_eq!(lines(&env, "hourly"), 1);
    work("2099-01-01T12:59:00Z");
    assert_eq!(lines(&env, "hourly"), 1);
    work("2099-01-01T13:00:00Z");
    work("2099-01-01T13:00:00Z");
    assert_eq!(lines(&env, "hourly"), 2);
    assert_eq!(env.read(".mlv/hourly"), b"schedule main\nschedule main\n");
    env.success(&["switch", "-c", "other"]);
    work("2099-01-01T14:30:00Z");
    assert_eq!(lines(&env, "hourly"), 3, "it runs on the default branch alone");
}

#[test]
fn a_log_is_followed_until_its_run_is_over() {
    let env = project(
        "  slow: {on: post-commit, async: true, run: 'echo first; while test ! -e \"$MLV_ROOT/.mlv/go\"; do sleep 0.02; done; echo last'}\n",
    );
    let run = runs(&env, &[])[0]["run_id"].as_str().unwrap().to_owned();
    let quiet = |arguments: &[&str]| {
        let mut command = env.command(arguments);
        command.stderr(Stdio::null());
        command
    };
    let follower = quiet(&["hooks", "log", &run, "-f"]).stdout(Stdio::piped()).spawn().unwrap();
    let mut worker = quiet(&["hooks", "work", "--once"]).stdout(Stdio::null()).spawn().unwrap();
    wait_until("it runs", || !runs(&env, &["--status", "running"]).is_empty());
    env.write(".mlv/go", "");
    let told = follower.wait_with_output().unwrap();
    assert_eq!((told.status.code(), told.stdout.as_slice()), (Some(0), &b"first\nlast\n"[..]));
    worker.wait().unwrap();
    let after = env.success(&["hooks", "log", "--follow"]).stdout;
    assert_eq!(after, "first\nlast\n");
}

#[test]
fn gc_removes_old_logs_and_keeps_what_the_journal_knows() {
    let env = project("  talks: {on: post-commit, run: echo hello}\n");
    let run = runs(&env, &[])[0]["run_id"].as_str().unwrap().to_owned();
    let log = env.path(format!(".mlv/runs/{run}.log.zst"));
    env.success(&["gc"]);
    assert!(log.exists());
    env.success(&["-c", "hooks.log_age=1ms", "gc"]);
    assert!(!Path::new(&log).exists());
    let gone = env.mlv(&["hooks", "log", &run]).expect_code(1);
    assert!(gone.stderr.contains("one that is gone: passed"), "{gone}");
    assert_eq!(env.json(&["hooks", "show", &run, "--json"])["tail"], json!(["hello"]));
}
