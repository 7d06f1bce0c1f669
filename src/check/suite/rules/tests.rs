//! Each check on small tables.

use serde_json::{Value as Json, json};

use crate::check::suite::testing::{
    Batches, check, check_on, column, observed, report_on, table, told, typed,
};
use crate::format::table::Column;

/// Returns what the only check of a table finds.
fn on(check: &str, text: &str) -> crate::check::suite::CheckResult {
    let report = report_on(&format!("checks: [{check}]"), &table(text, 2), None, 1 << 20);
    report.checks.into_iter().next().unwrap()
}

fn against(suite: &str, now: &str, before: Option<&str>) -> crate::check::suite::CheckResult {
    let before = before.map(|text| table(text, 2));
    let report = report_on(suite, &table(now, 2), before.as_ref(), 1 << 20);
    report.checks.into_iter().next().unwrap()
}

#[test]
fn missing_cells_are_counted_among_all_rows() {
    assert_eq!(told(&check("not_null: true", &["1", "", "3", ""])), "fail 4/2 [1, 3]");
    assert_eq!(told(&check("not_null: {mostly: 0.5}", &["1", "", "3", ""])), "pass 4/2 [1, 3]");
    assert_eq!(told(&check("not_null: {mostly: 0.51}", &["1", "", "3", ""])), "fail 4/2 [1, 3]");
    let both = check("not_null: {mostly: 0.5, warn_below: 1.0}", &["1", ""]);
    assert_eq!((told(&both), both.percent), ("warn 2/1 [1]".to_owned(), Some(50.0)));
    assert_eq!(both.message.as_deref(), Some("1 of 2 missing"));
}

#[test]
fn a_share_just_at_the_threshold_passes() {
    for (rows, bad, mostly) in [(100, 1, "0.99"), (10, 3, "0.7"), (3, 1, "0.6666666666666666")] {
        let cells: Vec<&str> = (0..rows).map(|row| if row < bad { "" } else { "1" }).collect();
        let at = check(&format!("not_null: {{mostly: {mostly}}}"), &cells);
        assert_eq!(at.status.name(), "pass", "{bad} of {rows}");
    }
}

#[test]
fn what_has_nothing_to_judge_is_vacuous_and_warns() {
    for check_text in [
        "in_set: [1]",
        "range: {min: 0}",
        "unique: true",
        "mean: {min: 0}",
        "median: {min: 0}",
        "distinct: {min: 1}",
        "class_balance: {min_share: 0.1}",
        "freshness: 1d",
        "z_score: 3",
    ] {
        for cells in [&["", ""][..], &[]] {
            let result = check(check_text, cells);
            assert!(result.vacuous, "{check_text}");
            assert_eq!(result.status.name(), "warn", "{check_text}");
        }
        let told = check(&check_text.replace("0.1}", "0.1, level: info}"), &[]);
        assert!(told.vacuous);
    }
    let empty = check("not_null: true", &[]);
    assert_eq!((told(&empty), empty.vacuous, empty.percent), ("warn 0/0 []".into(), true, None));
    assert_eq!(told(&on("row_count: {min: 1}", "x")), "fail -/- []");
}

#[test]
fn levels_say_what_it_means() {
    assert_eq!(told(&check("in_set: {values: [a], level: warn}", &["b"])), "warn 1/1 [0]");
    assert_eq!(told(&check("in_set: {values: [a], level: info}", &["b"])), "pass 1/1 [0]");
    let missing = on("unique: {columns: [idd], level: warn}", "id\n1");
    assert_eq!(missing.status.name(), "warn");
    assert_eq!(missing.message.unwrap(), "there is no column `idd`; did you mean `id`?");
}

#[test]
fn a_set_holds_texts_and_the_numbers_it_was_written_with() {
    assert_eq!(told(&check("in_set: [basic, plus]", &["basic", "pro", ""])), "fail 2/1 [1]");
    assert_eq!(told(&check("in_set: [1, 2]", &["1", "1.0", "3", "x"])), "fail 4/2 [2, 3]");
    assert_eq!(told(&check("in_set: ['1']", &["1", "1.0"])), "fail 2/1 [1]");
    assert_eq!(told(&check("not_in_set: [NA]", &["a", "NA"])), "fail 2/1 [1]");
    let top = check("in_set: [a]", &["b", "c", "c"]).top_values;
    assert_eq!(
        serde_json::to_value(top).unwrap(),
        json!([
            {"value": "c", "count": 2}, {"value": "b", "count": 1}
        ])
    );
    let numbers = typed(vec![("x", Column::Float(vec![0.0, 1.0, 2.0].into()))]);
    assert_eq!(told(&check_on("in_set: [0, 1]", &numbers)), "fail 3/1 [2]");
}

