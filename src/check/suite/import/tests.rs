//! Suites of other tools, and that what comes out is a suite.

use super::{ForeignFormat, ImportError, import};
use crate::check::suite::spec::parse;

/// Returns the suite that a file becomes, which must be sound.
fn imported(text: &str) -> String {
    let imported = import(text.as_bytes(), None).unwrap();
    let suite = parse("suite.yaml", imported.suite.as_bytes());
    let suite = suite.unwrap_or_else(|errors| panic!("{}{errors}", imported.suite));
    assert_eq!(suite.not_run.len(), imported.left_out);
    imported.suite
}

#[test]
fn expectations_become_checks() {
    insta::assert_snapshot!(imported(r#"{"name": "raw", "expectations": [
        {"type": "expect_column_to_exist", "kwargs": {"column": "age"}},
        {"type": "expect_column_values_to_be_between", "kwargs": {"column": "age", "min_value": 18, "max_value": null, "mostly": 0.99}},
        {"expectation_type": "expect_column_values_to_not_be_null", "kwargs": {"column": "age"}},
        {"type": "expect_column_values_to_match_regex", "kwargs": {"column": "plan", "regex": "^a"}},
        {"type": "expect_column_values_to_match_regex", "kwargs": {"column": "plan", "regex": "b$"}},
        {"type": "expect_compound_columns_to_be_unique", "kwargs": {"column_list": ["a", "b"]}},
        {"type": "expect_column_pair_values_a_to_be_greater_than_b", "kwargs": {"column_A": "b", "column_B": "a", "or_equal": true}},
        {"type": "expect_column_values_to_be_of_type", "kwargs": {"column": "age", "type_": "int64"}},
        {"type": "expect_column_quantile_values_to_be_between", "kwargs": {"column": "age", "quantile_ranges": {"quantiles": [0.5], "value_ranges": [[1, null]]}}},
        {"type": "expect_column_values_to_be_null", "kwargs": {"column": "gone"}},
        {"type": "expect_column_values_to_be_unique", "kwargs": {"column": "id", "row_condition": "a > 1"}}
    ]}"#), @r#"
    # dataset: the path or glob of the data, or give it to `mlv check`
    checks:
    - unique: {columns: [a, b]}
    - pair: {left: b, op: ">=", right: a}
    - columns: {match: superset, names: [age]}
    columns:
      age:
        range: {min: 18, mostly: 0.99}
        not_null: true
        type: int
        quantile: {q: 0.5, min: 1}
      plan:
        regex: [{pattern: "^a"}, {pattern: "b$"}]
    # Rules without a check here: each refuses until `allow_not_run` names it.
    not_run:
    - {name: expect_column_values_to_be_null, column: gone, reason: "there is no check that means the same"}
    - {name: expect_column_values_to_be_unique, column: id, reason: "it holds of some rows only (`row_condition`)"}
    "#);
}

