//! `mlv hooks work --remote`: workers that follow the log of a remote.

use std::path::Path;
use std::process::{Child, Stdio};
use std::time::{Duration, Instant, SystemTime};

use serde_json::{Value, json};

use crate::common::servers::{self, Server};
use crate::common::{Output, TestEnvironment};

#[track_caller]
fn at(env: &TestEnvironment, dir: &str, arguments: &[&str]) -> Output {
    env.success(&[&["-C", dir], arguments].concat())
}

/// A repository in `author/` with these hooks, whose `main` is at the remote `url`; merges that are
/// made there run no hooks. Hooks write beside all repositories, in `$SIDE`.
fn author_at(mut env: TestEnvironment, url: &str, hooks: &str) -> TestEnvironment {
    env.set_variable("MLV_TRUST_HOOKS", "1");
    env.success(&["init", "author"]);
    at(&env, "author", &["config", "set", "hooks.worker", "manual"]);
    at(&env, "author", &["config", "set", "hooks.post_merge", "remote"]);
    let side = env.path("side");
    std::fs::create_dir(&side).unwrap();
    let hooks = hooks.replace("$SIDE", &side.to_string_lossy());
    env.write("author/mlv.yaml", format!("version: 1\n{hooks}"));
    env.write("author/a.csv", "0\n");
    at(&env, "author", &["add", "."]);
    at(&env, "author", &["commit", "-m", "first"]);
    at(&env, "author", &["remote", "add", "origin", url]);
    at(&env, "author", &["push", "origin", "main"]);
    env
}

fn author(hooks: &str) -> TestEnvironment {
    let env = TestEnvironment::new();
    let store = store(&env);
    author_at(env, &store, hooks)
}

/// Returns where the remote is, where it is a folder.
fn store(env: &TestEnvironment) -> String {
    env.path("store").to_string_lossy().into_owned()
}

/// Clones the remote for a worker, which will see all that is pushed from now on.
fn worker(env: &TestEnvironment, name: &str) {
    worker_of(env, name, &store(env));
}

fn worker_of(env: &TestEnvironment, name: &str, url: &str) {
    env.success(&["clone", url, name]);
    at(env, name, &["config", "set", "hooks.worker", "manual"]);
    let idle = at(env, name, &["hooks", "work", "--remote", "origin", "--once"]);
    assert!(idle.stderr.contains("nothing waited"), "{idle}");
}

/// Merges a change of `a.csv` into `main`, and pushes it; returns the commit.
fn merge(env: &TestEnvironment, text: &str) -> String {
    let branch = format!("change-{text}");
    at(env, "author", &["switch", "-c", &branch]);
    env.write("author/a.csv", format!("{text}\n"));
    at(env, "author", &["commit", "-am", text]);
    at(env, "author", &["switch", "main"]);
    let merged = at(env, "author", &["merge", "--no-ff", &branch, "--json"]).json();
    at(env, "author", &["push", "origin", "main"]);
    merged["id"].as_str().unwrap().to_owned()
}

#[track_caller]
fn tip(env: &TestEnvironment, dir: &str, revision: &str) -> String {
    let log = at(env, dir, &["log", revision, "-n", "1", "--json"]).json();
    log[0]["id"].as_str().unwrap().to_owned()
}

#[track_caller]
fn work(env: &TestEnvironment, dir: &str) -> Output {
    at(env, dir, &["hooks", "work", "--remote", "origin", "--once"])
}

fn stays(env: &TestEnvironment, dir: &str) -> Child {
    let mut command = env.command(&["-C", dir, "hooks", "work", "--remote", "origin"]);
    command.stdout(Stdio::null()).stderr(Stdio::null()).spawn().unwrap()
}

fn kill(mut worker: Child) {
    worker.kill().unwrap();
    worker.wait().unwrap();
}

/// Returns the lines that hooks have written into a file beside the repositories.
fn side(env: &TestEnvironment, name: &str) -> Vec<String> {
    let path = env.path(Path::new("side").join(name));
    let text = std::fs::read_to_string(path).unwrap_or_default();
    text.lines().map(str::to_owned).collect()
}

fn runs(env: &TestEnvironment, dir: &str, arguments: &[&str]) -> Vec<Value> {
    let all =
        [&["hooks", "runs", "--remote", "origin", "--json", "-n", "1000"], arguments].concat();
    at(env, dir, &all).json().as_array().unwrap().clone()
}

