//! Whether values are distributed as they were at another revision. What is compared, and how, is of
//! `check::drift`; here it is held against what the suite asks.

use std::collections::BTreeSet;

use serde_json::{Value as Json, json};

use crate::base::suggest;
use crate::check::drift::{ColumnReport, Report, Status};
use crate::check::suite::error::CheckError;
use crate::check::suite::rules::compare::NOTHING_BEFORE;
use crate::check::suite::rules::found::Finding;
use crate::check::suite::rules::structure::Known;
use crate::check::suite::rules::{Checker, Scope};
use crate::check::suite::spec::Check;

/// What is said of a column that the other revision lacks.
const NO_COLUMN_BEFORE: &str = "there is no such column to compare with yet";

pub(in crate::check::suite) fn drift(
    check: &Check,
    scope: &Scope<'_>,
) -> Result<Box<dyn Checker>, CheckError> {
    let Some(other) = scope.other else {
        return Ok(Box::new(Known(Finding::first(NOTHING_BEFORE))));
    };
    let (own, others) = (&scope.all_fields, other.all_fields());
    let known: BTreeSet<&str> = own.iter().chain(&others).map(|f| f.name.as_str()).collect();
    if let Some(unknown) = unknown_column(check.settings.texts("critical"), &known) {
        return Ok(Box::new(Known(Finding::whole(Json::Null, Some(unknown)))));
    }
    let report = scope.drift.ok_or_else(|| CheckError::Unfit("nothing was compared".to_owned()))?;
    let finding = if check.column.is_some() { of_column(report) } else { of_table(check, report) };
    Ok(Box::new(Known(finding)))
}

fn unknown_column(named: &[String], known: &BTreeSet<&str>) -> Option<String> {
    let unknown = named.iter().find(|name| !known.contains(name.as_str()))?;
    let near = suggest::did_you_mean(&suggest::candidates(unknown, known.iter().copied()));
    let near = near.map(|near| format!("; {near}")).unwrap_or_default();
    Some(format!("there is no column `{unknown}`{near}"))
}

fn of_column(report: &Report) -> Finding {
    let Some(column) = report.columns.first() else {
        return Finding::first(NO_COLUMN_BEFORE);
    };
    let observed = scores(column);
    match column.status {
        Status::Drifted => Finding::whole(observed, Some(column.verdict())),
        Status::Stable => {
            Finding { remark: Some(column.verdict()), ..Finding::whole(observed, None) }
        }
        Status::NotRun | Status::Skipped => Finding::not_run(observed, column.verdict()),
    }
}

fn of_table(check: &Check, report: &Report) -> Finding {
    let observed = json!({
        "share": report.share,
        "compared": report.compared,
        "drifted": report.drifted,
        "columns": report.columns.iter().map(scores).collect::<Vec<_>>(),
    });
    if report.drift {
        let drifted = report.columns.iter().filter(|column| column.drift);
        let told = std::iter::once(report.to_string()).chain(drifted.map(ToString::to_string));
        return Finding::whole(observed, Some(told.collect::<Vec<_>>().join("; ")));
    }
    let named = [check.settings.texts("columns"), check.settings.texts("critical")].concat();
    let is_asked_for = |column: &&ColumnReport| match column.status {
        Status::Stable | Status::Drifted => false,
        // What nobody named is passed over where there is something to compare all the same.
        Status::NotRun => named.contains(&column.column) || report.compared == 0,
        Status::Skipped => named.contains(&column.column),
    };
    let missed: Vec<&ColumnReport> = report.columns.iter().filter(is_asked_for).collect();
    if !missed.is_empty() {
        return Finding::not_run(observed, reasons(&missed));
    }
    let is_new = |name: &String| report.only_in_new.contains(name);
    if !named.is_empty() && named.iter().all(is_new) {
        return Finding::first(NO_COLUMN_BEFORE);
    }
    if report.compared == 0 {
        return Finding { observed, ..Finding::vacuous(&report.to_string()) };
    }
    Finding { remark: Some(report.to_string()), ..Finding::whole(observed, None) }
}

/// Returns why columns were not compared, each reason once.
fn reasons(columns: &[&ColumnReport]) -> String {
    let mut reasons: Vec<(String, Vec<&str>)> = Vec::new();
    for column in columns {
        let reason = column.verdict();
        match reasons.iter_mut().find(|(known, _)| *known == reason) {
            Some((_, names)) => names.push(&column.column),
            None => reasons.push((reason, vec![&column.column])),
        }
    }
    let told = reasons.iter().map(|(reason, names)| format!("{}: {reason}", names.join(", ")));
    told.collect::<Vec<_>>().join("; ")
}

/// Returns what was measured of a column, under the names of `mlv drift --json`.
fn scores(column: &ColumnReport) -> Json {
    json!({
        "column": column.column,
        "type": column.kind,
        "method": column.method,
        "score": column.score,
        "threshold": column.threshold,
        "drift": column.drift,
    })
}
