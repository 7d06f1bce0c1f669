//! `mlv gate`, and the action `gate`.

use std::fmt::Write as _;

use serde_json::Value;

use crate::common::{Output, TestEnvironment};

/// What scores are made of: how much they know of the truth, and of whom.
#[derive(Clone, Copy)]
struct Model {
    /// How far a score moves with the truth; 0 knows nothing.
    strength: f64,
    /// How much more readily women are said to be positive.
    favour: f64,
}

const GOOD: Model = Model { strength: 0.30, favour: 0.0 };
const WEAKER: Model = Model { strength: 0.22, favour: 0.0 };
const SHUFFLED: Model = Model { strength: 0.0, favour: 0.0 };
const UNFAIR: Model = Model { strength: 0.38, favour: 0.12 };

const ROWS: u64 = 600;

/// Numbers that look random, the same in every run.
fn noise(seed: u64) -> f64 {
    let mut mixed = seed.wrapping_add(1).wrapping_mul(0x9E37_79B9_7F4A_7C15);
    mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
    ((mixed ^ (mixed >> 27)) >> 11) as f64 / (1_u64 << 53) as f64
}

fn truth(row: u64) -> bool {
    noise(row) < 0.4
}

fn gender(row: u64) -> &'static str {
    if noise(row + 10_000) < 0.5 { "f" } else { "m" }
}

/// Returns a table of predictions.
fn predictions(model: Model) -> String {
    let mut text = "customer_id,y_true,y_score,region,gender\n".to_owned();
    for row in 0..ROWS {
        let side = if truth(row) { 0.5 } else { -0.5 };
        let leaning = if gender(row) == "f" { model.favour } else { -model.favour };
        let blur = 0.6 * (noise(row + 20_000) - 0.5);
        let score = (0.5 + model.strength * side + leaning + blur).clamp(0.01, 0.99);
        let region = ["north", "north", "south", "south", "south", "west"][(row % 6) as usize];
        let region = if row < 12 { "islands" } else { region };
        writeln!(text, "c{row},{},{score:.4},{region},{}", u8::from(truth(row)), gender(row))
            .unwrap();
    }
    text
}

fn test_set() -> String {
    let rows = (0..ROWS).map(|row| format!("c{row},{}\n", u8::from(truth(row))));
    format!("customer_id,churned\n{}", rows.collect::<String>())
}

fn train_set() -> String {
    let rows = (ROWS..2 * ROWS).map(|row| format!("c{row},{}\n", u8::from(truth(row))));
    format!("customer_id,churned\n{}", rows.collect::<String>())
}

const GATE: &str = "\
predictions: metrics/predictions.csv
columns: {id: customer_id}
eval_set: {path: data/test.csv, y_true: churned}
train_set: data/train.csv
model: models
champion: main
metrics:
  auc: {min: 0.70, max_drop: 0.02, guard: {ci: 0.95, rule: non_inferior}}
slices: {by: region, metrics: {auc: {min: 0.6}}, min_rows: 50}
fairness: {by: gender, equalized_odds_difference: {max: 0.15}, min_positives: 50}
";

/// Returns a repository whose `main` holds a good model, and in which `candidate` is checked out.
fn project() -> TestEnvironment {
    let env = TestEnvironment::new();
    env.success(&["init"]);
    env.write("gates/churn.yaml", GATE);
    env.write("data/test.csv", test_set());
    env.write("data/train.csv", train_set());
    put(&env, "good", GOOD);
    commit(&env);
    env.success(&["switch", "-c", "candidate"]);
    env
}

/// Writes a model and its predictions.
fn put(env: &TestEnvironment, name: &str, model: Model) {
    env.write("models/churn.txt", name);
    env.write("metrics/predictions.csv", predictions(model));
}

fn commit(env: &TestEnvironment) {
    env.success(&["add", "."]);
    env.success(&["commit", "-m", "more"]);
}

fn gate(env: &TestEnvironment) -> Output {
    env.mlv(&["gate", "gates/churn.yaml"])
}

