//! What hooks make after a deed: a commit that follows it.

use std::process::{Child, Stdio};
use std::time::{Duration, Instant};

use serde_json::{Value, json};

use crate::common::TestEnvironment;

/// Each run makes something else: what it makes would trigger it for ever.
const TRAIN: &str = "\
version: 1
hooks:
  train:
    on: [post-commit, post-merge]
    outputs: [models/**]
    run: |
      mkdir -p models
      echo \"$MLV_RUN_ID of $(cat data.csv)\" > models/churn
      echo '{\"summary\": \"trained\"}' > \"$MLV_OUTPUT\"
";

fn project(definitions: &str) -> TestEnvironment {
    let env = TestEnvironment::new();
    env.success(&["init"]);
    env.write("data.csv", "0\n");
    env.success(&["add", "."]);
    env.success(&["commit", "-m", "data"]);
    env.write("mlv.yaml", definitions);
    env.success(&["add", "."]);
    env
}

/// Returns the commits of a revision, newest first.
fn history(env: &TestEnvironment, revision: &str) -> Vec<Value> {
    env.json(&["log", revision, "--json"]).as_array().unwrap().clone()
}

fn subjects(env: &TestEnvironment, revision: &str) -> Vec<String> {
    let first_line = |commit: &Value| {
        commit["message"].as_str().unwrap().lines().next().unwrap_or_default().to_owned()
    };
    history(env, revision).iter().map(first_line).collect()
}

fn text(env: &TestEnvironment, place: &str) -> String {
    env.success(&["cat", place]).stdout
}

fn branches(env: &TestEnvironment) -> Vec<String> {
    let branches = env.json(&["branch", "--json"]);
    branches.as_array().unwrap().iter().map(|b| b["name"].as_str().unwrap().into()).collect()
}

#[test]
fn what_a_hook_makes_after_a_commit_is_one_commit_that_does_not_loop() {
    let env = project(TRAIN);
    let done = env.json(&["commit", "-m", "train it", "--json"]);
    let commits = history(&env, "main");
    assert_eq!(commits.len(), 3);
    let (made, cause) = (&commits[0], &commits[1]);
    assert_eq!((&cause["id"], &made["parents"]), (&done["id"], &json!([done["id"]])));
    let run = &done["hooks"][0];
    assert_eq!(
        made["meta"],
        json!({
            "mlv.cause": cause["id"], "mlv.chain": "train", "mlv.event": "post-commit",
            "mlv.hook": "train", "mlv.run": run["run_id"],
        })
    );
    let short = &made["id"].as_str().unwrap()[..10];
    assert_eq!(run["message"], format!("trained; its outputs are {short} on `main`"));
    let kept = env.json(&["hooks", "runs", "--json"]);
    assert_eq!(kept, json!([run]));
    // The working copy has followed.
    assert_eq!(text(&env, "HEAD:models/churn"), "r-000001 of 0\n");
    assert_eq!(env.read("models/churn"), b"r-000001 of 0\n");
    assert_eq!(env.json(&["status", "--json"])["clean"], true);
    env.success(&["undo"]);
    assert_eq!(history(&env, "main").len(), 2);
}

#[test]
fn hooks_that_trigger_each_other_run_once_each() {
    let hook = |name: &str, from: &str| {
        format!(
            "  {name}: {{on: post-commit, paths: ['{from}'], outputs: ['{name}.out'], run: 'echo $MLV_RUN_ID > {name}.out'}}\n"
        )
    };
    let env = project(&format!("version: 1\nhooks:\n{}{}", hook("a", "*"), hook("b", "a.out")));
    env.success(&["commit", "-m", "begin"]);
    let chains: Vec<_> =
        history(&env, "main").iter().map(|c| c["meta"]["mlv.chain"].clone()).collect();
    assert_eq!(json!(chains), json!(["a,b", "a", null, null]));
    let runs = env.json(&["hooks", "runs", "--json"]);
    let hooks: Vec<_> = runs.as_array().unwrap().iter().map(|run| &run["hook"]).collect();
    assert_eq!(hooks, ["b", "a"]);
}

#[test]
fn what_is_made_anew_as_it_was_makes_no_commit() {
    let env = project(
        "version: 1\nhooks:\n  rows: {on: post-commit, outputs: [rows], run: 'wc -l < data.csv > rows'}\n",
    );
    env.success(&["commit", "-m", "count"]);
    assert_eq!(history(&env, "main").len(), 3);
    env.write("note.txt", "x");
    env.success(&["add", "note.txt"]);
    env.success(&["commit", "-m", "note"]);
    assert_eq!(subjects(&env, "main")[0], "note");
}

#[test]
fn into_a_protected_branch_outputs_go_by_a_branch_of_their_own_and_a_merge() {
    let env = project(&format!("{TRAIN}branches: {{main: {{protected: true}}}}\n"));
    env.success(&["commit", "-m", "protect"]);
    env.success(&["switch", "-c", "more"]);
    env.write("data.csv", "1\n");
    env.success(&["commit", "-am", "more data"]);
    env.success(&["switch", "main"]);
    let merged = env.json(&["merge", "more", "--json"]);
    let tip = history(&env, "main").remove(0);
    assert_eq!(merged["id"], tip["id"]);
    let made = history(&env, "auto/train").remove(0);
    assert_eq!(made["meta"]["mlv.cause"], tip["id"]);
    assert_eq!(made["meta"]["mlv.event"], "post-merge");
    assert!(merged["hooks"][0]["message"].as_str().unwrap().ends_with("on `auto/train`"));
    assert_eq!(env.json(&["status", "--json"])["clean"], true);
    let forward = env.json(&["merge", "auto/train", "--json"]);
    assert_eq!(forward["result"], "fast_forward");
    // What the hook made does not trigger it again; a merge that brings more does.
    assert_eq!(forward["hooks"], json!([]));
    env.success(&["switch", "-c", "last", "main"]);
    env.write("data.csv", "2\n");
    env.success(&["commit", "-am", "last data", "--no-verify"]);
    let again = env.json(&["merge", "last", "--into", "main", "--json"]);
    assert_eq!(again["hooks"][0]["hook"], "train");
}

#[test]
fn the_branch_of_a_hook_takes_later_outputs_and_keeps_what_was_put_there_by_hand() {
    let env = project(&format!("{TRAIN}branches: {{main: {{protected: true}}}}\n"));
    // The commit that first protects a branch is allowed; what follows it is not.
    env.success(&["commit", "-m", "protect"]);
    assert_eq!(branches(&env), ["auto/train", "main"]);
    let first = text(&env, "auto/train:models/churn");
    env.success(&["switch", "auto/train"]);
    env.write("by-hand.txt", "mine\n");
    env.success(&["add", "by-hand.txt"]);
    env.success(&["commit", "-m", "by hand", "--no-verify"]);
    env.success(&["switch", "-c", "more", "main"]);
    env.write("data.csv", "1\n");
    env.success(&["commit", "-am", "more data"]);
    env.success(&["merge", "more", "--into", "main"]);
    let made = history(&env, "auto/train").remove(0);
    assert_eq!(made["parents"].as_array().unwrap().len(), 2);
    assert_eq!(text(&env, "auto/train:by-hand.txt"), "mine\n");
    let second = text(&env, "auto/train:models/churn");
    assert_ne!(second, first);
    assert!(second.ends_with(" of 1\n"), "{second}");
    env.success(&["merge", "auto/train", "--into", "main"]);
    assert_eq!(text(&env, "main:models/churn"), second);
}

#[test]
fn unsaved_work_on_an_output_is_not_touched() {
    let env = project(TRAIN);
    env.write("models/churn", "tuned by hand\n");
    env.success(&["commit", "-m", "train it"]);
    assert_eq!(subjects(&env, "main")[0], "train it");
    assert_eq!(env.read("models/churn"), b"tuned by hand\n");
    assert_eq!(text(&env, "auto/train:models/churn"), "r-000001 of 0\n");
}

#[test]
fn what_is_staged_and_changed_elsewhere_stays_so_when_a_follow_up_lands() {
    let env = project(TRAIN);
    env.write("staged.txt", "staged\n");
    env.success(&["add", "staged.txt"]);
    env.write("data.csv", "changed\n");
    env.success(&["commit", "mlv.yaml", "-m", "train it"]);
    assert_eq!(history(&env, "main").len(), 3);
    let status = env.json(&["status", "--json"]);
    assert_eq!(status["staged"], json!([{"path": "staged.txt", "change": "added"}]));
    assert_eq!(status["unstaged"], json!([{"path": "data.csv", "change": "modified"}]));
    assert_eq!(env.read("models/churn"), b"r-000001 of 0\n");
}

#[test]
fn a_follow_up_that_a_gate_refuses_fails_its_run_and_the_commit_stands() {
    let gate = "  gate: {on: pre-commit, paths: [models/**], run: 'echo too weak; exit 1'}\n";
    let env = project(&format!("{TRAIN}{gate}"));
    let done = env.success(&["commit", "-m", "train it"]);
    assert!(
        done.stderr.contains("its outputs were not committed: commit refused by `gate`"),
        "{done}"
    );
    assert!(
        done.stderr.contains("warning: `train` failed after the commit, which stands"),
        "{done}"
    );
    assert_eq!(subjects(&env, "main"), ["train it", "data"]);
    assert_eq!(branches(&env), ["main"]);
    let failed = env.json(&["hooks", "runs", "--status", "failed", "--json"]);
    let hooks: Vec<_> = failed.as_array().unwrap().iter().map(|run| &run["hook"]).collect();
    assert_eq!(hooks, ["gate", "train"]);
}

#[test]
fn off_a_branch_outputs_go_to_a_branch_of_their_own() {
    let env = project(&TRAIN.replace("[post-commit, post-merge]", "[post-commit, post-tag]"));
    env.success(&["switch", "--detach", "HEAD"]);
    env.success(&["commit", "-m", "train it"]);
    assert_eq!(text(&env, "auto/train:models/churn"), "r-000001 of 0\n");
    let cause = history(&env, "HEAD").remove(0);
    assert_eq!(subjects(&env, "HEAD")[0], "train it");
    env.success(&["tag", "v1"]);
    let made = history(&env, "auto/train").remove(0);
    assert_eq!(made["meta"]["mlv.event"], "post-tag");
    assert_eq!(made["meta"]["mlv.cause"], cause["id"]);
}

#[test]
fn a_hook_sees_what_those_it_needs_have_made() {
    let env = project(
        "version: 1\nhooks:\n  a: {on: post-commit, outputs: [a], run: 'echo 1 > a'}\n  b: {on: post-commit, needs: [a], outputs: [b], run: 'cat a a > b'}\n",
    );
    env.success(&["commit", "-m", "begin"]);
    assert_eq!(text(&env, "main:b"), "1\n1\n");
    let hooks: Vec<_> =
        history(&env, "main").iter().map(|commit| commit["meta"]["mlv.hook"].clone()).collect();
    assert_eq!(json!(hooks), json!(["b", "a", null, null]));
    // What has seen it already does not run again for the commit it becomes.
    assert_eq!(env.json(&["hooks", "runs", "--json"]).as_array().unwrap().len(), 2);
}

/// Starts a commit whose hook waits for a file, and returns when the hook has begun.
fn start(env: &TestEnvironment) -> Child {
    let child = env
        .command(&["commit", "-m", "train it"])
        .stderr(Stdio::piped())
        .stdout(Stdio::null())
        .spawn()
        .unwrap();
    let start = Instant::now();
    while !env.path(".mlv/begun").exists() {
        assert!(start.elapsed() < Duration::from_secs(20), "the hook never began");
        std::thread::sleep(Duration::from_millis(10));
    }
    child
}

fn waiting() -> TestEnvironment {
    project(
        "version: 1\nhooks:\n  train: {on: post-commit, paths: [mlv.yaml], outputs: [model], run: 'touch \"$MLV_ROOT/.mlv/begun\"; while ! test -e \"$MLV_ROOT/.mlv/go\"; do sleep 0.05; done; echo trained > model'}\n",
    )
}

fn end(env: &TestEnvironment, commit: Child) {
    env.write(".mlv/go", "");
    let ended = commit.wait_with_output().unwrap();
    assert!(ended.status.success(), "{}", String::from_utf8_lossy(&ended.stderr));
}

#[test]
fn a_branch_that_moved_meanwhile_takes_the_follow_up_on_top() {
    let env = waiting();
    let commit = start(&env);
    env.write("data.csv", "meanwhile\n");
    env.success(&["commit", "-am", "meanwhile"]);
    end(&env, commit);
    let commits = history(&env, "main");
    assert_eq!(commits[1]["message"], "meanwhile");
    assert_eq!(commits[0]["meta"]["mlv.cause"], commits[2]["id"]);
    assert_eq!(text(&env, "main:data.csv"), "meanwhile\n");
    assert_eq!(env.read("model"), b"trained\n");
}

#[test]
fn a_branch_whose_outputs_changed_meanwhile_is_left_alone() {
    let env = waiting();
    let commit = start(&env);
    env.write("model", "by hand\n");
    env.success(&["add", "model"]);
    env.success(&["commit", "-m", "by hand"]);
    end(&env, commit);
    assert_eq!(subjects(&env, "main")[0], "by hand");
    assert_eq!(env.read("model"), b"by hand\n");
    assert_eq!(text(&env, "auto/train:model"), "trained\n");
}

#[test]
fn a_fact_that_mlv_keeps_itself_cannot_be_claimed() {
    let env = project(TRAIN);
    let refused = env.mlv(&["commit", "-m", "x", "--meta", "mlv.chain=train"]).expect_code(2);
    assert!(refused.stderr.contains("facts that begin with `mlv.` are its own"), "{refused}");
}
