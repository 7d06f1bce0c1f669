//! A push that dies between its landing at the remote and its own note of that: what is to follow it
//! runs if it landed, once somebody looks, and never if it did not.

use std::io::{BufRead, BufReader};
use std::path::PathBuf;
use std::process::{Child, Stdio};
use std::time::{Duration, Instant};

use rusqlite::Connection;
use rustix::process::{Pid, Signal, kill_process};
use serde_json::{Value, json};

use crate::common::Team;

const HOOKS: &str = "\
version: 1
hooks:
  told: {on: post-push, run: 'echo $MLV_COMMIT $MLV_REMOTE $MLV_BRANCH >> \"$MLV_ROOT/.mlv/told\"'}
";

/// What mlv says (`MLV_LOG`) when it has noted what is to follow, and has sent no entry yet.
const POINT: &str = "noted what follows a landing";

/// Starts a push, and stops the process where it has come to the point.
fn begin(team: &Team) -> Child {
    let mut command = team.env.command(&["-C", "ada", "push"]);
    command.env("MLV_LOG", "debug").stdout(Stdio::null()).stderr(Stdio::piped());
    let mut child = command.spawn().unwrap();
    let mut told = BufReader::new(child.stderr.take().unwrap());
    let mut line = String::new();
    while !line.contains(POINT) {
        line.clear();
        assert!(told.read_line(&mut line).unwrap() > 0, "it never came to the point");
    }
    // Were its words not read any more, it would end of that.
    std::thread::spawn(move || std::io::copy(&mut told, &mut std::io::sink()));
    child
}

fn kill(mut child: Child) {
    child.kill().unwrap();
    child.wait().unwrap();
}

/// Returns the database of ada's repository.
fn database(team: &Team) -> Connection {
    let database = Connection::open(team.env.path("ada/.mlv/repo.db")).unwrap();
    database.busy_timeout(Duration::from_secs(20)).unwrap();
    database
}

/// Returns the events that are noted.
fn noted(team: &Team) -> Vec<Value> {
    let database = database(team);
    let mut rows = database.prepare("SELECT context FROM pending ORDER BY number").unwrap();
    let texts = rows.query_map([], |row| row.get::<_, String>(0)).unwrap();
    texts.map(|text| serde_json::from_str(&text.unwrap()).unwrap()).collect()
}

/// Lets so much time pass, as far as the noted events know.
fn grow_older(team: &Team, seconds: i64) {
    for mut event in noted(team) {
        let since = event["landing"]["since"].as_i64().unwrap();
        event["landing"]["since"] = json!(since - seconds);
        let changed =
            database(team).execute("UPDATE pending SET context = ?1", (event.to_string(),));
        assert_eq!(changed.unwrap(), 1);
    }
}

fn told(team: &Team) -> Vec<String> {
    let path = team.env.path("ada/.mlv/told");
    let text = std::fs::read_to_string(path).unwrap_or_default();
    text.lines().map(str::to_owned).collect()
}

fn entries(team: &Team) -> usize {
    let log = PathBuf::from(team.url()).join("refs/log");
    std::fs::read_dir(log).unwrap().count()
}

/// Pushes a commit, and dies where it has landed and nothing of that is written down here; returns the
/// commit, and how much hooks had told before.
fn land_and_die(team: &Team) -> (String, usize) {
    for round in 0..20 {
        team.commit("ada", &format!("file-{round}"), "2\n");
        let commit = team.id("ada", "HEAD");
        let before = (entries(team), told(team).len());
        let mut push = begin(team);
        // Whoever holds the database keeps it from being written.
        let held = database(team);
        held.execute_batch("BEGIN IMMEDIATE").unwrap();
        let start = Instant::now();
        while entries(team) == before.0 && push.try_wait().unwrap().is_none() {
            assert!(start.elapsed() < Duration::from_secs(20), "it never landed");
            std::thread::sleep(Duration::from_millis(5));
        }
        // It may have been faster than the lock: then another one is tried.
        let is_noted = noted(team).iter().any(|event| event["landing"].is_object());
        kill(push);
        held.execute_batch("ROLLBACK").unwrap();
        drop(held);
        if is_noted && told(team).len() == before.1 {
            assert_eq!(team.there("refs/heads/main"), Some(commit.clone()));
            return (commit, before.1);
        }
        team.success("ada", &["fetch"]);
    }
    panic!("it was never slow enough");
}