#[track_caller]
fn wait_until(what: &str, holds: impl Fn() -> bool) {
    let start = Instant::now();
    while !holds() {
        assert!(start.elapsed() < Duration::from_mins(1), "it never came to this: {what}");
        std::thread::sleep(Duration::from_millis(50));
    }
}

const TELL: &str = "hooks:
  tell: {on: post-merge, branches: [main], run: 'echo $MLV_COMMIT >> $SIDE/tell'}
  more: {on: post-merge, needs: [tell], run: 'echo $MLV_REMOTE $MLV_BRANCH >> $SIDE/more'}
";

#[test]
fn of_several_workers_one_runs_the_hooks_of_each_merge() {
    let env = author(TELL);
    let workers = ["one", "two", "three"].map(|name| {
        worker(&env, name);
        stays(&env, name)
    });
    let mut merges: Vec<String> = (1..=10).map(|turn| merge(&env, &turn.to_string())).collect();
    wait_until("all is done", || runs(&env, "author", &["--hook", "tell"]).len() == 10);
    workers.into_iter().for_each(kill);
    // Nobody who comes later finds anything to do.
    assert!(work(&env, "two").stderr.contains("nothing waited"));
    // In the order of the log, whoever does it.
    assert_eq!(side(&env, "tell"), merges);
    assert_eq!(side(&env, "more"), vec!["origin main"; 10]);
    let known = runs(&env, "author", &["--hook", "tell"]);
    merges.reverse();
    let commits: Vec<_> = known.iter().map(|run| run["commit"].as_str().unwrap()).collect();
    assert_eq!(commits, merges);
    assert!(known.iter().all(|run| run["status"] == "passed" && run["worker"].is_string()));
    assert!(runs(&env, "author", &["--status", "failed"]).is_empty());
}

#[test]
fn workers_of_one_repository_share_the_events_too() {
    let env = author(TELL);
    worker(&env, "one");
    let merges: Vec<String> = (1..=4).map(|turn| merge(&env, &turn.to_string())).collect();
    std::thread::scope(|scope| {
        for _ in 0..3 {
            scope.spawn(|| work(&env, "one"));
        }
    });
    assert_eq!(side(&env, "tell"), merges);
    assert_eq!(runs(&env, "author", &[]).len(), 8);
}

#[test]
fn a_worker_that_is_killed_in_a_hook_is_replaced() {
    let env = author(
        "hooks:
  slow: {on: post-merge, run: 'echo $MLV_RUN_ID $MLV_ATTEMPT >> $SIDE/begun; while test ! -e $SIDE/go; do sleep 0.02; done; cat a.csv >> $SIDE/done'}
",
    );
    for name in ["one", "two"] {
        worker(&env, name);
        at(&env, name, &["config", "set", "hooks.lease", "1s"]);
    }
    let first = stays(&env, "one");
    merge(&env, "1");
    wait_until("the hook has begun", || side(&env, "begun").len() == 1);
    kill(first);
    let second = stays(&env, "two");
    wait_until("another worker has taken over", || side(&env, "begun").len() == 2);
    kill(second);
    // One of the repository where it began goes on with that run.
    env.write("side/go", "");
    assert!(work(&env, "one").stderr.contains("1 run of 1 event"));
    let begun = side(&env, "begun");
    assert_eq!(begun.len(), 3);
    assert_eq!(begun[2], begun[0].replace(" 1", " 2"));
    let known = runs(&env, "author", &[]);
    assert_eq!((known.len(), &known[0]["status"]), (1, &json!("passed")));
    // What the other one left half-done it forgets.
    assert!(work(&env, "two").stderr.contains("nothing waited"));
    at(&env, "two", &["add", "."]);
    assert_eq!(side(&env, "begun").len(), 3);
    merge(&env, "2");
    work(&env, "two");
    assert_eq!(side(&env, "done").last().unwrap(), "2");
}

#[test]
fn hooks_that_ran_or_wait_where_the_merge_was_made_do_not_run_again() {
    let env = author(
        "hooks:
  both: {on: [pre-merge, post-merge], run: 'echo $MLV_EVENT >> $SIDE/both'}
  later: {on: post-merge, async: true, run: 'echo x >> $SIDE/later'}
",
    );
    worker(&env, "one");
    at(&env, "author", &["config", "set", "hooks.post_merge", "here"]);
    merge(&env, "1");
    assert!(work(&env, "one").stderr.contains("nothing waited"));
    at(&env, "author", &["hooks", "work", "--once"]);
    assert_eq!((side(&env, "both").len(), side(&env, "later").len()), (2, 1));
    // What only judged the merge has not done what comes after it.
    at(&env, "author", &["config", "set", "hooks.post_merge", "remote"]);
    merge(&env, "2");
    assert!(work(&env, "one").stderr.contains("2 runs of 1 event"));
    assert_eq!((side(&env, "both").len(), side(&env, "later").len()), (4, 2));
}

