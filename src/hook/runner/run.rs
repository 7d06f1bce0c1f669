//! The loop over a plan.

use std::time::Duration;

use crate::base::Timestamp;
use crate::config::Environment;
use crate::hook::context::EventContext;
use crate::hook::plan::{Decision, Plan};
use crate::hook::process::Limits;
use crate::hook::runner::host::{Host, RunEvent, Slot};
use crate::hook::runner::record::{RunRecord, Status};
use crate::hook::runner::step::{HookError, step};
use crate::hook::spec::Hook;

/// Everything that carries out a plan, but the plan.
pub struct Runner<'a> {
    pub context: &'a EventContext,
    pub environment: &'a Environment,
    /// `timeout` is that of hooks which name none.
    pub limits: Limits,
    pub host: &'a mut dyn Host,
    /// Is told everything as it happens.
    pub sink: &'a mut dyn FnMut(RunEvent),
}

impl std::fmt::Debug for Runner<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Runner").field("context", &self.context).finish_non_exhaustive()
    }
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
    /// Carries out the plan; an error means that the host failed, not a hook.
    pub fn run(&mut self, plan: &Plan<'_>) -> Result<Vec<RunRecord>, HookError> {
        if !plan.is_empty() {
            let event = self.context.event;
            let subject = self.context.tag.clone().or_else(|| self.context.branch.clone());
            self.tell(RunEvent::Begun { event, subject });
        }
        let queue = self.queue(plan)?;
        let mut done: Vec<RunRecord> = Vec::with_capacity(queue.len());
        for (hook, slot, record) in queue {
            let record = match self.obstacle(hook, &done) {
                Some((status, message)) => self.pass_over(record, status, message)?,
                None => step(self, hook, &slot, record)?,
            };
            done.push(record);
        }
        Ok(done)
    }

    /// Gives every hook that is to run its place in the journal, before the first one starts.
    fn queue<'p>(
        &mut self,
        plan: &Plan<'p>,
    ) -> Result<Vec<(&'p Hook, Slot, RunRecord)>, HookError> {
        let mut queue = Vec::new();
        for step in &plan.steps {
            let hook = step.hook;
            if let Decision::Skip(reason) = &step.decision {
                self.tell(RunEvent::LeftOut { hook: hook.id.clone(), reason: reason.clone() });
                continue;
            }
            let slot = self.host.slot(hook).map_err(HookError::Host)?;
            let record = RunRecord::queued(slot.run_id.clone(), &hook.id, self.context);
            self.journal(&record)?;
            self.tell(RunEvent::Queued { run_id: slot.run_id.clone(), hook: hook.id.clone() });
            queue.push((hook, slot, record));
        }
        Ok(queue)
    }

    /// Returns why a hook does not get its turn, after what was done before it.
    fn obstacle(&self, hook: &Hook, done: &[RunRecord]) -> Option<(Status, String)> {
        if (self.limits.interrupted)() {
            return Some((Status::Cancelled, "interrupted".to_owned()));
        }
        let in_the_way = |record: &&RunRecord| {
            !record.status.is_good()
                && (self.context.event.may_refuse() || hook.needs.contains(&record.hook))
        };
        let bad = done.iter().find(in_the_way)?;
        let deed = match bad.status {
            Status::Failed => "failed",
            Status::Cancelled => "was cancelled",
            _ => "did not run",
        };
        Some((Status::Skipped, format!("`{}` {deed}", bad.hook)))
    }

    fn pass_over(
        &mut self,
        mut record: RunRecord,
        status: Status,
        message: String,
    ) -> Result<RunRecord, HookError> {
        record.status = status;
        record.finished = Some(Timestamp::now());
        record.message = Some(message);
        self.journal(&record)?;
        self.tell(RunEvent::Finished {
            record: Box::new(record.clone()),
            duration: Duration::ZERO,
            tail: Vec::new(),
            annotations: Vec::new(),
        });
        Ok(record)
    }

    pub(super) fn journal(&mut self, record: &RunRecord) -> Result<(), HookError> {
        self.host.journal(record).map_err(HookError::Host)
    }

    pub(super) fn tell(&mut self, event: RunEvent) {
        (self.sink)(event);
    }
}
