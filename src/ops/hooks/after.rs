//! Hooks after an operation: `post-` ones are noted in the transaction that moves the ref and run
//! afterwards, at least once.

use crate::base::{TreeId, interrupt};
use crate::hook::context::EventContext;
use crate::hook::event::Event;
use crate::hook::plan::{SkipReason, plan_for};
use crate::hook::runner::RunRecord;
use crate::hook::spec::{Hook, Spec};
use crate::ops::hooks::carry_out::{may_run, owner};
use crate::ops::hooks::definitions::definitions;
use crate::ops::hooks::exempt::Exempt;
use crate::ops::hooks::follow_up::{Delivery, carry_out_after};
use crate::ops::hooks::ledger::Ledger;
use crate::ops::hooks::noted::PendingEvent;
use crate::ops::hooks::queue::{give_back, leave_to_worker};
use crate::ops::hooks::trigger::note_runs;
use crate::ops::{Context, OpsError};
use crate::repo::journal;

/// Returns what is to be noted, in the transaction that moves the ref, so that the hooks of a
/// `post-` event run even after a crash; nothing where none would.
pub fn note_post(
    context: &Context,
    spec: &Spec,
    told: &EventContext,
    exempt: Exempt,
    definitions: TreeId,
) -> Result<Option<PendingEvent>, OpsError> {
    if told.event == Event::PostMerge && is_left_to_remote(context) {
        return Ok(None);
    }
    if plan_for(&exempt.of(spec), told).is_empty() || !may_run(context, spec, told)? {
        return Ok(None);
    }
    Ok(Some(PendingEvent::new(told, exempt, definitions)))
}

fn is_left_to_remote(context: &Context) -> bool {
    context.config.string("hooks.post_merge").is_some_and(|value| value.text == "remote")
}

/// Returns noted events as a transaction takes them.
pub fn pending_rows(
    context: &Context,
    noted: &[PendingEvent],
) -> Result<Vec<(String, String)>, OpsError> {
    if noted.is_empty() {
        return Ok(Vec::new());
    }
    let me = &owner(context)?.name;
    Ok(noted.iter().map(|event| (me.clone(), event.to_json())).collect())
}

/// Runs the hooks of what is done, event by event; whatever goes wrong cannot take it back, and is
/// told.
pub fn run_noted(context: &Context, numbers: &[i64], noted: &[PendingEvent]) -> Vec<RunRecord> {
    let mut runs = Vec::new();
    for (number, event) in numbers.iter().zip(noted) {
        match run_post(context, *number, event, By::Verb) {
            Ok(done) => runs.extend(done),
            Err(error) => context.progress.notice(&format!(
                "the {} hooks could not be run: {error}; the next command tries again",
                event.event
            )),
        }
    }
    runs
}

/// Who runs the hooks of an event.
#[derive(Debug, Clone, Copy)]
pub enum By<'a> {
    /// A verb that the user waits for: Ctrl-C ends its hooks for good.
    Verb,
    /// A worker: when it is told to stop, the next one goes on.
    Worker,
    /// A worker of a remote, to which goes what its hooks make; its claim tells who goes on.
    RemoteWorker(&'a dyn Delivery),
}

/// Runs the hooks of a noted event, those that are left, and strikes it from the list; what is to run
/// in the background is left to a worker. How they end changes nothing that was done: it is recorded
/// and told.
pub fn run_post(
    context: &Context,
    number: i64,
    pending: &PendingEvent,
    by: By<'_>,
) -> Result<Vec<RunRecord>, OpsError> {
    tracing::debug!(number, event = pending.event, "took up a noted event");
    let told = pending.told(context)?;
    let Some(spec) = definitions(context, pending.definitions()?)? else {
        strike(context, number, &told, std::iter::empty())?;
        return Ok(Vec::new());
    };
    let hooks = pending.exempt.of(&spec);
    let plan = plan_for(&hooks, &told).settled(&told);
    let ledger = Ledger::of_event(context, number, pending, &plan)?;
    let is_whole = pending.hooks.is_empty();
    let plan = plan.without(
        |hook| !is_whole && !pending.hooks.contains_key(hook.id.as_str()) && !ledger.has(hook),
        &SkipReason::NotAsked,
    );
    let waits = |hook: &Hook| hook.background && !pending.background;
    let later = plan.with_dependents(waits);
    let is_later = |hook: &Hook| later.iter().any(|other| other.id == hook.id);
    let now = plan.without(is_later, &SkipReason::LeftToWorker);
    let delivery = if let By::RemoteWorker(delivery) = by { Some(delivery) } else { None };
    let mut runs = Vec::new();
    if !now.is_empty() {
        runs = carry_out_after(context, &now, &told, &pending.exempt.chain, &ledger, delivery)?;
        runs.retain(|run| !ledger.knows_end_of(run));
    }
    if !later.is_empty() {
        runs.extend(leave_to_worker(context, &told, pending, &later, &ledger)?);
    } else if matches!(by, By::Worker) && interrupt::requested() {
        give_back(context, pending, &ledger, runs.clone())?;
    } else {
        strike(context, number, &told, now.running())?;
    }
    Ok(runs)
}

/// Strikes an event whose hooks have run.
fn strike<'a>(
    context: &Context,
    number: i64,
    told: &EventContext,
    ran: impl Iterator<Item = &'a Hook>,
) -> Result<(), OpsError> {
    let now = context.now()?;
    context.repo.transact(|connection| {
        journal::remove_pending(connection, number)?;
        let branch = told.branch.as_deref().unwrap_or_default();
        Ok(note_runs(connection, ran, branch, now)?)
    })?;
    tracing::debug!(number, "struck a noted event");
    Ok(())
}