#[test]
fn a_range_has_ends_that_may_be_outside() {
    let cells = ["18", "17", "100", "101", "x", "NaN", "inf", ""];
    assert_eq!(told(&check("range: {min: 18, max: 100}", &cells)), "fail 7/5 [1, 3, 4, 5, 6]");
    assert_eq!(told(&check("range: {min: 18, strict: true}", &["18", "18.5"])), "fail 2/1 [0]");
    assert_eq!(told(&check("range: {max: 5, strict_max: true}", &["5", "4"])), "fail 2/1 [0]");
    let dates = ["2024-01-01", "2023-12-31", "2024-06-01T12:00:00Z", "soon"];
    let found = check("range: {min: 2024-01-01, max: 2024-05-31}", &dates);
    assert_eq!(told(&found), "fail 4/3 [1, 2, 3]");
    assert_eq!(found.message.unwrap(), "3 of 4 not at least 2024-01-01 and at most 2024-05-31");
    let days = typed(vec![("x", Column::Date(vec![19_722, 19_723].into()))]);
    assert_eq!(told(&check_on("range: {min: 2024-01-01}", &days)), "fail 2/1 [0]");
}

#[test]
fn texts_are_held_against_patterns_lengths_and_formats() {
    assert_eq!(told(&check("regex: '^a+$'", &["aa", "ab"])), "fail 2/1 [1]");
    assert_eq!(told(&check("regex: 'b'", &["ab", "c"])), "fail 2/1 [1]");
    assert_eq!(told(&check("not_regex: 'b'", &["ab", "c"])), "fail 2/1 [0]");
    assert_eq!(told(&check("length: {min: 2, max: 3}", &["a", "äöü", "abcd"])), "fail 3/2 [0, 2]");
    assert_eq!(told(&check("length: 2", &["ab", "a"])), "fail 2/1 [1]");
    let dates = ["2024-02-29", "2023-02-29", "2024-1-1", "01/02/2024"];
    assert_eq!(told(&check("date_format: '%Y-%m-%d'", &dates)), "fail 4/3 [1, 2, 3]");
    assert_eq!(
        told(&check("date_format: '%d/%m/%Y'", &["31/02/2024", "01/02/2024"])),
        "fail 2/1 [0]"
    );
    let json = ["{\"a\": 1}", "{\"a\": \"x\"}", "{"];
    let schema = "json_schema: {schema: {type: object, properties: {a: {type: integer}}}}";
    assert_eq!(told(&check(schema, &json)), "fail 3/2 [1, 2]");
}

#[test]
fn a_type_is_what_a_text_reads_as_and_what_a_column_is() {
    let cells = ["1", "-2", "1.5", "x", "true", "2024-01-31", "2024-01-31T10:00:00Z", "1e3"];
    for (name, fit) in [
        ("int", &[0, 1][..]),
        ("number", &[0, 1, 2, 7]),
        ("bool", &[0, 4]),
        ("date", &[5]),
        ("timestamp", &[6]),
        ("text", &[0, 1, 2, 3, 4, 5, 6, 7]),
    ] {
        let found = check(&format!("type: {name}"), &cells);
        let unexpected: Vec<u64> = found.sample.iter().filter_map(|sample| sample.row).collect();
        let expected: Vec<u64> = (0..8).filter(|row| !fit.contains(row)).collect();
        assert_eq!(unexpected, expected, "{name}");
    }
    let ints = typed(vec![("x", Column::Int(vec![1, 2].into()))]);
    assert_eq!(told(&check_on("type: number", &ints)), "pass 2/0 []");
    assert_eq!(told(&check_on("type: text", &ints)), "fail 2/2 [0, 1]");
    let mixed =
        typed(vec![("x", Column::Json(vec!["1", "\"a\"", "true", "\"2024-01-31\""].into()))]);
    assert_eq!(told(&check_on("type: int", &mixed)), "fail 4/3 [1, 2, 3]");
    assert_eq!(told(&check_on("type: date", &mixed)), "fail 4/3 [0, 1, 2]");
}