#[test]
fn hooks_after_a_push_that_landed_run_with_the_next_command() {
    let team = Team::with_hooks(HOOKS);
    let (commit, begin) = land_and_die(&team);
    team.env.write("ada/third", "3\n");
    let next = team.success("ada", &["add", "third"]);
    assert!(next.stderr.contains("running the post-push hooks that a crash left over"), "{next}");
    assert_eq!(told(&team).split_off(begin), [format!("{commit} origin main")]);
    assert_eq!(noted(&team), Vec::<Value>::new());
    let run = team.json("ada", &["hooks", "runs", "-n", "1"])[0].clone();
    assert_eq!((&run["event"], &run["status"]), (&json!("post-push"), &json!("passed")));
    team.success("ada", &["push"]);
    assert_eq!(told(&team).len(), begin + 1, "it was pushed already");
}

#[test]
fn hooks_after_a_push_that_did_not_land_never_run() {
    let team = Team::with_hooks(HOOKS);
    let begun = told(&team).len();
    team.commit("ada", "second", "2\n");
    let commit = team.id("ada", "HEAD");
    // It is stopped at the point; where it was faster than that, it is tried again.
    let mut stopped = None;
    for round in 0..20 {
        let before = entries(&team);
        let push = begin(&team);
        kill_process(Pid::from_child(&push), Signal::STOP).unwrap();
        std::thread::sleep(Duration::from_millis(20));
        kill(push);
        if entries(&team) == before {
            stopped = Some(round);
            break;
        }
        team.success("ada", &["fetch"]);
        team.commit("ada", &format!("again-{round}"), "2\n");
    }
    let Some(round) = stopped else { panic!("it always landed") };
    let commit = if round == 0 { commit } else { team.id("ada", "HEAD") };
    let landed = told(&team).len();
    assert_eq!(noted(&team).len(), 1);
    // What was sent may be on its way yet: it is not forgotten at once.
    team.env.write("ada/third", "3\n");
    team.success("ada", &["add", "third"]);
    assert_eq!((noted(&team).len(), told(&team).len()), (1, landed.max(begun)));
    grow_older(&team, 60);
    let quiet = team.success("ada", &["add", "third"]);
    assert!(!quiet.stderr.contains("crash"), "{quiet}");
    assert_eq!((noted(&team).len(), told(&team).len()), (0, landed.max(begun)));
    team.success("ada", &["push"]);
    let last = told(&team).pop().unwrap();
    assert_eq!(last, format!("{commit} origin main"));
    assert_eq!(told(&team).len(), landed.max(begun) + 1);
}

#[test]
fn whether_a_push_landed_is_asked_again_while_the_remote_cannot_be_reached() {
    let team = Team::with_hooks(HOOKS);
    let (_, begun) = land_and_die(&team);
    grow_older(&team, 60);
    let (remote, away) = (PathBuf::from(team.url()), team.env.path("away"));
    std::fs::rename(&remote, &away).unwrap();
    team.env.write("ada/third", "3\n");
    let next = team.success("ada", &["add", "third"]);
    assert!(next.stderr.contains("whether it landed cannot be asked now"), "{next}");
    assert_eq!((noted(&team).len(), told(&team).len()), (1, begun));
    std::fs::rename(&away, &remote).unwrap();
    team.success("ada", &["add", "third"]);
    assert_eq!((noted(&team).len(), told(&team).len()), (0, begun + 1));
}

#[test]
fn a_push_that_is_refused_leaves_nothing_noted() {
    let team = Team::with_hooks(HOOKS);
    team.clone("bob");
    team.commit("bob", "theirs", "b\n");
    team.success("bob", &["push"]);
    let begun = told(&team).len();
    team.commit("ada", "mine", "a\n");
    team.run("ada", &["push"]).expect_code(5);
    assert_eq!((noted(&team).len(), told(&team).len()), (0, begun));
}
