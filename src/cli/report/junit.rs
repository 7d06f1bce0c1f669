//! JUnit XML: a suite per event, a case per run.

use quick_junit::{NonSuccessKind, Report, TestCase, TestCaseStatus, TestSuite};

use super::complaint;
use crate::hook::output::Level;
use crate::hook::runner::Status;
use crate::ops::hooks::ReportedRun;

pub(super) fn render(runs: &[ReportedRun]) -> String {
    let mut report = Report::new("mlv hooks");
    let mut events: Vec<&str> = Vec::new();
    for run in runs {
        if !events.contains(&run.event()) {
            events.push(run.event());
        }
    }
    for event in events {
        let mut suite = TestSuite::new(event);
        suite.add_test_cases(runs.iter().filter(|run| run.event() == event).map(case));
        report.add_test_suite(suite);
    }
    report.to_string().expect("a report in memory can always be written")
}

fn case(run: &ReportedRun) -> TestCase {
    let mut case = TestCase::new(run.hook(), status(run));
    case.set_classname(run.event());
    if let Some(duration) = run.duration {
        case.set_time(duration);
    }
    if !run.tail.is_empty() {
        case.set_system_out(run.tail.join("\n"));
    }
    case
}

fn status(run: &ReportedRun) -> TestCaseStatus {
    if let Some(complaint) = complaint(run) {
        let mut status = TestCaseStatus::non_success(NonSuccessKind::Failure);
        status.set_message(complaint);
        let remarks = run.annotations.iter().filter(|note| note.level == Level::Fail);
        let lines: Vec<String> = remarks.map(super::markdown::remark).collect();
        if !lines.is_empty() {
            status.set_description(lines.join("\n"));
        }
        return status;
    }
    match run.status() {
        Status::Passed | Status::Warned => TestCaseStatus::success(),
        _ => {
            let mut status = TestCaseStatus::skipped();
            status.set_message(run.message().unwrap_or_else(|| run.status().name()));
            status
        }
    }
}
