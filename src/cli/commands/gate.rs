//! `mlv gate`

use std::ffi::OsString;

use crate::check::gate::{Report, Status, figure};
use crate::cli::error::{CommandError, user_error};
use crate::cli::exit::ExitStatus;
use crate::cli::globals::Globals;
use crate::cli::render::{Column, Table, count, printable};
use crate::cli::session;
use crate::cli::style::Label;
use crate::cli::ui::Ui;
use crate::ops::gate::{GateOptions, gate};

/// Hold a model's predictions and metrics against a gate
///
/// Computes the metrics that the file names, compares them with their bounds and, on the same rows, with
/// those of the champion, and group against group. Refuses predictions that are stale, and an evaluation
/// whose rows are in the training set. The action `gate` does the same for hooks.
#[derive(Debug, clap::Args)]
#[command(after_help = "Examples:
  mlv gate gates/churn.yaml
  mlv gate gates/churn.yaml --candidate better-features --champion main
  mlv gate gates/churn.yaml --json

Exit code 3 where a rule fails.")]
pub struct Args {
    /// The file of the gate
    spec: OsString,
    /// Judge this commit in place of the files in the working copy
    #[arg(long, value_name = "REV")]
    candidate: Option<String>,
    /// Compare with this commit or alias in place of what the file names
    #[arg(long, value_name = "REV")]
    champion: Option<String>,
    /// Print `{"passed", "metrics", "champion_metrics", "rules": [{"metric", "rule", ...}]}` as JSON
    #[arg(long)]
    json: bool,
}

pub fn run(ui: &mut Ui, globals: &Globals, args: Args) -> Result<ExitStatus, CommandError> {
    let context = session::open(ui, globals)?;
    let Args { spec, candidate, champion, json } = args;
    let report = gate(&context, &GateOptions { spec, candidate, champion })?;
    if json {
        ui.json(&report)?;
        return Ok(if report.passed { ExitStatus::Done } else { ExitStatus::Refused });
    }
    show(ui, &report)?;
    let Some(reason) = &report.reason else {
        ui.status(printable(&report.summary()));
        return Ok(ExitStatus::Done);
    };
    let refused = format!("refused by `{}`: {reason}", report.spec);
    Err(user_error(printable(&refused)).exiting(ExitStatus::Refused))
}

fn show(ui: &mut Ui, report: &Report) -> Result<(), CommandError> {
    let mut metrics = Table::new([Column::left(), Column::right(), Column::right()]);
    let number = |value: Option<&serde_json::Value>| match value {
        Some(value) => value.as_f64().map_or_else(|| "not a number".to_owned(), figure),
        None => String::new(),
    };
    if let (Some(champion), false) = (&report.champion, report.metrics.is_empty()) {
        metrics.row(["metric".into(), "candidate".into(), printable(champion).to_string()]);
    }
    for (name, value) in &report.metrics {
        let champion = report.champion_metrics.as_ref().and_then(|metrics| metrics.get(name));
        metrics.row([printable(name).to_string(), number(Some(value)), number(champion)]);
    }
    for line in metrics.lines(ui.data_paint()) {
        ui.data(line)?;
    }
    if report.rows > 0 && report.champion_metrics.is_some() {
        let rows = count(report.rows as usize, "row");
        ui.data(format_args!("{rows}, {} of them compared", report.shared_rows))?;
    }
    for rule in &report.rules {
        let (sign, label) = match rule.status {
            Status::Pass => ("✓", Label::Passed),
            Status::Fail => ("✗", Label::Failed),
            Status::NoChampion | Status::NotRun => ("-", Label::Skipped),
        };
        let sign = ui.paint(label, sign);
        ui.data(format_args!("{sign} {}", printable(&rule.message)))?;
    }
    for note in &report.notes {
        ui.status(format_args!("note: {}", printable(note)));
    }
    Ok(())
}
