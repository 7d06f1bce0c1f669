//! mlv killed around hooks, and many at once. What is to hold: a branch stands where it stood or where
//! it was to go, every run is accounted for, and hooks after a deed run if it was done and only then.
//! `MLV_CRASH_ROUNDS` makes the runs longer, `MLV_CRASH_SEED` other ones.

use std::collections::BTreeSet;
use std::io::{BufRead, BufReader};
use std::process::Stdio;

use serde_json::{Value, json};

use crate::common::TestEnvironment;
use crate::common::model::{Dice, parameter};

/// What mlv tells of itself (`MLV_LOG`) at the points where it is killed, in the order of a merge.
const POINTS: [&str; 9] = [
    "wrote into the journal status=queued",
    "laid out a sandbox",
    "wrote into the journal status=running",
    "wrote into the journal status=passed",
    "stored the commit",
    "recorded",
    "took up a noted event",
    "wrote into the journal status=passed event=post-merge",
    "struck a noted event",
];

const HOOKS: &str = "\
version: 1
branches: {main: {protected: true}}
hooks:
  first: {on: pre-merge, run: 'test -e data'}
  second: {on: pre-merge, needs: [first], run: 'mkdir -p made; date > made/now', outputs: [made/**], cache: false}
  after: {on: post-merge, run: 'echo $MLV_COMMIT $MLV_RUN_ID >> \"$MLV_ROOT/.mlv/after\"'}
  then: {on: post-merge, needs: [after], run: 'echo $MLV_COMMIT >> \"$MLV_ROOT/.mlv/then\"'}
";

fn project(hooks: &str) -> TestEnvironment {
    let env = TestEnvironment::new();
    env.success(&["init"]);
    env.success(&["config", "set", "hooks.worker", "manual"]);
    env.write("mlv.yaml", hooks);
    env.write("data", "0");
    env.success(&["add", "."]);
    env.success(&["commit", "-m", "first"]);
    env
}

fn tip(env: &TestEnvironment, branch: &str) -> String {
    env.json(&["log", branch, "-n", "1", "--json"])[0]["id"].as_str().unwrap().to_owned()
}

fn lines(env: &TestEnvironment, name: &str) -> Vec<String> {
    let text = std::fs::read_to_string(env.path(format!(".mlv/{name}"))).unwrap_or_default();
    text.lines().map(str::to_owned).collect()
}

fn runs(env: &TestEnvironment) -> Vec<Value> {
    env.json(&["hooks", "runs", "-n", "100000", "--json"]).as_array().unwrap().clone()
}

/// Starts a merge and kills it when it has told the `turn`th time that it is at this point; tells
/// whether it came there.
fn kill_at(env: &TestEnvironment, point: &str, turn: u64) -> bool {
    let mut command = env.command(&["merge", "side", "--into", "main"]);
    command.env("MLV_LOG", "debug").stdout(Stdio::null()).stderr(Stdio::piped());
    let mut child = command.spawn().unwrap();
    let told = BufReader::new(child.stderr.take().unwrap()).lines().map_while(Result::ok);
    let words: Vec<&str> = point.split(' ').collect();
    let came = told
        .filter(|line| words.iter().all(|word| line.contains(word)))
        .nth(usize::try_from(turn).unwrap())
        .is_some();
    child.kill().unwrap();
    child.wait().unwrap();
    came
}

#[test]
fn a_merge_that_is_killed_at_any_point_is_whole_or_was_never_there() {
    let env = project(HOOKS);
    env.success(&["switch", "-c", "side"]);
    let mut dice = Dice::new(parameter("MLV_CRASH_SEED", 1));
    let (mut killed, mut moved) = (0, 0);
    for round in 0..parameter("MLV_CRASH_ROUNDS", POINTS.len() as u64) {
        env.write("data", format!("round {round}"));
        env.success(&["commit", "-am", &format!("round {round}")]);
        let (before, side) = (tip(&env, "main"), tip(&env, "side"));
        let earlier = ["after", "then"].map(|name| lines(&env, name).len());
        let point = POINTS[round as usize % POINTS.len()];
        killed += u64::from(kill_at(&env, point, dice.below(2)));
        let place = format!("round {round}, {point}");
        // The first command that changes something settles what the kill left behind.
        env.success(&["add", "."]);
        let after = tip(&env, "main");
        let merged = after != before;
        moved += u64::from(merged);
        for (name, earlier) in ["after", "then"].into_iter().zip(earlier) {
            let new = lines(&env, name).split_off(earlier);
            let told = new.iter().all(|line| line.starts_with(&after));
            assert!(told && new.is_empty() != merged, "{place}: `{name}` ran on {new:?}");
        }
        if merged {
            let parents = env.json(&["log", "main", "-n", "1", "--json"])[0]["parents"].clone();
            assert_eq!(parents, json!([before, side]), "{place}");
        }
        for run in runs(&env) {
            let status = run["status"].as_str().unwrap();
            assert!(!matches!(status, "queued" | "running"), "{place}: {run}");
            let late = run["event"] == "post-merge";
            assert!(!late || status == "passed", "{place}: {run}");
        }
        if !merged {
            env.success(&["merge", "side", "--into", "main"]);
        }
    }
    assert!(killed > 0 && moved > 0, "{killed} were killed, {moved} had moved the branch");
    // A run id is the key by which a hook knows that it runs again.
    let known: BTreeSet<String> =
        runs(&env).iter().map(|run| run["run_id"].as_str().unwrap().to_owned()).collect();
    for line in lines(&env, "after") {
        let run_id = line.split(' ').nth(1).unwrap();
        assert!(known.contains(run_id), "run {run_id} is not in the journal");
    }
    env.success(&["fsck"]);
}

#[test]
fn what_a_killed_merge_left_over_is_run_once_more_under_the_same_run_id() {
    let env = project(&HOOKS.replace("'echo $MLV_COMMIT >> \"$MLV_ROOT/.mlv/then\"'", "'echo $MLV_RUN_ID $MLV_ATTEMPT >> \"$MLV_ROOT/.mlv/then\"; test $MLV_ATTEMPT = 2 || kill -9 $PPID; sleep 0.2'"));
    env.success(&["switch", "-c", "side"]);
    env.write("data", "1");
    env.success(&["commit", "-am", "side"]);
    let mut command = env.command(&["merge", "side", "--into", "main"]);
    assert_eq!(command.output().unwrap().status.code(), None, "the hook kills mlv");
    env.success(&["add", "."]);
    let told: Vec<String> = lines(&env, "then");
    let (first, second) =
        (told[0].strip_suffix(" 1").unwrap(), told[1].strip_suffix(" 2").unwrap());
    assert_eq!(first, second);
    assert_eq!(lines(&env, "after").len(), 1, "what has passed is not run again");
}

const SLOW: &str = "\
version: 1
hooks:
  gate: {on: pre-commit, run: 'echo $MLV_TREE >> \"$MLV_ROOT/.mlv/judged\"; sleep 0.2'}
";

#[test]
fn commits_at_once_land_or_are_told_and_no_gate_judges_a_tree_twice() {
    let env = project(SLOW);
    let begin = runs(&env).len();
    let codes: Vec<i32> = std::thread::scope(|scope| {
        let commit = |number: u64| {
            let env = &env;
            scope.spawn(move || {
                let path = format!("file{number}");
                env.write(&path, number.to_string());
                loop {
                    let added = env.mlv(&["add", &path]);
                    if added.code == 0 {
                        break;
                    }
                }
                env.mlv(&["commit", &path, "-m", &format!("commit {number}")]).code
            })
        };
        let all: Vec<_> = (0..8).map(commit).collect();
        all.into_iter().map(|one| one.join().unwrap()).collect()
    });
    // 1: another commit has taken the file along.
    assert!(codes.iter().all(|code| matches!(code, 0 | 1 | 5)), "{codes:?}");
    let landed = codes.iter().filter(|code| **code == 0).count();
    assert!(landed > 0, "{codes:?}");
    let commits = env.json(&["log", "--json"]).as_array().unwrap().len();
    assert_eq!(commits, 1 + landed);
    let judged = lines(&env, "judged");
    let distinct: BTreeSet<&String> = judged.iter().collect();
    assert_eq!(judged.len(), distinct.len(), "a gate judged a tree twice");
    let all = runs(&env);
    assert!(all.iter().all(|run| run["status"] == "passed"), "{all:?}");
    let ran = all[..all.len() - begin].iter().filter(|run| run["cached"] == false).count();
    assert_eq!(ran + 1, judged.len(), "a run is not in the journal");
    env.success(&["fsck"]);
}
