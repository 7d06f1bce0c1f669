//! Hooks around commits and merges, and `mlv hooks`

use serde_json::{Value, json};

use crate::common::TestEnvironment;

/// Makes a branch with a commit of these files, and stands on `main` again.
fn branch(env: &TestEnvironment, name: &str, files: &[(&str, &str)]) {
    env.success(&["switch", "-c", name]);
    for (path, text) in files {
        env.write(path, text);
    }
    env.success(&["add", "."]);
    env.success(&["commit", "-m", name]);
    env.success(&["switch", "main"]);
}

fn id(env: &TestEnvironment, revision: &str) -> String {
    env.json(&["log", revision, "-n", "1", "--json"])[0]["id"].as_str().unwrap().to_owned()
}

fn text(env: &TestEnvironment, path: &str) -> String {
    String::from_utf8(env.read(path)).unwrap()
}

#[test]
fn a_refusal_is_part_of_the_json_of_every_verb_that_commits() {
    let env = TestEnvironment::with_hooks(
        "version: 1\nhooks:\n  gate:\n    on: pre-commit\n    run: test ! -e stop\n",
    );
    env.write("data/a.csv", "2\n");
    env.success(&["commit", "-am", "second"]);
    branch(&env, "side", &[("data/b.csv", "x\n")]);
    env.write("stop", "");
    env.success(&["add", "stop"]);
    env.success(&["commit", "--no-verify", "-m", "third"]);
    env.write("data/a.csv", "3\n");
    for verb in [&["commit", "-am", "x"][..], &["revert", "HEAD~1"], &["cherry-pick", "side"]] {
        if verb[0] != "commit" {
            env.success(&["restore", "--staged", "."]);
            env.success(&["restore", "."]);
        }
        let told = env.mlv(&[verb, &["--json"]].concat()).expect_code(3).json();
        assert_eq!((&told["result"], &told["id"]), (&json!("refused"), &json!(null)), "{told}");
        assert_eq!(told["hooks"][0]["status"], "failed", "{told}");
    }
}

#[test]
fn an_undo_takes_a_merge_into_a_protected_branch_back_to_where_its_gates_let_it_stand() {
    let env = TestEnvironment::with_hooks(GATED);
    branch(&env, "good", &[("data/good.csv", "x\n")]);
    let before = id(&env, "main");
    env.success(&["merge", "good"]);
    let after = id(&env, "main");
    env.success(&["undo"]);
    assert_eq!(id(&env, "main"), before);
    env.success(&["redo"]);
    assert_eq!(id(&env, "main"), after);
}

const GATED: &str = "\
version: 1
branches: {main: {protected: true}}
hooks:
  gate:
    on: pre-merge
    branches: [main]
    run: test ! -e data/bad.csv || { echo 'bad.csv is not wanted'; exit 1; }
";

