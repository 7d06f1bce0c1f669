//! A plan from its first journal row to its outcome.

use std::num::NonZeroUsize;

use crate::base::TreeId;
use crate::config::Environment;
use crate::hook::context::EventContext;
use crate::hook::plan::{Decision, Plan};
use crate::hook::process::Limits;
use crate::hook::runner::conduct::Conductor;
use crate::hook::runner::graph::{Node, Place, Stage, places};
use crate::hook::runner::host::{Done, Host, HostError, RunEvent, Slot};
use crate::hook::runner::record::{RunRecord, Status};
use crate::hook::spec::{Hook, HookId};
use crate::object::tree::TreeEdit;

/// Why a plan could not be carried out; how a hook ends is never an error.
#[derive(Debug, thiserror::Error)]
pub enum HookError {
    #[error(transparent)]
    Host(HostError),
    #[error(transparent)]
    Path(#[from] crate::base::fs::PathError),
}

/// Everything that carries out a plan, but the plan.
pub struct Runner<'a> {
    pub context: &'a EventContext,
    pub environment: &'a Environment,
    /// `timeout` is that of hooks which name none.
    pub limits: Limits,
    /// How many hooks run at the same time, at most.
    pub jobs: NonZeroUsize,
    /// The candidate, before any hook has put something into it.
    pub tree: TreeId,
    pub host: &'a dyn Host,
    /// Is told everything as it happens, always from the thread that called `run`.
    pub sink: &'a mut dyn FnMut(RunEvent),
}

impl std::fmt::Debug for Runner<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Runner").field("context", &self.context).finish_non_exhaustive()
    }
}

/// What became of a plan.
#[derive(Debug, Clone)]
pub struct Outcome {
    /// One for each hook that was to run, in the order of the plan.
    pub records: Vec<RunRecord>,
    /// The candidate with all outputs.
    pub tree: TreeId,
    /// What hooks made, in the order of the plan; hooks that made nothing are left out.
    pub made: Vec<Made>,
}

/// What one hook made.
#[derive(Debug, Clone)]
pub struct Made {
    pub run_id: String,
    pub hook: HookId,
    pub edits: Vec<TreeEdit>,
}

/// Tells whether every run let the deed pass.
pub fn all_passed(records: &[RunRecord]) -> bool {
    records.iter().all(|record| record.status.is_good())
}

/// Returns the run that refused the deed: the first that failed, or else was cancelled.
pub fn refusal(records: &[RunRecord]) -> Option<&RunRecord> {
    let first = |status| records.iter().find(|record| record.status == status);
    first(Status::Failed).or_else(|| first(Status::Cancelled))
}

impl Runner<'_> {
    /// Carries out the plan; an error means that the host failed, not a hook. Hooks that run at that
    /// moment end by themselves first.
    pub fn run(&mut self, plan: &Plan<'_>) -> Result<Outcome, HookError> {
        let plan = plan.clone().settled(self.context);
        self.announce(&plan);
        let (nodes, slots) = self.queue(&plan)?;
        Conductor::new(self, nodes, slots).conduct()
    }

    fn announce(&mut self, plan: &Plan<'_>) {
        if !plan.is_empty() {
            let event = self.context.event;
            let subject = self.context.subject();
            (self.sink)(RunEvent::Begun { event, subject });
        }
        for step in &plan.steps {
            if let Decision::Skip(reason) = &step.decision {
                let (hook, reason) = (step.hook.id.clone(), reason.clone());
                (self.sink)(RunEvent::LeftOut { hook, reason });
            }
        }
    }

    /// Gives every hook that is to run its place in the journal, before the first one starts.
    fn queue<'p>(&mut self, plan: &Plan<'p>) -> Result<(Vec<Node<'p>>, Vec<Slot>), HookError> {
        let places = places(plan);
        let hooks: Vec<&Hook> = places.iter().map(|place| plan.steps[place.step].hook).collect();
        if hooks.is_empty() {
            return Ok((Vec::new(), Vec::new()));
        }
        let mut slots = self.host.slots(&hooks).map_err(HookError::Host)?;
        let done: Vec<Option<Done>> = slots.iter_mut().map(|slot| slot.done.take()).collect();
        let records = self.enter(&hooks, &slots, &done)?;
        let nodes = places.into_iter().zip(done).zip(records).map(|((place, done), record)| {
            let step = &plan.steps[place.step];
            let fails = match &step.decision {
                Decision::Fail { reason } => Some(reason.clone()),
                _ => None,
            };
            let stage = if done.is_some() { Stage::Ended } else { Stage::Waiting };
            let edits = done.map(|done| done.edits).unwrap_or_default();
            let Place { needs, ancestors, .. } = place;
            let (hook, asked) = (step.hook, false);
            Node { hook, fails, asked, needs, ancestors, stage, record, edits }
        });
        Ok((nodes.collect(), slots))
    }
    /// Writes those that are to run into the journal; returns the records of all.
    fn enter(
        &mut self,
        hooks: &[&Hook],
        slots: &[Slot],
        done: &[Option<Done>],
    ) -> Result<Vec<RunRecord>, HookError> {
        let queued = |slot: &Slot, hook: &Hook| RunRecord {
            attempt: slot.attempt,
            ..RunRecord::queued(slot.run_id.clone(), &hook.id, self.context)
        };
        let records: Vec<RunRecord> = hooks
            .iter()
            .zip(slots)
            .zip(done)
            .map(|((hook, slot), done)| match done {
                Some(done) => done.record.clone(),
                None => queued(slot, hook),
            })
            .collect();
        let is_new = |(_, done): &(&RunRecord, &Option<Done>)| done.is_none();
        let entered = || records.iter().zip(done).filter(is_new).map(|(record, _)| record);
        let rows: Vec<RunRecord> = entered().cloned().collect();
        self.host.journal(&rows).map_err(HookError::Host)?;
        for record in entered() {
            let (run_id, hook) = (record.run_id.clone(), record.hook.clone());
            (self.sink)(RunEvent::Queued { run_id, hook });
        }
        Ok(records)
    }
}
