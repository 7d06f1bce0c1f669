//! What a comparison found, for each column and for the whole.

use std::collections::BTreeMap;
use std::fmt;

use serde::Serialize;

use crate::check::drift::compare::Kind;
use crate::check::drift::method::Method;
use crate::check::drift::settings::{Mode, Settings};

/// How the comparison of a column ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Status {
    Stable,
    Drifted,
    /// There was too little to compare.
    NotRun,
    /// It is of a kind that is not compared.
    Skipped,
}

/// A number for each side.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize)]
pub struct Sides {
    pub reference: u64,
    pub new: u64,
}

/// What was found of a column.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct ColumnReport {
    pub column: String,
    #[serde(rename = "type")]
    pub kind: Kind,
    pub status: Status,
    pub method: Option<Method>,
    /// A distance, or the p-value of a test.
    pub score: Option<f64>,
    pub threshold: Option<f64>,
    pub drift: bool,
    /// Whether its drift alone is the drift of the whole.
    pub critical: bool,
    /// How many values were compared.
    pub values: Sides,
    /// Why it was not measured.
    pub reason: Option<String>,
    /// The score by each method that was asked for.
    pub distances: BTreeMap<Method, f64>,
}

/// What was found of the whole.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Report {
    pub drift: bool,
    /// The share of drifted columns among those that were compared.
    pub share: f64,
    /// How many columns were compared, and how many of them have drifted.
    pub compared: usize,
    pub drifted: usize,
    pub rows: Sides,
    pub columns: Vec<ColumnReport>,
    /// Columns that the new data lacks.
    pub only_in_reference: Vec<String>,
    /// Columns that the reference lacks.
    pub only_in_new: Vec<String>,
}

impl ColumnReport {
    /// Returns the report of a column of which nothing is known yet.
    pub(super) fn unmeasured(column: &str, critical: bool, values: Sides) -> Self {
        Self {
            column: column.to_owned(),
            kind: Kind::Empty,
            status: Status::NotRun,
            method: None,
            score: None,
            threshold: None,
            drift: false,
            critical,
            values,
            reason: None,
            distances: BTreeMap::new(),
        }
    }

    /// Says why a column was not measured, and what follows from that.
    pub(super) fn because(self, kind: Kind, status: Status, reason: String) -> Self {
        let drift = status == Status::Drifted;
        Self { kind, status, drift, reason: Some(reason), ..self }
    }

    /// Holds the score against a threshold.
    pub(super) fn judged(mut self, threshold: f64) -> Self {
        if let (Some(method), Some(score)) = (self.method, self.score) {
            self.drift = method.drifts(score, threshold);
            self.threshold = Some(threshold);
            self.status = if self.drift { Status::Drifted } else { Status::Stable };
        }
        self
    }

    /// Returns what was found, as `drift, wasserstein 0.3106 (drift from 0.1)`, or why nothing was.
    pub fn verdict(&self) -> String {
        match (self.method, self.score, self.threshold) {
            (Some(method), Some(score), Some(threshold)) => {
                let sense = if method.is_test() { "below" } else { "from" };
                let verdict = if self.drift { "drift" } else { "stable" };
                let (score, threshold) = (significant(score), significant(threshold));
                format!("{verdict}, {} {score} (drift {sense} {threshold})", method.name())
            }
            _ => self.reason.clone().unwrap_or_default(),
        }
    }

    fn is_test(&self) -> bool {
        self.method.is_some_and(Method::is_test)
    }
}

impl Report {
    /// Sums columns up. A critical column that one side lacks has drifted.
    pub fn new(
        columns: Vec<ColumnReport>,
        rows: Sides,
        only_in_reference: Vec<String>,
        only_in_new: Vec<String>,
        settings: &Settings,
    ) -> Self {
        let columns = match settings.mode {
            Mode::Evidently => columns,
            Mode::Strict => sharing_thresholds(columns, settings),
        };
        let is_compared =
            |column: &&ColumnReport| matches!(column.status, Status::Stable | Status::Drifted);
        let compared = columns.iter().filter(is_compared).count();
        let drifted = columns.iter().filter(|column| column.drift).count();
        let share = if compared == 0 { 0.0 } else { drifted as f64 / compared as f64 };
        let lacks = |name: &String| only_in_reference.contains(name) || only_in_new.contains(name);
        let is_grave = columns.iter().any(|column| column.critical && column.drift)
            || settings.critical.iter().any(lacks);
        let drift = is_grave || (compared > 0 && share >= settings.share);
        Self { drift, share, compared, drifted, rows, columns, only_in_reference, only_in_new }
    }
}

/// In one line, as `age: drift, wasserstein 0.3106 (drift from 0.1)`.
impl fmt::Display for ColumnReport {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.column, self.verdict())
    }
}

/// In one line, as `2 of 5 columns drifted`.
impl fmt::Display for Report {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let verdict = if self.drift { "drift" } else { "no drift" };
        let noun = if self.compared == 1 { "column" } else { "columns" };
        match self.compared {
            0 if !self.drift => f.write_str("nothing was compared")?,
            compared => write!(f, "{verdict}: {} of {compared} {noun} drifted", self.drifted)?,
        }
        for (names, side) in
            [(&self.only_in_reference, "the reference"), (&self.only_in_new, "the new data")]
        {
            if !names.is_empty() {
                write!(f, "; only {side} has {}", names.join(", "))?;
            }
        }
        Ok(())
    }
}

/// Returns a number in few digits.
pub fn significant(number: f64) -> String {
    if number != 0.0 && number.abs() < 1e-4 {
        return format!("{number:.1e}");
    }
    let text = format!("{number:.4}");
    text.trim_end_matches('0').trim_end_matches('.').to_owned()
}

/// Divides the threshold of tests by their number (Bonferroni), so that many columns do not raise more
/// false alarms than one.
fn sharing_thresholds(columns: Vec<ColumnReport>, settings: &Settings) -> Vec<ColumnReport> {
    let tests = columns.iter().filter(|column| column.is_test()).count().max(1);
    let judged = |column: ColumnReport| match column.method {
        Some(method) if method.is_test() => {
            column.judged(settings.threshold(method) / tests as f64)
        }
        _ => column,
    };
    columns.into_iter().map(judged).collect()
}