#[test]
fn a_refused_merge_shows_the_hook_and_changes_nothing() {
    let env = TestEnvironment::with_hooks(GATED);
    branch(&env, "bad", &[("data/bad.csv", "x\n")]);
    let before = id(&env, "main");
    insta::assert_snapshot!(env.screen("mlv merge bad").without_times(), @r"
    $ mlv merge bad
    [stderr]
    pre-merge into main
      ✗ gate          exit code 1                            0.0s
          bad.csv is not wanted
    error: merge refused by `gate`; `main` is unchanged
    hint: full log: `mlv hooks log r-000001`
    [exit code 3]
    ");
    let told = env.mlv(&["merge", "bad", "--into", "main", "--json"]).expect_code(3).json();
    assert_eq!((&told["result"], &told["id"]), (&json!("refused"), &json!(null)));
    assert_eq!(
        (&told["hooks"][0]["status"], &told["hooks"][0]["exit_code"]),
        (&json!("failed"), &json!(1))
    );
    assert_eq!(told.as_object().unwrap().len(), 4);
    assert_eq!(id(&env, "main"), before);
    assert!(!env.path("data/bad.csv").exists());
    let quiet = env.mlv(&["-q", "merge", "bad"]).expect_code(3);
    assert!(!quiet.stderr.contains("pre-merge into main"), "{quiet}");
}

#[test]
fn a_branch_that_deletes_or_weakens_its_gate_is_still_refused() {
    let weak = GATED.replace("exit 1", "exit 0");
    for definitions in ["version: 1\n", weak.as_str()] {
        let env = TestEnvironment::with_hooks(GATED);
        branch(&env, "bad", &[("data/bad.csv", "x\n"), ("mlv.yaml", definitions)]);
        env.mlv(&["merge", "bad"]).expect_code(3);
        env.mlv(&["merge", "bad", "--into", "main"]).expect_code(3);
    }
}

#[test]
fn a_changed_bar_counts_from_the_next_merge_on() {
    let env = TestEnvironment::with_hooks(GATED);
    branch(&env, "free", &[("mlv.yaml", "version: 1\nbranches: {main: {protected: true}}\n")]);
    let forward = env.json(&["merge", "free", "--json"]);
    assert_eq!(
        (&forward["result"], &forward["hooks"][0]["hook"]),
        (&json!("fast_forward"), &json!("gate"))
    );
    branch(&env, "bad", &[("data/bad.csv", "x\n")]);
    env.success(&["merge", "bad"]);
}

#[test]
fn a_protected_branch_moves_by_merges_only_and_its_hooks_cannot_be_passed_over() {
    let mut env = TestEnvironment::with_hooks(GATED);
    branch(&env, "bad", &[("data/bad.csv", "x\n")]);
    env.write("data/a.csv", "2\n");
    env.mlv(&["commit", "-am", "direct"]).expect_code(1);
    env.mlv(&["commit", "-am", "direct", "--no-verify"]).expect_code(1);
    env.success(&["restore", "data/a.csv"]);
    env.mlv(&["branch", "-m", "main", "other"]).expect_code(1);
    env.success(&["switch", "bad"]);
    env.mlv(&["branch", "-f", "main", "bad"]).expect_code(1);
    env.mlv(&["branch", "-D", "main"]).expect_code(1);
    env.set_variable("MLV_NO_VERIFY", "1");
    insta::assert_snapshot!(env.screen("mlv merge bad --into main"), @r"
    $ mlv merge bad --into main
    [stderr]
    error: `main` is protected: its hooks cannot be passed over
    hint: unset MLV_NO_VERIFY
    [exit code 1]
    ");
}

#[test]
fn a_broken_file_is_refused_where_it_is_committed_and_blocks_nothing_else() {
    let env = TestEnvironment::with_hooks("version: 1\n");
    env.write("mlv.yaml", "version: 1\nhooks:\n  gate: {on: pre-comit, run: x}\n");
    insta::assert_snapshot!(env.screen("mlv commit -am broken"), @r"
    $ mlv commit -am broken
    [stderr]
    error: `mlv.yaml` is broken
      caused by: mlv.yaml:3:14: unknown event `pre-comit`
      |
    3 |   gate: {on: pre-comit, run: x}
      |              ^^^^^^^^^
      = did you mean `pre-commit`?
    hint: `mlv hooks check` reads it again when it is mended
    [exit code 1]
    ");
    env.mlv(&["hooks", "check"]).expect_code(1);
    env.write("data/a.csv", "2\n");
    env.success(&["restore", "--staged", "mlv.yaml"]);
    env.success(&["commit", "data/a.csv", "-m", "unrelated"]);
    env.write("late.yaml", "version: 1\nhooks:\n  d: {on: pre-switch, run: x, outputs: [a]}\n");
    let late = env.mlv(&["hooks", "check", "late.yaml"]).expect_code(1);
    assert!(late.stderr.contains("late.yaml:3:31: hook `d` runs on pre-switch"), "{late}");
}

const MAKES: &str = "\
version: 1
hooks:
  features:
    on: [pre-commit, pre-merge]
    paths: [data/**]
    inputs: [data/**]
    outputs: [features/**]
    run: |
      mkdir -p features && wc -l < data/a.csv | tr -d ' ' > features/rows
      echo stray > stray.txt
";

#[test]
fn outputs_enter_the_commit_and_the_working_copy_and_other_writes_do_not() {
    let env = TestEnvironment::with_hooks(MAKES);
    assert_eq!(text(&env, "features/rows"), "1\n");
    assert!(!env.path("stray.txt").exists());
    assert_eq!(env.json(&["status", "--json"])["clean"], true);
    env.write("data/a.csv", "1\n2\n");
    let done = env.json(&["commit", "-am", "second", "--json"]);
    assert_eq!(done["files_changed"], 2);
    let message = done["hooks"][0]["message"].as_str().unwrap();
    assert_eq!(message, "`stray.txt`, not among its outputs, was discarded");
    assert_eq!(text(&env, "features/rows"), "2\n");
    branch(&env, "more", &[("data/a.csv", "1\n2\n3\n")]);
    env.success(&["switch", "-c", "elsewhere", "HEAD"]);
    env.success(&["merge", "more", "--into", "main"]);
    assert_eq!(text(&env, "features/rows"), "2\n");
    env.success(&["switch", "main"]);
    assert_eq!(text(&env, "features/rows"), "3\n");
}

#[test]
fn an_output_with_unsaved_changes_refuses_before_anything_runs() {
    let env = TestEnvironment::with_hooks(MAKES);
    let runs = env.json(&["hooks", "runs", "--json"]);
    env.write("features/rows", "by hand\n");
    env.write("data/a.csv", "1\n2\n");
    insta::assert_snapshot!(env.screen("mlv commit data/a.csv -m second"), @r"
    $ mlv commit data/a.csv -m second
    [stderr]
    error: hook `features` writes `features/rows`, which has unsaved changes
    hint: commit or stash `features/rows` first, or take it back: `mlv restore features/rows`
    [exit code 1]
    ");
    assert_eq!(text(&env, "features/rows"), "by hand\n");
    env.success(&["restore", "features/rows"]);
    env.write("features/new", "not tracked\n");
    env.mlv(&["commit", "data/a.csv", "-m", "second"]).expect_code(1);
    assert_eq!(env.json(&["hooks", "runs", "--json"]), runs);
}

#[test]
fn a_gate_sees_the_candidate_and_never_the_dirty_working_copy() {
    let env = TestEnvironment::with_hooks(
        "version: 1\nhooks:\n  look: {on: [pre-commit, pre-merge], run: 'cat data/*; ls'}\n",
    );
    env.write("data/a.csv", "staged\n");
    env.success(&["add", "data/a.csv"]);
    env.write("data/a.csv", "dirty\n");
    env.write("untracked.txt", "x");
    env.success(&["commit", "-m", "second"]);
    assert_eq!(env.success(&["hooks", "log"]).stdout, "staged\ndata\nmlv.yaml\n");
    assert_eq!(text(&env, "data/a.csv"), "dirty\n");
}

#[test]
fn code_that_git_tracks_is_laid_over_the_candidate() {
    let env = TestEnvironment::new();
    env.git(&["init", "-q"]);
    env.write("check.sh", "echo committed");
    env.git(&["add", "check.sh"]);
    env.git(&["commit", "-qm", "code"]);
    env.success(&["init"]);
    env.write("mlv.yaml", "version: 1\nhooks:\n  look: {on: pre-commit, run: 'sh check.sh; cat', inputs: [data/**]}\n");
    env.write("data/a.csv", "1\n");
    env.write("check.sh", "echo present; ls data");
    env.success(&["add", "mlv.yaml", "data"]);
    env.success(&["commit", "-m", "first"]);
    let log = env.success(&["hooks", "log"]).stdout;
    let payload = log.strip_prefix("present\na.csv\n").unwrap();
    let payload: Value = serde_json::from_str(payload).unwrap();
    assert_eq!(payload["git"]["dirty"], true);
    assert_eq!(payload["git"]["commit"], env.git(&["rev-parse", "HEAD"]).trim());
}

#[test]
fn hooks_that_do_not_need_each_other_run_at_the_same_time() {
    let meet = |own: &str, other: &str| {
        let wait = format!(
            "i=0; until test -e \"$MLV_ROOT/.mlv/{other}\" || test $i = 400; do i=$((i+1)); sleep 0.01; done"
        );
        format!("touch \"$MLV_ROOT/.mlv/{own}\"; {wait}; test -e \"$MLV_ROOT/.mlv/{other}\"")
    };
    let definitions = format!(
        "version: 1\nhooks:\n  a: {{on: pre-commit, run: '{}'}}\n  b: {{on: pre-commit, run: '{}'}}\n",
        meet("a", "b"),
        meet("b", "a")
    );
    let env = TestEnvironment::new();
    env.success(&["init"]);
    env.write("mlv.yaml", definitions);
    env.success(&["add", "."]);
    env.success(&["-c", "hooks.jobs=2", "commit", "-m", "one"]);
}

const DUMPS: &str = "\
version: 1
hooks:
  dump:
    on: [pre-commit, post-commit, pre-merge, post-merge]
    branches: [main]
    env: {OWN: 'of the hook'}
    secrets: [TOKEN]
    run: |
      : \"$MLV_BASE_DIR\"
      env > \"$MLV_ROOT/.mlv/$MLV_EVENT.env\"
      cp \"$MLV_CHANGED_FILES\" \"$MLV_ROOT/.mlv/$MLV_EVENT.changed\"
      cat > \"$MLV_ROOT/.mlv/$MLV_EVENT.json\"
      ls \"$MLV_BASE_DIR\" > \"$MLV_ROOT/.mlv/$MLV_EVENT.base\"
";

/// What the hook of an event was told: its payload, and its environment.
fn told(env: &TestEnvironment, event: &str) -> (Value, Vec<(String, String)>) {
    let payload = serde_json::from_slice(&env.read(format!(".mlv/{event}.json"))).unwrap();
    let lines = text(env, &format!(".mlv/{event}.env"));
    let pairs = lines.lines().filter_map(|line| line.split_once('='));
    (payload, pairs.map(|(name, value)| (name.to_owned(), value.to_owned())).collect())
}

#[test]
fn the_payload_and_the_environment_say_all_that_is_documented() {
    let mut env = TestEnvironment::with_hooks(DUMPS);
    env.set_variable("TOKEN", "hunter2");
    env.set_variable("PRIVATE", "not for hooks");
    let first = id(&env, "main");
    branch(&env, "side", &[("data/b.csv", "b\n"), ("data/new\nline", "x")]);
    let side = id(&env, "side");
    env.success(&["merge", "side", "--no-ff", "-m", "bring b"]);
    let merged = env.json(&["log", "-n", "1", "--json"])[0].clone();
    for (event, commit) in [("pre-merge", Value::Null), ("post-merge", merged["id"].clone())] {
        let (payload, variables) = told(&env, event);
        let expected = json!({
            "schema": 1, "event": event, "hook": "dump", "run_id": payload["run_id"],
            "root": env.root().display().to_string(), "branch": "main", "source_branch": "side",
            "target_branch": "main", "tag": null, "remote": null, "tree": merged["tree"], "commit": commit,
            "base_commit": first, "parents": [first, side], "message": "bring b",
            "author": merged["author"], "time": merged["time"], "meta": {},
            "changes": [
                {"path": "data/b.csv", "change": "added"},
                {"path": "data/new\\x0aline", "change": "added"},
            ],
            "git": null, "model": null, "deployment": null, "cause": null,
        });
        assert_eq!(payload, expected);
        let value = |name: &str| {
            let found = variables.iter().find(|(known, _)| known == name);
            found.map_or("(unset)", |(_, value)| value.as_str()).to_owned()
        };
        let as_text = |field: &str| payload[field].as_str().unwrap_or_default().to_owned();
        for (variable, field) in [
            ("MLV_EVENT", "event"),
            ("MLV_HOOK", "hook"),
            ("MLV_RUN_ID", "run_id"),
            ("MLV_ROOT", "root"),
            ("MLV_BRANCH", "branch"),
            ("MLV_TREE", "tree"),
            ("MLV_COMMIT", "commit"),
            ("MLV_BASE_COMMIT", "base_commit"),
            ("MLV_SOURCE_BRANCH", "source_branch"),
            ("MLV_TARGET_BRANCH", "target_branch"),
        ] {
            assert_eq!(value(variable), as_text(field), "{variable}");
        }
        assert_eq!((value("OWN"), value("TOKEN")), ("of the hook".into(), "hunter2".into()));
        for unset in ["PRIVATE", "MLV_AUTHOR_NAME", "MLV_COMMIT_DATE"] {
            assert_eq!(value(unset), "(unset)");
        }
        let changed = text(&env, &format!(".mlv/{event}.changed"));
        assert_eq!(changed, "data/b.csv\ndata/new\\x0aline\n");
        assert_eq!(text(&env, &format!(".mlv/{event}.base")), "data\nmlv.yaml\n");
    }
}

#[test]
fn each_event_fires_once_and_in_order() {
    let env = TestEnvironment::with_hooks(
        "version: 1\nhooks:\n  a: {on: [pre-commit, post-commit, pre-merge, post-merge], run: ':'}\n",
    );
    branch(&env, "side", &[("data/b.csv", "b\n")]);
    env.success(&["merge", "side"]);
    let runs = env.json(&["hooks", "runs", "--json"]);
    let mut events: Vec<_> = runs.as_array().unwrap().iter().map(|run| &run["event"]).collect();
    events.reverse();
    let commit = ["pre-commit", "post-commit"];
    assert_eq!(json!(events), json!([commit, commit, ["pre-merge", "post-merge"]].concat()));
    let newest = &runs[0];
    assert_eq!(newest["commit"], id(&env, "main"));
    assert_eq!(newest["tree"], runs[1]["tree"]);
    let keys: Vec<_> = newest.as_object().unwrap().keys().cloned().collect();
    let documented = [
        "run_id",
        "event",
        "hook",
        "status",
        "branch",
        "commit",
        "tree",
        "started",
        "finished",
        "attempt",
        "exit_code",
        "cached",
        "log",
        "message",
        "metrics",
    ];
    assert_eq!(keys, documented);
}

#[test]
fn hooks_that_came_from_elsewhere_run_nothing_before_they_are_trusted() {
    let mut env = TestEnvironment::with_hooks(&format!(
        "{GATED}  note: {{on: post-commit, run: 'touch \"$MLV_ROOT/ran\"'}}\n"
    ));
    std::fs::remove_file(env.path("ran")).unwrap();
    forget_trust(&env);
    branch(&env, "side", &[("data/b.csv", "b\n")]);
    assert!(!env.path("ran").exists());
    insta::assert_snapshot!(env.screen("mlv merge side"), @r"
    $ mlv merge side
    [stderr]
    error: the hooks of `main` are not trusted here yet; it is unchanged
    hint: `mlv hooks trust main` shows them and lets them run
    [exit code 3]
    ");
    let refused = env.mlv(&["merge", "side", "--json"]).expect_code(3).json();
    assert_eq!((&refused["result"], &refused["hooks"]), (&json!("refused"), &json!([])));
    let shown = env.screen("mlv hooks trust main --dry-run");
    insta::assert_snapshot!(shown, @r#"
    $ mlv hooks trust main --dry-run
    gate on pre-merge
        test ! -e data/bad.csv || { echo 'bad.csv is not wanted'; exit 1; }
    note on post-commit
        touch "$MLV_ROOT/ran"
    [stderr]
    2 hooks: not trusted yet
    "#);
    env.mlv(&["merge", "side"]).expect_code(3);
    env.success(&["hooks", "trust", "main"]);
    env.success(&["merge", "side"]);
    forget_trust(&env);
    branch(&env, "more", &[("data/c.csv", "c\n")]);
    env.set_variable("MLV_TRUST_HOOKS", "1");
    env.success(&["merge", "more"]);
}

/// Makes the repository one whose hooks came from elsewhere.
fn forget_trust(env: &TestEnvironment) {
    let database = rusqlite::Connection::open(env.path(".mlv/repo.db")).unwrap();
    assert!(database.execute("DELETE FROM trusted", []).unwrap() > 0);
}

#[test]
fn picking_a_commit_from_elsewhere_does_not_trust_its_hooks() {
    let env = TestEnvironment::with_hooks("version: 1\n");
    branch(
        &env,
        "theirs",
        &[(
            "mlv.yaml",
            "version: 1\nhooks:\n  evil: {on: pre-commit, run: 'touch \"$MLV_ROOT/ran\"'}\n",
        )],
    );
    std::fs::remove_file(env.path("ran")).unwrap();
    forget_trust(&env);
    let picked = env.success(&["cherry-pick", "theirs"]);
    assert!(picked.stderr.contains("nobody has trusted them here yet"), "{picked}");
    assert!(!env.path("ran").exists());
}

#[test]
fn what_would_run_is_listed_with_the_reason_why_the_rest_would_not() {
    let env = TestEnvironment::with_hooks(GATED);
    insta::assert_snapshot!(env.screen("mlv hooks list"), @r"
    $ mlv hooks list
    pre-merge
      gate  test ! -e data/bad.csv || { echo 'bad.csv is not wanted'; exit 1; }  would run
    ");
    env.success(&["switch", "-c", "side"]);
    let listed = env.json(&["hooks", "list", "--json"]);
    assert_eq!(listed[0]["reason"], "branch `side` is not among its branches");
    insta::assert_snapshot!(env.screen("mlv hooks check"), @r"
    $ mlv hooks check
    [stderr]
    `mlv.yaml` is sound: 1 hook
    ");
    let unknown = env.mlv(&["hooks", "log", "r-000099"]).expect_code(1);
    assert!(unknown.stderr.contains("`mlv hooks runs` lists them"), "{unknown}");
    env.mlv(&["hooks", "runs", "--status", "odd"]).expect_code(2);
}

#[test]
fn runs_are_listed_newest_first_and_by_status() {
    let env = TestEnvironment::with_hooks(
        "version: 1\nhooks:\n  a: {on: pre-commit, run: 'test ! -e bad'}\n  b: {on: pre-commit, needs: [a], run: ':'}\n",
    );
    env.write("bad", "");
    env.success(&["add", "."]);
    env.mlv(&["commit", "-m", "bad"]).expect_code(3);
    let ids = |arguments: &[&str]| -> Vec<String> {
        let runs = env.json(&[&["hooks", "runs", "--json"], arguments].concat());
        runs.as_array().unwrap().iter().map(|run| run["run_id"].as_str().unwrap().into()).collect()
    };
    assert_eq!(ids(&["-n", "3"]), ["r-000004", "r-000003", "r-000002"]);
    assert_eq!(ids(&["--status", "failed"]), ["r-000003"]);
    assert_eq!(ids(&["--status", "skipped"]), ["r-000004"]);
    let screen = env.success(&["hooks", "runs", "--status", "skipped"]);
    assert!(screen.stdout.starts_with("- r-000004  skipped  pre-commit  b  main"), "{screen}");
    assert!(env.mlv(&["hooks", "log", "r-000004"]).expect_code(1).stderr.contains("`a` failed"));
}

#[test]
fn a_failure_after_the_deed_is_loud_and_takes_nothing_back() {
    let env = TestEnvironment::with_hooks(
        "version: 1\nhooks:\n  tell: {on: post-commit, run: 'echo no line; exit 7'}\n",
    );
    env.write("data/a.csv", "2\n");
    let done = env.success(&["commit", "-am", "second"]);
    assert!(done.stderr.contains("✗ tell          exit code 7"), "{done}");
    assert!(
        done.stderr.contains("warning: `tell` failed after the commit, which stands"),
        "{done}"
    );
    assert_eq!(env.json(&["log", "--json"]).as_array().unwrap().len(), 2);
}
