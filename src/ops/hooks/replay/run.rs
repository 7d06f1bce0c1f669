//! Replaying one event after the other, and firing the one that people fire.

use std::collections::BTreeMap;

use crate::base::{CommitId, TreeId, interrupt};
use crate::hook::event::Event;
use crate::hook::plan::{Decision, Plan, SkipReason, Step, plan_for};
use crate::hook::runner::{Outcome, RunRecord, Status};
use crate::hook::spec::{Hook, Spec};
use crate::ops::hooks::after::{By, run_post};
use crate::ops::hooks::carry_out::{carry_out, owner};
use crate::ops::hooks::exempt::{Exempt, base_name};
use crate::ops::hooks::ledger::Ledger;
use crate::ops::hooks::noted::PendingEvent;
use crate::ops::hooks::replay::subject::{ReplayRequest, Subject};
use crate::ops::{Context, OpsError};
use crate::repo::journal;

/// How a replay ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq, serde::Serialize)]
#[serde(rename_all = "snake_case")]
pub enum ReplayResult {
    /// Nothing was run: it was only asked for the plan.
    Planned,
    /// No hook would run.
    Nothing,
    Passed,
    /// A hook refuses the deed.
    Refused,
    /// A hook failed after a deed, which would stand.
    Failed,
}

/// A hook of the event, and whether it runs.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize)]
pub struct PlannedHook {
    pub hook: String,
    pub runs: bool,
    /// Why it does not.
    pub reason: Option<String>,
}

/// What came of the replay of one event.
#[derive(Debug, Clone, serde::Serialize)]
pub struct Replayed {
    pub event: &'static str,
    pub branch: Option<String>,
    /// The commit of history that it is about; nothing for one to be.
    pub commit: Option<CommitId>,
    pub tree: Option<TreeId>,
    pub result: ReplayResult,
    pub plan: Vec<PlannedHook>,
    pub hooks: Vec<RunRecord>,
    /// The subject of the commit's message, for people.
    #[serde(skip)]
    pub subject: String,
}

/// Replays an event for each of its subjects; `told` hears of each before it begins.
pub fn replay(context: &Context, request: &ReplayRequest) -> Result<Vec<Replayed>, OpsError> {
    let mut replayed = Vec::new();
    for subject in request.subjects(context)? {
        interrupt::check()?;
        replayed.push(replay_one(context, request, &subject)?);
    }
    Ok(replayed)
}

fn replay_one(
    context: &Context,
    request: &ReplayRequest,
    subject: &Subject,
) -> Result<Replayed, OpsError> {
    let told = &subject.told;
    let message = told.message.as_deref().unwrap_or_default();
    let mut replayed = Replayed {
        event: told.event.name(),
        branch: told.branch.clone(),
        commit: subject.commit,
        tree: told.tree,
        result: ReplayResult::Nothing,
        plan: Vec::new(),
        hooks: Vec::new(),
        subject: message.lines().next().unwrap_or_default().to_owned(),
    };
    let Some(spec) = request.spec(context, subject)? else { return Ok(replayed) };
    let plan = narrowed(&spec, plan_for(&spec, told).settled(told), &request.only)?;
    replayed.plan = plan.steps.iter().map(planned).collect();
    if request.dry_run {
        replayed.result = ReplayResult::Planned;
    } else if !plan.is_empty() {
        let tree = told.tree.expect("what is replayed has a tree");
        let ledger = Ledger::of_candidate(told, &Exempt::default());
        let (Outcome { records, .. }, verdicts) =
            carry_out(context, &plan, told, tree, subject.base_tree, &ledger)?;
        verdicts.record(context)?;
        replayed.result = verdict(told.event, &records);
        replayed.hooks = records;
    }
    Ok(replayed)
}

fn verdict(event: Event, records: &[RunRecord]) -> ReplayResult {
    let is_bad = |run: &RunRecord| matches!(run.status, Status::Failed | Status::Cancelled);
    match (records.iter().any(is_bad), event.may_refuse()) {
        (false, _) => ReplayResult::Passed,
        (true, true) => ReplayResult::Refused,
        (true, false) => ReplayResult::Failed,
    }
}

fn planned(step: &Step<'_>) -> PlannedHook {
    let (runs, reason) = match &step.decision {
        Decision::Run => (true, None),
        Decision::Fail { reason } => (true, Some(reason.clone())),
        Decision::Skip(reason) => (false, Some(reason.to_string())),
    };
    PlannedHook { hook: step.hook.id.to_string(), runs, reason }
}

/// Returns the plan with only the hooks that were asked for, and what they need.
fn narrowed<'a>(spec: &Spec, plan: Plan<'a>, only: &[String]) -> Result<Plan<'a>, OpsError> {
    let is = |hook: &Hook, name: &String| hook.id.as_str() == name || base_name(&hook.id) == name;
    for name in only {
        if !spec.hooks.iter().any(|hook| is(hook, name)) {
            let candidates = spec.hooks.iter().map(|hook| hook.id.to_string()).collect();
            return Err(OpsError::NoSuchHook { name: name.clone(), candidates });
        }
    }
    if only.is_empty() {
        return Ok(plan);
    }
    let asked = plan.with_needs(|hook| only.iter().any(|name| is(hook, name)));
    let is_other = |hook: &Hook| asked.iter().all(|other| other.id != hook.id);
    Ok(plan.without(is_other, &SkipReason::NotAsked))
}

/// Fires the event that people fire: its hooks run as those after a deed do, on `HEAD` or on another
/// commit, and what they make becomes a commit that follows.
pub fn fire(context: &Context, request: &ReplayRequest) -> Result<Replayed, OpsError> {
    let subject = request.subjects(context)?.remove(0);
    let plan = replay_one(context, &ReplayRequest { dry_run: true, ..request.clone() }, &subject)?;
    let result =
        if plan.plan.iter().any(|hook| hook.runs) { plan.result } else { ReplayResult::Nothing };
    if request.dry_run || result == ReplayResult::Nothing {
        return Ok(Replayed { result, ..plan });
    }
    // It asks for trust.
    request.spec(context, &subject)?;
    let mut told = subject.told;
    told.commit = subject.commit;
    let tree = told.tree.expect("a commit has a tree");
    let asked = plan.plan.iter().filter(|hook| hook.runs && !request.only.is_empty());
    let hooks: BTreeMap<String, u32> = asked.map(|hook| (hook.hook.clone(), 1)).collect();
    let definitions = told.definitions.unwrap_or(tree);
    let event = PendingEvent { hooks, ..PendingEvent::new(&told, Exempt::default(), definitions) };
    let me = &owner(context)?.name;
    let note = |c: &_| Ok(journal::add_pending(c, me, &event.to_json())?);
    let number = context.repo.transact(note)?;
    let hooks = run_post(context, number, &event, By::Verb)?;
    Ok(Replayed { result: verdict(told.event, &hooks), hooks, ..plan })
}
