use super::{commit, last_run, project};

const SUITE: &str = "\
dataset: data
checks:
- row_count: {min: 2}
- unique: {columns: [id]}
columns:
  age: {not_null: true, range: {min: 0, max: 120, level: warn}}
";

const HOOK: &str = "on: pre-commit\nuses: validate\nwith: {suite: checks/raw.yaml}";

#[test]
fn data_that_holds_passes_and_says_what_was_checked() {
    let env = project(HOOK);
    let files = [("checks/raw.yaml", SUITE), ("data/a.csv", "id,age\n1,34\n2,51\n")];
    commit(&env, &files).expect_code(0);
    assert_eq!(last_run(&env).0, "2 rows, 4 checks");
}

#[test]
fn data_that_does_not_hold_is_refused_with_counts_and_nothing_moves() {
    let env = project(HOOK);
    let before = env.success(&["log", "--oneline"]).stdout;
    let files = [("checks/raw.yaml", SUITE), ("data/a.csv", "id,age\n1,34\n1,\n2,\n3,130\n")];
    commit(&env, &files).expect_code(3);
    let (message, log) = last_run(&env);
    assert_eq!(message, "4 rows, 4 checks: 2 failed, 1 warned");
    insta::assert_snapshot!(log, @"
    data/a.csv, row 0: unique of id: 2 of 4 with a value that occurs again
    data/a.csv, row 1: not_null of age: 2 of 4 missing
    data/a.csv, row 3: range of age: 1 of 2 not at least 0 and at most 120
    4 rows, 4 checks: 2 failed, 1 warned
    ");
    assert_eq!(env.success(&["log", "--oneline"]).stdout, before);
    assert_eq!(env.json(&["status", "--json"])["staged"].as_array().unwrap().len(), 2);
    let verb = env.mlv(&["check", "checks/raw.yaml", "--json"]).expect_code(3).json();
    assert_eq!(verb["checks"][1]["unexpected"], 2);
}

#[test]
fn what_only_warns_lets_the_commit_pass_and_marks_the_run() {
    let env = project(HOOK);
    let files = [("checks/raw.yaml", SUITE), ("data/a.csv", "id,age\n1,34\n2,130\n")];
    commit(&env, &files).expect_code(0);
    let run = &env.json(&["hooks", "runs", "-n", "1", "--json"])[0];
    assert_eq!(
        (&run["status"], &run["message"]),
        (&serde_json::json!("warned"), &serde_json::json!("2 rows, 4 checks: 1 warned"))
    );
}

#[test]
fn what_is_compared_is_the_commit_that_would_be_replaced() {
    let env = project(HOOK);
    let suite = "dataset: data\nchecks: [{row_count_change: {min: 0.9}}]\n\
                 columns: {id: {new_categories: {level: warn}}}\n";
    let first = [("checks/raw.yaml", suite), ("data/a.csv", "id,age\n1,34\n2,51\n")];
    commit(&env, &first).expect_code(0);
    assert_eq!(last_run(&env).0, "2 rows, 2 checks");
    commit(&env, &[("data/a.csv", "id,age\n1,34\n")]).expect_code(3);
    assert!(last_run(&env).1.contains("the change is 0.5, less than 0.9 (2 rows before, 1 now)"));
    commit(&env, &[("data/a.csv", "id,age\n1,34\n3,1\n")]).expect_code(0);
    assert_eq!(last_run(&env).0, "2 rows, 2 checks: 1 warned");
}

#[test]
fn a_verdict_is_reached_anew_only_where_the_suite_looks_back() {
    for (suite, is_reused) in [
        ("dataset: data\nchecks: [{row_count: {min: 1}}]\n", true),
        ("dataset: data\nchecks: [schema_compatible]\n", false),
    ] {
        let hook = format!("{HOOK}\ninputs: [data, checks]");
        let env = project(&hook);
        let files = [("checks/raw.yaml", suite), ("data/a.csv", "id\n1\n")];
        commit(&env, &files).expect_code(0);
        commit(&env, &[("elsewhere.txt", "x")]).expect_code(0);
        let run = &env.json(&["hooks", "runs", "-n", "1", "--json"])[0];
        assert_eq!(run["cached"], is_reused, "{suite}");
    }
}

#[test]
fn the_words_that_tell_of_looking_back_are_those_of_the_checks() {
    let action = mlv::hook::action::find("validate").unwrap();
    for check in mlv::check::suite::CHECKS {
        let looks_back = check.keys.iter().any(|key| key.name == "against")
            && !check.keys.iter().any(|key| key.name == "dataset");
        let is_named = action.variables_where.iter().any(|word| word == check.name);
        assert_eq!(is_named, looks_back, "{}", check.name);
    }
}

#[test]
fn a_suite_that_matches_nothing_and_a_file_that_cannot_be_read_refuse() {
    let env = project(HOOK);
    commit(&env, &[("checks/raw.yaml", SUITE)]).expect_code(3);
    assert_eq!(last_run(&env).0, "nothing matches `data` in the candidate");
    commit(&env, &[("data/a.csv", "id,age\n1,2\n1,2,3\n")]).expect_code(3);
    assert!(last_run(&env).0.starts_with("data/a.csv:3: "), "{}", last_run(&env).0);
}
