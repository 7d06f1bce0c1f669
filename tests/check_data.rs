//! `mlv check` on data as it comes: typed, damaged, in other encodings, or claiming what it is not.

use std::fmt::Write as _;
use std::fs::File;
use std::io::Write as _;
use std::sync::Arc;

use arrow_array::{ArrayRef, Float64Array, Int64Array, RecordBatch, StringArray};
use parquet::arrow::ArrowWriter;
use serde_json::{Value, json};

use crate::common::TestEnvironment;

const SUITE: &str = "\
dataset: data
checks:
- columns: {match: equal, names: [id, age, plan, spend]}
- row_count: {min: 3}
- unique: {columns: [id]}
- duplicate_rows
- pair: {left: age, op: <=, right: spend}
- expression: age < 60
columns:
  id: {increasing: {strict: true}, distinct: {min: 700}}
  age: {type: int, not_null: true, range: {min: 18, max: 60}, mean: {max: 40}, stdev: {max: 1}}
  plan: {in_set: [basic, pro], regex: '^[a-z]+$', length: {max: 4}, class_balance: {max_ratio: 2}}
  spend: {type: number, finite: true, min: {min: 0}, median: {max: 1}, z_score: 2}
";

fn project(suite: &str) -> TestEnvironment {
    let env = TestEnvironment::new();
    env.success(&["init"]);
    env.write("checks/suite.yaml", suite);
    env
}

/// Returns what the suite says of data that does not pass.
fn refused(env: &TestEnvironment, data: &str) -> Value {
    env.mlv(&["check", "checks/suite.yaml", data, "--json"]).expect_code(3).json()
}

/// A thousand rows with a fault of every kind, as columns.
struct Rows {
    ids: Vec<i64>,
    ages: Vec<Option<i64>>,
    plans: Vec<&'static str>,
    spends: Vec<f64>,
}

impl Rows {
    fn new() -> Self {
        let rows = || 0..1000_i64;
        Self {
            ids: rows().map(|row| if row % 10 == 3 { row - 1 } else { row }).collect(),
            ages: rows().map(|row| (row % 7 != 0).then_some(10 + row * 31 % 60)).collect(),
            plans: rows().map(|row| ["basic", "pro", "pro", "Gold"][row as usize % 4]).collect(),
            spends: rows().map(|row| (row * 37 % 1000) as f64 / 8.0 - 4.5).collect(),
        }
    }

    fn write_csv(&self, env: &TestEnvironment, path: &str) {
        let mut text = "id,age,plan,spend\n".to_owned();
        for row in 0..self.ids.len() {
            let age = self.ages[row].map(|age| age.to_string()).unwrap_or_default();
            let (id, plan, spend) = (self.ids[row], self.plans[row], self.spends[row]);
            writeln!(text, "{id},{age},{plan},{spend}").unwrap();
        }
        env.write(path, text);
    }

    fn write_parquet(&self, env: &TestEnvironment, path: &str) {
        let columns: [(&str, ArrayRef); 4] = [
            ("id", Arc::new(Int64Array::from(self.ids.clone()))),
            ("age", Arc::new(Int64Array::from(self.ages.clone()))),
            ("plan", Arc::new(StringArray::from(self.plans.clone()))),
            ("spend", Arc::new(Float64Array::from(self.spends.clone()))),
        ];
        let batch = RecordBatch::try_from_iter(columns).unwrap();
        let mut writer = ArrowWriter::try_new(Vec::new(), batch.schema(), None).unwrap();
        writer.write(&batch).unwrap();
        env.write(path, writer.into_inner().unwrap());
    }
}

/// Returns what a check found, without the names of files.
fn without_files(check: &Value) -> Value {
    let mut check = check.clone();
    for sample in check["sample"].as_array_mut().unwrap() {
        sample.as_object_mut().unwrap().remove("file");
    }
    check
}

#[test]
fn parquet_is_judged_as_csv_of_the_same_rows() {
    let env = project(SUITE);
    let rows = Rows::new();
    rows.write_csv(&env, "data/a.csv");
    rows.write_parquet(&env, "typed/a.parquet");
    let csv = refused(&env, "data");
    let parquet = refused(&env, "typed");
    assert_eq!(csv["rows"], 1000);
    assert_eq!(csv["checks"].as_array().unwrap().len(), 22);
    for (csv, parquet) in
        csv["checks"].as_array().unwrap().iter().zip(parquet["checks"].as_array().unwrap())
    {
        assert_eq!(without_files(csv), without_files(parquet));
    }
    // What is counted is what is there.
    let found = |check: &str, column: Value| {
        let checks = csv["checks"].as_array().unwrap();
        let found = checks.iter().find(|it| it["check"] == check && it["column"] == column);
        let found = found.unwrap();
        (found["considered"].as_u64(), found["unexpected"].as_u64())
    };
    assert_eq!(found("unique", Value::Null), (Some(1000), Some(200)));
    assert_eq!(found("not_null", json!("age")), (Some(1000), Some(143)));
    assert_eq!(found("in_set", json!("plan")), (Some(1000), Some(250)));
    assert_eq!(found("increasing", json!("id")), (Some(1000), Some(100)));
}

