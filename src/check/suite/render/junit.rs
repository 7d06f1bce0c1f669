//! JUnit XML: a case for each check.

use quick_junit::{
    NonSuccessKind, Report as Junit, TestCase, TestCaseStatus, TestSuite, XmlString,
};

use crate::check::suite::report::{CheckResult, Report, Status};
use crate::check::suite::spec::Level;

/// Returns the report as JUnit XML.
pub fn as_junit(report: &Report) -> String {
    let mut junit = Junit::new("mlv check");
    let mut suite = TestSuite::new(report.dataset.as_str());
    if let Some(message) = &report.message {
        suite.add_test_case(TestCase::new("dataset", failure(report.status, message, None)));
    }
    suite.add_test_cases(report.checks.iter().map(|check| {
        let mut case = TestCase::new(check.title(), status(check));
        case.set_classname(report.dataset.as_str());
        case
    }));
    junit.add_test_suite(suite);
    junit.to_string().expect("a report in memory can always be written")
}

fn status(check: &CheckResult) -> TestCaseStatus {
    let message = check.message.as_deref().unwrap_or_default();
    match check.status {
        Status::Pass | Status::Warn => TestCaseStatus::success(),
        Status::NotRun if check.level == Level::Info => {
            let mut status = TestCaseStatus::skipped();
            status.set_message(message);
            status
        }
        Status::NotRun | Status::Fail | Status::Error => {
            failure(check.status, message, Some(rows(check)))
        }
    }
}

fn failure(status: Status, message: &str, text: Option<String>) -> TestCaseStatus {
    let kind = match status {
        Status::Error => NonSuccessKind::Error,
        _ => NonSuccessKind::Failure,
    };
    let mut status = TestCaseStatus::non_success(kind);
    status.set_message(XmlString::new(message));
    if let Some(text) = text.filter(|text| !text.is_empty()) {
        status.set_description(text);
    }
    status
}

fn rows(check: &CheckResult) -> String {
    let lines = check.sample.iter().map(|sample| match sample.row {
        Some(row) => format!("row {row}: {}", sample.value),
        None => sample.value.to_string(),
    });
    lines.collect::<Vec<_>>().join("\n")
}
