use super::{commit, last_run, project};
use crate::drift::table;

const HOOK: &str = "on: pre-commit\nuses: drift\nwith: {data: data, critical: [age]}";

#[test]
fn the_first_data_passes_and_later_data_is_compared_with_the_target() {
    let env = project(HOOK);
    commit(&env, &[("data/a.csv", &table(300, 0))]).expect_code(0);
    insta::assert_snapshot!(last_run(&env).0, @"nothing to compare with: the target has no such data");
    commit(&env, &[("data/a.csv", &table(310, 0))]).expect_code(0);
    insta::assert_snapshot!(last_run(&env).0, @"no drift: 0 of 3 columns drifted");
}

#[test]
fn drift_refuses_with_the_columns_that_drifted() {
    let env = project(HOOK);
    commit(&env, &[("data/a.csv", &table(300, 0))]).expect_code(0);
    commit(&env, &[("data/a.csv", &table(300, 25))]).expect_code(3);
    insta::assert_snapshot!(last_run(&env).1, @"
    data: age: drift, ks 1.9e-34 (drift below 0.05)
    drift: 1 of 4 columns drifted
    ");
    let run = &env.json(&["hooks", "runs", "-n", "1", "--json"])[0];
    insta::assert_json_snapshot!(run["metrics"], @r#"
    {
      "drift_share": 0.25,
      "drifted_columns": 1.0
    }
    "#);
}

#[test]
fn drift_is_only_told_where_the_hook_says_so() {
    let env = project(
        "on: pre-commit\nuses: drift\nwith: {data: data/a.csv, reference: 'HEAD:data/a.csv', \
         fail_on_drift: false}",
    );
    env.write("data/a.csv", table(300, 0));
    env.success(&["add", "."]);
    env.success(&["commit", "-m", "data", "--no-verify"]);
    commit(&env, &[("data/a.csv", &table(300, 25))]).expect_code(0);
    insta::assert_snapshot!(last_run(&env).0, @"no drift: 1 of 4 columns drifted");
}

#[test]
fn a_specification_says_what_is_compared_and_its_faults_have_their_place() {
    let env = project("on: pre-commit\nuses: drift\nwith: {spec: drift.yaml}");
    env.write("data/a.csv", table(300, 0));
    env.success(&["add", "."]);
    env.success(&["commit", "-m", "data", "--no-verify"]);
    let spec = "data: data/a.csv\nreference: target:data/a.csv\ncolumns: [plan]\n";
    commit(&env, &[("data/a.csv", &table(300, 25)), ("drift.yaml", spec)]).expect_code(0);
    insta::assert_snapshot!(last_run(&env).0, @"no drift: 0 of 1 column drifted");
    commit(&env, &[("drift.yaml", "date: data/a.csv\n")]).expect_code(3);
    insta::assert_snapshot!(last_run(&env).1, @"
    error: `drift.yaml` cannot be used as it is
      caused by: drift.yaml:1:1: unknown key `date` of the file
      |
    1 | date: data/a.csv
      | ^^^^
      = did you mean `data`?
    ");
}