fn safetensors(head: &Value, data: usize) -> Vec<u8> {
    let head = head.to_string();
    [&(head.len() as u64).to_le_bytes(), head.as_bytes(), &vec![0; data]].concat()
}

#[test]
fn tensors_and_tables_that_claim_what_is_not_there_are_not_decodable() {
    let env = project("dataset: models\nchecks: [decodable]\n");
    let head =
        |end: u64| json!({"w": {"dtype": "F32", "shape": [end / 4], "data_offsets": [0, end]}});
    env.write("models/good.safetensors", safetensors(&head(16), 16));
    Rows::new().write_parquet(&env, "models/good.parquet");
    env.success(&["check", "checks/suite.yaml"]);
    env.write("models/long.safetensors", safetensors(&head(1 << 40), 16));
    env.write("models/head.safetensors", [&u64::MAX.to_le_bytes()[..], b"{}"].concat());
    env.write("models/text.parquet", "id,age\n1,2\n");
    let told = refused(&env, "models");
    let check = &told["checks"][0];
    assert_eq!((&check["considered"], &check["unexpected"]), (&json!(5), &json!(3)));
    let reasons: Vec<&str> = check["sample"]
        .as_array()
        .unwrap()
        .iter()
        .map(|it| it["value"].as_str().unwrap())
        .collect();
    insta::assert_snapshot!(reasons.join("\n"), @"
    models/head.safetensors: a head of 18446744073709551615 bytes; 100 MB are the most
    models/long.safetensors: the head tells of 1099511627776 bytes of tensors, and there are 16
    models/text.parquet: this is no parquet file, or its footer is damaged
    ");
}

#[test]
fn a_page_of_parquet_that_claims_much_is_refused() {
    let env = project(SUITE);
    Rows::new().write_parquet(&env, "data/a.parquet");
    let mut bytes = env.read("data/a.parquet");
    // The header of the first page: its type, then how large it is, here 200 MiB of a few bytes.
    assert_eq!((&bytes[..4], bytes[4], bytes[6]), (b"PAR1".as_slice(), 0x15, 0x15));
    let size_end = 7 + bytes[7..].iter().position(|byte| *byte < 0x80).unwrap();
    bytes.splice(7..=size_end, [0x80, 0x80, 0x80, 0xc8, 0x01]);
    env.write("data/a.parquet", bytes);
    let told = refused(&env, "data");
    assert_eq!(told["status"], "error");
    insta::assert_snapshot!(
        told["message"].as_str().unwrap(),
        @"data/a.parquet: a page of 209715200 bytes cannot be made of 7200"
    );
}

#[test]
fn text_in_another_encoding_is_read_or_told_with_its_line() {
    let env = project(
        "dataset: data\nchecks: [{row_count: {min: 1}}]\ncolumns: {city: {in_set: [Zürich, Genève]}}\n",
    );
    env.write("data/a.csv", b"city\nZ\xfcrich\nGen\xe8ve\n");
    env.success(&["check", "checks/suite.yaml"]);
    let utf16: Vec<u8> =
        "\u{feff}city\nZürich\n".encode_utf16().flat_map(u16::to_le_bytes).collect();
    env.write("data/a.csv", utf16);
    env.success(&["check", "checks/suite.yaml"]);
    // What begins as UTF-8 and does not go on so is no text of one encoding.
    let mut mixed = "city\n".to_owned() + &"Zürich\n".repeat(20_000);
    mixed.truncate(mixed.len() - 1);
    env.write("data/a.csv", [mixed.as_bytes(), b"\nGen\xe8ve\n"].concat());
    insta::assert_snapshot!(env.screen("mlv check checks/suite.yaml"), @"
    $ mlv check checks/suite.yaml
    data: data/a.csv:20002: bytes that are not UTF-8: name the encoding of the file if it is another
    [exit code 3]
    ");
    env.write("data/a.csv", "city\nZürich\n".replace("ü", "\0"));
    insta::assert_snapshot!(env.screen("mlv check checks/suite.yaml"), @"
    $ mlv check checks/suite.yaml
    data: data/a.csv: bytes that are zero: this is no text, or UTF-16 without a byte order mark
    [exit code 3]
    ");
}

#[test]
fn a_line_without_end_is_told_and_takes_no_memory() {
    let env = project("dataset: data\nchecks: [{row_count: {min: 1}}]\n");
    env.write("data/a.csv", "id\n".to_owned() + &"123456789\n".repeat(10_000));
    // Four GiB of zeros, which take no room on the disk.
    let file = File::options().write(true).open(env.path("data/a.csv")).unwrap();
    file.set_len(4 << 30).unwrap();
    let mut shell = env.shell();
    shell.args(["-c", "ulimit -v 2000000; exec mlv check checks/suite.yaml"]);
    let told = env.finish(shell).expect_code(3);
    insta::assert_snapshot!(told.stdout, @"
    data: data/a.csv:10002: a row of more than 16 MiB: is a quote missing?
    ");
    let file = File::create(env.path("data/a.csv"));
    // A quote that never ends is such a line too.
    let mut file = file.unwrap();
    writeln!(file, "id\n\"{}", "1\n".repeat(50_000)).unwrap();
    insta::assert_snapshot!(env.screen("mlv check checks/suite.yaml"), @"
    $ mlv check checks/suite.yaml
    data: data/a.csv:2: a quoted cell begins here and never ends
    [exit code 3]
    ");
}

#[test]
fn nan_and_infinity_are_no_finite_numbers() {
    let env = project(
        "dataset: data\ncolumns:\n  x: {type: number, finite: true, range: {min: 0}, mean: {min: 0}, \
         max: {max: 9}}\n  y: {median: {max: 2}, sum: {max: 9}}\n",
    );
    env.write("data/a.csv", "x,y\n1,1\nNaN,2\ninf,-inf\n-Infinity,inf\n");
    insta::assert_snapshot!(env.screen("mlv check checks/suite.yaml"), @"
    $ mlv check checks/suite.yaml
    data: 4 rows, 7 checks: 5 failed
    ✓  type    x
    ✗  finite  x  3 of 4 not a finite number (75 %)
         data/a.csv, row 1: NaN
         data/a.csv, row 2: inf
         data/a.csv, row 3: -Infinity
    ✗  range   x  2 of 4 not at least 0 (50 %)
         data/a.csv, row 1: NaN
         data/a.csv, row 3: -Infinity
    ✗  mean    x  the mean is no number
    ✗  max     x  the max is no number
    ✓  median  y  1.5
    ✗  sum     y  the sum is no number
    [exit code 3]
    ");
    let columns: [(&str, ArrayRef); 2] = [
        ("x", Arc::new(Float64Array::from(vec![1.0, f64::NAN, f64::INFINITY, f64::NEG_INFINITY]))),
        ("y", Arc::new(Float64Array::from(vec![1.0, 2.0, f64::NEG_INFINITY, f64::INFINITY]))),
    ];
    let batch = RecordBatch::try_from_iter(columns).unwrap();
    let mut writer = ArrowWriter::try_new(Vec::new(), batch.schema(), None).unwrap();
    writer.write(&batch).unwrap();
    env.write("typed/a.parquet", writer.into_inner().unwrap());
    let of = |told: &Value| -> Vec<Value> {
        let checks = told["checks"].as_array().unwrap().iter();
        checks
            .map(|it| json!([it["check"], it["status"], it["unexpected"], it["message"]]))
            .collect()
    };
    assert_eq!(of(&refused(&env, "typed")), of(&refused(&env, "data")));
}

#[test]
fn files_without_rows_and_other_columns_are_told() {
    let env = project(
        "dataset: data\nchecks:\n- columns: {match: exact, names: [id, age]}\n- row_count: {min: 1}\n\
         columns: {age: {type: int}}\n",
    );
    env.write("data/a.csv", "");
    insta::assert_snapshot!(env.screen("mlv check checks/suite.yaml"), @"
    $ mlv check checks/suite.yaml
    data: data/a.csv: the file is empty: no line in it holds anything
    [exit code 3]
    ");
    env.write("data/a.csv", "id,age\n");
    insta::assert_snapshot!(env.screen("mlv check checks/suite.yaml"), @"
    $ mlv check checks/suite.yaml
    data: 0 rows, 3 checks: 1 failed, 1 warned
    ✓  columns
    ✗  row_count       0 rows, fewer than 1
    !  type       age  there was nothing to judge
    [exit code 3]
    ");
    env.write("data/a.csv", "id,old\n1,2\n");
    insta::assert_snapshot!(env.screen("mlv check checks/suite.yaml"), @"
    $ mlv check checks/suite.yaml
    data: 1 row, 3 checks: 2 failed
    ✗  columns         missing `age`; unexpected `old`
    ✓  row_count       1
    ✗  type       age  there is no column `age`
    [exit code 3]
    ");
    env.write("data/a.csv", "id,age,more\n1,2,3\n");
    insta::assert_snapshot!(env.screen("mlv check checks/suite.yaml"), @"
    $ mlv check checks/suite.yaml
    data: 1 row, 3 checks: 1 failed
    ✗  columns         unexpected `more`
    ✓  row_count       1
    ✓  type       age
    [exit code 3]
    ");
    env.write("data/a.csv", "id,age\n1,2\n3,4,5\n");
    insta::assert_snapshot!(env.screen("mlv check checks/suite.yaml"), @"
    $ mlv check checks/suite.yaml
    data: data/a.csv:3: row has 3 fields, the header has 2
    [exit code 3]
    ");
    env.write("data/a.csv", "id,id\n1,2\n");
    insta::assert_snapshot!(env.screen("mlv check checks/suite.yaml"), @"
    $ mlv check checks/suite.yaml
    data: data/a.csv:1: two columns are called `id`
    [exit code 3]
    ");
}
