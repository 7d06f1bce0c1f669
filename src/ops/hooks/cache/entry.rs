//! What is kept of a verdict for reuse, beside its key, its run and what the hook made.

use serde::{Deserialize, Serialize};

use crate::base::Timestamp;
use crate::hook::output::Metrics;
use crate::hook::runner::{RunRecord, Status};
use crate::ops::hooks::verdict::CodeState;

/// How a run ended, as the cache keeps it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Entry {
    status: String,
    pub message: Option<String>,
    /// In the order in which they were told.
    metrics: Vec<(String, f64)>,
    pub code: Option<CodeState>,
    /// When it ended.
    pub time: String,
    /// The last second, since 1970, at which it would have ended so.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub valid_until: Option<i64>,
}

impl Entry {
    /// Returns what is kept of a run; nothing of one whose verdict means nothing for the next.
    pub fn of(record: &RunRecord, code: Option<CodeState>) -> Option<Self> {
        // A failure that is passed over, as with `level: warn`, is no reason to look away next time.
        let passed = record.status.is_good() && record.exit_code == Some(0) && !record.cached;
        passed.then(|| Self {
            status: record.status.name().to_owned(),
            message: record.message.clone(),
            metrics: record.metrics.0.clone(),
            code,
            time: record.finished.or(record.started).map(|t| t.to_string()).unwrap_or_default(),
            valid_until: record.detail.valid_until,
        })
    }

    pub fn to_json(&self) -> String {
        serde_json::to_string(self).expect("what is kept of a run has a JSON form")
    }

    /// Reads what was kept; nothing where it cannot be read, or is no good verdict.
    pub fn read(text: &str) -> Option<Self> {
        serde_json::from_str::<Self>(text).ok().filter(|entry| entry.status().is_good())
    }

    pub fn status(&self) -> Status {
        Status::parse(&self.status).unwrap_or(Status::Failed)
    }

    pub fn metrics(&self) -> Metrics {
        Metrics(self.metrics.clone())
    }

    /// Tells whether the moment has passed up to which it holds.
    pub fn is_over(&self, now: Timestamp) -> bool {
        self.valid_until.is_some_and(|end| now.seconds > end)
    }

    /// Tells whether it was reached with code that no commit holds.
    pub fn is_dirty(&self) -> bool {
        self.code.as_ref().is_some_and(|code| code.dirty)
    }
}
