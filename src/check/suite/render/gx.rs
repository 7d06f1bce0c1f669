//! The shape of a validation result of Great Expectations (1.x), for tools that read it.

use serde_json::{Map, Value as Json, json};

use crate::check::suite::report::{CheckResult, Report, Status};

/// The expectation that means the same as a check, where there is one.
const NAMES: &[(&str, &str)] = &[
    ("columns", "expect_table_columns_to_match_set"),
    ("row_count", "expect_table_row_count_to_be_between"),
    ("type", "expect_column_values_to_be_of_type"),
    ("not_null", "expect_column_values_to_not_be_null"),
    ("in_set", "expect_column_values_to_be_in_set"),
    ("not_in_set", "expect_column_values_to_not_be_in_set"),
    ("range", "expect_column_values_to_be_between"),
    ("regex", "expect_column_values_to_match_regex"),
    ("not_regex", "expect_column_values_to_not_match_regex"),
    ("length", "expect_column_value_lengths_to_be_between"),
    ("date_format", "expect_column_values_to_match_strftime_format"),
    ("distinct", "expect_column_unique_value_count_to_be_between"),
    ("increasing", "expect_column_values_to_be_increasing"),
    ("json_schema", "expect_column_values_to_match_json_schema"),
    ("min", "expect_column_min_to_be_between"),
    ("max", "expect_column_max_to_be_between"),
    ("mean", "expect_column_mean_to_be_between"),
    ("median", "expect_column_median_to_be_between"),
    ("stdev", "expect_column_stdev_to_be_between"),
    ("sum", "expect_column_sum_to_be_between"),
    ("quantile", "expect_column_quantile_values_to_be_between"),
    ("z_score", "expect_column_value_z_scores_to_be_less_than"),
];

/// Returns the report as an `ExpectationSuiteValidationResult`.
pub fn as_gx(report: &Report) -> Json {
    let successes = report.checks.iter().filter(|check| is_success(check)).count();
    let evaluated = report.checks.len();
    let share = (evaluated > 0).then(|| 100.0 * successes as f64 / evaluated as f64);
    json!({
        "success": report.passed(),
        "suite_name": report.dataset,
        "results": report.checks.iter().map(result).collect::<Vec<_>>(),
        "statistics": {
            "evaluated_expectations": evaluated,
            "successful_expectations": successes,
            "unsuccessful_expectations": evaluated - successes,
            "success_percent": share,
        },
        "meta": {"mlv_version": env!("CARGO_PKG_VERSION"), "message": report.message},
    })
}

fn is_success(check: &CheckResult) -> bool {
    matches!(check.status, Status::Pass | Status::Warn)
}

/// Returns the expectation that a check is; one that Great Expectations lacks keeps its own name.
fn expectation(check: &CheckResult) -> String {
    match (check.check.as_str(), check.column.is_some()) {
        ("unique", true) => "expect_column_values_to_be_unique".to_owned(),
        ("unique", false) => "expect_compound_columns_to_be_unique".to_owned(),
        (name, _) => {
            let known = NAMES.iter().find(|(own, _)| *own == name);
            known.map_or_else(|| format!("mlv_{name}"), |(_, theirs)| (*theirs).to_owned())
        }
    }
}

fn result(check: &CheckResult) -> Json {
    let mut kwargs = Map::new();
    if let Some(column) = &check.column {
        kwargs.insert("column".to_owned(), json!(column));
    } else if !check.columns.is_empty() {
        kwargs.insert("column_list".to_owned(), json!(check.columns));
    }
    let is_error = check.status == Status::Error;
    json!({
        "success": is_success(check),
        "expectation_config": {
            "type": expectation(check),
            "kwargs": kwargs,
            "meta": {"mlv_check": check.check, "level": check.level},
        },
        "result": details(check),
        "meta": {"status": check.status, "message": check.message},
        "exception_info": {
            "raised_exception": is_error,
            "exception_message": if is_error { json!(check.message) } else { Json::Null },
            "exception_traceback": null,
        },
    })
}

fn details(check: &CheckResult) -> Json {
    let (Some(considered), Some(unexpected)) = (check.considered, check.unexpected) else {
        return json!({"observed_value": check.observed});
    };
    let missing = check.rows.saturating_sub(considered);
    let share = |part: u64, whole: u64| (whole > 0).then(|| 100.0 * part as f64 / whole as f64);
    let values: Vec<&Json> = check.sample.iter().map(|sample| &sample.value).collect();
    let rows: Vec<u64> = check.sample.iter().filter_map(|sample| sample.row).collect();
    let mut details = json!({
        "element_count": check.rows,
        "unexpected_count": unexpected,
        "unexpected_percent": check.percent,
        "partial_unexpected_list": values,
        "partial_unexpected_index_list": rows,
        "partial_unexpected_counts": check.top_values,
    });
    if check.check != "not_null" {
        details["missing_count"] = json!(missing);
        details["missing_percent"] = json!(share(missing, check.rows));
        details["unexpected_percent_total"] = json!(share(unexpected, check.rows));
        details["unexpected_percent_nonmissing"] = json!(check.percent);
    }
    details
}
