//! `mlv hooks run`: the hooks of an event without the event.

use serde_json::json;

use crate::common::TestEnvironment;

const GATE: &str = "\
version: 1
hooks:
  gate: {on: [pre-commit, pre-merge], run: '! grep -q bad a.csv', inputs: [a.csv]}
";

/// Returns a repository with this file and a commit for each of these contents of `a.csv`.
fn project(definitions: &str, contents: &[&str]) -> TestEnvironment {
    let env = TestEnvironment::new();
    env.success(&["init"]);
    env.write("mlv.yaml", definitions);
    for text in contents {
        env.write("a.csv", text);
        env.success(&["add", "."]);
        env.success(&["commit", "-m", text]);
    }
    env
}

/// Returns everything that a replay may not change.
fn state(env: &TestEnvironment) -> [String; 3] {
    [&["log", "--oneline"][..], &["status", "--json"], &["op", "log", "--json"]]
        .map(|arguments| env.success(arguments).stdout)
}

#[test]
fn what_is_staged_is_judged_and_nothing_changes() {
    let env = project(GATE, &["1"]);
    env.write("a.csv", "bad");
    let clean = env.mlv(&["hooks", "run", "pre-commit"]);
    assert_eq!(clean.code, 0, "nothing is staged: {clean}");
    env.success(&["add", "a.csv"]);
    env.write("a.csv", "unsaved");
    let before = state(&env);
    let refused = env.mlv(&["hooks", "run", "pre-commit", "--json"]).expect_code(3);
    let told = refused.json();
    assert_eq!((&told[0]["result"], &told[0]["commit"]), (&json!("refused"), &json!(null)));
    assert_eq!(told[0]["hooks"][0]["status"], "failed");
    assert!(refused.stderr.contains("`gate` would refuse; nothing was changed"), "{refused}");
    assert_eq!(state(&env), before);
    let newest = env.json(&["hooks", "runs", "-n", "1", "--json"])[0].clone();
    assert_eq!(newest["run_id"], told[0]["hooks"][0]["run_id"]);
    let junit = env.mlv(&["hooks", "run", "pre-commit", "--format", "junit"]).expect_code(3);
    assert!(junit.stdout.contains("<failure"), "{junit}");
}

#[test]
fn a_commit_is_judged_as_it_was() {
    let env = project("version: 1\n", &["bad", "fine"]);
    env.write("mlv.yaml", GATE);
    env.success(&["commit", "-am", "a gate"]);
    env.success(&["hooks", "run", "pre-commit", "--at", "HEAD"]);
    let then = env.success(&["hooks", "run", "pre-commit", "--at", "HEAD~2"]);
    assert!(then.stderr.contains("no hook would run"), "{then}");
    env.mlv(&["hooks", "run", "pre-commit", "--at", "HEAD~2", "--definitions", "worktree"])
        .expect_code(3);
}

#[test]
fn a_new_gate_is_tried_on_history_before_it_is_committed() {
    let env = project("version: 1\n", &["1", "bad", "3"]);
    env.write("mlv.yaml", GATE);
    let before = state(&env);
    let told = env.mlv(&["hooks", "run", "pre-commit", "--range", "HEAD~2..HEAD", "--json"]);
    let results: Vec<_> =
        told.json().as_array().unwrap().iter().map(|one| one["result"].clone()).collect();
    assert_eq!((told.code, results), (3, vec![json!("refused"), json!("passed")]));
    let screen = env.mlv(&["hooks", "run", "pre-commit", "--range", "HEAD~2.."]).expect_code(3);
    let table: Vec<&str> = screen.stdout.lines().collect();
    assert!(table[0].contains("refused") && table[0].contains("`gate`: exit code 1"), "{screen}");
    assert!(table[1].contains("passes"), "{screen}");
    assert!(screen.stderr.contains("1 of 2 commits"), "{screen}");
    assert_eq!(state(&env), before);
}

