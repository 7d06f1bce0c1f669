//! Running hooks again that have been run: under the same run id, as one more attempt.

use std::collections::BTreeMap;

use crate::base::TreeId;
use crate::hook::context::EventContext;
use crate::hook::plan::{Plan, SkipReason, plan_for};
use crate::hook::runner::{Outcome, RunRecord, Status};
use crate::hook::spec::Hook;
use crate::ops::hooks::after::{By, run_post};
use crate::ops::hooks::carry_out::{carry_out, owner};
use crate::ops::hooks::definitions::definitions;
use crate::ops::hooks::heal::{bury, heal};
use crate::ops::hooks::ledger::Ledger;
use crate::ops::hooks::noted::PendingEvent;
use crate::ops::hooks::replay::draft;
use crate::ops::hooks::runs::Filter;
use crate::ops::hooks::told::event_context;
use crate::ops::hooks::trust::is_trusted;
use crate::ops::{Context, OpsError};
use crate::repo::journal::{self, RunRow};

/// Runs a hook again, whatever came of it. One that ran after a deed goes on in its event, with those
/// that need it and have not passed; one before a deed judges the tree that it judged then.
pub fn retry(context: &Context, run_id: &str) -> Result<Vec<RunRecord>, OpsError> {
    bury(context)?;
    let row = journal::get(&context.repo.connection(), run_id)?;
    let row = row.ok_or_else(|| OpsError::NoSuchRun { run: run_id.to_owned() })?;
    let run = Run::read(&row)?;
    match row.event_number {
        Some(number) => again(context, number, &run.event, &[run.record]),
        None => judge_again(context, &run),
    }
}

/// Runs again every hook that failed after a deed. What failed before one refused something that may
/// have been mended since: such a run is retried by its name.
pub fn retry_failed(context: &Context) -> Result<Vec<RunRecord>, OpsError> {
    heal(context)?;
    let failed = Filter { status: Some(Status::Failed.name().to_owned()), ..Filter::default() };
    let rows = journal::list(&context.repo.connection(), &failed, usize::MAX)?;
    let mut events: BTreeMap<i64, Vec<Run>> = BTreeMap::new();
    for row in &rows {
        if let (Some(number), Ok(run)) = (row.event_number, Run::read(row)) {
            events.entry(number).or_default().push(run);
        }
    }
    let mut done = Vec::new();
    for (number, runs) in events {
        crate::base::interrupt::check()?;
        let event = runs[0].event.clone();
        let records: Vec<RunRecord> = runs.into_iter().map(|run| run.record).collect();
        done.extend(again(context, number, &event, &records)?);
    }
    Ok(done)
}

/// A run that is over, with its event.
struct Run {
    record: RunRecord,
    event: PendingEvent,
}

impl Run {
    fn read(row: &RunRow) -> Result<Self, OpsError> {
        let fail = |reason: &str| OpsError::NotRetried {
            run: row.run_id.clone(),
            reason: reason.to_owned(),
        };
        let record = RunRecord::read(&row.record, row.detail.as_deref());
        let record = record.ok_or_else(|| fail("another version of mlv wrote it"))?;
        if !record.status.is_final() {
            return Err(fail(&format!("it is {}", record.status.name())));
        }
        let event = row.noted.as_deref().and_then(|noted| serde_json::from_str(noted).ok());
        let event =
            event.ok_or_else(|| fail("its event is not known: replay that in its place"))?;
        Ok(Self { record, event })
    }
}

/// Goes on with an event that is over.
fn again(
    context: &Context,
    number: i64,
    event: &PendingEvent,
    records: &[RunRecord],
) -> Result<Vec<RunRecord>, OpsError> {
    let run = &records[0].run_id;
    let fail = |reason: &str| OpsError::NotRetried { run: run.clone(), reason: reason.to_owned() };
    let told = event.told(context)?;
    let spec = definitions(context, event.definitions()?)?;
    let spec = spec.ok_or_else(|| fail("its `mlv.yaml` is gone or broken"))?;
    if !is_trusted(context, &spec)? {
        return Err(OpsError::NotTrusted);
    }
    let hooks = event.exempt.of(&spec);
    let plan = plan_for(&hooks, &told).settled(&told);
    let ledger = Ledger::of_event(context, number, event, &plan)?;
    let hooks = asked(&plan, &ledger, records);
    // A worker goes on with it where this process dies.
    let event = PendingEvent { background: true, hooks, ..event.clone() };
    let me = &owner(context)?.name;
    let note = |c: &_| Ok(journal::note_again(c, number, me, &event.to_json())?);
    if !context.repo.transact(note)? {
        return Err(fail("the hooks of its event have not all been run yet"));
    }
    run_post(context, number, &event, By::Verb)
}

/// Returns the hooks that are to run, each with its next attempt: those of these runs, and those that
/// need them and did not pass.
fn asked(plan: &Plan<'_>, ledger: &Ledger, records: &[RunRecord]) -> BTreeMap<String, u32> {
    let is_named = |hook: &Hook| records.iter().any(|record| record.hook == hook.id);
    let dependents = plan.with_dependents(is_named);
    let next = |hook: &Hook| ledger.of_hook(hook);
    let asked = dependents.into_iter().filter_map(|hook| {
        let (_, attempt, done) = next(hook)?;
        (is_named(hook) || done.is_none()).then(|| (hook.id.to_string(), attempt))
    });
    asked.collect()
}

/// Lets a hook judge the tree again that it judged before a deed.
fn judge_again(context: &Context, run: &Run) -> Result<Vec<RunRecord>, OpsError> {
    let Run { record, event } = run;
    let fail = |reason: &str| OpsError::NotRetried {
        run: record.run_id.clone(),
        reason: reason.to_owned(),
    };
    let tree = record.tree.ok_or_else(|| fail("it judged no tree"))?;
    if context.repo.objects().tree_summary(tree).is_err() {
        return Err(fail("the tree that it judged is gone"));
    }
    let told = told_before(context, event, tree)?;
    let spec = definitions(context, event.definitions()?)?;
    let spec = spec.ok_or_else(|| fail("its `mlv.yaml` is gone or broken"))?;
    if !is_trusted(context, &spec)? {
        return Err(OpsError::NotTrusted);
    }
    let is_other = |hook: &Hook| hook.id != record.hook;
    let plan = plan_for(&spec, &told).settled(&told).without(is_other, &SkipReason::NotAsked);
    if plan.is_empty() {
        return Err(fail("its event has no such hook"));
    }
    let base = context.repo.tree_of(event.base()?)?;
    let ledger = Ledger::of_run(record, event.to_json());
    let (Outcome { records, .. }, verdicts) =
        carry_out(context, &plan, &told, tree, base, &ledger)?;
    verdicts.record(context)?;
    Ok(records)
}

fn told_before(
    context: &Context,
    event: &PendingEvent,
    tree: TreeId,
) -> Result<EventContext, OpsError> {
    if !event.commit.is_empty() {
        return event.told(context);
    }
    let base = event.base()?;
    let message = event.message.clone().unwrap_or_default();
    let commit = draft(context, tree, base.into_iter().collect(), message)?;
    let (branch, source) = (event.branch.as_deref(), event.source.as_deref());
    let mut told = event_context(context, event.event()?, &commit, base, branch, source)?;
    told.definitions = Some(event.definitions()?);
    Ok(told)
}
