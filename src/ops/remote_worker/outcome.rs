//! What came of an event, as the remote keeps it for everybody.

use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use crate::hook::runner::RunRecord;
use crate::ops::hooks::Filter;
use crate::ops::remote_worker::follow::Event;
use crate::ops::sync::connect;
use crate::ops::{Context, OpsError};

/// The version of the fields.
const SCHEMA: u32 = 1;

/// What came of the hooks of one event. Of what comes from elsewhere, nothing is taken for granted.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Outcome {
    pub schema: u32,
    /// The number of the entry of the log.
    pub entry: u64,
    pub branch: String,
    pub old: String,
    pub new: String,
    pub worker: String,
    /// The `run` objects of `--json`.
    pub runs: Vec<Value>,
}

impl Outcome {
    pub fn of(event: &Event, worker: &str, runs: &[RunRecord]) -> Self {
        let run = |run: &RunRecord| serde_json::to_value(run).expect("a run has a JSON form");
        Self {
            schema: SCHEMA,
            entry: event.entry,
            branch: event.moved.branch.clone(),
            old: event.moved.old.to_hex(),
            new: event.moved.new.to_hex(),
            worker: worker.to_owned(),
            runs: runs.iter().map(run).collect(),
        }
    }

    pub fn to_json(&self) -> Vec<u8> {
        serde_json::to_vec(self).expect("an outcome has a JSON form")
    }

    /// Reads an outcome; nothing where it is of another version, or none at all.
    fn read(bytes: &[u8]) -> Option<Self> {
        let outcome: Self = serde_json::from_slice(bytes).ok()?;
        (outcome.schema == SCHEMA).then_some(outcome)
    }

    /// Returns its runs, each with the entry and the worker, the last one first.
    fn into_runs(self) -> impl Iterator<Item = Value> {
        let (entry, worker) = (self.entry, self.worker);
        self.runs.into_iter().rev().filter_map(move |mut run| {
            let fields = run.as_object_mut()?;
            fields.insert("entry".to_owned(), json!(entry));
            fields.insert("worker".to_owned(), json!(worker));
            Some(run)
        })
    }
}

/// Returns up to `limit` of the runs that workers of a remote have written down there, those of the
/// newest entries first: `run` objects with the `entry` and the `worker`.
pub fn outcomes(
    context: &Context,
    remote: &str,
    filter: &Filter,
    limit: usize,
) -> Result<Vec<Value>, OpsError> {
    let connection = connect(context, remote)?;
    let mut runs = Vec::new();
    connection.remote.outcomes(|bytes| {
        let found = Outcome::read(&bytes).into_iter().flat_map(Outcome::into_runs);
        runs.extend(found.filter(|run| is_wanted(run, filter)));
        runs.len() < limit
    })?;
    runs.truncate(limit);
    Ok(runs)
}

fn is_wanted(run: &Value, filter: &Filter) -> bool {
    let is = |field: &str, wanted: &Option<String>| {
        wanted.as_ref().is_none_or(|wanted| run[field].as_str() == Some(wanted))
    };
    let hook = run["hook"].as_str().unwrap_or_default();
    let is_hook = filter.hook.as_ref().is_none_or(|wanted| {
        hook.strip_prefix(wanted.as_str())
            .is_some_and(|rest| rest.is_empty() || rest.starts_with('['))
    });
    is_hook
        && is("status", &filter.status)
        && is("event", &filter.event)
        && is("branch", &filter.branch)
}
