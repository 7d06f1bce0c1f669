//! Runs of hooks in the formats that other tools read.

mod github;
mod junit;
mod markdown;
mod sarif;

pub use markdown::remark;

use crate::cli::error::CommandError;
use crate::cli::ui::Ui;
use crate::hook::runner::Status;
use crate::ops::hooks::ReportedRun;

/// A format of reports.
#[derive(Debug, Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
pub enum ReportFormat {
    /// JUnit XML, which every CI shows as a table of tests
    Junit,
    /// SARIF 2.1.0, which code hosts show as findings
    Sarif,
    /// A Markdown table, for the comment of a merge request
    Markdown,
    /// Workflow commands of GitHub Actions, which become annotations
    Github,
}

/// Writes the report of these runs to stdout.
pub fn write(ui: &mut Ui, format: ReportFormat, runs: &[ReportedRun]) -> Result<(), CommandError> {
    ui.bytes(render(format, runs).as_bytes())
}

fn render(format: ReportFormat, runs: &[ReportedRun]) -> String {
    match format {
        ReportFormat::Junit => junit::render(runs),
        ReportFormat::Sarif => sarif::render(runs),
        ReportFormat::Markdown => markdown::render(runs),
        ReportFormat::Github => github::render(runs),
    }
}

/// Returns why a run is bad, in one line; nothing where it is not.
fn complaint(run: &ReportedRun) -> Option<String> {
    let bad = matches!(run.status(), Status::Failed | Status::Cancelled);
    bad.then(|| run.message().unwrap_or_else(|| run.status().name()).to_owned())
}

#[cfg(test)]
mod tests;
