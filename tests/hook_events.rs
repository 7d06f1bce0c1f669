//! Every event that fires: once, in order, with what it tells; and what it can refuse.

use std::process::{Child, Stdio};

use rustix::process::{Pid, Signal, kill_process};
use serde_json::{Value, json};

use crate::common::TestEnvironment;

/// Notes the event and what it was told, and refuses where a file of the event's name asks for that.
const RECORD: &str = r#"
    cache: false
    run: |
      cat > "$MLV_ROOT/.mlv/$MLV_EVENT.json"
      echo "$MLV_EVENT" >> "$MLV_ROOT/.mlv/events"
      test ! -e "$MLV_ROOT/.mlv/refuse-$MLV_EVENT"
"#;

/// The events that make no commit by themselves, each with a `pre-` and a `post-`.
const VERBS: &[&str] =
    &["branch", "branch-delete", "tag", "tag-delete", "switch", "revert", "cherry-pick"];

/// Returns a repository of two commits with these hooks, nothing recorded yet.
fn project(definitions: &str) -> TestEnvironment {
    let env = TestEnvironment::new();
    env.success(&["init"]);
    env.write("mlv.yaml", definitions);
    env.write("a.csv", "1\n");
    env.success(&["add", "."]);
    env.success(&["commit", "-m", "first"]);
    env.write("a.csv", "1\n2\n");
    env.success(&["commit", "-am", "second"]);
    forget(&env);
    env
}

/// Returns a repository with two hooks: one for commits and merges, one for all other events.
fn recorded() -> TestEnvironment {
    let both = |verb: &&str| format!("pre-{verb}, post-{verb}");
    let verbs = VERBS.iter().map(both).collect::<Vec<_>>().join(", ");
    let lands = "pre-commit, post-commit, pre-merge, post-merge";
    project(&format!(
        "version: 1\nhooks:\n  lands:\n    on: [{lands}]{RECORD}  names:\n    on: [{verbs}]{RECORD}"
    ))
}

fn forget(env: &TestEnvironment) {
    let _ = std::fs::remove_file(env.path(".mlv/events"));
}

/// Takes the events that fired since the last time.
fn fired(env: &TestEnvironment) -> Vec<String> {
    let text = std::fs::read_to_string(env.path(".mlv/events")).unwrap_or_default();
    forget(env);
    text.lines().map(str::to_owned).collect()
}

fn told(env: &TestEnvironment, event: &str) -> Value {
    serde_json::from_slice(&env.read(format!(".mlv/{event}.json"))).unwrap()
}

fn commit(env: &TestEnvironment, revision: &str) -> Value {
    env.json(&["log", revision, "-n", "1", "--json"])[0].clone()
}

/// Everything that a refusal must leave as it was.
fn state(env: &TestEnvironment) -> Value {
    json!([
        env.json(&["branch", "--json"]),
        env.json(&["tag", "--json"]),
        env.json(&["status", "--json"]),
        env.json(&["op", "log", "--json"]),
        String::from_utf8(env.read("a.csv")).unwrap(),
    ])
}

#[track_caller]
fn fires(env: &TestEnvironment, line: &str, events: &[&str]) {
    let arguments: Vec<&str> = line.split_whitespace().collect();
    env.success(&arguments);
    assert_eq!(fired(env), events, "mlv {line}");
}