#[test]
fn numbers_that_are_none_or_endless_are_not_finite() {
    let cells = ["1", "NaN", "inf", "-inf", "x", ""];
    assert_eq!(told(&check("finite: true", &cells)), "fail 5/4 [1, 2, 3, 4]");
}

#[test]
fn values_increase_from_row_to_row() {
    assert_eq!(told(&check("increasing: true", &["1", "2", "2", "10", "9"])), "fail 5/1 [4]");
    let strict = check("increasing: {strict: true}", &["1", "2", "2", "10", "", "9"]);
    assert_eq!(told(&strict), "fail 5/2 [2, 5]");
    let dates = ["2024-01-02", "2024-01-10", "2024-01-09"];
    assert_eq!(told(&check("increasing: true", &dates)), "fail 3/1 [2]");
}

#[test]
fn all_rows_of_a_repeated_value_count() {
    let found = check("unique: true", &["a", "b", "a", "", "", "c", "a", "c"]);
    assert_eq!(told(&found), "fail 6/5 [0, 2, 5, 6, 7]");
    assert_eq!(found.observed, json!({"distinct": 3, "repeated": 2}));
    let text = "a|b\n1|x\n1|y\n1|x\n|\n|\n2|";
    let found = on("unique: [a, b]", text);
    assert_eq!(told(&found), "fail 4/2 [0, 2]");
    assert_eq!(found.sample[0].value, json!({"a": "1", "b": "x"}));
    assert_eq!(told(&on("duplicate_rows", text)), "fail 4/2 [0, 2]");
}

#[test]
fn statistics_are_those_of_the_textbook() {
    let cells = ["2", "4", "4", "4", "5", "5", "7", "9", ""];
    for (text, expected) in [
        ("min: {min: 2}", 2.0),
        ("max: {max: 9}", 9.0),
        ("mean: {min: 5, max: 5}", 5.0),
        ("median: {max: 4.5}", 4.5),
        ("stdev: {max: 2.2}", 2.138_089_935_299_395),
        ("sum: {min: 40}", 40.0),
        ("quantile: {q: 0.9, max: 8}", 7.6),
        ("quantile: {q: 0, max: 8}", 2.0),
        ("quantile: {q: 1, max: 9}", 9.0),
    ] {
        let found = check(text, &cells);
        assert_eq!(found.status.name(), "pass", "{text}: {found:?}");
        assert!((found.observed.as_f64().unwrap() - expected).abs() < 1e-12, "{text}");
    }
    let low = check("mean: {min: 5.5}", &cells);
    assert_eq!(low.message.unwrap(), "the mean is 5, less than 5.5");
    assert_eq!(observed(&check("stdev: {min: 0}", &["1"])), ("fail", Json::Null));
    assert_eq!(observed(&check("mean: {min: 0}", &["1", "NaN"])), ("fail", Json::Null));
    let stranger = check("mean: {min: 0}", &["1", "x"]);
    assert_eq!(stranger.message.unwrap(), "1 are no numbers, the first in row 1");
}

#[test]
fn a_sum_keeps_what_rounding_would_lose() {
    let found = check("sum: {min: 2}", &["1", "1e100", "1", "-1e100"]);
    assert_eq!(observed(&found), ("pass", json!(2.0)));
}

#[test]
fn values_far_from_the_mean_are_found_in_a_second_pass() {
    let mut cells = vec!["1"; 30];
    cells.push("50");
    assert_eq!(told(&check("z_score: 3", &cells)), "fail 31/1 [30]");
    assert_eq!(told(&check("z_score: {max: 3, mostly: 0.9}", &cells)), "pass 31/1 [30]");
    assert_eq!(told(&check("z_score: 3", &["5", "5"])), "pass 2/0 []");
}

#[test]
fn two_columns_compare_as_numbers_and_else_as_texts() {
    let text = "a|b\n2|10\n10|2\n|1\n2024-01-01|2024-02-01";
    assert_eq!(told(&on("pair: {left: a, op: <=, right: b}", text)), "fail 3/1 [1]");
    assert_eq!(told(&on("pair: {left: a, op: '!=', right: b}", "a|b\n1|1.0\n1|x")), "fail 2/1 [0]");
}