#[test]
fn a_deployment_sees_the_merged_tree() {
    let env = author(
        "hooks:
  deploy: {on: post-merge, branches: [main], concurrency: production, run: 'cat a.csv b.csv > $SIDE/deployed; cp \"$MLV_CHANGED_FILES\" $SIDE/changed'}
",
    );
    worker(&env, "one");
    at(&env, "author", &["switch", "-c", "other"]);
    env.write("author/b.csv", "b\n");
    at(&env, "author", &["add", "."]);
    at(&env, "author", &["commit", "-m", "b"]);
    // A branch that is new at the remote, or a commit on another one, is no merge into `main`.
    at(&env, "author", &["push", "origin", "other"]);
    at(&env, "author", &["switch", "main"]);
    env.write("author/a.csv", "a\n");
    at(&env, "author", &["commit", "-am", "a"]);
    at(&env, "author", &["merge", "other"]);
    at(&env, "author", &["push", "origin", "main"]);
    assert!(work(&env, "one").stderr.contains("1 run of 1 event"));
    assert_eq!(side(&env, "deployed"), ["a", "b"]);
    assert_eq!(side(&env, "changed"), ["a.csv", "b.csv"]);
}

const TRAIN: &str = "
  train: {on: post-merge, branches: [main], inputs: [a.csv], outputs: [model], run: 'echo x >> $SIDE/trained; cat a.csv > model'}
";

#[test]
fn what_a_hook_makes_is_pushed_back_and_does_not_run_it_again() {
    let env = author(&format!("hooks:{TRAIN}"));
    worker(&env, "one");
    worker(&env, "two");
    merge(&env, "1");
    work(&env, "one");
    work(&env, "two");
    work(&env, "one");
    assert_eq!(side(&env, "trained").len(), 1);
    at(&env, "author", &["pull"]);
    assert_eq!(env.read("author/model"), b"1\n");
    assert_eq!(env.read("one/model"), b"1\n");
    let log = at(&env, "author", &["log", "-n", "1", "--json"]).json();
    assert_eq!(log[0]["meta"]["mlv.chain"], "train");
    // The next one builds on it, from another worker.
    merge(&env, "2");
    work(&env, "two");
    work(&env, "one");
    assert_eq!(side(&env, "trained").len(), 2);
    at(&env, "author", &["pull"]);
    assert_eq!(env.read("author/model"), b"2\n");
}

#[test]
fn what_a_hook_makes_lands_on_a_branch_that_moved_meanwhile() {
    let env = author(
        "hooks:
  train: {on: post-merge, branches: [main], inputs: [a.csv], outputs: [model], run: 'touch $SIDE/begun; while test ! -e $SIDE/go; do sleep 0.02; done; cat a.csv > model'}
",
    );
    worker(&env, "one");
    merge(&env, "1");
    let mut command = env.command(&["-C", "one", "hooks", "work", "--remote", "origin", "--once"]);
    let mut running = command.stdout(Stdio::null()).stderr(Stdio::null()).spawn().unwrap();
    env.wait_for("side/begun");
    env.write("author/b.csv", "b\n");
    at(&env, "author", &["add", "."]);
    at(&env, "author", &["commit", "-m", "more"]);
    at(&env, "author", &["push", "origin", "main"]);
    env.write("side/go", "");
    assert!(running.wait().unwrap().success());
    at(&env, "author", &["pull", "--ff-only"]);
    assert_eq!(
        (env.read("author/model"), env.read("author/b.csv")),
        (b"1\n".to_vec(), b"b\n".to_vec())
    );
}

#[test]
fn into_a_protected_branch_it_goes_by_its_own() {
    let env = author(&format!("branches:\n  main: {{protected: true}}\nhooks:{TRAIN}"));
    worker(&env, "one");
    worker(&env, "two");
    let merged = merge(&env, "1");
    work(&env, "one");
    merge(&env, "2");
    work(&env, "two");
    at(&env, "author", &["fetch"]);
    assert_ne!(tip(&env, "author", "origin/main"), merged);
    let model = at(&env, "author", &["cat", "origin/auto/train:model"]);
    assert_eq!(model.stdout, "2\n");
    assert_eq!(side(&env, "trained").len(), 2);
    // When it is merged, all of it is the hook's own work.
    at(&env, "author", &["merge", "origin/auto/train"]);
    at(&env, "author", &["push", "origin", "main"]);
    assert!(work(&env, "one").stderr.contains("nothing waited"));
}