#[test]
fn each_deed_fires_its_events_once_and_in_order() {
    let env = recorded();
    let (branch, deleted) =
        (["pre-branch", "post-branch"], ["pre-branch-delete", "post-branch-delete"]);
    let (tag, switch) = (["pre-tag", "post-tag"], ["pre-switch", "post-switch"]);
    fires(&env, "branch feature", &branch);
    fires(&env, "branch -f feature HEAD~1", &branch);
    let renamed = ["pre-branch", "pre-branch-delete", "post-branch", "post-branch-delete"];
    fires(&env, "branch -m feature renamed", &renamed);
    fires(&env, "branch -d renamed", &deleted);
    fires(&env, "tag v1 -m release", &tag);
    fires(&env, "tag -f v1 HEAD~1", &tag);
    fires(&env, "tag -d v1", &["pre-tag-delete", "post-tag-delete"]);
    let made = ["pre-branch", "pre-switch", "post-branch", "post-switch"];
    fires(&env, "switch -c side", &made);
    fires(&env, "switch main", &switch);
    fires(&env, "switch --detach HEAD~1", &switch);
    fires(&env, "switch -", &switch);
    fires(&env, "branch -D side", &deleted);
    let lands = ["pre-commit", "post-commit"];
    fires(&env, "commit --allow-empty -m third", &lands);
    let reverted = ["pre-revert", "pre-commit", "post-commit", "post-revert"];
    fires(&env, "revert HEAD~1", &reverted);
    env.success(&["switch", "-c", "other"]);
    env.write("b.csv", "b\n");
    env.success(&["add", "b.csv"]);
    env.success(&["commit", "-m", "b"]);
    env.success(&["switch", "main"]);
    forget(&env);
    let picked = ["pre-cherry-pick", "pre-commit", "post-commit", "post-cherry-pick"];
    fires(&env, "cherry-pick other", &picked);
    fires(&env, "merge other", &["pre-merge", "post-merge"]);
}

#[test]
fn deeds_that_move_nothing_and_the_ways_back_fire_nothing() {
    let env = recorded();
    env.success(&["branch", "side"]);
    forget(&env);
    fires(&env, "switch main", &[]);
    fires(&env, "branch -f side main", &[]);
    fires(&env, "branch -m side side", &[]);
    env.write("a.csv", "work\n");
    fires(&env, "stash", &[]);
    fires(&env, "stash pop", &[]);
    fires(&env, "reset --hard HEAD~1", &[]);
    fires(&env, "undo", &[]);
    fires(&env, "redo", &[]);
    fires(&env, "clone . ../copy", &[]);
}

#[test]
fn before_the_first_commit_there_are_no_hooks_to_fire() {
    let env = TestEnvironment::new();
    env.success(&["init"]);
    env.success(&["switch", "-c", "begin"]);
    env.success(&["branch", "-m", "start"]);
    env.mlv(&["branch", "other"]).expect_code(1);
    env.mlv(&["tag", "v1"]).expect_code(1);
    env.mlv(&["revert", "HEAD"]).expect_code(1);
}

/// The whole payload of an event about a commit.
fn payload(env: &TestEnvironment, event: &str, about: &Value, facts: &Value) -> Value {
    let mut expected = json!({
        "schema": 1, "event": event, "hook": "names", "run_id": told(env, event)["run_id"],
        "root": env.root().display().to_string(), "branch": null, "source_branch": null,
        "target_branch": null, "tag": null, "remote": null, "tree": about["tree"], "commit": about["id"],
        "base_commit": null, "parents": about["parents"], "message": about["message"],
        "author": about["author"], "time": about["time"], "meta": {}, "changes": [], "git": null,
        "model": null, "deployment": null, "cause": null,
    });
    for (key, value) in facts.as_object().unwrap() {
        expected[key] = value.clone();
    }
    expected
}

#[track_caller]
fn tells(env: &TestEnvironment, line: &str, events: &[&str], about: &Value, facts: &Value) {
    let arguments: Vec<&str> = line.split_whitespace().collect();
    env.success(&arguments);
    for event in events {
        assert_eq!(told(env, event), payload(env, event, about, facts), "{event} of mlv {line}");
    }
}

