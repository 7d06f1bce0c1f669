//! What a suite found.

use serde::Serialize;
use serde_json::Value as Json;

use crate::check::suite::spec::Level;

/// How many rows a check shows.
pub const MAX_SAMPLE: usize = 20;

/// How many values are listed by how often they occur.
pub const MAX_TOP_VALUES: usize = 10;

/// How a check ended, the best first.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Status {
    Pass,
    Warn,
    /// It has no check here.
    NotRun,
    Fail,
    /// It could not be carried out.
    Error,
}

impl Status {
    pub fn name(self) -> &'static str {
        match self {
            Self::Pass => "pass",
            Self::Warn => "warn",
            Self::NotRun => "not_run",
            Self::Fail => "fail",
            Self::Error => "error",
        }
    }
}

/// What one check found.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct CheckResult {
    pub check: String,
    pub column: Option<String>,
    /// All columns that it is about.
    pub columns: Vec<String>,
    pub level: Level,
    pub status: Status,
    pub rows: u64,
    /// How many rows, or files, it judged; nothing where it judges the table as a whole.
    pub considered: Option<u64>,
    pub unexpected: Option<u64>,
    /// The share of unexpected ones, from 0 to 100.
    pub percent: Option<f64>,
    /// What it measured.
    pub observed: Json,
    /// Whether there was nothing to judge.
    pub vacuous: bool,
    pub sample: Vec<Sample>,
    pub top_values: Vec<TopValue>,
    /// What is wrong, or notable, in a sentence.
    pub message: Option<String>,
    /// The last second, since 1970, at which the check still holds, where the clock decides.
    #[serde(skip)]
    pub holds_until: Option<i64>,
}

/// A row, or a file, that is not as expected.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Sample {
    /// Counted from 0 at the first row of data; nothing for a file.
    pub row: Option<u64>,
    /// The file that the row lies in, where the table is read from files.
    pub file: Option<String>,
    /// Counted from 0 at the first row of that file.
    pub row_of_file: Option<u64>,
    pub value: Json,
}

/// An unexpected value, and how often it occurs.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct TopValue {
    pub value: String,
    pub count: u64,
}

/// What a suite found, check by check.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Report {
    pub status: Status,
    pub dataset: String,
    pub rows: u64,
    pub files: u64,
    /// Why nothing could be checked at all.
    pub message: Option<String>,
    pub checks: Vec<CheckResult>,
}

impl Sample {
    /// Returns a row of a table.
    pub fn of_row(row: u64, value: Json) -> Self {
        Self { row: Some(row), file: None, row_of_file: None, value }
    }

    /// Returns a file as a whole.
    pub fn of_file(value: Json) -> Self {
        Self { row: None, file: None, row_of_file: None, value }
    }

    /// Returns where it lies, as `data/a.csv, row 3`; nothing for a file as a whole.
    pub fn place(&self) -> Option<String> {
        match (&self.file, self.row_of_file, self.row) {
            (Some(file), Some(row), _) => Some(format!("{file}, row {row}")),
            (_, _, Some(row)) => Some(format!("row {row}")),
            _ => None,
        }
    }
}

impl CheckResult {
    /// Returns what the check is called, with the columns that it is about.
    pub fn title(&self) -> String {
        match self.columns.as_slice() {
            [] => self.check.clone(),
            columns => format!("{} of {}", self.check, columns.join(", ")),
        }
    }
}

impl Report {
    /// Returns the report of these results.
    pub fn new(dataset: String, rows: u64, files: u64, checks: Vec<CheckResult>) -> Self {
        // A rule without a check that was allowed by name is told, and refuses nothing.
        let is_allowed =
            |check: &&CheckResult| check.status == Status::NotRun && check.level == Level::Info;
        let judged = checks.iter().filter(|check| !is_allowed(check));
        let status = judged.map(|check| check.status).max().unwrap_or(Status::Pass);
        Self { status, dataset, rows, files, message: None, checks }
    }

    /// Returns the report of a suite that could not be carried out.
    pub fn failed(dataset: String, status: Status, message: String) -> Self {
        Self { status, dataset, rows: 0, files: 0, message: Some(message), checks: Vec::new() }
    }

    /// Tells whether nothing refuses.
    pub fn passed(&self) -> bool {
        self.status < Status::NotRun
    }

    /// Returns the last second, since 1970, at which nothing refuses, where that hangs on the clock.
    pub fn valid_until(&self) -> Option<i64> {
        let refusing = self.checks.iter().filter(|check| check.level == Level::Fail);
        refusing.filter_map(|check| check.holds_until).min()
    }

    pub fn count(&self, status: Status) -> usize {
        self.checks.iter().filter(|check| check.status == status).count()
    }
}
