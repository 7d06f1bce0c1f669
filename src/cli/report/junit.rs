//! JUnit XML: a suite per event, a case per run.

use std::time::Duration;

use quick_junit::{NonSuccessKind, Report, TestCase, TestCaseStatus, TestSuite};

use super::complaint;
use crate::base::xml;
use crate::hook::output::Level;
use crate::hook::runner::Status;
use crate::ops::hooks::ReportedRun;

pub(super) fn render(runs: &[ReportedRun]) -> String {
    let mut report = Report::new("mlv hooks");
    report.set_time(time_of(runs.iter()));
    let mut events: Vec<&str> = Vec::new();
    for run in runs {
        if !events.contains(&run.event()) {
            events.push(run.event());
        }
    }
    for event in events {
        let mut suite = TestSuite::new(event);
        let of_event = || runs.iter().filter(|run| run.event() == event);
        suite.set_time(time_of(of_event()));
        suite.add_test_cases(of_event().map(case));
        report.add_test_suite(suite);
    }
    xml::junit(&report)
}

fn time_of<'a>(runs: impl Iterator<Item = &'a ReportedRun>) -> Duration {
    runs.filter_map(|run| run.duration).sum()
}

fn case(run: &ReportedRun) -> TestCase {
    let mut case = TestCase::new(xml::text(run.hook()), status(run));
    case.set_classname(run.event());
    case.set_time(run.duration.unwrap_or_default());
    if !run.tail.is_empty() {
        case.set_system_out(xml::text(&run.tail.join("\n")));
    }
    case
}

fn status(run: &ReportedRun) -> TestCaseStatus {
    if let Some(complaint) = complaint(run) {
        let mut status = TestCaseStatus::non_success(NonSuccessKind::Failure);
        status.set_message(xml::text(&complaint)).set_type(run.status().name());
        let remarks = run.annotations.iter().filter(|note| note.level == Level::Fail);
        let lines: Vec<String> = remarks.map(super::markdown::remark).collect();
        if !lines.is_empty() {
            status.set_description(xml::text(&lines.join("\n")));
        }
        return status;
    }
    match run.status() {
        Status::Passed | Status::Warned => TestCaseStatus::success(),
        _ => {
            let mut status = TestCaseStatus::skipped();
            status.set_message(xml::text(run.message().unwrap_or_else(|| run.status().name())));
            status
        }
    }
}