#[test]
fn an_expression_sees_the_cells_by_name() {
    let text = "age|plan of 2024\n17|basic\n20|pro\n|pro";
    let found = on("expression: 'age >= 18'", text);
    assert_eq!(told(&found), "fail 2/1 [0]");
    assert_eq!(found.columns, ["age"]);
    let row = "expression: 'row[\"plan of 2024\"] == \"pro\" || row.age < 18.0'";
    assert_eq!(told(&on(row, text)), "pass 2/0 []");
    assert_eq!(told(&on("expression: 'age != null'", text)), "fail 3/1 [2]");
    let broken = on("expression: 'age + \"x\" == \"y\"'", text);
    assert_eq!(broken.status.name(), "error");
    assert!(broken.message.unwrap().starts_with("row 0: the expression cannot be evaluated"));
    let missing = on("expression: 'agee > 1'", text);
    assert_eq!(missing.message.unwrap(), "there is no column `agee`; did you mean `age`?");
}

#[test]
fn columns_match_as_a_list_a_set_or_a_part() {
    let told = |how: &str, names: &str| {
        let found = on(&format!("columns: {{match: {how}, names: {names}}}"), "a|b|c\n1|2|3");
        (found.status.name(), found.message.unwrap_or_default())
    };
    assert_eq!(told("exact", "[a, b, c]").0, "pass");
    assert_eq!(told("exact", "[b, a, c]"), ("fail", "another order: a, b, c".to_owned()));
    assert_eq!(told("equal", "[b, a, c]").0, "pass");
    assert_eq!(told("equal", "[b, d]"), ("fail", "missing `d`; unexpected `a`, `c`".to_owned()));
    assert_eq!(told("subset", "[a, b, c, d]").0, "pass");
    assert_eq!(told("subset", "[a, b]"), ("fail", "unexpected `c`".to_owned()));
    assert_eq!(told("superset", "[a]").0, "pass");
    assert_eq!(told("superset", "[a, d]"), ("fail", "missing `d`".to_owned()));
}

#[test]
fn rows_and_values_are_counted() {
    assert_eq!(observed(&on("row_count: 2", "x\n1\n2")), ("pass", json!(2)));
    let many = on("row_count: {max: 1}", "x\n1\n2");
    assert_eq!(many.message.unwrap(), "2 rows, more than 1");
    let found = check("distinct: {max: 1}", &["a", "b", "a", ""]);
    assert_eq!(found.observed["distinct"], 2);
    assert_eq!(found.message.unwrap(), "2 different values, more than 1");
    assert_eq!(check("distinct: {min_ratio: 0.7}", &["a", "b", "a"]).status.name(), "fail");
    assert_eq!(check("distinct: {max_ratio: 0.7}", &["a", "b", "a"]).status.name(), "pass");
}

#[test]
fn classes_are_weighed() {
    let cells = ["a", "a", "a", "b"];
    assert_eq!(check("class_balance: {min_share: 0.25}", &cells).status.name(), "pass");
    let found = check("class_balance: {max_ratio: 2}", &cells);
    assert_eq!(found.message.unwrap(), "the commonest is 3 times the rarest, not 2");
    assert_eq!(found.observed, json!({"classes": 2, "rarest": 1, "commonest": 3}));
}

#[test]
fn the_newest_date_decides_how_fresh_the_data_is() {
    let cells = ["2025-12-30", "2025-12-31", ""];
    assert_eq!(check("freshness: 1d", &cells).status.name(), "pass");
    let found = check("freshness: {max_age: 23h}", &cells);
    assert_eq!(
        found.message.as_deref().unwrap(),
        "the newest is of 2025-12-31T00:00:00Z, more than 23h ago"
    );
    // It holds through the last second at which it would be found so, and what fails names none.
    assert_eq!(check("freshness: 1d", &cells).holds_until, Some(1_767_225_600));
    assert_eq!(
        (found.holds_until, check("freshness: 99999d", &cells).holds_until.is_some()),
        (None, true)
    );
    let whole =
        |text: &str| report_on(text, &table("x\n2025-12-31", 1), None, 1 << 20).valid_until();
    let both =
        "columns: {x: {freshness: [{max_age: 9d}, {max_age: 2d}, {max_age: 1d, level: warn}]}}";
    assert_eq!(whole(both), Some(1_767_225_600 + 86_400));
    assert_eq!(whole("columns: {x: {not_null: true}}"), None);
    assert_eq!(check("freshness: 1d", &["x"]).message.unwrap(), "1 are no date or time");
}

