//! `mlv metrics` and `mlv params`.

use crate::common::TestEnvironment;

/// Returns a repository with two commits of metrics and parameters, and others in the files.
fn project() -> TestEnvironment {
    let env = TestEnvironment::new();
    env.success(&["init"]);
    commit(&env, 0.78, 0.1, "one");
    commit(&env, 0.81, 0.1, "two");
    put(&env, 0.79, 0.05);
    env
}

fn put(env: &TestEnvironment, auc: f64, rate: f64) {
    env.write(
        "metrics/eval.json",
        format!(r#"{{"test": {{"auc": {auc}, "n": 500}}, "note": "x"}}"#),
    );
    env.write("params.yaml", format!("model:\n  rate: {rate}\n  layers: [64, 32]\nseed: 7\n"));
}

fn commit(env: &TestEnvironment, auc: f64, rate: f64, message: &str) {
    put(env, auc, rate);
    env.success(&["add", "."]);
    env.success(&["commit", "-m", message]);
}

#[test]
fn metrics_of_the_files_and_of_revisions_are_shown() {
    let env = project();
    insta::assert_snapshot!(env.screen("mlv metrics show"), @"
    $ mlv metrics show
    metrics/eval.json  test.auc  0.79
    metrics/eval.json  test.n     500
    metrics/eval.json  note         x
    ");
    insta::assert_snapshot!(env.screen("mlv metrics show HEAD~1 main"), @"
    $ mlv metrics show HEAD~1 main
    HEAD~1  metrics/eval.json  test.auc  0.78
    HEAD~1  metrics/eval.json  test.n     500
    HEAD~1  metrics/eval.json  note         x
    main    metrics/eval.json  test.auc  0.81
    main    metrics/eval.json  test.n     500
    main    metrics/eval.json  note         x
    ");
    let shown = env.json(&["metrics", "show", "HEAD~1..HEAD", "--json"]);
    assert_eq!(shown[0]["metrics"]["test.auc"], 0.81);
    assert_eq!(shown.as_array().unwrap().len(), 1);
}

#[test]
fn metrics_of_all_branches_are_shown() {
    let env = project();
    env.success(&["switch", "-c", "other"]);
    commit(&env, 0.9, 0.1, "three");
    let shown = env.json(&["metrics", "show", "--all-branches", "--json"]);
    let row = |at: usize| (&shown[at]["revision"], &shown[at]["metrics"]["test.auc"]);
    assert_eq!(row(0), (&"main".into(), &0.81.into()));
    assert_eq!(row(1), (&"other".into(), &0.9.into()));
}

#[test]
fn differences_are_told_with_sign_and_share() {
    let env = project();
    insta::assert_snapshot!(env.screen("mlv metrics diff"), @"
    $ mlv metrics diff
    metrics/eval.json  test.auc  0.81  0.79  -0.02 (-2.47 %)
    ");
    insta::assert_snapshot!(env.screen("mlv metrics diff HEAD~1 HEAD"), @"
    $ mlv metrics diff HEAD~1 HEAD
    metrics/eval.json  test.auc  0.78  0.81  +0.03 (+3.85 %)
    ");
    insta::assert_snapshot!(env.screen("mlv metrics diff HEAD~1..HEAD"), @"
    $ mlv metrics diff HEAD~1..HEAD
    metrics/eval.json  test.auc  0.78  0.81  +0.03 (+3.85 %)
    ");
    insta::assert_snapshot!(env.screen("mlv params diff HEAD~1 HEAD"), @"
    $ mlv params diff HEAD~1 HEAD
    [stderr]
    nothing differs
    ");
    env.write("params.yaml", "model:\n  rate: 0.05\n  layers: [64, 32, 16]\n  drop: true\n");
    insta::assert_snapshot!(env.screen("mlv params diff"), @"
    $ mlv params diff
    params.yaml  model.rate        0.1        0.05  -0.05 (-50.00 %)
    params.yaml  model.layers  [64,32]  [64,32,16]
    params.yaml  model.drop          -        true
    params.yaml  seed                7           -
    ");
}

#[test]
fn artifacts_of_the_kind_are_read_in_place_of_the_usual_files() {
    let env = project();
    env.write(
        "mlv.yaml",
        "version: 1\nartifacts:\n  out: {kind: metrics}\n  conf.toml: {kind: params}\n",
    );
    env.write("out/scores.toml", "bleu = 0.3\n[by.lang]\nde = 0.4\n");
    env.write("conf.toml", "rate = 1\n");
    insta::assert_snapshot!(env.screen("mlv metrics show"), @"
    $ mlv metrics show
    out/scores.toml  bleu        0.3
    out/scores.toml  by.lang.de  0.4
    ");
    env.success(&["add", "."]);
    env.success(&["commit", "-m", "artifacts"]);
    env.write("conf.toml", "rate = 2\n");
    insta::assert_snapshot!(env.screen("mlv params diff"), @"
    $ mlv params diff
    conf.toml  rate  1  2  +1 (+100.00 %)
    ");
}

#[test]
fn of_the_table_of_a_training_the_last_row_is_a_metric_and_predictions_are_none() {
    let env = TestEnvironment::new();
    env.success(&["init"]);
    env.write("metrics/training.csv", "epoch,loss\n1,0.9\n2,0.7\n3,0.65\n");
    env.write("metrics/predictions.csv", "id,y_true,y_score\n1,1,0.9\n");
    insta::assert_snapshot!(env.screen("mlv metrics show"), @"
    $ mlv metrics show
    metrics/training.csv  epoch     3
    metrics/training.csv  loss   0.65
    ");
}

#[test]
fn a_file_that_cannot_be_read_is_named_and_others_are_shown() {
    let env = project();
    env.write("metrics/broken.json", "{\n\"a\": }");
    insta::assert_snapshot!(env.screen("mlv metrics show"), @"
    $ mlv metrics show
    metrics/eval.json  test.auc  0.79
    metrics/eval.json  test.n     500
    metrics/eval.json  note         x
    [stderr]
    warning: metrics/broken.json:2: expected value
    ");
}

#[test]
fn metrics_are_drawn_over_commits_and_tables_over_their_steps() {
    let env = project();
    for auc in [0.83, 0.82, 0.86, 0.88] {
        commit(&env, auc, 0.1, "more");
    }
    insta::assert_snapshot!(env.screen("mlv metrics plot"), @"
    $ mlv metrics plot
    test.auc  0.88
    0.88 │⠀⠀⠀⠀⠀⠀⠀⠀⠀⠀⡠⠊
         │⠀⠀⠀⠀⠀⠀⠀⠀⢀⠎
         │⠀⠀⠀⠀⠀⠀⠀⢀⠎
         │⠀⠀⠀⡠⠊⠑⠢⠎
         │⠀⢀⠎
    0.78 │⡰⠁
         └ commit 0 to 5
    test.n  500
    525 │
        │
        │
        │⠉⠉⠉⠉⠉⠉⠉⠉⠉⠉⠉⠉
        │
    475 │
        └ commit 0 to 5
    ");
    let rows = (0..40).map(|step| format!("{step},{}\n", 1.0 / f64::from(step + 1)));
    let rows = rows.collect::<Vec<_>>().concat();
    env.write("metrics/training.csv", format!("step,loss\n{rows}"));
    insta::assert_snapshot!(env.screen("mlv metrics plot metrics/training.csv"), @"
    $ mlv metrics plot metrics/training.csv
    loss  0.025
        1 │⡇
          │⢣
          │⢸
          │⠘⡄
          │⠀⠱⡀
    0.025 │⠀⠀⠈⠑⠒⠢⠤⠤⠤⠤⢄⣀⣀⣀⣀⣀⣀⣀⣀⣀
          └ step 0 to 39
    ");
}

#[test]
fn plots_are_written_as_svg_and_as_a_page_of_their_own() {
    let env = project();
    env.success(&["metrics", "plot", "--range", "HEAD~1..HEAD", "-o", "one.svg"]);
    env.success(&["metrics", "plot", "metrics/eval.json", "-o", "two.html"]);
    let text = |path: &str| String::from_utf8(env.read(path)).unwrap();
    assert!(text("one.svg").starts_with("<svg") && text("one.svg").contains("test.auc"));
    let page = text("two.html");
    assert!(page.contains("<svg") && page.contains("<polyline") && !page.contains("<script"));
    insta::assert_snapshot!(env.screen("mlv metrics plot -o three.png"), @"
    $ mlv metrics plot -o three.png
    [stderr]
    error: `three.png` ends in neither .svg nor .html
    [exit code 2]
    ");
}

#[test]
fn nothing_to_draw_is_an_error() {
    let env = TestEnvironment::new();
    env.success(&["init"]);
    env.write("a.txt", "x");
    env.success(&["add", "."]);
    env.success(&["commit", "-m", "no metrics"]);
    insta::assert_snapshot!(env.screen("mlv metrics plot"), @"
    $ mlv metrics plot
    [stderr]
    error: `metrics` has no numbers to draw
    hint: `mlv metrics show` lists what is known
    [exit code 1]
    ");
    insta::assert_snapshot!(env.screen("mlv metrics show"), @"
    $ mlv metrics show
    [stderr]
    no metrics
    hint: `artifacts:` in `mlv.yaml` may name files of kind `metrics`
    ");
}
