use super::TestEnvironment;

const HOOKS: &str = "\
version: 1
hooks:
  gate:
    on: pre-merge
    branches: [main]
    uses: gate
    with: {spec: gates/size.yaml}
";

/// Returns a repository whose `main` has a model of this accuracy, and a branch `other` with one of that.
fn project(main: &str, other: &str) -> TestEnvironment {
    let env = TestEnvironment::new();
    env.success(&["init"]);
    env.write("mlv.yaml", HOOKS);
    env.write(
        "gates/size.yaml",
        "predictions: p.csv\nmetrics: {accuracy: {min: 0.5, max_drop: 0.1}}\n",
    );
    env.write("p.csv", table(main));
    env.success(&["add", "."]);
    env.success(&["commit", "-m", "first"]);
    env.success(&["switch", "-c", "other"]);
    env.write("p.csv", table(other));
    env.success(&["commit", "-a", "-m", "another model"]);
    env
}

/// Returns predictions that are right where a letter is `+`.
fn table(rights: &str) -> String {
    let row = |(id, sign): (usize, char)| {
        let truth = id % 2;
        let said = if sign == '+' { truth } else { 1 - truth };
        format!("{id},{truth},{said}\n")
    };
    format!("id,y_true,y_pred\n{}", rights.chars().enumerate().map(row).collect::<String>())
}

#[test]
fn a_merge_of_a_worse_model_is_refused_in_one_line() {
    let env = project("++++++++--", "++++++----");
    insta::assert_snapshot!(env.mlv(&["merge", "other", "--into", "main"]).without_times(), @"
    $ mlv merge other --into main
    [stderr]
    pre-merge into main
      ✗ gate          accuracy 0.6000 is 0.2000 below main's 0.8000 (max drop 0.1)   0.0s
          gates/size.yaml: accuracy 0.6000 is 0.2000 below main's 0.8000 (max drop 0.1)
    error: merge refused by `gate`; `main` is unchanged
    hint: full log: `mlv hooks log r-000001`
    [exit code 3]
    ");
    let run = &env.json(&["hooks", "runs", "-n", "1", "--json"])[0];
    assert_eq!(run["metrics"]["accuracy"], 0.6);
}

#[test]
fn a_merge_of_a_better_model_passes_and_its_metrics_are_recorded() {
    let env = project("++++++++--", "+++++++++-");
    env.success(&["merge", "other", "--into", "main"]);
    let run = &env.json(&["hooks", "runs", "-n", "1", "--json"])[0];
    assert_eq!((&run["status"], &run["metrics"]["accuracy"]), (&"passed".into(), &0.9.into()));
    assert_eq!(run["message"], "accuracy 0.9000, 2 rules passed");
}

#[test]
fn a_branch_cannot_lower_its_own_bar() {
    let env = project("++++++++--", "++++++----");
    env.write("gates/size.yaml", "predictions: p.csv\nmetrics: {accuracy: {min: 0.1}}\n");
    env.success(&["commit", "-a", "-m", "a lower bar"]);
    env.mlv(&["merge", "other", "--into", "main"]).expect_code(3);
}