#[test]
fn personal_data_is_found_by_its_checksums_and_never_shown() {
    let cells = [
        "ada@example.org",
        "4111 1111 1111 1111",
        "4111 1111 1111 1112",
        "DE89 3704 0044 0532 0130 00",
        "DE88 3704 0044 0532 0130 00",
        "192.168.0.1",
        "999.1.1.1",
        "078-05-1120",
        "000-05-1120",
        "+49 30 1234567",
        "AKIAABCDEFGHIJKLMNOP",
        "plain text",
        "1234567890",
    ];
    let found = check("pii: true", &cells);
    assert_eq!(told(&found), "fail 13/7 [0, 1, 3, 5, 7, 9, 10]");
    assert!(found.sample.iter().all(|sample| sample.value == "***"), "{found:?}");
    assert!(found.top_values.is_empty());
    assert_eq!(told(&check("pii: [email, iban]", &cells)), "fail 13/2 [0, 3]");
}

#[test]
fn values_of_restricted_columns_are_never_shown() {
    let text = "a|b\n1|x\n1|x";
    let suite = "checks: [{unique: a}, {unique: [a, b]}, duplicate_rows]\n\
                 columns: {a: {in_set: [2], min: {min: 5}, restricted: true}, b: {in_set: [y]}}";
    let report = report_on(suite, &table(text, 1), None, 1 << 20);
    let shown: Vec<Json> = report
        .checks
        .iter()
        .map(|check| check.sample.first().map_or(check.observed.clone(), |s| s.value.clone()))
        .collect();
    assert_eq!(json!(shown), json!(["***", "***", "***", "***", "***", "x"]));
    assert!(!serde_json::to_string(&report.checks[4]).unwrap().contains("less than"));
}

#[test]
fn a_table_is_held_against_what_it_was() {
    let suite = "checks: [{row_count_change: {min: 0.5, max: 2}}]";
    let (small, large) = (column(&["1"]), column(&["1", "2", "3"]));
    let found = against(suite, &large, Some(&small));
    assert_eq!(observed(&found), ("fail", json!(3.0)));
    assert_eq!(found.message.unwrap(), "the change is 3, more than 2 (1 rows before, 3 now)");
    let first = against(suite, &large, None);
    assert_eq!((first.status.name(), first.vacuous), ("pass", false));
    assert_eq!(first.message.unwrap(), "there is nothing to compare with yet");
    let new = against("columns: {x: {new_categories: true}}", &large, Some(&small));
    assert_eq!(told(&new), "fail 3/2 [1, 2]");
    let gone = against("checks: [schema_compatible]", "a\n1", Some("a|b\n1|2"));
    assert_eq!(gone.message.unwrap(), "`b` is gone");
    let grown = "checks: [{schema_compatible: {added: false}}]";
    assert_eq!(against(grown, "a|b\n1|2", Some("a\n1")).message.unwrap(), "`b` is new");
    assert_eq!(
        against("checks: [schema_compatible]", "a|b\n1|2", Some("a\n1")).status.name(),
        "pass"
    );
}

#[test]
fn keys_are_looked_for_in_another_dataset() {
    let suite = "columns: {x: {foreign_key: {dataset: plans.csv, key: plan}}}";
    let found = against(suite, &column(&["a", "b", "", "b"]), Some("plan|price\na|1\nc|2"));
    assert_eq!(told(&found), "fail 3/2 [1, 3]");
    let absent = against(suite, &column(&["a"]), None);
    assert_eq!(absent.message.unwrap(), "there is no file at `plans.csv`");
    let other = against(suite, &column(&["a"]), Some("plans\na"));
    assert_eq!(
        other.message.unwrap(),
        "the other dataset has no column `plan`; did you mean `plans`?"
    );
    let overlap = "checks: [{split_overlap: {dataset: test.csv, columns: [x]}}]";
    assert_eq!(told(&against(overlap, &column(&["1", "2"]), Some("x\n2"))), "fail 2/1 [1]");
}

#[test]
fn rules_that_have_no_check_refuse_unless_they_are_allowed() {
    let text = "not_run: [{name: sql, reason: SQL is not read}]";
    let report = report_on(text, &Batches::default(), None, 1 << 20);
    assert_eq!((report.status.name(), report.passed()), ("not_run", false));
    let allowed = format!("{text}\nallow_not_run: sql");
    let report = report_on(&allowed, &Batches::default(), None, 1 << 20);
    let allowed = (report.checks[0].status.name(), report.status.name());
    assert_eq!((allowed, report.passed()), (("not_run", "pass"), true));
}
