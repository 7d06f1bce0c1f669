//! `mlv drift` through the program.

use std::fmt::Write as _;
use std::sync::Arc;

use arrow_array::{ArrayRef, Float64Array, Int64Array, RecordBatch, StringArray};
use parquet::arrow::ArrowWriter;
use serde_json::Value;

use mlv::base::fs::atomic_write;

use crate::common::TestEnvironment;

/// Returns a table of `rows` rows whose ages are `older` years above the usual.
pub fn table(rows: u32, older: u32) -> String {
    let mut text = String::from("id,age,score,plan\n");
    for row in 0..rows {
        let plan = ["basic", "plus", "pro", "plus"][row as usize % 4];
        let score = f64::from(row * 37 % 100) / 8.0;
        let age = 20 + row * 7 % 50 + older;
        writeln!(text, "customer {row},{age},{score},{plan}").unwrap();
    }
    text
}

/// Returns a repository with a committed table of training data, and new data beside it.
fn project(older: u32) -> TestEnvironment {
    let env = TestEnvironment::new();
    env.success(&["init"]);
    env.write("data/train.csv", table(400, 0));
    env.success(&["add", "."]);
    env.success(&["commit", "-m", "training data"]);
    env.write("data/new.csv", table(300, older));
    env
}

#[test]
fn columns_are_compared_with_those_of_a_revision() {
    let env = project(0);
    insta::assert_snapshot!(env.screen("mlv drift data/new.csv --reference HEAD:data/train.csv"), @"
    $ mlv drift data/new.csv --reference HEAD:data/train.csv
             column  type         method     score  drifts at
    skipped  id      text                                      texts of which most differ are not compared
    stable   age     numeric      ks             1  ≤ 0.05
    stable   score   numeric      ks             1  ≤ 0.05
    stable   plan    categorical  chisquare      1  < 0.05
    [stderr]
    no drift: 0 of 3 columns drifted
    ");
    env.write("data/new.csv", table(300, 20));
    insta::assert_snapshot!(env.screen("mlv drift data/new.csv --reference HEAD:data/train.csv"), @"
    $ mlv drift data/new.csv --reference HEAD:data/train.csv
             column  type         method       score  drifts at
    skipped  id      text                                        texts of which most differ are not compared
    drift    age     numeric      ks         5.3e-25  ≤ 0.05
    stable   score   numeric      ks               1  ≤ 0.05
    stable   plan    categorical  chisquare        1  < 0.05
    [stderr]
    no drift: 1 of 3 columns drifted
    ");
}

#[test]
fn drift_ends_with_3_where_that_is_asked_for() {
    let env = project(20);
    let drift = |more: &[&str]| {
        let fixed = ["drift", "data/new.csv", "--reference", "HEAD:data/train.csv"];
        env.mlv(&[&fixed, more].concat())
    };
    drift(&["--critical", "age"]).expect_code(0);
    drift(&["--critical", "age", "--fail-on-drift"]).expect_code(3);
    drift(&["--critical", "age", "--fail-on-drift", "--json"]).expect_code(3);
    drift(&["--critical", "plan", "--fail-on-drift"]).expect_code(0);
    drift(&["--columns", "plan", "--fail-on-drift"]).expect_code(0);
}

#[test]
fn json_tells_of_each_column() {
    let env = project(20);
    let report = env.json(&[
        "drift",
        "data/new.csv",
        "--reference",
        "HEAD:data/train.csv",
        "--json",
        "--columns",
        "age",
    ]);
    insta::assert_json_snapshot!(report, @r#"
    {
      "drift": true,
      "share": 1.0,
      "compared": 1,
      "drifted": 1,
      "rows": {
        "reference": 400,
        "new": 300
      },
      "columns": [
        {
          "column": "age",
          "type": "numeric",
          "status": "drifted",
          "method": "ks",
          "score": 0.0000000000000000000000005297612845590022,
          "threshold": 0.05,
          "drift": true,
          "critical": false,
          "values": {
            "reference": 400,
            "new": 300
          },
          "reason": null,
          "distances": {
            "ks": 0.0000000000000000000000005297612845590022
          }
        }
      ],
      "only_in_reference": [],
      "only_in_new": [],
      "data": "data/new.csv",
      "reference": "HEAD:data/train.csv"
    }
    "#);
}

#[test]
fn all_methods_or_the_one_that_is_named_are_reported() {
    let env = project(20);
    let base = "mlv drift data/new.csv --reference HEAD:data/train.csv --columns age,plan";
    insta::assert_snapshot!(env.screen(&format!("{base} --all")), @"
    $ mlv drift data/new.csv --reference HEAD:data/train.csv --columns age,plan --all
            column  type         method                   score  drifts at
    drift   age     numeric      ks                     5.3e-25  ≤ 0.05
                                 wasserstein             1.3859
                                 jensenshannon            0.514
                                 psi                     5.4335
                                 kl_div                  2.7159
                                 hellinger               0.6024
                                 ed                      3.7245
                                 nannyml_js              0.6325
    stable  plan    categorical  chisquare                    1  < 0.05
                                 jensenshannon                0
                                 psi                          0
                                 kl_div                       0
                                 hellinger                    0
                                 chisquare_contingency        1
                                 l_infinity                   0
                                 nannyml_js                   0
    [stderr]
    drift: 1 of 2 columns drifted
    ");
    insta::assert_snapshot!(env.screen(&format!("{base} --method psi")), @"
    $ mlv drift data/new.csv --reference HEAD:data/train.csv --columns age,plan --method psi
            column  type         method   score  drifts at
    drift   age     numeric      psi     5.4335  ≥ 0.1
    stable  plan    categorical  psi          0  ≥ 0.1
    [stderr]
    drift: 1 of 2 columns drifted
    ");
    insta::assert_snapshot!(env.screen(&format!("{base} --strict")), @"
    $ mlv drift data/new.csv --reference HEAD:data/train.csv --columns age,plan --strict
            column  type         method                   score  drifts at
    drift   age     numeric      ks                     5.3e-25  ≤ 0.025
    stable  plan    categorical  chisquare_contingency        1  < 0.025
    [stderr]
    drift: 1 of 2 columns drifted
    ");
    env.mlv(&["drift", "data/new.csv", "--method", "pis"]).expect_code(2);
}

#[test]
fn data_is_a_path_a_glob_a_directory_or_lies_elsewhere() {
    let env = project(0);
    env.write("live/1.csv", table(150, 0));
    env.write("live/2.csv", table(150, 3));
    env.write("live/notes.txt", "no table");
    atomic_write(&env.home().join("batch.csv"), table(300, 3).as_bytes()).unwrap();
    let outside = env.home().join("batch.csv").display().to_string();
    let rows = |new: &str, reference: &str| -> Value {
        let report = env.json(&["drift", new, "--reference", reference, "--json"]);
        report["rows"].clone()
    };
    let expected = serde_json::json!({"reference": 400, "new": 300});
    for new in ["live", "live/", "live/*.csv", &outside] {
        assert_eq!(rows(new, "HEAD:data/train.csv"), expected, "{new}");
    }
    assert_eq!(
        rows("HEAD:data", "HEAD:data/*.csv"),
        serde_json::json!({"reference": 400, "new": 400})
    );
    env.success(&["add", "live"]);
    assert_eq!(rows(":live", "data/train.csv"), expected);
    // Paths are read from where the user stands, those of revisions from the root.
    let mut command = env.command(&["drift", "1.csv", "--reference", "HEAD:data/train.csv"]);
    command.current_dir(env.path("live"));
    env.finish(command).expect_code(0);
}

#[test]
fn a_specification_says_it_all() {
    let env = project(20);
    env.write(
        "drift.yaml",
        "data: data/new.csv\nreference: HEAD:data/train.csv\ncolumns: [age, plan]\n\
         thresholds: {ks: 0.01}\nshare: 0.6\n",
    );
    insta::assert_snapshot!(env.screen("mlv drift drift.yaml --fail-on-drift"), @"
    $ mlv drift drift.yaml --fail-on-drift
            column  type         method       score  drifts at
    drift   age     numeric      ks         5.3e-25  ≤ 0.01
    stable  plan    categorical  chisquare        1  < 0.05
    [stderr]
    no drift: 1 of 2 columns drifted
    ");
    env.write("drift.yaml", "data: data/new.csv\nrefrence: HEAD:data/train.csv\n");
    insta::assert_snapshot!(env.screen("mlv drift drift.yaml"), @"
    $ mlv drift drift.yaml
    [stderr]
    error: `drift.yaml` cannot be used as it is
      caused by: drift.yaml:2:1: unknown key `refrence` of the file
      |
    2 | refrence: HEAD:data/train.csv
      | ^^^^^^^^
      = did you mean `reference`?
    [exit code 1]
    ");
}

#[test]
fn what_is_missing_is_told_with_what_to_type() {
    let env = project(0);
    insta::assert_snapshot!(env.screen("mlv drift data/new.csv"), @"
    $ mlv drift data/new.csv
    [stderr]
    error: nothing is named to compare `data/new.csv` with
    hint: `--reference REV:PATH` names it; where one model is the champion, what it was trained on is taken
    [exit code 1]
    ");
    insta::assert_snapshot!(env.screen("mlv drift data/new.csv --reference HEAD:data/trian.csv"), @"
    $ mlv drift data/new.csv --reference HEAD:data/trian.csv
    [stderr]
    error: `data/trian.csv` is not in `HEAD`
    hint: did you mean `data/train.csv`?
    [exit code 1]
    ");
    insta::assert_snapshot!(env.screen("mlv drift data/none.csv --reference HEAD:data/train.csv"), @"
    $ mlv drift data/none.csv --reference HEAD:data/train.csv
    [stderr]
    error: `data/none.csv` is not in the working copy
    hint: did you mean `data/new.csv`?
    [exit code 1]
    ");
    insta::assert_snapshot!(
        env.screen("mlv drift data/new.csv --reference HEAD:data/train.csv --columns agee"),
        @"
    $ mlv drift data/new.csv --reference HEAD:data/train.csv --columns agee
    [stderr]
    error: neither side has a column `agee`
    hint: did you mean `age`?
    [exit code 1]
    "
    );
}

#[test]
fn columns_of_one_side_are_named_and_critical_ones_are_drift() {
    let env = project(0);
    env.write("data/new.csv", table(300, 0).replace("id,age,score,plan", "id,age,rating,plan"));
    let line = "mlv drift data/new.csv --reference HEAD:data/train.csv --fail-on-drift";
    insta::assert_snapshot!(env.screen(line), @"
    $ mlv drift data/new.csv --reference HEAD:data/train.csv --fail-on-drift
             column  type         method     score  drifts at
    skipped  id      text                                      texts of which most differ are not compared
    stable   age     numeric      ks             1  ≤ 0.05
    stable   plan    categorical  chisquare      1  < 0.05
    [stderr]
    no drift: 0 of 2 columns drifted; only the reference has score; only the new data has rating
    ");
    insta::assert_snapshot!(env.screen(&format!("{line} --critical score")), @"
    $ mlv drift data/new.csv --reference HEAD:data/train.csv --fail-on-drift --critical score
             column  type         method     score  drifts at
    skipped  id      text                                      texts of which most differ are not compared
    stable   age     numeric      ks             1  ≤ 0.05
    stable   plan    categorical  chisquare      1  < 0.05
    [stderr]
    drift: 0 of 2 columns drifted; only the reference has score; only the new data has rating
    [exit code 3]
    ");
}

#[test]
fn what_is_too_small_is_not_compared() {
    let env = project(20);
    env.write("data/new.csv", table(150, 20));
    let line =
        "mlv drift data/new.csv --reference HEAD:data/train.csv --columns age --critical age";
    insta::assert_snapshot!(env.screen(&format!("{line} --fail-on-drift")), @"
    $ mlv drift data/new.csv --reference HEAD:data/train.csv --columns age --critical age --fail-on-drift
             column  type     method  score  drifts at
    not run  age     numeric                            150 rows on a side, fewer than 200
    [stderr]
    nothing was compared
    ");
    insta::assert_snapshot!(env.screen(&format!("{line} --min-rows 100 --fail-on-drift")), @"
    $ mlv drift data/new.csv --reference HEAD:data/train.csv --columns age --critical age --min-rows 100 --fail-on-drift
           column  type     method    score  drifts at
    drift  age     numeric  ks      4.0e-16  ≤ 0.05
    [stderr]
    drift: 1 of 1 column drifted
    [exit code 3]
    ");
}

#[test]
fn a_reference_is_read_once_and_a_damaged_memory_of_it_is_ignored() {
    let env = project(20);
    let drift = || {
        env.success(&["drift", "data/new.csv", "--reference", "HEAD:data/train.csv", "--json"])
            .stdout
    };
    let first = drift();
    let kept = || -> Vec<_> {
        let list = std::fs::read_dir(env.path(".mlv/profiles")).unwrap();
        list.map(|entry| entry.unwrap().path()).collect()
    };
    // One for each column of the reference; new data is not known by its content.
    assert_eq!(kept().len(), 4);
    assert_eq!(drift(), first);
    for path in kept() {
        let mut bytes = std::fs::read(&path).unwrap();
        let middle = bytes.len() / 2;
        bytes[middle] ^= 1;
        atomic_write(&path, &bytes).unwrap();
    }
    assert_eq!(drift(), first);
    std::fs::remove_dir_all(env.path(".mlv/profiles")).unwrap();
    env.write(".mlv/profiles", "in the way");
    assert_eq!(drift(), first);
}

#[test]
fn the_golden_data_gives_the_scores_of_evidently() {
    let golden = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/golden/drift");
    let cases: Value = serde_json::from_str(
        &std::fs::read_to_string(golden.join("golden.json")).unwrap().replace("NaN", "null"),
    )
    .unwrap();
    let env = TestEnvironment::new();
    env.success(&["init"]);
    for case in cases.as_array().unwrap() {
        let name = case["case"].as_str().unwrap();
        let text = std::fs::read_to_string(golden.join(format!("{name}.csv"))).unwrap();
        for (set, file) in [("ref", "ref.csv"), ("cur", "cur.csv")] {
            let rows = text.lines().skip(1).filter_map(|line| line.split_once(','));
            let rows = rows.filter(|(of, _)| *of == set);
            // A second column keeps a row without a value from being an empty line.
            let rows: Vec<String> = rows.map(|(_, x)| format!("{x},0\n")).collect();
            env.write(file, format!("x,zero\n{}", rows.concat()));
        }
        let report =
            env.json(&["drift", "cur.csv", "--reference", "ref.csv", "--columns", "x", "--json"]);
        let (found, expected) = (&report["columns"][0], &case["default"]);
        assert_eq!(found["method"], expected["method"], "{name}");
        assert_eq!(found["drift"], expected["drift"], "{name}");
        let (score, golden) =
            (found["score"].as_f64().unwrap(), expected["score"].as_f64().unwrap());
        assert!((score - golden).abs() <= 1e-9 * golden.max(1e-6), "{name}: {score} not {golden}");
    }
}

#[test]
fn what_the_champion_was_trained_on_is_the_reference_where_none_is_named() {
    let env = project(20);
    env.write("models/churn.bin", "weights");
    env.success(&["add", "models"]);
    env.success(&["commit", "-m", "model"]);
    let model = "HEAD:models/churn.bin";
    env.success(&["model", "promote", "churn", model, "--data", "data/train.csv"]);
    // The branch moves on; what the champion learned from does not.
    env.write("data/train.csv", table(300, 20));
    env.success(&["commit", "-am", "newer data"]);
    let reference = |more: &[&str]| {
        let report =
            env.json(&[&["drift", "data/new.csv", "--json", "--columns", "age"], more].concat());
        (report["reference"].clone(), report["drift"].clone())
    };
    let expected = (Value::from("churn@champion"), Value::from(true));
    assert_eq!(reference(&[]), expected);
    assert_eq!(reference(&["--reference", "churn@champion"]), expected);
    let newer = reference(&["--reference", "HEAD:data/train.csv"]);
    assert_eq!(newer, (Value::from("HEAD:data/train.csv"), Value::from(false)));
    insta::assert_snapshot!(env.screen("mlv drift data/new.csv --reference churn@champoin"), @r"
    $ mlv drift data/new.csv --reference churn@champoin
    [stderr]
    error: no model has the alias `churn@champoin`
    hint: did you mean `churn@champion`?
    hint: `mlv model list` lists them
    [exit code 1]
    ");
    // Of two champions none is meant.
    env.success(&["model", "promote", "price", model]);
    insta::assert_snapshot!(env.screen("mlv drift data/new.csv"), @"
    $ mlv drift data/new.csv
    [stderr]
    error: nothing is named to compare `data/new.csv` with
    hint: `--reference REV:PATH` names it; where one model is the champion, what it was trained on is taken
    [exit code 1]
    ");
    insta::assert_snapshot!(env.screen("mlv drift data/new.csv --reference price@champion"), @"
    $ mlv drift data/new.csv --reference price@champion
    [stderr]
    error: what `price@champion` was trained on is not known
    hint: name it: `--reference price@champion:PATH`, or `mlv model promote --data PATH`
    [exit code 1]
    ");
}

/// Writes a csv text of `table` as parquet.
fn write_parquet(env: &TestEnvironment, path: &str, text: &str) {
    let rows: Vec<Vec<&str>> = text.lines().skip(1).map(|row| row.split(',').collect()).collect();
    let texts = |at: usize| rows.iter().map(move |row| row[at]);
    let columns: [(&str, ArrayRef); 4] = [
        ("id", Arc::new(StringArray::from_iter_values(texts(0)))),
        ("age", Arc::new(texts(1).map(|age| age.parse().ok()).collect::<Int64Array>())),
        ("score", Arc::new(texts(2).map(|score| score.parse().ok()).collect::<Float64Array>())),
        ("plan", Arc::new(StringArray::from_iter_values(texts(3)))),
    ];
    let batch = RecordBatch::try_from_iter(columns).unwrap();
    let mut writer = ArrowWriter::try_new(Vec::new(), batch.schema(), None).unwrap();
    writer.write(&batch).unwrap();
    env.write(path, writer.into_inner().unwrap());
}

#[test]
fn parquet_on_both_sides_is_compared_as_csv_is() {
    let env = project(20);
    write_parquet(&env, "typed/train.parquet", &table(400, 0));
    write_parquet(&env, "typed/new.parquet", &table(300, 20));
    let columns = |new: &str, reference: &str| {
        let told = env.json(&["drift", new, "--reference", reference, "--all", "--json"]);
        assert_eq!(told["columns"].as_array().unwrap().len(), 4);
        told["columns"].clone()
    };
    let csv = columns("data/new.csv", "HEAD:data/train.csv");
    assert_eq!(columns("typed/new.parquet", "typed/train.parquet"), csv);
}
