//! The journal of runs, as users and reports ask for it.

use std::time::Duration;

use serde_json::Value;

use crate::hook::output::Annotation;
use crate::hook::runner::{FollowedBy, RunDetail, Status};
use crate::ops::hooks::noted::PendingEvent;
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
    /// The commit that followed with what it made.
    pub followed_by: Option<FollowedBy>,
    /// The event it belongs to, with which it can be run again.
    pub noted: Option<PendingEvent>,
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
            followed_by: detail.followed_by,
            noted: row.noted.as_deref().and_then(|noted| serde_json::from_str(noted).ok()),
        })
    }

    /// Returns a text of the record; an empty one where it has none.
    pub fn text(&self, field: &str) -> &str {
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
