use std::time::Duration;

use serde_json::json;

use super::{ReportFormat, render};
use crate::hook::output::{Annotation, Level};
use crate::ops::hooks::ReportedRun;

fn note(level: Level, path: Option<&str>, row: Option<u64>, message: &str) -> Annotation {
    Annotation { level, path: path.map(str::to_owned), row, message: message.to_owned() }
}

fn runs() -> Vec<ReportedRun> {
    let run = |hook: &str, status: &str, message: Option<&str>| ReportedRun {
        record: json!({"event": "pre-merge", "hook": hook, "status": status, "message": message}),
        duration: Some(Duration::from_millis(1500)),
        annotations: Vec::new(),
        tail: Vec::new(),
        followed_by: None,
        noted: None,
    };
    let mut validate = run("validate", "failed", Some("2 rows | <bad>"));
    validate.annotations = vec![
        note(Level::Fail, Some("data/über a.csv"), Some(7), "empty id,\n100% wrong"),
        note(Level::Warn, None, None, "old encoding"),
    ];
    validate.tail = vec!["reading & checking".to_owned()];
    vec![
        run("style", "passed", None),
        validate,
        run("gate", "failed", Some("exit code 1")),
        ReportedRun { duration: None, ..run("late", "skipped", Some("`gate` failed")) },
    ]
}

#[test]
fn a_junit_report_has_a_case_for_each_run() {
    insta::assert_snapshot!(render(ReportFormat::Junit, &runs()), @"");
}

#[test]
fn a_sarif_report_has_a_result_for_each_remark_and_each_silent_failure() {
    insta::assert_snapshot!(render(ReportFormat::Sarif, &runs()), @"");
}

#[test]
fn a_markdown_report_is_a_table_whose_cells_mean_nothing_to_markdown() {
    insta::assert_snapshot!(render(ReportFormat::Markdown, &runs()), @"");
}

#[test]
fn a_github_report_is_a_command_for_each_remark_on_one_line() {
    insta::assert_snapshot!(render(ReportFormat::Github, &runs()), @"");
}

#[test]
fn reports_of_nothing_are_whole() {
    for format in [ReportFormat::Junit, ReportFormat::Sarif, ReportFormat::Markdown] {
        assert!(!render(format, &[]).is_empty());
    }
    assert_eq!(render(ReportFormat::Github, &[]), "");
}