fn report(env: &TestEnvironment) -> Value {
    let output = env.mlv(&["gate", "gates/churn.yaml", "--json"]);
    assert!([0, 3].contains(&output.code), "{output}");
    assert_eq!(output.json()["passed"], output.code == 0);
    output.json()
}

/// Returns the rules that ended so, as `metric rule slice`.
fn rules(report: &Value, status: &str) -> Vec<String> {
    let word = |value: &Value| value.as_str().unwrap_or("-").to_owned();
    let rules = report["rules"].as_array().unwrap().iter();
    let rules = rules.filter(|rule| rule["status"] == status);
    rules.map(|rule| [&rule["metric"], &rule["rule"], &rule["slice"]].map(word).join(" ")).collect()
}

/// Replaces a text of a file.
#[track_caller]
fn edit(env: &TestEnvironment, path: &str, from: &str, to: &str) {
    let text = String::from_utf8(env.read(path)).unwrap();
    assert!(text.contains(from), "{path} has no {from:?}");
    env.write(path, text.replacen(from, to, 1));
}

#[test]
fn a_model_as_good_as_the_champion_passes() {
    let env = project();
    put(&env, "another", Model { strength: 0.31, ..GOOD });
    insta::assert_snapshot!(gate(&env), @"
    $ mlv gate gates/churn.yaml
    metric     candidate    main
    auc           0.8884  0.8807
    accuracy      0.7483  0.7433
    precision     0.6589  0.6525
    recall        0.7296  0.7253
    f1            0.6925  0.6870
    log_loss      0.4470  0.4552
    brier         0.1441  0.1475
    600 rows, 600 of them compared
    ✓ predictions are no older than what they are made from
    ✓ every row of `data/test.csv` has its prediction
    ✓ no evaluated row is in `data/train.csv`
    ✓ auc 0.8884 is 0.1884 above 0.7 (min)
    ✓ auc 0.8884 is 0.0077 above main's 0.8807 (max drop 0.02)
    ✓ auc is at least 0.0062 better than main's (95 % interval +0.0062 to +0.0095, max drop 0.02)
    - region=islands has 12 rows, fewer than 50
    ✓ auc of region=north 0.9241 is 0.3241 above 0.6 (min)
    ✓ auc of region=south 0.8846 is 0.2846 above 0.6 (min)
    ✓ auc of region=west 0.8334 is 0.2334 above 0.6 (min)
    ✓ equalized_odds_difference by gender 0.0414 is 0.1086 below 0.15 (max)
    [stderr]
    auc 0.8884, 10 rules passed, 1 not run
    ");
}

#[test]
fn shuffled_labels_fail_both_bounds() {
    let env = project();
    put(&env, "shuffled", SHUFFLED);
    let report = report(&env);
    let failed = rules(&report, "fail");
    assert!(failed.contains(&"auc min -".to_owned()), "{failed:?}");
    assert!(failed.contains(&"auc max_drop -".to_owned()), "{failed:?}");
    insta::assert_snapshot!(report["reason"].as_str().unwrap(), @"auc 0.5307 is 0.1693 below 0.7 (min); 4 more rules failed");
}

#[test]
fn a_weaker_model_passes_the_absolute_bound_and_fails_the_relative_one() {
    let env = project();
    put(&env, "weaker", WEAKER);
    let report = report(&env);
    assert!(rules(&report, "pass").contains(&"auc min -".to_owned()));
    assert_eq!(rules(&report, "fail"), ["auc max_drop -", "auc non_inferior -"]);
    insta::assert_snapshot!(report["reason"].as_str().unwrap(), @"auc 0.8099 is 0.0708 below main's 0.8807 (max drop 0.02); 1 more rule failed");
}

#[test]
fn an_unfair_model_passes_both_bounds_and_fails_fairness() {
    let env = project();
    put(&env, "unfair", UNFAIR);
    let report = report(&env);
    assert_eq!(rules(&report, "fail"), ["equalized_odds_difference max gender"]);
    insta::assert_snapshot!(report["reason"].as_str().unwrap(), @"equalized_odds_difference by gender 0.3906 is 0.2406 above 0.15 (max)");
}

#[test]
fn slices_that_are_too_small_are_named_and_not_run() {
    let env = project();
    put(&env, "another", GOOD);
    let report = report(&env);
    assert_eq!(rules(&report, "not_run"), ["auc min region=islands"]);
    let rule = report["rules"].as_array().unwrap().iter();
    let rule = rule.clone().find(|rule| rule["status"] == "not_run").unwrap();
    assert_eq!(rule["message"], "region=islands has 12 rows, fewer than 50");
    assert_eq!(rules(&report, "pass").iter().filter(|rule| rule.contains("region=")).count(), 3);
}

#[test]
fn predictions_older_than_the_model_or_the_data_are_refused_as_stale() {
    let env = project();
    env.write("models/churn.txt", "trained anew");
    insta::assert_snapshot!(report(&env)["reason"].as_str().unwrap(), @"stale predictions: `metrics/predictions.csv` is still that of main, but `models/churn.txt` has changed");
    put(&env, "trained anew", Model { strength: 0.31, ..GOOD });
    assert_eq!(report(&env)["passed"], true);
    env.success(&["restore", "models", "metrics"]);
    edit(&env, "data/train.csv", "c700,", "c9700,");
    insta::assert_snapshot!(report(&env)["reason"].as_str().unwrap(), @"stale predictions: `metrics/predictions.csv` is still that of main, but `data/train.csv` has changed");
}

#[test]
fn evaluated_rows_in_the_training_set_are_refused() {
    let env = project();
    put(&env, "leaky", Model { strength: 0.31, ..GOOD });
    edit(&env, "data/train.csv", "c700,", "c17,");
    edit(&env, "data/train.csv", "c701,", "c18,");
    insta::assert_snapshot!(report(&env)["reason"].as_str().unwrap(), @"2 evaluated rows are in `data/train.csv` too, as `c17`, `c18`");
}

#[test]
fn the_first_model_has_no_champion_and_passes() {
    let env = TestEnvironment::new();
    env.success(&["init"]);
    env.write("gates/churn.yaml", GATE);
    env.write("data/test.csv", test_set());
    env.write("data/train.csv", train_set());
    put(&env, "first", GOOD);
    let before = report(&env);
    assert_eq!(rules(&before, "no_champion"), ["auc max_drop -", "auc non_inferior -"]);
    assert_eq!((&before["passed"], &before["champion_metrics"]), (&true.into(), &Value::Null));
    insta::assert_snapshot!(gate(&env), @"
    $ mlv gate gates/churn.yaml
    auc        0.8807
    accuracy   0.7433
    precision  0.6525
    recall     0.7253
    f1         0.6870
    log_loss   0.4552
    brier      0.1475
    ✓ predictions are no older than what they are made from
    ✓ every row of `data/test.csv` has its prediction
    ✓ no evaluated row is in `data/train.csv`
    ✓ auc 0.8807 is 0.1807 above 0.7 (min)
    - auc: main names no commit yet
    - auc: main names no commit yet
    - region=islands has 12 rows, fewer than 50
    ✓ auc of region=north 0.9201 is 0.3201 above 0.6 (min)
    ✓ auc of region=south 0.8763 is 0.2763 above 0.6 (min)
    ✓ auc of region=west 0.8222 is 0.2222 above 0.6 (min)
    ✓ equalized_odds_difference by gender 0.0493 is 0.1007 below 0.15 (max)
    [stderr]
    auc 0.8807, 8 rules passed, 2 without champion, 1 not run
    ");
}

#[test]
fn a_champion_without_predictions_is_none_yet() {
    let env = project();
    env.success(&["switch", "main"]);
    env.success(&["rm", "-r", "metrics"]);
    env.success(&["commit", "-m", "no predictions any more"]);
    put(&env, "good", GOOD);
    let report = report(&env);
    assert_eq!(rules(&report, "no_champion"), ["auc max_drop -", "auc non_inferior -"]);
}

#[test]
fn ids_that_are_doubled_or_missing_are_refused_and_named() {
    let env = project();
    put(&env, "another", GOOD);
    edit(&env, "metrics/predictions.csv", "\nc5,", "\nc4,");
    insta::assert_snapshot!(report(&env)["reason"].as_str().unwrap(), @"predictions of the working copy: 1 row has the id of another, as `c4`; 3 more rules failed");
    put(&env, "another", GOOD);
    edit(&env, "metrics/predictions.csv", "\nc5,", "\n,");
    insta::assert_snapshot!(report(&env)["reason"].as_str().unwrap(), @"predictions of the working copy: 1 row without an id, as `5`; 3 more rules failed");
}

#[test]
fn predictions_of_other_rows_than_the_evaluation_set_are_refused() {
    let env = project();
    put(&env, "another", GOOD);
    edit(&env, "metrics/predictions.csv", "\nc5,", "\nx5,");
    let report = report(&env);
    let messages: Vec<_> = report["rules"]
        .as_array()
        .unwrap()
        .iter()
        .filter(|rule| rule["rule"] == "eval_set")
        .map(|rule| rule["message"].as_str().unwrap())
        .collect();
    insta::assert_snapshot!(messages.join("\n"), @"
    1 prediction of no row of `data/test.csv`, as `x5`
    no prediction of 1 row of `data/test.csv`, as `c5`
    ");
    assert_eq!(report["shared_rows"], 599);
    insta::assert_snapshot!(report["notes"][0].as_str().unwrap(), @"1 row only in the predictions of the working copy, as `x5`");
}

#[test]
fn predictions_whose_truth_is_not_that_of_the_evaluation_set_are_refused() {
    let env = project();
    put(&env, "another", GOOD);
    let own = if truth(3) { "c3,1," } else { "c3,0," };
    let other = if truth(3) { "c3,0," } else { "c3,1," };
    edit(&env, "metrics/predictions.csv", own, other);
    insta::assert_snapshot!(report(&env)["reason"].as_str().unwrap(), @"1 prediction has another truth than `data/test.csv`, as `c3`; 1 more rule failed");
}

#[test]
fn a_score_that_is_no_number_fails() {
    let env = project();
    put(&env, "another", GOOD);
    let text = predictions(GOOD).replacen("c7,", "c7,1,nan,north,f\nz,", 1);
    env.write("metrics/predictions.csv", text);
    insta::assert_snapshot!(report(&env)["reason"].as_str().unwrap(), @"predictions of the working copy: no value for `y_score` in 1 row, as `c7`; 3 more rules failed");
}

#[test]
fn a_changed_evaluation_set_is_refused_unless_it_is_allowed() {
    let env = project();
    put(&env, "another", GOOD);
    edit(&env, "data/test.csv", "c0,", "x0,");
    edit(&env, "metrics/predictions.csv", "c0,", "x0,");
    insta::assert_snapshot!(report(&env)["reason"].as_str().unwrap(), @"the evaluation set has changed: `data/test.csv` is not main's");
    edit(&env, "gates/churn.yaml", "champion:", "allow_new_eval_set: true\nchampion:");
    let allowed = report(&env);
    assert_eq!(allowed["passed"], true);
    assert_ne!(allowed["eval_set"]["hash"], allowed["eval_set"]["champion_hash"]);
}

#[test]
fn a_metric_that_the_file_lacks_or_that_is_no_number_fails() {
    let env = TestEnvironment::new();
    env.success(&["init"]);
    env.write("gates/llm.yaml", "metrics_file: eval.json\nmetrics: {test.rouge: {min: 0.3}}\n");
    env.write("eval.json", r#"{"test": {"rouge": NaN}}"#);
    insta::assert_snapshot!(env.mlv(&["gate", "gates/llm.yaml"]), @"
    $ mlv gate gates/llm.yaml
    test.rouge  not a number
    ✗ test.rouge is not a number
    [stderr]
    error: refused by `gates/llm.yaml`: test.rouge is not a number
    [exit code 3]
    ");
    env.write("eval.json", r#"{"test": {"bleu": 0.5}}"#);
    insta::assert_snapshot!(env.mlv(&["gate", "gates/llm.yaml"]), @"
    $ mlv gate gates/llm.yaml
    test.bleu  0.5000
    ✗ test.rouge is not in `eval.json`; did you mean `test.bleu`?
    [stderr]
    error: refused by `gates/llm.yaml`: test.rouge is not in `eval.json`; did you mean `test.bleu`?
    [exit code 3]
    ");
    env.write("eval.json", r#"{"test": {"rouge": 0.31}}"#);
    env.success(&["gate", "gates/llm.yaml"]);
    std::fs::remove_file(env.path("eval.json")).unwrap();
    insta::assert_snapshot!(env.mlv(&["gate", "gates/llm.yaml"]), @"
    $ mlv gate gates/llm.yaml
    ✗ `eval.json` is not in the working copy
    ✗ test.rouge is not in `eval.json`
    [stderr]
    error: refused by `gates/llm.yaml`: `eval.json` is not in the working copy; 1 more rule failed
    [exit code 3]
    ");
}

#[test]
fn of_losses_less_is_better() {
    let env = TestEnvironment::new();
    env.success(&["init"]);
    env.write(
        "gate.yaml",
        "predictions: p.csv\nmetrics:\n  rmse: {max: 2, max_drop: 0.1}\n  mae: {min_gain: 0.1}\n",
    );
    env.write("p.csv", "id,y_true,y_pred\n1,1,2\n2,2,3\n3,3,4\n");
    commit(&env);
    env.write("p.csv", "id,y_true,y_pred\n3,3,4.5\n2,2,3.5\n1,1,2.5\n");
    insta::assert_snapshot!(env.mlv(&["gate", "gate.yaml"]), @"
    $ mlv gate gate.yaml
    metric  candidate     HEAD
    mae        1.5000   1.0000
    rmse       1.5000   1.0000
    r2        -2.3750  -0.5000
    mape       0.9167   0.6111
    3 rows, 3 of them compared
    ✓ rmse 1.5000 is 0.5000 below 2 (max)
    ✗ rmse 1.5000 is 0.5000 above HEAD's 1.0000 (max drop 0.1)
    ✗ mae 1.5000 is 0.5000 above HEAD's 1.0000 (min gain 0.1)
    [stderr]
    error: refused by `gate.yaml`: rmse 1.5000 is 0.5000 above HEAD's 1.0000 (max drop 0.1); 1 more rule failed
    [exit code 3]
    ");
    env.write("p.csv", "id,y_true,y_pred\n1,1,1.5\n2,2,2.5\n3,3,3.5\n");
    insta::assert_snapshot!(env.mlv(&["gate", "gate.yaml"]), @"
    $ mlv gate gate.yaml
    metric  candidate     HEAD
    mae        0.5000   1.0000
    rmse       0.5000   1.0000
    r2         0.6250  -0.5000
    mape       0.3056   0.6111
    3 rows, 3 of them compared
    ✓ rmse 0.5000 is 1.5000 below 2 (max)
    ✓ rmse 0.5000 is 0.5000 below HEAD's 1.0000 (max drop 0.1)
    ✓ mae 0.5000 is 0.5000 below HEAD's 1.0000 (min gain 0.1)
    [stderr]
    rmse 0.5000, 3 rules passed
    ");
}

#[test]
fn a_file_that_is_wrong_is_shown_with_the_place() {
    let env = TestEnvironment::new();
    env.success(&["init"]);
    let text = "predictions: p.csv\nmetrics:\n  acu: {min: 0.7}\n  f1: {mim: 1}\n  log_loss: {max_drop: -1}\n";
    env.write("gate.yaml", text);
    insta::assert_snapshot!(env.mlv(&["gate", "gate.yaml"]), @"
    $ mlv gate gate.yaml
    [stderr]
    error: `gate.yaml` cannot be used as it is
      caused by: gate.yaml:3:3: `acu` is not computed from predictions
      |
    3 |   acu: {min: 0.7}
      |   ^^^
      = did you mean `accuracy`?
    gate.yaml:4:8: unknown key `mim` of `f1`
      |
    4 |   f1: {mim: 1}
      |        ^^^
      = did you mean `min`?
    gate.yaml:5:24: `max_drop` of `log_loss` must not be negative
      |
    5 |   log_loss: {max_drop: -1}
      |                        ^^
    [exit code 1]
    ");
    insta::assert_snapshot!(env.mlv(&["gate", "none.yaml"]), @"
    $ mlv gate none.yaml
    [stderr]
    error: `none.yaml` is not in the working copy
    hint: did you mean `gate.yaml`?
    [exit code 1]
    ");
}

#[test]
fn revisions_are_compared_without_touching_the_files() {
    let env = project();
    put(&env, "weaker", WEAKER);
    commit(&env);
    env.success(&["switch", "main"]);
    let judge = |candidate: &str, champion: &str| {
        env.mlv(&[
            "gate",
            "gates/churn.yaml",
            "--candidate",
            candidate,
            "--champion",
            champion,
            "-q",
        ])
    };
    judge("candidate", "main").expect_code(3);
    judge("main", "candidate").expect_code(0);
    let told = judge("main", "nowhere").expect_code(1).stderr;
    assert!(told.contains("nowhere"), "{told}");
}

#[test]
fn an_alias_of_a_model_is_a_champion_once_it_names_one() {
    let env = project();
    edit(&env, "gates/churn.yaml", "champion: main", "champion: churn@champion");
    put(&env, "weaker", WEAKER);
    assert_eq!(rules(&report(&env), "no_champion"), ["auc max_drop -", "auc non_inferior -"]);
    env.success(&["model", "promote", "churn", "main:models"]);
    let judged = report(&env);
    assert_eq!(judged["champion"], "churn@champion");
    assert_eq!(rules(&judged, "fail"), ["auc max_drop -", "auc non_inferior -"]);
}

#[test]
fn a_slip_in_the_name_of_an_alias_is_refused_and_a_first_model_is_not() {
    let env = project();
    put(&env, "weaker", WEAKER);
    env.success(&["model", "promote", "churn", "main:models"]);
    let judge =
        |champion: &str| env.mlv(&["gate", "gates/churn.yaml", "--champion", champion, "-q"]);
    insta::assert_snapshot!(judge("churn@champoin"), @"
    $ mlv gate gates/churn.yaml --champion churn@champoin -q
    [stderr]
    error: no model has the alias `churn@champoin`
    hint: did you mean `churn@champion`?
    hint: `mlv model list` lists them
    [exit code 1]
    ");
    insta::assert_snapshot!(judge("chrun@champion"), @"
    $ mlv gate gates/churn.yaml --champion chrun@champion -q
    [stderr]
    error: no model has the alias `chrun@champion`
    hint: did you mean `churn@champion`?
    hint: `mlv model list` lists them
    [exit code 1]
    ");
    insta::assert_snapshot!(judge("churn@prod"), @"
    $ mlv gate gates/churn.yaml --champion churn@prod -q
    [stderr]
    error: no model has the alias `churn@prod`
    hint: did you mean `churn@champion`?
    hint: `mlv model list` lists them
    [exit code 1]
    ");
    for first in ["fraud@champion", "churn-eu@champion", "churn2@champion"] {
        judge(first).expect_code(0);
    }
    judge("churn@champion").expect_code(3);
}

#[test]
fn a_hook_whose_gate_names_an_alias_with_a_slip_fails_and_says_so() {
    let env = project();
    env.success(&["model", "promote", "churn", "main:models"]);
    edit(&env, "gates/churn.yaml", "champion: main", "champion: churn@champoin");
    env.write(
        "mlv.yaml",
        "version: 1\nhooks:\n  gate: {on: pre-commit, uses: gate, with: {spec: gates/churn.yaml}}\n",
    );
    put(&env, "another", Model { strength: 0.31, ..GOOD });
    env.success(&["add", "."]);
    let refused = env.mlv(&["commit", "-m", "another"]).expect_code(3);
    assert!(refused.stderr.contains("no model has the alias `churn@champoin`"), "{refused}");
    assert!(refused.stderr.contains("did you mean `churn@champion`?"), "{refused}");
}
