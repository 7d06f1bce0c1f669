//! The journal of runs, and their logs.

use std::path::PathBuf;
use std::time::Duration;

use serde_json::Value;

use crate::hook::output::Annotation;
use crate::hook::runner::{RunDetail, Status};
use crate::ops::{Context, OpsError};
pub use crate::repo::journal::Filter;
use crate::repo::journal::{self, RunRow};

/// Returns up to `limit` of the runs that are asked for, newest first, as the `run` objects of
/// `--json`.
pub fn runs(context: &Context, filter: &Filter, limit: usize) -> Result<Vec<Value>, OpsError> {
    let rows = journal::list(&context.repo.connection(), filter, limit)?;
    Ok(rows.iter().filter_map(|row| serde_json::from_str(&row.record).ok()).collect())
}

/// A run with what it remarked, as reports and `mlv hooks show` tell it.
#[derive(Debug, Clone, PartialEq)]
pub struct ReportedRun {
    /// The `run` object of `--json`.
    pub record: Value,
    /// How long it took, where it was started and is over.
    pub duration: Option<Duration>,
    pub annotations: Vec<Annotation>,
    /// The last lines it wrote.
    pub tail: Vec<String>,
}

impl ReportedRun {
    /// Returns the run of a row of the journal; nothing where the row cannot be read.
    fn of_row(row: &RunRow) -> Option<Self> {
        let detail = row.detail.as_deref().map(serde_json::from_str::<RunDetail>);
        let detail = detail.and_then(Result::ok).unwrap_or_default();
        let record = serde_json::from_str(&row.record).ok()?;
        Some(Self {
            record,
            duration: detail.duration_ms.map(Duration::from_millis),
            annotations: detail.annotations,
            tail: detail.tail,
        })
    }

    fn text(&self, field: &str) -> &str {
        self.record[field].as_str().unwrap_or_default()
    }

    pub fn event(&self) -> &str {
        self.text("event")
    }

    pub fn hook(&self) -> &str {
        self.text("hook")
    }

    pub fn status(&self) -> Status {
        Status::parse(self.text("status")).unwrap_or(Status::Skipped)
    }

    pub fn message(&self) -> Option<&str> {
        self.record["message"].as_str()
    }
}

/// Returns up to `limit` of the runs that are asked for with what they remarked, newest first.
pub fn reported(
    context: &Context,
    filter: &Filter,
    limit: usize,
) -> Result<Vec<ReportedRun>, OpsError> {
    let rows = journal::list(&context.repo.connection(), filter, limit)?;
    Ok(rows.iter().filter_map(ReportedRun::of_row).collect())
}

/// Returns one run with what it remarked.
pub fn report(context: &Context, run_id: &str) -> Result<ReportedRun, OpsError> {
    let row = journal::get(&context.repo.connection(), run_id)?;
    let unknown = || OpsError::NoSuchRun { run: run_id.to_owned() };
    row.as_ref().and_then(ReportedRun::of_row).ok_or_else(unknown)
}

/// Where the log of a run lies.
#[derive(Debug, Clone, PartialEq)]
pub struct RunLog {
    pub record: Value,
    /// Nothing where the hook was never started.
    pub path: Option<PathBuf>,
}

/// Finds the log of a run; the newest run that has one where none is named.
pub fn log(context: &Context, run_id: Option<&str>) -> Result<RunLog, OpsError> {
    let found = match run_id {
        Some(run_id) => journal::get(&context.repo.connection(), run_id)?,
        None => journal::list(&context.repo.connection(), &Filter::default(), 50)?.into_iter().find(|row| {
            context.repo.layout().runs().join(format!("{}.log.zst", row.run_id)).exists()
        }),
    };
    let Some(row) = found else {
        let named = |run: &str| OpsError::NoSuchRun { run: run.to_owned() };
        return Err(run_id.map_or(OpsError::NoRun, named));
    };
    let path = context.repo.layout().runs().join(format!("{}.log.zst", row.run_id));
    let record = serde_json::from_str(&row.record).unwrap_or(Value::Null);
    Ok(RunLog { record, path: path.exists().then_some(path) })
}
