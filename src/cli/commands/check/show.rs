//! A report for people: a line for each check, and the first rows under those that found any.

use serde_json::Value as Json;

use crate::check::suite::{CheckResult, Level, Report, Status};
use crate::cli::error::CommandError;
use crate::cli::render::{Column, Table, printable};
use crate::cli::style::Label;
use crate::cli::ui::Ui;
use crate::ops::check::summary;

/// How many rows are shown of each check; `--json` has more.
const MAX_SHOWN: usize = 5;

pub(super) fn report(ui: &mut Ui, report: &Report) -> Result<(), CommandError> {
    let (_, label) = mark(report.status, Level::Fail);
    let name = ui.paint(label, printable(&report.dataset).into_owned());
    ui.data(format_args!("{name}: {}", printable(&summary(report))))?;
    let mut table = Table::new([Column::left(), Column::left(), Column::left(), Column::left()]);
    for check in &report.checks {
        let (sign, _) = mark(check.status, check.level);
        let columns = printable(&check.columns.join(", ")).into_owned();
        table.row([sign.to_owned(), check.check.clone(), columns, told(check)]);
    }
    let lines = table.lines(ui.data_paint());
    for (line, check) in lines.iter().zip(&report.checks) {
        let (_, label) = mark(check.status, check.level);
        let (sign, rest) = line.split_at(line.chars().next().map_or(0, char::len_utf8));
        let sign = ui.paint(label, sign.to_owned());
        ui.data(format_args!("{sign}{rest}"))?;
        rows(ui, check)?;
    }
    Ok(())
}

fn mark(status: Status, level: Level) -> (&'static str, Label) {
    match status {
        Status::Pass => ("✓", Label::Passed),
        Status::Warn => ("!", Label::Warning),
        Status::NotRun if level == Level::Info => ("-", Label::Skipped),
        Status::NotRun | Status::Fail | Status::Error => ("✗", Label::Failed),
    }
}

/// Returns what a check found, in words.
fn told(check: &CheckResult) -> String {
    let message = check.message.as_deref().map(printable).unwrap_or_default();
    match check.percent {
        Some(percent) if percent > 0.0 => format!("{message} ({} %)", rounded(percent)),
        _ if check.status == Status::NotRun => format!("not run: {message}"),
        _ if message.is_empty() && check.observed.is_number() => check.observed.to_string(),
        _ => message.into_owned(),
    }
}

/// Returns a number with at most four digits after the point, and never as nothing where it is more.
fn rounded(percent: f64) -> String {
    let text = format!("{percent:.4}");
    let text = text.trim_end_matches('0').trim_end_matches('.');
    if text == "0" { "< 0.0001".to_owned() } else { text.to_owned() }
}

fn rows(ui: &mut Ui, check: &CheckResult) -> Result<(), CommandError> {
    for sample in check.sample.iter().take(MAX_SHOWN) {
        let value = match &sample.value {
            Json::String(text) => printable(text).into_owned(),
            Json::Null => "missing".to_owned(),
            value => value.to_string(),
        };
        match sample.place() {
            Some(place) => ui.data(format_args!("     {}: {value}", printable(&place)))?,
            None => ui.data(format_args!("     {value}"))?,
        }
    }
    let found = check.unexpected.unwrap_or_default();
    let more = found.saturating_sub(check.sample.len().min(MAX_SHOWN) as u64);
    if more > 0 && !check.sample.is_empty() {
        ui.data(format_args!("     and {more} more"))?;
    }
    Ok(())
}
