//! JUnit XML: a case for each check.

use quick_junit::{NonSuccessKind, Report as Junit, TestCase, TestCaseStatus, TestSuite};

use crate::base::xml;
use crate::check::suite::report::{CheckResult, Report, Status};
use crate::check::suite::spec::Level;

/// Returns the report as JUnit XML.
pub fn as_junit(report: &Report) -> String {
    let mut junit = Junit::new("mlv check");
    let mut suite = TestSuite::new(xml::text(&report.dataset));
    if let Some(message) = &report.message {
        suite.add_test_case(TestCase::new("dataset", failure(report.status, message, None)));
    }
    suite.add_test_cases(report.checks.iter().map(|check| {
        let mut case = TestCase::new(xml::text(&check.title()), status(check));
        case.set_classname(xml::text(&report.dataset));
        case
    }));
    junit.add_test_suite(suite);
    xml::junit(&junit)
}

fn status(check: &CheckResult) -> TestCaseStatus {
    let message = check.message.as_deref().unwrap_or_default();
    match check.status {
        Status::Pass | Status::Warn => TestCaseStatus::success(),
        Status::NotRun if check.level == Level::Info => {
            let mut status = TestCaseStatus::skipped();
            status.set_message(xml::text(message));
            status
        }
        Status::NotRun | Status::Fail | Status::Error => {
            failure(check.status, message, Some(rows(check)))
        }
    }
}

fn failure(status: Status, message: &str, text: Option<String>) -> TestCaseStatus {
    let (kind, kind_name) = match status {
        Status::Error => (NonSuccessKind::Error, "error"),
        _ => (NonSuccessKind::Failure, "failed"),
    };
    let mut status = TestCaseStatus::non_success(kind);
    status.set_message(xml::text(message)).set_type(kind_name);
    if let Some(text) = text.filter(|text| !text.is_empty()) {
        status.set_description(xml::text(&text));
    }
    status
}

fn rows(check: &CheckResult) -> String {
    let lines = check.sample.iter().map(|sample| match sample.place() {
        Some(place) => format!("{place}: {}", sample.value),
        None => sample.value.to_string(),
    });
    lines.collect::<Vec<_>>().join("\n")
}
