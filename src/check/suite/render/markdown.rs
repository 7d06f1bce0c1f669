//! A Markdown table, for the comment of a merge request.

use std::fmt::Write as _;

use crate::base::markdown::escaped;
use crate::check::suite::report::{CheckResult, Report, Status};

/// How many rows are shown of each check.
const MAX_SHOWN: usize = 5;

/// Returns the report as Markdown.
pub fn as_markdown(report: &Report) -> String {
    let mut text = format!(
        "**{}**: {}, {} rows, {} checks\n",
        escaped(&report.dataset),
        report.status.name(),
        report.rows,
        report.checks.len()
    );
    if let Some(message) = &report.message {
        let _ = writeln!(text, "\n{}", escaped(message));
    }
    if report.checks.is_empty() {
        return text;
    }
    text.push_str("\n| | check | columns | unexpected | what |\n|---|---|---|---:|---|\n");
    for check in &report.checks {
        text.push_str(&row(check));
    }
    for check in report.checks.iter().filter(|check| !check.sample.is_empty()) {
        let _ = writeln!(text, "\n**{}**\n", escaped(&check.title()));
        for sample in check.sample.iter().take(MAX_SHOWN) {
            let place = sample.place().map(|place| format!("{}: ", escaped(&place)));
            let value = escaped(&sample.value.to_string());
            let _ = writeln!(text, "- {}{value}", place.unwrap_or_default());
        }
    }
    text
}

fn row(check: &CheckResult) -> String {
    let sign = match check.status {
        Status::Pass => "✓",
        Status::Warn => "!",
        Status::NotRun => "-",
        Status::Fail | Status::Error => "✗",
    };
    let unexpected = check.unexpected.map(|count| count.to_string()).unwrap_or_default();
    let message = check.message.as_deref().unwrap_or_default();
    let [name, columns, message] =
        [check.check.as_str(), &check.columns.join(", "), message].map(escaped);
    format!("| {sign} | {name} | {columns} | {unexpected} | {message} |\n")
}
