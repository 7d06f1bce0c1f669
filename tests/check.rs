//! `mlv check`: suites on the working copy and on revisions, proposed and imported.

use serde_json::json;

use crate::common::TestEnvironment;
use crate::drift::table;

const SUITE: &str = "\
dataset: data/raw
checks:
- columns: {match: equal, names: [id, age, plan]}
- row_count: {min: 3}
- unique: {columns: [id]}
columns:
  age: {type: int, not_null: {mostly: 0.7}, range: {min: 18, max: 100}}
  plan: {in_set: [basic, pro]}
";

const GOOD: &str = "id,age,plan\n1,34,basic\n2,51,pro\n3,28,pro\n";
const BAD: &str = "id,age,plan\n1,34,basic\n2,17,pro\n2,,gold\n4,28,pro\n";

fn project(data: &str) -> TestEnvironment {
    let env = TestEnvironment::new();
    env.success(&["init"]);
    env.write("checks/raw.yaml", SUITE);
    env.write("data/raw/a.csv", data);
    env
}

#[test]
fn data_that_holds_passes() {
    let env = project(GOOD);
    insta::assert_snapshot!(env.screen("mlv check checks/raw.yaml"), @"
    $ mlv check checks/raw.yaml
    data/raw: 3 rows, 7 checks
    ✓  columns
    ✓  row_count        3
    ✓  unique     id
    ✓  type       age
    ✓  not_null   age
    ✓  range      age
    ✓  in_set     plan
    ");
}

#[test]
fn what_does_not_hold_is_told_with_counts_and_rows() {
    let env = project(BAD);
    insta::assert_snapshot!(env.screen("mlv check checks/raw.yaml"), @"
    $ mlv check checks/raw.yaml
    data/raw: 4 rows, 7 checks: 3 failed
    ✓  columns
    ✓  row_count        4
    ✗  unique     id    2 of 4 with a value that occurs again (50 %)
         data/raw/a.csv, row 1: 2
         data/raw/a.csv, row 2: 2
    ✓  type       age
    ✓  not_null   age   1 of 4 missing (25 %)
         data/raw/a.csv, row 2: missing
    ✗  range      age   1 of 3 not at least 18 and at most 100 (33.3333 %)
         data/raw/a.csv, row 1: 17
    ✗  in_set     plan  1 of 4 not in the set (25 %)
         data/raw/a.csv, row 2: gold
    [exit code 3]
    ");
    let told = env.mlv(&["check", "checks/raw.yaml", "--json"]).expect_code(3).json();
    assert_eq!((&told["status"], &told["rows"]), (&json!("fail"), &json!(4)));
    let range = &told["checks"][5];
    assert_eq!(
        *range,
        json!({
            "check": "range", "column": "age", "columns": ["age"], "level": "fail",
            "status": "fail", "rows": 4, "considered": 3, "unexpected": 1,
            "percent": 100.0 / 3.0, "observed": null, "vacuous": false,
            "sample": [{"row": 1, "file": "data/raw/a.csv", "row_of_file": 1, "value": "17"}],
            "top_values": [{"value": "17", "count": 1}],
            "message": "1 of 3 not at least 18 and at most 100",
        })
    );
}

#[test]
fn several_files_are_one_table_whose_rows_count_on() {
    let env = project(GOOD);
    env.write("data/raw/b.csv", "id,age,plan\n1,40,pro\n");
    env.write("data/raw/README.md", "about");
    let told = env.mlv(&["check", "checks/raw.yaml", "--json"]).expect_code(3).json();
    assert_eq!(told["rows"], 4);
    assert_eq!(
        told["checks"][2]["sample"],
        json!([
            {"row": 0, "file": "data/raw/a.csv", "row_of_file": 0, "value": "1"},
            {"row": 3, "file": "data/raw/b.csv", "row_of_file": 0, "value": "1"},
        ])
    );
    env.write("data/raw/c.csv", "id,age\n1,40\n");
    let told = env.mlv(&["check", "checks/raw.yaml", "--json"]).expect_code(3).json();
    assert_eq!(told["status"], "error");
    assert!(told["message"].as_str().unwrap().contains("data/raw/c.csv"), "{told}");
}

#[test]
fn a_revision_is_checked_without_a_checkout() {
    let env = project(GOOD);
    env.success(&["add", "."]);
    env.success(&["commit", "-m", "good"]);
    env.write("data/raw/a.csv", BAD);
    env.mlv(&["check", "checks/raw.yaml"]).expect_code(3);
    env.success(&["check", "checks/raw.yaml", "--at", "HEAD"]);
    // The suite is read as it lies here; where it does not, as the revision has it.
    env.write("checks/raw.yaml", "dataset: data/raw\nchecks: [{row_count: 9}]\n");
    env.mlv(&["check", "checks/raw.yaml", "--at", "HEAD"]).expect_code(3);
    std::fs::remove_file(env.path("checks/raw.yaml")).unwrap();
    env.success(&["check", "checks/raw.yaml", "--at", "HEAD"]);
}

#[test]
fn a_path_stands_in_for_the_dataset() {
    let env = project(GOOD);
    env.write("elsewhere/b.csv", BAD);
    env.success(&["check", "checks/raw.yaml"]);
    env.mlv(&["check", "checks/raw.yaml", "elsewhere/*.csv"]).expect_code(3);
}

#[test]
fn a_dataset_that_matches_nothing_fails() {
    let env = project(GOOD);
    insta::assert_snapshot!(env.screen("mlv check checks/raw.yaml data/new"), @"
    $ mlv check checks/raw.yaml data/new
    data/new: nothing matches `data/new` in the working copy
    [exit code 3]
    ");
}

#[test]
fn a_file_that_cannot_be_read_is_named_with_its_line() {
    let env = project("id,age,plan\n1,34,basic\n2,51\n");
    insta::assert_snapshot!(env.screen("mlv check checks/raw.yaml"), @"
    $ mlv check checks/raw.yaml
    data/raw: data/raw/a.csv:3: row has 2 fields, the header has 3
    [exit code 3]
    ");
}

#[test]
fn a_suite_that_checks_nothing_or_is_elsewhere_lets_nothing_pass() {
    let env = project(GOOD);
    env.write("checks/raw.yaml", "dataset: data/raw\ncolumns: {age: }\n");
    insta::assert_snapshot!(env.screen("mlv check checks/raw.yaml"), @"
    $ mlv check checks/raw.yaml
    [stderr]
    error: `checks/raw.yaml` has no check: it would let everything pass
    [exit code 1]
    ");
    insta::assert_snapshot!(env.screen("mlv check checks/rwa.yaml"), @"
    $ mlv check checks/rwa.yaml
    [stderr]
    error: `checks/rwa.yaml` is not in the working copy
    hint: did you mean `checks/raw.yaml`?
    [exit code 1]
    ");
    insta::assert_snapshot!(env.screen("mlv check checks"), @"
    $ mlv check checks
    [stderr]
    error: `checks` in the working copy is a directory
    hint: `mlv ls` lists it, `mlv export` writes it out
    [exit code 1]
    ");
    env.write("checks/raw.yaml", "dataset: data/raw\ncolumns: {agee: {not_null: true}}\n");
    insta::assert_snapshot!(env.screen("mlv check checks/raw.yaml"), @"
    $ mlv check checks/raw.yaml
    data/raw: 3 rows, 1 check: 1 failed
    ✗  not_null  agee  there is no column `agee`; did you mean `age`?
    [exit code 3]
    ");
}

#[test]
fn a_suite_that_says_nonsense_is_told_where() {
    let env = project(GOOD);
    env.write("checks/raw.yaml", "dataset: data/raw\ncolumns:\n  age: {not_nul: true}\n");
    insta::assert_snapshot!(env.screen("mlv check checks/raw.yaml"), @"
    $ mlv check checks/raw.yaml
    [stderr]
    error: `checks/raw.yaml` is no suite of checks that can be read
      caused by: checks/raw.yaml:3:9: no check here is called `not_nul`
      |
    3 |   age: {not_nul: true}
      |         ^^^^^^^
      = did you mean `not_null`?
    [exit code 1]
    ");
    env.mlv(&["check", "checks/none.yaml"]).expect_code(1);
    env.mlv(&["check"]).expect_code(2);
}

#[test]
fn another_revision_is_compared_with() {
    let env = project(GOOD);
    let suite = "dataset: data/raw\nchecks:\n- row_count_change: {against: main, min: 1.5}\n\
                 - schema_compatible\ncolumns:\n  plan: {new_categories: true}\n";
    env.write("checks/raw.yaml", suite);
    env.success(&["add", "."]);
    env.success(&["commit", "-m", "good"]);
    env.write("data/raw/a.csv", "id,age,plan\n1,34,gold\n2,51,pro\n3,28,pro\n4,1,gold\n");
    insta::assert_snapshot!(env.screen("mlv check checks/raw.yaml"), @"
    $ mlv check checks/raw.yaml
    data/raw: 4 rows, 3 checks: 2 failed
    ✗  row_count_change         the change is 1.333333, less than 1.5 (3 rows before, 4 now)
    ✓  schema_compatible
    ✗  new_categories     plan  2 of 4 of a value that was not there before (50 %)
         data/raw/a.csv, row 0: gold
         data/raw/a.csv, row 3: gold
    [exit code 3]
    ");
}

/// Writes a suite of these checks, commits training data, and puts newer data in its place.
fn drifting(suite: &str, older: u32) -> TestEnvironment {
    let env = TestEnvironment::new();
    env.success(&["init"]);
    env.write("checks/drift.yaml", format!("dataset: data/a.csv\n{suite}"));
    env.write("data/a.csv", table(400, 0));
    env.success(&["add", "."]);
    env.success(&["commit", "-m", "training data"]);
    env.write("data/a.csv", table(300, older));
    env
}

#[test]
fn drift_from_another_revision_is_told_by_column() {
    let suite = "checks:\n- drift\n- drift: {against: main, critical: [age]}\n\
                 - drift: {columns: [age, score], share: 0.6, level: warn}\ncolumns:\n  \
                 age: {drift: {method: psi, threshold: 9.5}}\n  score: {drift: true}\n";
    let env = drifting(suite, 9);
    insta::assert_snapshot!(env.screen("mlv check checks/drift.yaml"), @"
    $ mlv check checks/drift.yaml
    data/a.csv: 300 rows, 5 checks: 1 failed
    ✓  drift              no drift: 1 of 3 columns drifted
    ✗  drift              drift: 1 of 3 columns drifted; age: drift, ks 2.6e-5 (drift below 0.05)
    ✓  drift  age, score  no drift: 1 of 2 columns drifted
    ✓  drift  age         stable, psi 1.8102 (drift from 9.5)
    ✓  drift  score       stable, ks 1 (drift below 0.05)
    [exit code 3]
    ");
    let found = env.mlv(&["check", "checks/drift.yaml", "--json"]).expect_code(3).json();
    let drift = ["drift", "data/a.csv", "--reference", "HEAD:data/a.csv", "--json"];
    let drift = env.json(&drift);
    for at in 0..2 {
        let (ours, theirs) = (&found["checks"][at]["observed"], &drift);
        assert_eq!((&ours["share"], &ours["drifted"]), (&theirs["share"], &theirs["drifted"]));
        let columns = theirs["columns"].as_array().unwrap().iter();
        for (ours, theirs) in ours["columns"].as_array().unwrap().iter().zip(columns) {
            for key in ["column", "type", "method", "score", "threshold", "drift"] {
                assert_eq!(ours[key], theirs[key], "{key} of {theirs}");
            }
        }
    }
    let junit = env.mlv(&["check", "checks/drift.yaml", "--format", "junit"]).expect_code(3).stdout;
    assert!(junit.contains("<testcase name=\"drift of age, score\""), "{junit}");
    let markdown = env.mlv(&["check", "checks/drift.yaml", "--format", "markdown"]).stdout;
    assert!(markdown.contains("| ✗ | drift |  |  | drift: 1 of 3 columns drifted"), "{markdown}");
    let gx = env.mlv(&["check", "checks/drift.yaml", "--format", "gx"]).json();
    assert_eq!(gx["results"][1]["expectation_config"]["type"], "mlv_drift");
    assert_eq!(gx["results"][1]["result"]["observed_value"]["drifted"], 1);
}

#[test]
fn what_drift_cannot_compare_is_not_run_and_refuses_unless_it_only_warns() {
    let suite = "checks:\n- drift: {min_rows: 350}\n- drift: {min_rows: 350, level: warn}\n\
                 - drift: {columns: [id, age]}\n- drift: {critical: [agee]}\ncolumns:\n  \
                 id: {drift: {level: info}}\n";
    let env = drifting(suite, 0);
    insta::assert_snapshot!(env.screen("mlv check checks/drift.yaml"), @"
    $ mlv check checks/drift.yaml
    data/a.csv: 300 rows, 5 checks: 1 failed, 3 not run, 1 warned
    ✗  drift           not run: age, score, plan: 300 rows on a side, fewer than 350
    !  drift           age, score, plan: 300 rows on a side, fewer than 350
    ✗  drift  id, age  not run: id: texts of which most differ are not compared
    ✗  drift           there is no column `agee`; did you mean `age`?
    -  drift  id       not run: texts of which most differ are not compared
    [exit code 3]
    ");
    let found = env.mlv(&["check", "checks/drift.yaml", "--json"]).expect_code(3).json();
    assert_eq!(found["checks"][0]["status"], "not_run");
    env.write(
        "checks/drift.yaml",
        "dataset: data\nchecks:\n- drift: {min_rows: 350, level: warn}\n",
    );
    env.success(&["check", "checks/drift.yaml"]);
}

#[test]
fn a_first_table_and_a_new_column_have_nothing_to_drift_from() {
    let env = project(GOOD);
    env.write("checks/raw.yaml", "dataset: data/raw\nchecks: [drift: {min_rows: 1}]\n");
    insta::assert_snapshot!(env.screen("mlv check checks/raw.yaml"), @"
    $ mlv check checks/raw.yaml
    data/raw: 3 rows, 1 check
    ✓  drift    there is nothing to compare with yet
    ");
    env.success(&["add", "."]);
    env.success(&["commit", "-m", "good"]);
    env.write("data/raw/a.csv", "id,age,plan,new\n1,34,basic,1\n2,51,pro,2\n3,28,pro,3\n");
    let suite = "dataset: data/raw\nchecks:\n- drift: {columns: [new]}\ncolumns:\n  \
                 new: {drift: {min_rows: 1}}\n  gone: {drift: true}\n";
    env.write("checks/raw.yaml", suite);
    insta::assert_snapshot!(env.screen("mlv check checks/raw.yaml"), @"
    $ mlv check checks/raw.yaml
    data/raw: 3 rows, 3 checks: 1 failed
    ✓  drift  new   there is no such column to compare with yet
    ✓  drift  new   there is no such column to compare with yet
    ✗  drift  gone  there is no column `gone`
    [exit code 3]
    ");
}

#[test]
fn how_a_suite_reads_its_files_counts_for_drift_too() {
    let env = project(GOOD);
    let rows = |gaps: &str| {
        let row = |n: u32| {
            format!(
                "{n};{}\n",
                if n.is_multiple_of(3) { gaps.to_owned() } else { (n % 7).to_string() }
            )
        };
        std::iter::once("n;x\n".to_owned()).chain((0..300).map(row)).collect::<String>()
    };
    env.write("data/raw/a.csv", rows(""));
    env.success(&["add", "."]);
    env.success(&["commit", "-m", "gaps"]);
    env.write("data/raw/a.csv", rows("-9"));
    let suite = |null: &str| {
        let read = format!("read: {{delimiter: ';', null_values: [{null}]}}");
        format!("dataset: data/raw\n{read}\ncolumns:\n  x: {{drift: true}}\n")
    };
    env.write("checks/raw.yaml", suite("'-9'"));
    env.success(&["check", "checks/raw.yaml"]);
    env.write("checks/raw.yaml", suite("none"));
    env.mlv(&["check", "checks/raw.yaml"]).expect_code(3);
}

#[test]
fn reports_for_other_tools_say_the_same() {
    let env = project(BAD);
    let report = |format: &str| {
        env.mlv(&["check", "checks/raw.yaml", "--format", format]).expect_code(3).stdout
    };
    let gx: serde_json::Value = serde_json::from_str(&report("gx")).unwrap();
    assert_eq!(gx["statistics"]["unsuccessful_expectations"], 3);
    assert!(report("junit").contains("<testcase name=\"range of age\""));
    assert!(report("markdown").starts_with("**data/raw**: fail, 4 rows"));
}

#[test]
fn a_proposed_suite_passes_on_the_same_data() {
    let env = project(BAD);
    insta::assert_snapshot!(env.screen("mlv check init data/raw"), @"
    $ mlv check init data/raw
    # Proposed from the data as it is: let go of what holds by chance.
    dataset: [data/raw]
    checks:
    - columns: {match: exact, names: [id, age, plan]}
    - row_count: {min: 4}
    columns:
      id: {type: int, not_null: true, range: {min: 1, max: 4}}
      age: {type: int, not_null: {mostly: 0.75}, range: {min: 17, max: 34}}
      plan: {not_null: true}
    ");
    env.success(&["check", "init", "data/raw", "-o", "proposed.yaml"]);
    env.success(&["check", "proposed.yaml"]);
    env.mlv(&["check", "init", "data/raw", "-o", "proposed.yaml"]).expect_code(1);
    env.mlv(&["check", "init", "data/none"]).expect_code(1);
    env.write("data/raw/a.csv", GOOD.replace("51", "x"));
    env.mlv(&["check", "proposed.yaml"]).expect_code(3);
}

#[test]
fn a_foreign_suite_is_imported_and_what_it_lacks_refuses() {
    let env = project(GOOD);
    let suite = json!({"expectations": [
        {"type": "expect_column_values_to_not_be_null", "kwargs": {"column": "age"}},
        {"type": "expect_column_values_to_be_null", "kwargs": {"column": "plan"}},
    ]});
    env.write("suite.json", suite.to_string());
    env.success(&["check", "import", "suite.json", "-o", "checks/gx.yaml"]);
    let told = env.mlv(&["check", "checks/gx.yaml", "data/raw", "--json"]).expect_code(3).json();
    assert_eq!(told["status"], "not_run");
    let mut text = String::from_utf8(env.read("checks/gx.yaml")).unwrap();
    text.push_str("allow_not_run: expect_column_values_to_be_null\n");
    env.write("checks/gx.yaml", text);
    env.success(&["check", "checks/gx.yaml", "data/raw"]);
    env.mlv(&["check", "import", "data/raw/a.csv"]).expect_code(1);
}

#[test]
fn images_and_files_are_judged_as_files() {
    let env = project(GOOD);
    env.write("images/a.png", b"no image");
    env.write("images/b.txt", b"");
    env.write(
        "checks/images.yaml",
        "dataset: images\nchecks:\n- file_count: 2\n- file_size: {min: 1}\n\
         - file_extension: [png]\n- decodable\n",
    );
    let told = env.mlv(&["check", "checks/images.yaml", "--json"]).expect_code(3).json();
    let counts: Vec<_> = told["checks"]
        .as_array()
        .unwrap()
        .iter()
        .map(|check| (check["status"].as_str().unwrap(), check["unexpected"].as_u64()))
        .collect();
    assert_eq!(counts, [("pass", None), ("fail", Some(1)), ("fail", Some(1)), ("fail", Some(1))]);
    assert_eq!((&told["rows"], &told["files"]), (&json!(0), &json!(2)));
}
