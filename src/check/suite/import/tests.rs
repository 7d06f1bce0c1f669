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
    ]}"#), @"");
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
"), @"");
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
      {"name": "plans", "path": "data/plans.csv"}]}"#), @"");
}

#[test]
fn a_schema_of_a_row_becomes_a_suite() {
    insta::assert_snapshot!(imported(r#"{"$schema": "x", "type": "object", "required": ["id"],
      "additionalProperties": false, "properties": {
        "id": {"type": "integer", "exclusiveMinimum": 0, "maximum": 9},
        "day": {"type": ["string", "null"], "format": "date"},
        "tags": {"type": "array", "items": {"type": "string"}},
        "mail": {"type": "string", "format": "email", "description": "d"}}, "if": {}}"#), @"");
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
            let _ = import(text.as_bytes(), Some(format));
        }
    }
}