#[test]
fn a_merge_to_be_is_judged_and_its_conflicts_are_told() {
    let env = project(GATE, &["1"]);
    env.success(&["switch", "-c", "side"]);
    env.write("b.csv", "b");
    env.success(&["add", "."]);
    env.success(&["commit", "-m", "side"]);
    env.success(&["switch", "main"]);
    env.success(&["switch", "-c", "clash"]);
    env.write("a.csv", "2");
    env.success(&["commit", "-am", "clash"]);
    env.success(&["switch", "main"]);
    env.write("a.csv", "3");
    env.success(&["commit", "-am", "main"]);
    let before = state(&env);
    let passed = env.json(&["hooks", "run", "pre-merge", "--source", "side", "--json"]);
    assert_eq!((&passed[0]["result"], &passed[0]["branch"]), (&json!("passed"), &json!("main")));
    env.success(&["hooks", "run", "pre-merge", "--source", "main", "--into", "side"]);
    let clash = env.mlv(&["hooks", "run", "pre-merge", "--source", "clash"]).expect_code(4);
    assert!(clash.stderr.contains("a.csv"), "{clash}");
    assert_eq!(env.json(&["hooks", "run", "pre-merge", "--source", "HEAD", "--json"]), json!([]));
    env.mlv(&["hooks", "run", "pre-merge"]).expect_code(2);
    assert_eq!(state(&env), before);
}

#[test]
fn a_plan_tells_what_would_run_and_why_not() {
    let env = project(
        "\
version: 1
hooks:
  first: {on: pre-commit, run: 'true'}
  second: {on: pre-commit, run: 'true', needs: [first]}
  third: {on: pre-commit, run: 'true'}
  other: {on: pre-commit, run: 'true', branches: [release]}
",
        &["1"],
    );
    insta::assert_snapshot!(env.screen("mlv hooks run pre-commit --dry-run --only second"), @r"
    $ mlv hooks run pre-commit --dry-run --only second
    pre-commit on main
      first   would run
      second  would run
      third   would not run: not asked for
      other   would not run: branch `main` is not among its branches
    ");
    assert_eq!(
        env.json(&["hooks", "runs", "--hook", "second", "--json"]).as_array().unwrap().len(),
        1
    );
    let unknown = env.mlv(&["hooks", "run", "pre-commit", "--only", "secnd"]).expect_code(1);
    assert!(unknown.stderr.contains("second"), "{unknown}");
}

#[test]
fn the_event_that_people_fire_makes_commits_as_every_deed_does() {
    let env = project(
        "\
version: 1
hooks:
  train: {on: manual, run: 'mkdir -p out; cat a.csv > out/model', outputs: [out/**]}
  other: {on: manual, run: 'exit 1'}
",
        &["1"],
    );
    let told = env.json(&["hooks", "run", "manual", "--only", "train", "--json"]);
    assert_eq!(
        (&told[0]["result"], &told[0]["hooks"][0]["hook"]),
        (&json!("passed"), &json!("train"))
    );
    assert_eq!(env.read("out/model"), b"1");
    assert_eq!(env.json(&["log", "-n", "1", "--json"])[0]["meta"]["mlv.event"], "manual");
    env.mlv(&["hooks", "run", "manual"]).expect_code(1);
}

#[test]
fn hooks_that_nobody_trusts_run_nothing() {
    let env = project(GATE, &["1", "2"]);
    let copy = env.home().join("copy");
    let copy = copy.to_str().unwrap();
    env.success(&["clone", ".", copy]);
    for more in [&["--at", "HEAD"][..], &["--range", "HEAD~1..HEAD"], &[]] {
        let all = ["-C", copy, "hooks", "run", "pre-commit"];
        let refused = env.mlv(&[&all[..], more].concat());
        assert_eq!(refused.code, 3, "{refused}");
        assert!(refused.stderr.contains("not trusted"), "{refused}");
    }
    env.success(&["-C", copy, "hooks", "run", "pre-commit", "--at", "HEAD", "--dry-run"]);
    env.success(&["-C", copy, "hooks", "trust"]);
    env.success(&["-C", copy, "hooks", "run", "pre-commit", "--at", "HEAD"]);
}