#[test]
fn events_of_branches_and_tags_tell_the_name_and_its_commit() {
    let env = recorded();
    let (first, second) = (commit(&env, "HEAD~1"), commit(&env, "HEAD"));
    let change = json!([{"path": "a.csv", "change": "modified"}]);
    let made = ["pre-branch", "post-branch"];
    let here = json!({"branch": "x", "source_branch": "main", "target_branch": "x"});
    tells(&env, "branch x", &made, &second, &here);
    let moved = json!({"branch": "x", "base_commit": second["id"], "changes": change});
    tells(&env, "branch -f x HEAD~1", &made, &first, &moved);
    let renamed = json!({"branch": "y", "source_branch": "x", "target_branch": "y"});
    tells(&env, "branch -m x y", &made, &first, &renamed);
    let gone = ["pre-branch-delete", "post-branch-delete"];
    for event in gone {
        assert_eq!(told(&env, event), payload(&env, event, &first, &json!({"branch": "x"})));
    }
    tells(&env, "branch -D y", &gone, &first, &json!({"branch": "y"}));
    let tagged = ["pre-tag", "post-tag"];
    tells(&env, "tag v1 -m release", &tagged, &second, &json!({"tag": "v1", "message": "release"}));
    let moved = json!({"tag": "v1", "base_commit": second["id"], "changes": change});
    tells(&env, "tag -f v1 HEAD~1", &tagged, &first, &moved);
    let gone = ["pre-tag-delete", "post-tag-delete"];
    tells(&env, "tag -d v1", &gone, &first, &json!({"tag": "v1"}));
}

#[test]
fn events_of_a_switch_tell_both_sides() {
    let env = recorded();
    let (first, second) = (commit(&env, "HEAD~1"), commit(&env, "HEAD"));
    let switch = ["pre-switch", "post-switch"];
    let change = json!([{"path": "a.csv", "change": "modified"}]);
    let left = json!({
        "source_branch": "main", "base_commit": second["id"], "changes": change,
    });
    tells(&env, "switch --detach HEAD~1", &switch, &first, &left);
    let back = json!({"branch": "main", "base_commit": first["id"], "changes": change});
    tells(&env, "switch main", &switch, &second, &back);
    let made = json!({
        "branch": "side", "source_branch": "main", "target_branch": "side",
        "base_commit": second["id"],
    });
    tells(&env, "switch -c side", &switch, &second, &made);
}

#[test]
fn before_and_after_a_revert_and_a_pick_hooks_are_told_of_the_same_tree() {
    let env = recorded();
    let second = commit(&env, "HEAD");
    env.success(&["revert", "HEAD"]);
    let done = commit(&env, "HEAD");
    for (event, id) in [
        ("pre-revert", &Value::Null),
        ("pre-commit", &Value::Null),
        ("post-commit", &done["id"]),
        ("post-revert", &done["id"]),
    ] {
        let told = told(&env, event);
        assert_eq!((&told["tree"], &told["commit"]), (&done["tree"], id), "{event}");
        let around = (&told["base_commit"], &told["message"], &told["branch"]);
        assert_eq!(around, (&second["id"], &done["message"], &json!("main")));
        assert_eq!(told["changes"], json!([{"path": "a.csv", "change": "modified"}]));
    }
    env.success(&["branch", "better", &second["id"].as_str().unwrap()[..12]]);
    env.success(&["cherry-pick", "better"]);
    let (done, told) = (commit(&env, "HEAD"), told(&env, "post-cherry-pick"));
    assert_eq!((&told["commit"], &told["tree"]), (&done["id"], &done["tree"]));
    assert_eq!(
        (&told["source_branch"], &told["target_branch"]),
        (&json!("better"), &json!("main"))
    );
}

#[test]
fn a_refusal_before_any_deed_exits_with_3_and_changes_nothing() {
    let env = recorded();
    env.success(&["branch", "side", "HEAD~1"]);
    env.success(&["tag", "v1"]);
    for (event, line) in [
        ("pre-branch", "branch new"),
        ("pre-branch", "branch -f side HEAD"),
        ("pre-branch", "branch -m side new"),
        ("pre-branch", "switch -c new"),
        ("pre-branch-delete", "branch -D side"),
        ("pre-branch-delete", "branch -m side new"),
        ("pre-tag", "tag v2"),
        ("pre-tag", "tag -f v1 side"),
        ("pre-tag-delete", "tag -d v1"),
        ("pre-switch", "switch side"),
        ("pre-switch", "switch -c new"),
        ("pre-revert", "revert HEAD"),
        ("pre-commit", "revert HEAD"),
    ] {
        let before = state(&env);
        env.write(format!(".mlv/refuse-{event}"), "");
        let arguments: Vec<&str> = line.split_whitespace().collect();
        let refused = env.mlv(&arguments).expect_code(3);
        assert!(refused.stderr.contains("mlv hooks log r-"), "{refused}");
        assert_eq!(state(&env), before, "mlv {line}");
        std::fs::remove_file(env.path(format!(".mlv/refuse-{event}"))).unwrap();
    }
}

