//! The journal of runs, and their logs.

use std::path::PathBuf;

use serde_json::Value;

use crate::ops::{Context, OpsError};
use crate::repo::journal;

/// Returns up to `limit` runs, newest first, as the `run` objects of `--json`; of one status where
/// one is given.
pub fn runs(context: &Context, status: Option<&str>, limit: usize) -> Result<Vec<Value>, OpsError> {
    let rows = journal::list(&context.repo.connection(), status, limit)?;
    Ok(rows.iter().filter_map(|row| serde_json::from_str(&row.record).ok()).collect())
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
        None => journal::list(&context.repo.connection(), None, 50)?.into_iter().find(|row| {
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
