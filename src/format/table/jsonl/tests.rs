//! Laws and cases of jsonl.

use std::sync::Arc;

use proptest::prelude::*;
use serde_json::{Map, Value, json};

use crate::format::FormatError;
use crate::format::table::options::MOST_CELLS;
use crate::format::table::{Batch, Column, Table, TableFile, TableOptions};

fn open(texts: &[&str]) -> Result<Table, FormatError> {
    let file = |(at, text): (usize, &&str)| TableFile {
        name: format!("{at}.jsonl"),
        source: Arc::new(text.as_bytes().to_vec()),
    };
    Table::open(texts.iter().enumerate().map(file).collect(), TableOptions::default())
}

fn batches(table: &Table) -> Result<Vec<Batch>, FormatError> {
    let mut batches = Vec::new();
    table.for_each(&mut |batch| {
        batches.push(batch.clone());
        Ok::<_, FormatError>(())
    })?;
    Ok(batches)
}

fn refusal(text: &str) -> String {
    open(&[text]).and_then(|table| batches(&table)).unwrap_err().to_string()
}

/// The rows as objects again, without keys that are missing.
fn objects(table: &Table) -> Vec<Map<String, Value>> {
    let mut rows = Vec::new();
    for batch in batches(table).unwrap() {
        for row in 0..batch.rows {
            let cells = table.fields().iter().zip(&batch.columns);
            let cells = cells.filter(|(_, column)| !column.is_null(row));
            rows.push(cells.map(|(it, column)| (it.name.clone(), value(column, row))).collect());
        }
    }
    rows
}

fn value(column: &Column, row: usize) -> Value {
    match column {
        Column::Text(array) => array.value(row).into(),
        Column::Bool(array) => array.value(row).into(),
        Column::Int(array) => array.value(row).into(),
        Column::Float(array) => array.value(row).into(),
        Column::Json(array) => serde_json::from_str(array.value(row)).unwrap(),
        Column::Date(_) | Column::Timestamp(_) => panic!("JSON has no times"),
    }
}

#[test]
fn values_tell_the_type_of_a_column() {
    let text = r#"{"i":1,"f":1,"b":true,"t":"x","m":1,"n":{"a":[1]},"u":18446744073709551615}
        {"i":null,"f":0.5,"b":false,"m":"y","n":[],"z":null}"#;
    let table = open(&[text]).unwrap();
    let batch = &batches(&table).unwrap()[0];
    let shown = |row| batch.columns.iter().map(|column| column.text(row)).collect::<Vec<_>>();
    let kind = |at: usize| format!("{:?}", batch.columns[at]).split('(').next().unwrap().to_owned();
    let kinds: Vec<String> = (0..batch.columns.len()).map(kind).collect();
    assert_eq!(kinds, ["Int", "Float", "Bool", "Text", "Json", "Json", "Float", "Text"]);
    let first: Vec<_> = shown(0).into_iter().flatten().collect();
    let large = "18446744073709552000";
    assert_eq!(first, ["1", "1", "true", "x", "1", r#"{"a":[1]}"#, large]);
    let second: Vec<_> = shown(1).into_iter().flatten().collect();
    assert_eq!(second, ["0.5", "false", r#""y""#, "[]"]);
}

#[test]
fn a_line_that_is_no_object_is_refused_by_its_number() {
    let wrong = "0.jsonl:2: invalid type: integer `5`, expected an object at column 1";
    assert_eq!(refusal("{\"a\":1}\n5\n"), wrong);
    assert!(refusal("{\"a\":1}\n\n{\"a\":}\n").starts_with("0.jsonl:3: expected value at column"));
    assert!(refusal("{\"a\":1} 7\n").starts_with("0.jsonl:1: trailing characters"));
    assert!(refusal("{\"a\":NaN}\n").starts_with("0.jsonl:1: expected value"));
    assert!(refusal("{\"a\":1,\"a\":2}\n").contains("the key `a` is there twice"));
    assert_eq!(refusal("{}\n"), "0.jsonl: the objects of the first lines have no keys");
    assert!(refusal("").contains("the file is empty"));
    let deep = format!("{{\"a\":{}{}}}", "[".repeat(10_000), "]".repeat(10_000));
    assert!(refusal(&deep).contains("recursion limit"));
}

#[test]
fn a_key_that_comes_late_is_refused_by_its_line() {
    let mut text = "{\"a\":1}\n".repeat(1000);
    text.push_str("{\"a\":1,\"b\":2}\n");
    assert!(refusal(&text).starts_with("0.jsonl:1001: the key `b` is in none of the first lines"));
}

#[test]
fn the_keys_of_a_table_are_those_of_all_its_files() {
    let table = open(&["{\"a\":1}\n", "{\"b\":2,\"a\":3}\n"]).unwrap();
    let expected = [json!({"a": 1}), json!({"a": 3, "b": 2})];
    assert_eq!(objects(&table).into_iter().map(Value::from).collect::<Vec<_>>(), expected);
    let table = table.with_columns(&["b".into()]).unwrap();
    assert_eq!(batches(&table).unwrap()[1].columns.len(), 1);
}

#[test]
fn many_columns_make_small_batches() {
    let keys = (0..6000).map(|at| format!("\"{at}\":0")).collect::<Vec<_>>().join(",");
    let text = format!("{{{keys}}}\n{}", "{}\n".repeat(1000));
    let table = open(&[&text]).unwrap();
    let cells = |batch: &Batch| batch.rows * batch.columns.len();
    assert!(batches(&table).unwrap().iter().all(|batch| cells(batch) <= MOST_CELLS));
}

fn scalar() -> impl Strategy<Value = Value> {
    prop_oneof![
        any::<bool>().prop_map(Value::from),
        any::<i64>().prop_map(Value::from),
        (-1e9..1e9).prop_map(|value: f64| Value::from(value)),
        "[a-zé\"\\\\\n]{0,5}".prop_map(Value::from),
        Just(json!([1, {"x": null}])),
    ]
}

fn object(same: bool) -> impl Strategy<Value = Map<String, Value>> {
    let value = if same { "[a-z]{0,5}".prop_map(Value::from).boxed() } else { scalar().boxed() };
    proptest::collection::btree_map("[abc]", value, 0..3)
        .prop_map(|map| map.into_iter().collect::<Map<_, _>>())
}

proptest! {
    #[test]
    fn what_is_written_is_read(same: bool, rows in proptest::collection::vec(object(false), 0..40)) {
        let rows: Vec<_> = [json!({"a": 1, "b": 2, "c": 3}).as_object().unwrap().clone()]
            .into_iter().chain(rows).collect();
        let end = if same { "\n" } else { "\r\n" };
        let text: String = rows.iter().map(|row| Value::from(row.clone()).to_string() + end).collect();
        let read = objects(&open(&[&text]).unwrap());
        prop_assert_eq!(read.len(), rows.len());
        for (read, written) in read.iter().zip(&rows) {
            prop_assert_eq!(read.len(), written.len());
            for (key, value) in written {
                // Integers among floats are read as floats.
                prop_assert!(read[key] == *value || read[key].as_f64() == value.as_f64());
            }
        }
    }

    #[test]
    fn any_text_is_read_or_refused(text in "[{}\\[\\]\",:a1. \n\\\\-]{0,80}") {
        let _read_or_refused = open(&[&text]).and_then(|table| batches(&table));
    }
}
