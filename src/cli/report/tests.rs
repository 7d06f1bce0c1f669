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
    insta::assert_snapshot!(render(ReportFormat::Junit, &runs()), @r#"
    <?xml version="1.0" encoding="UTF-8"?>
    <testsuites name="mlv hooks" tests="4" failures="2" errors="0" time="4.500">
        <testsuite name="pre-merge" tests="4" skipped="1" errors="0" failures="2" time="4.500">
            <testcase name="style" classname="pre-merge" time="1.500"/>
            <testcase name="validate" classname="pre-merge" time="1.500">
                <failure message="2 rows | &lt;bad&gt;" type="failed">data/über a.csv:7: error: empty id,
    100% wrong</failure>
                <system-out>reading &amp; checking</system-out>
            </testcase>
            <testcase name="gate" classname="pre-merge" time="1.500">
                <failure message="exit code 1" type="failed"/>
            </testcase>
            <testcase name="late" classname="pre-merge" time="0.000">
                <skipped message="`gate` failed"/>
            </testcase>
        </testsuite>
    </testsuites>
    "#);
}

#[test]
fn a_sarif_report_has_a_result_for_each_remark_and_each_silent_failure() {
    insta::assert_snapshot!(render(ReportFormat::Sarif, &runs()), @r#"
    {
      "$schema": "https://json.schemastore.org/sarif-2.1.0.json",
      "version": "2.1.0",
      "runs": [
        {
          "tool": {
            "driver": {
              "name": "mlv",
              "version": "0.1.0",
              "rules": [
                {
                  "id": "gate"
                },
                {
                  "id": "late"
                },
                {
                  "id": "style"
                },
                {
                  "id": "validate"
                }
              ]
            }
          },
          "results": [
            {
              "ruleId": "validate",
              "level": "error",
              "message": {
                "text": "empty id,\n100% wrong"
              },
              "locations": [
                {
                  "physicalLocation": {
                    "artifactLocation": {
                      "uri": "data/%C3%BCber%20a.csv"
                    },
                    "region": {
                      "startLine": 7
                    }
                  }
                }
              ]
            },
            {
              "ruleId": "validate",
              "level": "warning",
              "message": {
                "text": "old encoding"
              }
            },
            {
              "ruleId": "gate",
              "level": "error",
              "message": {
                "text": "exit code 1"
              }
            }
          ]
        }
      ]
    }
    "#);
}

#[test]
fn a_markdown_report_is_a_table_whose_cells_mean_nothing_to_markdown() {
    insta::assert_snapshot!(render(ReportFormat::Markdown, &runs()), @r"
    | | event | hook | result | time |
    |---|---|---|---|---:|
    | ✓ | pre-merge | style | passed | 1.5s |
    | ✗ | pre-merge | validate | 2 rows \| \<bad\> | 1.5s |
    | ✗ | pre-merge | gate | exit code 1 | 1.5s |
    | - | pre-merge | late | \`gate\` failed |  |

    **validate**

    - data/über a.csv:7: error: empty id, 100% wrong
    - warning: old encoding
    ");
}

#[test]
fn a_github_report_is_a_command_for_each_remark_on_one_line() {
    insta::assert_snapshot!(render(ReportFormat::Github, &runs()), @r"
    ::error title=validate,file=data/über a.csv,line=7::empty id,%0A100%25 wrong
    ::warning title=validate::old encoding
    ::error title=gate::exit code 1
    ");
}

#[test]
fn reports_of_nothing_are_whole() {
    for format in [ReportFormat::Junit, ReportFormat::Sarif, ReportFormat::Markdown] {
        assert!(!render(format, &[]).is_empty());
    }
    assert_eq!(render(ReportFormat::Github, &[]), "");
}
