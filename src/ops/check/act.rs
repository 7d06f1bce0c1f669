//! The action `validate`.

use std::collections::BTreeMap;

use serde_json::{Map, Value as Json};

use crate::action::{Outcome, Told};
use crate::base::RepoPath;
use crate::check::suite::{CheckResult, Report, Sample, Status};
use crate::hook::Annotation;
use crate::hook::output::Level;
use crate::ops::check::run::{Subject, check, read_suite};
use crate::ops::data::DataView;
use crate::ops::{Context, OpsError};

/// Carries out the suite that a hook names on the tree that it sees.
pub fn validate(context: &Context, view: &DataView<'_>, told: &Told) -> Result<Outcome, OpsError> {
    let path = told.text("suite");
    let path = RepoPath::from_bytes(path)
        .map_err(|rule| OpsError::Unsupported { what: format!("`{path}`: {rule}") })?;
    let suite = read_suite(&[view], &path)?;
    let subject =
        Subject { view: view.clone(), dataset: told.texts("data"), target: told.base_commit() };
    let report = check(context, &suite, &subject)?;
    Ok(Outcome {
        passed: report.passed(),
        annotations: annotations(&report),
        metrics: metrics(&report),
        summary: summary(&report),
        valid_until: report.valid_until(),
    })
}

/// Returns a remark for each check that is not as expected, with the first row where it shows one.
fn annotations(report: &Report) -> Vec<Annotation> {
    let of = |level, sample: Option<&Sample>, message| Annotation {
        level,
        path: Some(sample.and_then(|it| it.file.clone()).unwrap_or(report.dataset.clone())),
        row: sample.and_then(|it| it.row_of_file.or(it.row)),
        message,
    };
    let whole = report.message.iter().map(|message| of(Level::Fail, None, message.clone()));
    let each = report.checks.iter().filter_map(|check| {
        let level = match check.status {
            Status::Pass => return None,
            Status::Warn => Level::Warn,
            Status::NotRun if check.level == crate::check::suite::Level::Info => Level::Note,
            Status::NotRun | Status::Fail | Status::Error => Level::Fail,
        };
        Some(of(level, check.sample.first(), sentence(check)))
    });
    whole.chain(each).collect()
}

/// Returns what a check found in one line.
fn sentence(check: &CheckResult) -> String {
    let message = check.message.as_deref().unwrap_or_default();
    format!("{}: {message}", check.title())
}

fn metrics(report: &Report) -> Map<String, Json> {
    let count = |status| Json::from(report.count(status));
    let mut metrics: Map<String, Json> = [
        ("rows", Json::from(report.rows)),
        ("checks", Json::from(report.checks.len())),
        ("checks_passed", count(Status::Pass)),
        ("checks_warned", count(Status::Warn)),
    ]
    .map(|(name, value)| (name.to_owned(), value))
    .into_iter()
    .collect();
    let mut ratios: BTreeMap<String, f64> = BTreeMap::new();
    for check in &report.checks {
        let (Some(considered), Some(unexpected)) = (check.considered, check.unexpected) else {
            continue;
        };
        if considered > 0 {
            // Of two checks with one title the worse counts.
            let ratio = ratios.entry(ratio_name(&check.title())).or_default();
            *ratio = ratio.max(unexpected as f64 / considered as f64);
        }
    }
    metrics.extend(ratios.into_iter().map(|(name, ratio)| (name, ratio.into())));
    metrics
}

/// What begins the names of the metrics that tell the share of unexpected rows of a check.
const RATIO: &str = "unexpected_ratio";

fn ratio_name(title: &str) -> String {
    format!("{RATIO}[{title}]")
}

/// Returns the title of the check whose share of unexpected rows a metric of this name is, as
/// `not_null of age`.
pub fn ratio_of(metric: &str) -> Option<&str> {
    metric.strip_prefix(RATIO)?.strip_prefix('[')?.strip_suffix(']')
}

/// Returns the report in a line, as `6 000 rows, 14 checks: 2 failed`.
pub fn summary(report: &Report) -> String {
    if let Some(message) = &report.message {
        return message.clone();
    }
    let counts = [(Status::Fail, "failed"), (Status::Error, "not carried out")];
    let more = [(Status::NotRun, "not run"), (Status::Warn, "warned")];
    let faults: Vec<String> = counts
        .into_iter()
        .chain(more)
        .map(|(status, word)| (report.count(status), word))
        .filter(|(count, _)| *count > 0)
        .map(|(count, word)| format!("{count} {word}"))
        .collect();
    let checks = report.checks.len();
    let noun = crate::ops::plural(checks, "check");
    let rows = crate::ops::plural(report.rows as usize, "row");
    let said = format!("{} {rows}, {checks} {noun}", grouped(report.rows));
    if faults.is_empty() { said } else { format!("{said}: {}", faults.join(", ")) }
}

/// Returns a number with a space between groups of three digits.
pub fn grouped(number: u64) -> String {
    let digits = number.to_string();
    let mut grouped = String::new();
    for (at, digit) in digits.chars().enumerate() {
        if at > 0 && (digits.len() - at).is_multiple_of(3) {
            grouped.push(' ');
        }
        grouped.push(digit);
    }
    grouped
}