#[test]
fn a_worker_may_begin_with_an_earlier_entry_and_remembers_where_it_is() {
    let env = author(TELL);
    merge(&env, "1");
    merge(&env, "2");
    env.success(&["clone", &store(&env), "late"]);
    assert!(work(&env, "late").stderr.contains("nothing waited"));
    let from = |entry: &str| {
        at(&env, "late", &["hooks", "work", "--remote", "origin", "--from", entry, "--once"])
    };
    assert!(from("3").stderr.contains("2 runs of 1 event"));
    assert!(from("1").stderr.contains("2 runs of 1 event"));
    assert!(from("1").stderr.contains("nothing waited"));
    merge(&env, "3");
    assert!(work(&env, "late").stderr.contains("2 runs of 1 event"));
}

/// Makes all files below a directory look as if they had been written two days ago.
fn age(dir: &Path) {
    for entry in std::fs::read_dir(dir).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            age(&path);
            continue;
        }
        let file = std::fs::File::options().write(true).open(path).unwrap();
        file.set_modified(SystemTime::now() - Duration::from_hours(48)).unwrap();
    }
}

#[test]
fn a_collection_clears_what_workers_and_probes_left_and_nothing_runs_again() {
    let env = author(TELL);
    worker(&env, "one");
    let id = merge(&env, "1");
    work(&env, "one");
    env.success(&["clone", &store(&env), "two"]);
    let again =
        || at(&env, "two", &["hooks", "work", "--remote", "origin", "--from", "1", "--once"]);
    // It learns that the work is done by a look at the clock of the remote, which stays behind.
    assert!(again().stderr.contains("nothing waited"));
    let clock = env.path("store/claims/0000000000000002/main/clock");
    env.write("store/probe/00000000000000ff", "writer 1\n");
    let gc = || at(&env, "author", &["gc", "--remote", "origin", "--json"]).json();
    assert_eq!((&gc()["leftovers_removed"], clock.exists()), (&json!(0), true));
    age(&env.path("store"));
    let planned = at(&env, "author", &["gc", "--remote", "origin", "--dry-run", "--json"]).json();
    assert_eq!((&planned["leftovers_removed"], clock.exists()), (&json!(0), true));
    let told = at(&env, "author", &["gc", "--remote", "origin"]);
    assert_eq!((told.stdout.as_str(), clock.exists()), ("nothing to free\n", false));
    assert_eq!(told.stderr, "removed 2 leftovers of workers and of probes\n");
    assert!(!env.path("store/probe/00000000000000ff").exists());
    assert!(again().stderr.contains("nothing waited"));
    assert_eq!(side(&env, "tell"), [id]);
    assert_eq!(runs(&env, "author", &["--hook", "tell"]).len(), 1);
}

#[test]
fn hooks_that_nobody_trusts_wait() {
    let env = author(TELL);
    worker(&env, "one");
    merge(&env, "1");
    let mut command = env.command(&["-C", "one", "hooks", "work", "--remote", "origin", "--once"]);
    command.env_remove("MLV_TRUST_HOOKS");
    let refused = env.finish(command).expect_code(3);
    assert!(refused.stderr.contains("mlv hooks trust origin/main"), "{refused}");
    assert_eq!(side(&env, "tell").len(), 0);
    assert!(work(&env, "one").stderr.contains("2 runs of 1 event"));
}

#[test]
fn workers_share_the_events_of_a_bucket() {
    if servers::are_skipped() {
        return;
    }
    let server = Server::s3();
    let mut env = TestEnvironment::new();
    for (name, value) in &server.variables {
        env.set_variable(name, value);
    }
    let env = author_at(env, server.url, TELL);
    worker_of(&env, "one", server.url);
    worker_of(&env, "two", server.url);
    let merges: Vec<String> = (1..=3).map(|turn| merge(&env, &turn.to_string())).collect();
    std::thread::scope(|scope| {
        for name in ["one", "two"] {
            scope.spawn(|| work(&env, name));
        }
    });
    assert_eq!(side(&env, "tell"), merges);
    assert_eq!(runs(&env, "author", &["--hook", "tell"]).len(), 3);
}
