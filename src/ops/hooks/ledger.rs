//! What the journal says of the runs of one event, so that it goes on where it stopped: what has
//! passed is not run again, and the rest keep their run ids.

use std::collections::{BTreeMap, HashMap};

use crate::base::{RepoPath, TreeId};
use crate::diff::tree::tree_changes;
use crate::hook::context::EventContext;
use crate::hook::plan::Plan;
use crate::hook::runner::{Done, RunRecord};
use crate::hook::spec::Hook;
use crate::object::{TreeEdit, TreeValue};
use crate::ops::hooks::exempt::Exempt;
use crate::ops::hooks::noted::PendingEvent;
use crate::ops::{Context, OpsError};
use crate::repo::journal::{self, RunRow};

/// The event that runs belong to, and what is known of them already.
#[derive(Debug, Default)]
pub(super) struct Ledger {
    pub number: Option<i64>,
    /// What it takes to run them again, JSON.
    pub noted: Option<String>,
    earlier: HashMap<String, Earlier>,
}

/// An earlier run of a hook under the same event.
#[derive(Debug, Clone)]
struct Earlier {
    run_id: String,
    /// The number of its next attempt.
    attempt: u32,
    done: Option<Done>,
    /// Whether what it made has been seen to.
    settled: bool,
}

impl Ledger {
    /// Returns the ledger of an event before the deed.
    pub fn of_candidate(told: &EventContext, exempt: &Exempt) -> Self {
        let noted = told.definitions.map(|tree| PendingEvent::new(told, exempt.clone(), tree));
        Self { noted: noted.map(|noted| noted.to_json()), ..Self::default() }
    }

    /// Returns the ledger of one run that is to be tried again.
    pub fn of_run(record: &RunRecord, noted: String) -> Self {
        let earlier = Earlier::of(record, None);
        let earlier = HashMap::from([(record.hook.to_string(), earlier)]);
        Self { number: None, noted: Some(noted), earlier }
    }

    /// Returns the ledger of a noted event; `plan` has all its hooks.
    pub fn of_event(
        context: &Context,
        number: i64,
        event: &PendingEvent,
        plan: &Plan<'_>,
    ) -> Result<Self, OpsError> {
        let hooks = BTreeMap::new();
        let whole = PendingEvent { background: false, claim: None, hooks, ..event.clone() };
        let noted = Some(whole.to_json());
        let mut ledger = Self { number: Some(number), noted, ..Self::default() };
        let background = plan.with_dependents(|hook| hook.background);
        let background: Vec<&str> = background.iter().map(|hook| hook.id.as_str()).collect();
        for row in journal::of_event(&context.repo.connection(), number)? {
            let Some(record) = RunRecord::read(&row.record, row.detail.as_deref()) else {
                continue;
            };
            let is_later = background.contains(&row.hook.as_str());
            let done = if stands(event, &record, is_later) { done(context, &record) } else { None };
            let earlier = Earlier::of(&record, done);
            let settled = is_earlier_part(event, &record, is_later);
            ledger.earlier.insert(row.hook, Earlier { settled, ..earlier });
        }
        Ok(ledger)
    }

    /// Returns the row of a run under this event.
    pub fn row(
        &self,
        record: &RunRecord,
        owner: Option<String>,
    ) -> Result<RunRow, serde_json::Error> {
        let detail = record.status.is_final().then(|| serde_json::to_string(&record.detail));
        Ok(RunRow {
            run_id: record.run_id.clone(),
            event: record.event.name().to_owned(),
            hook: record.hook.to_string(),
            status: record.status.name().to_owned(),
            owner,
            record: serde_json::to_string(record)?,
            event_number: self.number,
            noted: self.noted.clone(),
            detail: detail.transpose()?,
        })
    }

    pub fn has(&self, hook: &Hook) -> bool {
        self.earlier.contains_key(hook.id.as_str())
    }

    /// Tells whether a run had ended before, and was not repeated.
    pub fn knows_end_of(&self, run: &RunRecord) -> bool {
        let earlier = self.earlier.get(run.hook.as_str());
        earlier.is_some_and(|earlier| earlier.run_id == run.run_id && earlier.done.is_some())
    }

    /// Tells whether what a run made has been committed, or needed no commit.
    pub fn is_settled(&self, run: &RunRecord) -> bool {
        let earlier = self.earlier.get(run.hook.as_str());
        run.detail.followed_by.is_some() || earlier.is_some_and(|earlier| earlier.settled)
    }

    /// Returns the run id and the attempt with which a hook goes on, and how it ended where it is not
    /// to run; nothing where it is new.
    pub fn of_hook(&self, hook: &Hook) -> Option<(String, u32, Option<Done>)> {
        let earlier = self.earlier.get(hook.id.as_str())?;
        Some((earlier.run_id.clone(), earlier.attempt, earlier.done.clone()))
    }
}

impl Earlier {
    fn of(record: &RunRecord, done: Option<Done>) -> Self {
        let attempt = record.attempt + u32::from(record.started.is_some());
        Self { run_id: record.run_id.clone(), attempt, done, settled: false }
    }
}

/// Tells whether a run is not to be repeated.
fn stands(event: &PendingEvent, record: &RunRecord, is_background: bool) -> bool {
    if let Some(least) = event.hooks.get(record.hook.as_str()) {
        return record.status.is_good() && record.attempt >= *least;
    }
    record.status.is_good()
        || (is_earlier_part(event, record, is_background) && record.status.is_final())
}

/// Tells whether a run was over, with all that follows, when the event was noted as it is now.
fn is_earlier_part(event: &PendingEvent, record: &RunRecord, is_background: bool) -> bool {
    if event.hooks.is_empty() {
        event.background && !is_background
    } else {
        !event.hooks.contains_key(record.hook.as_str())
    }
}

/// Returns a run with what it made; nothing where that is lost, and it must be made again.
fn done(context: &Context, record: &RunRecord) -> Option<Done> {
    let edits = match (record.tree, record.detail.outputs) {
        (Some(seen), Some(outputs)) => edits_between(context, seen, outputs).ok()?,
        _ => Vec::new(),
    };
    Some(Done { record: record.clone(), edits })
}

/// Returns the edits that lead from one tree to another.
fn edits_between(context: &Context, from: TreeId, to: TreeId) -> Result<Vec<TreeEdit>, OpsError> {
    let changes = tree_changes(context.repo.objects(), from, to, &RepoPath::root());
    let edits = changes.map(|change| {
        let change = change?;
        let value = change.new.map_or(TreeValue::Remove, TreeValue::Set);
        Ok(TreeEdit { path: change.path, value })
    });
    edits.collect()
}