#[test]
fn a_refusal_says_what_refused_and_that_nothing_was_changed() {
    let env = project(
        "version: 1\nhooks:\n  named-well: {on: pre-branch, run: 'echo \"$MLV_BRANCH\" | grep -q /'}\n",
    );
    insta::assert_snapshot!(env.screen("mlv branch odd").without_times(), @r"
    $ mlv branch odd
    [stderr]
    pre-branch of odd
      ✗ named-well    exit code 1                            0.0s
    error: branch refused by `named-well`; nothing was changed
    hint: full log: `mlv hooks log r-000001`
    [exit code 3]
    ");
    env.success(&["branch", "team/even"]);
    env.success(&["-q", "switch", "-c", "team/odd"]);
}

#[test]
fn a_pick_that_its_hook_refuses_changes_nothing() {
    let env = recorded();
    env.success(&["switch", "-c", "side", "HEAD~1"]);
    env.write("b.csv", "b\n");
    env.success(&["add", "b.csv"]);
    env.success(&["commit", "-m", "b"]);
    env.success(&["switch", "main"]);
    env.write(".mlv/refuse-pre-cherry-pick", "");
    let before = state(&env);
    let refused = env.mlv(&["cherry-pick", "side"]).expect_code(3);
    assert!(refused.stderr.contains("error: cherry-pick refused by `names`"), "{refused}");
    assert_eq!(state(&env), before);
}

#[test]
fn a_hook_that_names_the_verb_and_the_commit_runs_once_for_the_verb() {
    let env = project(
        "version: 1\nhooks:\n  both: {on: [pre-commit, pre-revert, post-revert, post-commit], run: ':'}\n",
    );
    env.success(&["revert", "HEAD"]);
    let runs = env.json(&["hooks", "runs", "-n", "2", "--json"]);
    let events: Vec<_> = runs.as_array().unwrap().iter().map(|run| &run["event"]).collect();
    assert_eq!(events, ["post-revert", "pre-revert"]);
    assert_eq!(runs[0]["commit"], commit(&env, "HEAD")["id"]);
}

#[test]
fn outputs_before_a_revert_enter_its_commit() {
    let env = project(
        "version: 1\nhooks:\n  count: {on: pre-revert, outputs: [rows], run: 'wc -l < a.csv > rows'}\n",
    );
    let done = env.json(&["revert", "HEAD", "--json"]);
    assert_eq!(
        (&done["files_changed"], &done["hooks"][0]["event"]),
        (&json!(2), &json!("pre-revert"))
    );
    assert_eq!(env.read("rows").trim_ascii(), b"1");
}

#[test]
fn a_failure_after_the_deed_is_loud_and_the_deed_stands() {
    let env = recorded();
    env.write(".mlv/refuse-post-tag", "");
    env.write(".mlv/refuse-post-switch", "");
    let tagged = env.success(&["tag", "v1"]);
    assert!(
        tagged.stderr.contains("warning: `names` failed after the tagging, which stands"),
        "{tagged}"
    );
    let switched = env.json(&["switch", "-c", "side", "--json"]);
    let hooks = switched["hooks"].as_array().unwrap();
    let ends: Vec<_> = hooks.iter().map(|run| (&run["event"], &run["status"])).collect();
    assert_eq!(
        json!(ends),
        json!([
            ["pre-branch", "passed"],
            ["pre-switch", "passed"],
            ["post-branch", "passed"],
            ["post-switch", "failed"],
        ])
    );
    assert_eq!(env.json(&["tag", "--json"])[0]["name"], "v1");
}

#[test]
fn a_switch_asks_the_branch_one_leaves_before_and_the_one_one_arrives_at_after() {
    let hook = |event: &str| format!("version: 1\nhooks:\n  look: {{on: {event}, run: ':'}}\n");
    let env = project(&hook("pre-switch"));
    env.success(&["switch", "-c", "side"]);
    env.write("mlv.yaml", hook("post-switch"));
    env.success(&["commit", "-am", "other hooks"]);
    let events = |line: &str| {
        let arguments: Vec<&str> = line.split_whitespace().collect();
        let hooks = env.json(&arguments)["hooks"].clone();
        hooks.as_array().unwrap().iter().map(|run| run["event"].clone()).collect::<Vec<_>>()
    };
    assert_eq!(events("switch main --json"), Vec::<Value>::new());
    assert_eq!(events("switch side --json"), ["pre-switch", "post-switch"]);
}

#[test]
fn a_hook_slower_than_its_timeout_refuses_the_tag() {
    let env =
        project("version: 1\nhooks:\n  slow: {on: pre-tag, timeout: 200ms, run: 'sleep 60'}\n");
    let refused = env.mlv(&["tag", "v1"]).expect_code(3);
    assert!(refused.stderr.contains("timed out after 200ms"), "{refused}");
    assert_eq!(env.json(&["tag", "--json"]), json!([]));
}

#[test]
fn hooks_are_passed_over_where_the_environment_asks_and_no_rule_forbids() {
    let mut env = project(
        "version: 1\nbranches: {'release/*': {protected: true}}\nhooks:\n  no: {on: [pre-branch, pre-tag, pre-commit, pre-merge], run: 'test ! -e \"$MLV_ROOT/.mlv/no\"'}\n",
    );
    env.write(".mlv/no", "");
    env.mlv(&["branch", "x"]).expect_code(3);
    env.set_variable("MLV_NO_VERIFY", "1");
    let passed = env.success(&["branch", "x"]);
    assert!(passed.stderr.contains("MLV_NO_VERIFY: the pre-branch hooks were not run"), "{passed}");
    env.success(&["tag", "v1"]);
    env.mlv(&["branch", "release/1"]).expect_code(1);
    env.success(&["switch", "x"]);
    env.success(&["commit", "--allow-empty", "-m", "past the hooks"]);
    env.success(&["switch", "main"]);
    let merged = env.json(&["merge", "x", "--json"]);
    assert_eq!(merged["result"], "merged", "the mark needs a commit");
    for place in ["HEAD", "x"] {
        assert_eq!(commit(&env, place)["meta"]["mlv.no-verify"], "true");
        let shown = env.success(&["show", place]);
        assert!(shown.stdout.contains("meta:   mlv.no-verify=true"), "{shown}");
    }
}

#[test]
fn hooks_that_nobody_has_trusted_run_around_no_deed() {
    let env = recorded();
    let database = rusqlite::Connection::open(env.path(".mlv/repo.db")).unwrap();
    assert!(database.execute("DELETE FROM trusted", []).unwrap() > 0);
    let tagged = env.success(&["tag", "v1"]);
    assert!(tagged.stderr.contains("nobody has trusted them here yet"), "{tagged}");
    assert_eq!(fired(&env), Vec::<String>::new());
}

#[test]
fn an_edit_of_the_gates_shows_in_the_diff_and_can_be_gated_itself() {
    let env = project(
        "version: 1\nhooks:\n  owners: {on: pre-merge, paths: [mlv.yaml], run: 'echo ask the owners; exit 1'}\n",
    );
    env.success(&["switch", "-c", "weaker"]);
    env.write("mlv.yaml", "version: 1\n");
    env.success(&["commit", "-am", "weaker"]);
    let changed = env.json(&["diff", "main", "weaker", "--json"])["changes"].clone();
    assert_eq!(
        (&changed[0]["path"], &changed[0]["change"]),
        (&json!("mlv.yaml"), &json!("modified"))
    );
    let shown = env.success(&["diff", "main", "weaker"]);
    assert!(shown.stdout.contains("-  owners:"), "{shown}");
    env.success(&["switch", "main"]);
    let before = state(&env);
    let refused = env.mlv(&["merge", "weaker"]).expect_code(3);
    assert!(refused.stderr.contains("ask the owners"), "{refused}");
    assert_eq!(state(&env), before);
    env.success(&["switch", "-c", "data", "main"]);
    env.write("b.csv", "b\n");
    env.success(&["add", "b.csv"]);
    env.success(&["commit", "-m", "data only"]);
    env.success(&["merge", "data", "--into", "main"]);
}

/// The file is renamed into place, so that who sees it can read it.
fn waits(event: &str) -> TestEnvironment {
    project(&format!(
        "version: 1\nhooks:\n  wait: {{on: {event}, run: 'cd \"$MLV_ROOT/.mlv\"; touch begun; while ! test -e go; do sleep 0.05; done; echo {event} >> events'}}\n"
    ))
}

/// Starts a command, and returns when its hook says that it has begun.
fn start(env: &TestEnvironment, arguments: &[&str]) -> Child {
    let mut command = env.command(arguments);
    command.stderr(Stdio::piped()).stdout(Stdio::null());
    let child = command.spawn().unwrap();
    env.wait_for(".mlv/begun");
    child
}

#[test]
fn ctrl_c_before_a_deed_leaves_everything_as_it_was() {
    for (event, arguments) in [("pre-tag", ["tag", "v1"]), ("pre-switch", ["switch", "side"])] {
        let env = waits(event);
        env.success(&["branch", "side", "HEAD~1"]);
        let before = state(&env);
        let deed = start(&env, &arguments);
        kill_process(Pid::from_child(&deed), Signal::INT).unwrap();
        let ended = deed.wait_with_output().unwrap();
        assert_eq!(ended.status.code(), Some(130), "{}", String::from_utf8_lossy(&ended.stderr));
        assert_eq!(state(&env), before);
        assert_eq!(env.json(&["hooks", "runs", "--json"])[0]["status"], "cancelled");
    }
}

#[test]
fn death_after_a_branch_was_made_runs_its_hooks_again() {
    let env = waits("post-branch");
    let mut deed = start(&env, &["branch", "side"]);
    kill_process(Pid::from_child(&deed), Signal::KILL).unwrap();
    deed.wait().unwrap();
    assert_eq!(env.json(&["branch", "--json"])[1]["name"], "side");
    env.write(".mlv/go", "");
    env.write("c.csv", "c\n");
    let next = env.success(&["add", "c.csv"]);
    assert!(next.stderr.contains("running the post-branch hooks that a crash left over"), "{next}");
    let run = env.json(&["hooks", "runs", "-n", "1", "--json"])[0].clone();
    let ended = (&run["event"], &run["status"], &run["branch"]);
    assert_eq!(ended, (&json!("post-branch"), &json!("passed"), &json!("side")));
}

#[test]
fn what_moves_while_the_hooks_of_a_deed_run_is_not_overwritten() {
    for (event, arguments) in [
        ("pre-branch", vec!["branch", "-f", "side"]),
        ("pre-switch", vec!["switch", "side"]),
        ("pre-branch-delete", vec!["branch", "-D", "side"]),
    ] {
        let env = waits(event);
        let mut making = env.command(&["branch", "side", "HEAD~1"]);
        assert!(making.env("MLV_NO_VERIFY", "1").status().unwrap().success());
        let deed = start(&env, &arguments);
        let moved = env.command(&["merge", "main", "--into", "side"]).output().unwrap();
        assert!(moved.status.success(), "{}", String::from_utf8_lossy(&moved.stderr));
        let before = state(&env);
        env.write(".mlv/go", "");
        let ended = deed.wait_with_output().unwrap();
        assert_eq!(ended.status.code(), Some(5), "{}", String::from_utf8_lossy(&ended.stderr));
        assert_eq!(state(&env), before, "{event}");
    }
}
