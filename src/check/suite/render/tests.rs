use serde_json::json;

use super::{as_gx, as_junit, as_markdown};
use crate::check::suite::report::{Report, Status};
use crate::check::suite::testing::{report_on, table};

fn report() -> Report {
    let suite = "checks: [{unique: id}, {mean_of: 1}]".replace(", {mean_of: 1}", "");
    let suite = format!(
        "{suite}\ncolumns: {{age: {{not_null: {{mostly: 0.5}}, range: {{min: 18}}, max: {{max: 30}}}}}}\n\
         not_run: [{{name: sql, reason: SQL is not read}}]"
    );
    report_on(&suite, &table("id|age\n1|17\n1|40\n2|", 5), None, 1 << 20)
}

#[test]
fn great_expectations_would_say_it_so() {
    let told = as_gx(&report());
    assert_eq!(told["success"], false);
    assert_eq!(
        told["statistics"],
        json!({
            "evaluated_expectations": 5, "successful_expectations": 1,
            "unsuccessful_expectations": 4, "success_percent": 20.0,
        })
    );
    let range = &told["results"][2];
    assert_eq!(range["expectation_config"]["type"], "expect_column_values_to_be_between");
    assert_eq!(range["expectation_config"]["kwargs"], json!({"column": "age"}));
    assert_eq!(
        range["result"],
        json!({
            "element_count": 3, "unexpected_count": 1, "unexpected_percent": 50.0,
            "partial_unexpected_list": ["17"], "partial_unexpected_index_list": [0],
            "partial_unexpected_counts": [{"value": "17", "count": 1}],
            "missing_count": 1, "missing_percent": 100.0 / 3.0,
            "unexpected_percent_total": 100.0 / 3.0, "unexpected_percent_nonmissing": 50.0,
        })
    );
    assert_eq!(
        told["results"][0]["expectation_config"]["type"],
        "expect_compound_columns_to_be_unique"
    );
    assert_eq!(told["results"][3]["result"]["observed_value"], 40.0);
}

#[test]
fn a_junit_report_has_a_case_for_each_check() {
    insta::assert_snapshot!(as_junit(&report()), @r#"
    <?xml version="1.0" encoding="UTF-8"?>
    <testsuites name="mlv check" tests="5" failures="4" errors="0">
        <testsuite name="data" tests="5" skipped="0" errors="0" failures="4">
            <testcase name="unique of id" classname="data">
                <failure message="2 of 3 with a value that occurs again" type="failed">row 0: &quot;1&quot;
    row 1: &quot;1&quot;</failure>
            </testcase>
            <testcase name="not_null of age" classname="data"/>
            <testcase name="range of age" classname="data">
                <failure message="1 of 2 not at least 18" type="failed">row 0: &quot;17&quot;</failure>
            </testcase>
            <testcase name="max of age" classname="data">
                <failure message="the max is 40, more than 30" type="failed"/>
            </testcase>
            <testcase name="sql" classname="data">
                <failure message="SQL is not read" type="failed"/>
            </testcase>
        </testsuite>
    </testsuites>
    "#);
    let failed = Report::failed("data".into(), Status::Error, "a.csv:3: 3 cells".into());
    assert!(as_junit(&failed).contains("<error message=\"a.csv:3: 3 cells\""));
}

#[test]
fn a_markdown_report_is_a_table() {
    insta::assert_snapshot!(as_markdown(&report()), @r#"
    **data**: fail, 3 rows, 5 checks

    | | check | columns | unexpected | what |
    |---|---|---|---:|---|
    | ✗ | unique | id | 2 | 2 of 3 with a value that occurs again |
    | ✓ | not\_null | age | 1 | 1 of 3 missing |
    | ✗ | range | age | 1 | 1 of 2 not at least 18 |
    | ✗ | max | age |  | the max is 40, more than 30 |
    | - | sql |  |  | SQL is not read |

    **unique of id**

    - row 0: "1"
    - row 1: "1"

    **not\_null of age**

    - row 2: null

    **range of age**

    - row 0: "17"
    "#);
}
