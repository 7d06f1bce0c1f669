//! Verdicts that stand in for runs, and what they hang on

use serde_json::{Value, json};

use crate::common::TestEnvironment;

/// Counts its runs outside of the sandbox, and makes features of what it sees.
const FEATURES: &str = "\
version: 1
hooks:
  features:
    on: [pre-commit, pre-merge]
    inputs: [data/**, pipeline/*.sh]
    outputs: [features/**]
    env: {LEVEL: '1'}
    run: |
      echo ran >> \"$MLV_ROOT/../runs\"
      mkdir -p features && wc -l < data/a.csv | tr -d ' ' > features/rows
      echo '{\"metric\": {\"rows\": 7}}' >> \"$MLV_OUTPUT\"
";

/// Returns how often the hooks were run in truth.
fn runs(env: &TestEnvironment) -> usize {
    std::fs::read_to_string(env.path("../runs")).map_or(0, |text| text.lines().count())
}

/// Commits everything, and returns what its only hook was told as.
fn commit(env: &TestEnvironment) -> Value {
    env.success(&["add", "-A", "."]);
    let done = env.json(&["commit", "--allow-empty", "-m", "next", "--json"]);
    done["hooks"][0].clone()
}

#[test]
fn a_change_of_what_a_hook_does_not_see_reuses_its_verdict() {
    let env = TestEnvironment::with_hooks(FEATURES);
    assert_eq!(runs(&env), 1);
    env.write("notes.txt", "nothing to do with it\n");
    env.success(&["add", "."]);
    let screen = env.screen("mlv commit -m second").to_string();
    let first = env.json(&["log", "HEAD~1", "-n", "1", "--json"])[0]["id"].clone();
    let first = &first.as_str().unwrap()[..10];
    assert!(screen.contains(&format!("✓ features      cached (from commit {first})")), "{screen}");
    let run = &env.json(&["hooks", "runs", "--json"])[0];
    assert_eq!((&run["cached"], &run["status"]), (&json!(true), &json!("passed")));
    assert_eq!((&run["metrics"]["rows"], &run["log"]), (&json!(7.0), &json!(null)));
    assert_eq!(runs(&env), 1);
}

#[test]
fn a_change_of_anything_that_a_hook_hangs_on_runs_it() {
    let env = TestEnvironment::with_hooks(FEATURES);
    let mut expected = 1;
    let edits: [(&str, &dyn Fn()); 4] = [
        ("an input", &|| env.write("data/a.csv", "1\n2\n")),
        ("a new input", &|| env.write("data/sub/b.csv", "1\n")),
        ("env", &|| env.write("mlv.yaml", FEATURES.replace("LEVEL: '1'", "LEVEL: '2'"))),
        ("the command", &|| env.write("mlv.yaml", FEATURES.replace("echo ran", "echo again"))),
    ];
    for (what, edit) in edits {
        edit();
        assert_eq!(commit(&env)["cached"], false, "{what}");
        expected += 1;
        assert_eq!(runs(&env), expected, "{what}");
        assert_eq!(commit(&env)["cached"], true, "{what}, again");
    }
    env.success(&["config", "set", "hooks.toolchain", "python 3.14"]);
    assert_eq!(commit(&env)["cached"], false, "the toolchain");
    env.success(&["commit", "--allow-empty", "--no-cache", "-m", "anew"]);
    assert_eq!(runs(&env), expected + 2);
}

#[test]
fn code_counts_where_inputs_match_it_or_the_command_names_it() {
    let env = TestEnvironment::new();
    env.git(&["init", "-q"]);
    for (path, text) in [("pipeline/a.sh", "true\n"), ("gate.sh", "true\n"), ("readme", "x\n")] {
        env.write(path, text);
    }
    env.git(&["add", "."]);
    env.git(&["commit", "-qm", "code"]);
    env.success(&["init"]);
    let command = "    run: |\n      sh gate.sh\n";
    env.write("mlv.yaml", FEATURES.replace("    run: |\n", command));
    env.write("data/a.csv", "1\n");
    env.success(&["add", "data", "mlv.yaml"]);
    env.success(&["commit", "-m", "first"]);
    let again = || env.json(&["commit", "--allow-empty", "-m", "x", "--json"])["hooks"][0].clone();
    assert_eq!(again()["cached"], true);
    for path in ["pipeline/a.sh", "gate.sh"] {
        env.write(path, "true # changed\n");
        assert_eq!(again()["cached"], false, "{path}");
        assert_eq!(again()["cached"], true, "{path}, again");
    }
    env.write("readme", "changed\n");
    assert_eq!(again()["cached"], true, "code that it does not name");
    env.git(&["commit", "-qam", "all"]);
    assert_eq!(
        again()["cached"],
        false,
        "a verdict found with uncommitted code, once it is committed"
    );
    assert_eq!(again()["cached"], true);
}

#[test]
fn a_variable_that_a_hook_names_is_part_of_what_it_hangs_on() {
    let named = FEATURES.replace("echo ran", "echo \"ran on $MLV_BRANCH\"");
    let env = TestEnvironment::with_hooks(&named);
    assert_eq!(commit(&env)["cached"], true);
    env.success(&["switch", "-c", "other"]);
    assert_eq!(commit(&env)["cached"], false);
}

#[test]
fn the_verdict_of_a_commit_serves_the_merge_and_its_outputs_are_restored() {
    let env = TestEnvironment::with_hooks(FEATURES);
    env.success(&["switch", "-c", "more"]);
    env.write("data/a.csv", "1\n2\n");
    commit(&env);
    let made = env.read("features/rows");
    // The outputs are taken away, so that only the cache can bring them back.
    env.success(&["rm", "features/rows"]);
    env.success(&["commit", "-m", "without", "--no-verify"]);
    env.success(&["switch", "main"]);
    let before = runs(&env);
    let merged = env.json(&["merge", "more", "--json"]);
    assert_eq!(merged["hooks"][0]["cached"], true);
    assert_eq!(env.read("features/rows"), made);
    assert_eq!(runs(&env), before);
    assert_eq!(env.json(&["status", "--json"])["clean"], true);
}

#[test]
fn outputs_of_a_refused_commit_outlive_gc_and_are_restored_to_the_byte() {
    let more =
        "      mkdir -p features && seq 1 200000 > features/big && ln -s big features/link &&";
    let makes = FEATURES.replace("      mkdir -p features &&", more);
    let gate = "  gate: {on: pre-commit, needs: [features], inputs: [features/**], \
                run: test -e $MLV_ROOT/../ok}\n";
    let env = TestEnvironment::new();
    env.success(&["init"]);
    env.write("mlv.yaml", format!("{makes}{gate}"));
    env.write("data/a.csv", "1\n");
    env.success(&["add", "."]);
    env.mlv(&["commit", "-m", "first"]).expect_code(3);
    env.success(&["-c", "undo.keep_days=0", "-c", "undo.keep_operations=0", "gc"]);
    env.write("../ok", "");
    let done = env.json(&["commit", "-m", "first", "--json"]);
    let cached: Vec<_> =
        done["hooks"].as_array().unwrap().iter().map(|run| &run["cached"]).collect();
    assert_eq!(cached, [true, false]);
    let message = done["hooks"][0]["message"].as_str().unwrap();
    assert_eq!(message, "cached (from r-000001)");
    let numbers: String = (1..=200_000).map(|n| format!("{n}\n")).collect::<Vec<_>>().concat();
    assert_eq!(env.read("features/big"), numbers.as_bytes());
    assert_eq!(std::fs::read_link(env.path("features/link")).unwrap().to_str(), Some("big"));
    assert_eq!(runs(&env), 1);
    env.success(&["fsck"]);
}

#[test]
fn what_a_hook_removed_is_removed_again() {
    let env = TestEnvironment::with_hooks(
        "version: 1\nhooks:\n  tidy:\n    on: pre-commit\n    inputs: [data/**]\n    \
         outputs: [data/**]\n    run: rm -f data/*.tmp\n",
    );
    env.write("data/x.tmp", "1\n");
    assert_eq!(commit(&env)["cached"], false);
    assert!(!env.path("data/x.tmp").exists());
    env.write("data/x.tmp", "1\n");
    assert_eq!(commit(&env)["cached"], true);
    assert!(!env.path("data/x.tmp").exists());
}

#[test]
fn a_failure_is_never_reused_and_neither_is_what_says_cache_false() {
    let env = TestEnvironment::with_hooks(FEATURES);
    let refuses = FEATURES.replace("      mkdir", "      test -e \"$MLV_ROOT/../ok\"\n      mkdir");
    env.write("mlv.yaml", refuses.replace("run: |", "run: |\n      set -e"));
    for expected in [2, 3] {
        env.mlv(&["commit", "-am", "x"]).expect_code(3);
        assert_eq!(runs(&env), expected);
    }
    env.write("../ok", "");
    env.success(&["commit", "-am", "x"]);
    env.write("mlv.yaml", FEATURES.replace("    env:", "    cache: false\n    env:"));
    assert_eq!(
        (commit(&env)["cached"].clone(), commit(&env)["cached"].clone()),
        (json!(false), json!(false))
    );
}

#[test]
fn a_merge_reads_pinned_files_from_the_target_and_the_verdict_hangs_on_them() {
    let env = TestEnvironment::with_hooks(
        "version: 1\nhooks:\n  gate:\n    on: [pre-commit, pre-merge]\n    inputs: [data/**]\n    \
         pinned: [bar.txt]\n    run: test \"$(wc -l < data/a.csv)\" -ge \"$(cat bar.txt 2>/dev/null || echo 0)\"\n",
    );
    env.write("bar.txt", "1\n");
    commit(&env);
    env.success(&["switch", "-c", "low"]);
    env.write("bar.txt", "0\n");
    env.write("data/a.csv", "");
    assert_eq!(commit(&env)["status"], "passed");
    env.success(&["switch", "main"]);
    let refused = env.mlv(&["merge", "low", "--json"]).expect_code(3).json();
    assert_eq!(refused["hooks"][0]["cached"], false);
}

#[test]
fn verdicts_are_kept_with_the_tree_and_shown_with_the_commit() {
    let env = TestEnvironment::with_hooks(FEATURES);
    let log = env.json(&["log", "-n", "1", "--json"]);
    let verdict = &log[0]["verdicts"][0];
    assert_eq!(
        (&verdict["hook"], &verdict["verdict"], &verdict["commit"], &verdict["tree"]),
        (&json!("features"), &json!("passed"), &log[0]["id"], &log[0]["tree"])
    );
    assert_eq!(verdict["metrics"], json!({"rows": 7.0}));
    let show = env.success(&["show"]);
    assert!(show.stdout.contains("passed  by features in r-000001"), "{show}");
    assert_eq!(env.json(&["show", "--json"])["verdicts"], log[0]["verdicts"]);
    // They are no work of the user's that undo takes back, and the same verdict is written once.
    commit(&env);
    env.success(&["undo"]);
    assert_eq!(env.json(&["log", "-n", "1", "--json"])[0]["verdicts"], log[0]["verdicts"]);
    env.success(&["gc"]);
    env.success(&["clone", ".", "../copy"]);
    let mut copy = env.command(&["log", "-n", "1", "--json"]);
    copy.current_dir(env.path("../copy"));
    assert_eq!(env.finish(copy).expect_code(0).json()[0]["verdicts"], log[0]["verdicts"]);
}

#[test]
fn processes_that_write_verdicts_at_once_lose_none() {
    let env = TestEnvironment::with_hooks("version: 1\n");
    let gates: String = (0..4)
        .map(|n| format!("  gate-{n}: {{on: pre-merge, branches: [b{n}], run: test -e data}}\n"))
        .collect::<Vec<_>>()
        .concat();
    env.write("mlv.yaml", format!("version: 1\nhooks:\n{gates}"));
    env.success(&["commit", "-am", "gates"]);
    for n in 0..4 {
        env.success(&["branch", &format!("b{n}")]);
    }
    env.write("data/b.csv", "2\n");
    env.success(&["add", "."]);
    env.success(&["commit", "-m", "more"]);
    let merge = |n| env.command(&["-q", "merge", "main", "--into", &format!("b{n}")]);
    let spawn = |n| merge(n).spawn().unwrap();
    let children: Vec<_> = (0..4).map(spawn).collect();
    for mut child in children {
        assert!(child.wait().unwrap().success());
    }
    let log = env.json(&["log", "-n", "1", "--json"]);
    let hooks: Vec<_> = log[0]["verdicts"].as_array().unwrap().iter().map(|v| &v["hook"]).collect();
    assert_eq!(hooks, ["gate-0", "gate-1", "gate-2", "gate-3"]);
}

/// Actions that say nothing of what they read, before a hook that makes more.
const ACTIONS: &str = "\
version: 1
branches:
  main: {require: [validate, drift, gate]}
hooks:
  validate:
    on: pre-commit
    branches: [dev]
    uses: validate
    with: {suite: checks/a.yaml}
  drift:
    on: pre-commit
    branches: [dev]
    uses: drift
    with: {spec: checks/drift.yaml}
  gate:
    on: pre-commit
    branches: [dev]
    uses: gate
    with: {spec: checks/gate.yaml}
  features:
    on: pre-commit
    branches: [dev]
    needs: [validate, drift, gate]
    outputs: [features/**]
    run: mkdir -p features && cp data/a.csv features/a.csv
";

const GATE: &str = "\
predictions: metrics/p.csv
eval_set: data/test.csv
train_set: data/fit.csv
model: models
metrics_file: metrics/eval.json
metrics: {auc: {min: 0.5}, f1: {min: 0.1}}
";

fn with_actions() -> TestEnvironment {
    let env = TestEnvironment::new();
    env.success(&["init"]);
    for (path, text) in [
        ("mlv.yaml", ACTIONS),
        (
            "checks/a.yaml",
            "dataset: data/a.csv\ncolumns: {id: {foreign_key: {dataset: data/keys.csv, key: id}}}\n",
        ),
        ("checks/drift.yaml", "data: data/live\nreference: data/train.csv\nmin_rows: 1\n"),
        ("checks/gate.yaml", GATE),
        ("data/a.csv", "id\n1\n"),
        ("data/keys.csv", "id\n1\n"),
        ("data/live/x.csv", "n\n1\n2\n"),
        ("data/train.csv", "n\n1\n2\n"),
        ("data/test.csv", "id\ne1\ne2\n"),
        ("data/fit.csv", "id\nf1\n"),
        ("metrics/p.csv", "id,y_true,y_score\ne1,1,0.9\ne2,0,0.1\n"),
        ("metrics/eval.json", "{}\n"),
        ("models/m.txt", "m\n"),
        ("notes.txt", "n\n"),
    ] {
        env.write(path, text);
    }
    env.success(&["add", "."]);
    env.success(&["commit", "--no-verify", "-m", "first"]);
    env.success(&["switch", "-c", "dev"]);
    env.write("data/a.csv", "id\n1\n1\n");
    env.success(&["add", "."]);
    env.success(&["commit", "-m", "second"]);
    env
}

#[test]
fn a_verdict_of_an_action_hangs_on_the_files_that_its_own_file_names() {
    let env = with_actions();
    // What the actions compare with moved with the commit; from here on it stays.
    env.write("notes.txt", "more\n");
    env.success(&["add", "."]);
    env.success(&["hooks", "run", "pre-commit"]);
    for (path, anew) in [
        ("notes.txt", &[][..]),
        ("features/other.csv", &[]),
        ("checks/other.yaml", &[]),
        ("data/a.csv", &["validate"]),
        ("data/keys.csv", &["validate"]),
        ("checks/a.yaml", &["validate"]),
        ("data/live/x.csv", &["drift"]),
        ("data/live/y.csv", &["drift"]),
        ("data/train.csv", &["drift"]),
        ("checks/drift.yaml", &["drift"]),
        ("data/test.csv", &["gate"]),
        ("data/fit.csv", &["gate"]),
        ("metrics/p.csv", &["gate"]),
        ("metrics/eval.json", &["gate"]),
        ("models/m.txt", &["gate"]),
        ("models/n.txt", &["gate"]),
        ("checks/gate.yaml", &["gate"]),
    ] {
        let before = env.path(path).exists().then(|| env.read(path));
        let text = before.clone().unwrap_or_default();
        env.write(path, [&text[..], b"\n"].concat());
        env.success(&["add", "."]);
        let judged = env.mlv(&["hooks", "run", "pre-commit", "--json"]).json();
        let hooks = judged[0]["hooks"].as_array().unwrap().iter();
        let ran = hooks.filter(|run| run["cached"] == false && run["hook"] != "features");
        let ran: Vec<&str> = ran.map(|run| run["hook"].as_str().unwrap()).collect();
        assert_eq!(ran, anew, "{path}");
        match before {
            Some(text) => env.write(path, text),
            None => std::fs::remove_file(env.path(path)).unwrap(),
        }
        env.success(&["add", "-A", "."]);
    }
}

#[test]
fn the_verdict_of_an_action_counts_for_what_lands_with_what_later_hooks_made() {
    let env = with_actions();
    env.success(&["switch", "main"]);
    env.success(&["merge", "dev"]);
    let missing = |path: &str| {
        env.success(&["switch", "-c", path]);
        env.write(format!("data/{path}.csv"), "id\n1\n2\n");
        env.success(&["add", "."]);
        env.success(&["commit", "-m", path]);
        env.success(&["switch", "main"]);
        env.mlv(&["merge", path]).expect_code(3).stderr
    };
    let stderr = missing("keys");
    assert!(stderr.contains("`validate` (it has not judged this)"), "{stderr}");
    // Of what the suite does not read, the verdict on the same data is one.
    let stderr = missing("other");
    assert!(stderr.contains("requires `drift`") && !stderr.contains("`validate`"), "{stderr}");
}