#[test]
fn a_data_contract_becomes_a_suite() {
    insta::assert_snapshot!(imported("\
apiVersion: v3.0.2
kind: DataContract
schema:
- name: customers
  properties:
  - {name: id, logicalType: integer, primaryKey: true}
  - name: e mail
    logicalType: string
    classification: restricted
    required: true
    logicalTypeOptions: {maxLength: 100, pattern: '@', format: email}
  - name: plan
    quality:
    - {metric: invalidValues, arguments: {validValues: [basic, pro]}, mustBe: 0}
    - {metric: nullValues, mustBeLessThan: 5, unit: percent, severity: warning}
    - {type: sql, name: no orphans, query: SELECT 1}
  quality:
  - {metric: rowCount, mustBeBetween: [100, 2000]}
- name: orders
"), @r#"
    # dataset: the path or glob of the data, or give it to `mlv check`
    checks:
    - columns: {match: superset, names: [id, "e mail", plan]}
    - unique: [id]
    - row_count: {min: 100, max: 2000}
    columns:
      id:
        not_null: true
        type: int
      "e mail":
        not_null: true
        restricted: true
        length: {max: 100}
        regex: "@"
      plan:
        in_set: {values: [basic, pro], mostly: 1.0}
        not_null: {mostly: 0.95, level: warn}
    # Rules without a check here: each refuses until `allow_not_run` names it.
    not_run:
    - {name: orders, reason: "a suite is of one table: import this one into its own"}
    - {name: format, column: "e mail", reason: "there is no check that means the same as `\"email\"`"}
    - {name: "no orphans", column: plan, reason: "rules of the type `sql` are not carried out"}
    "#);
}

#[test]
fn a_table_schema_becomes_a_suite() {
    insta::assert_snapshot!(imported(r#"{"resources": [
      {"name": "a", "path": "data/a.csv", "schema": {
        "missingValues": ["", "NA"],
        "primaryKey": "id",
        "foreignKeys": [{"fields": "plan", "reference": {"resource": "plans", "fields": "name"}}],
        "fields": [
          {"name": "id", "type": "integer"},
          {"name": "plan", "type": "string", "constraints": {"pattern": "[a-z]+", "enum": ["a", "true"]}},
          {"name": "day", "type": "date", "format": "%d.%m.%Y"},
          {"name": "at", "type": "time", "constraints": {"minimum": 1, "maximum": 2, "unique": false}}]}},
      {"name": "plans", "path": "data/plans.csv"}]}"#), @r#"
    dataset: [data/a.csv]
    read: {null_values: [NA]}
    checks:
    - columns: {match: exact, names: [id, plan, day, at]}
    - unique: [id]
    columns:
      id:
        not_null: true
        type: int
      plan:
        regex: "^(?:[a-z]+)$"
        in_set: [a, "true"]
        foreign_key: {dataset: data/plans.csv, key: name}
      day:
        date_format: "%d.%m.%Y"
      at:
        range: {min: 1, max: 2}
    # Rules without a check here: each refuses until `allow_not_run` names it.
    not_run:
    - {name: plans, reason: "a suite is of one table: import this one into its own"}
    - {name: type, column: at, reason: "`time` is no type here"}
    "#);
}

#[test]
fn a_schema_of_a_row_becomes_a_suite() {
    insta::assert_snapshot!(imported(r#"{"$schema": "x", "type": "object", "required": ["id"],
      "additionalProperties": false, "properties": {
        "id": {"type": "integer", "exclusiveMinimum": 0, "maximum": 9},
        "day": {"type": ["string", "null"], "format": "date"},
        "tags": {"type": "array", "items": {"type": "string"}},
        "mail": {"type": "string", "format": "email", "description": "d"}}, "if": {}}"#), @r#"
    # dataset: the path or glob of the data, or give it to `mlv check`
    checks:
    - columns: {match: subset, names: [id, day, tags, mail]}
    - columns: {match: superset, names: [id]}
    columns:
      id:
        not_null: true
        type: int
        range: [{max: 9}, {min: 0, strict: true}]
      day:
        type: date
      tags:
        json_schema: {schema: {type: array, items: {type: string}}}
    # Rules without a check here: each refuses until `allow_not_run` names it.
    not_run:
    - {name: format, column: mail, reason: "`email`: there is no check that means the same"}
    - {name: if, reason: "there is no check that means the same"}
    "#);
}

#[test]
fn a_rule_whose_values_mean_nothing_here_is_left_out() {
    let suite = imported(
        r#"{"expectations": [
        {"type": "expect_column_values_to_match_regex", "kwargs": {"column": "a", "regex": "(?=x)"}},
        {"type": "expect_column_values_to_be_between", "kwargs": {"column": "a", "min_value": "soon"}},
        {"type": "expect_column_values_to_be_in_set", "kwargs": {"column": "a", "value_set": [null]}}
    ]}"#,
    );
    assert!(!suite.contains("columns:") && suite.matches("- {name:").count() == 3, "{suite}");
}

#[test]
fn what_is_no_suite_is_refused() {
    assert_eq!(import(b"{}", None), Err(ImportError::Unknown));
    assert_eq!(import(b"{}", Some(ForeignFormat::Gx)), Err(ImportError::Lacks("expectations")));
    assert!(matches!(import(b"a: [", None), Err(ImportError::Syntax { line: 1, .. })));
}

proptest::proptest! {
    #[test]
    fn no_file_makes_an_import_panic(
        text in r#"(\{|\}|\[|\]|"(schema|fields|name|quality|properties|type)"|:|,|1){0,30}"#,
    ) {
        use ForeignFormat::{Frictionless, Gx, JsonSchema, Odcs};
        for format in [Odcs, Gx, Frictionless, JsonSchema] {
            if let Ok(imported) = import(text.as_bytes(), Some(format)) {
                let suite = parse("suite.yaml", imported.suite.as_bytes());
                proptest::prop_assert!(suite.is_ok(), "{}", imported.suite);
            }
        }
    }
}
