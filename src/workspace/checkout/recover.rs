//! After a crash: the journal says what was meant, the disk says how far it came, the caller says
//! which way to go. The caller's rule: it notes the operation it is about to record; where that was
//! recorded, forward; where it was not, back.
//!
//! A checkout that was recorded had written all its files. If the machine went down since, what is
//! neither old nor new may be work done after it, so it is left, and shows as modified.

use crate::base::lock::FileLock;
use crate::base::{PathList, Progress, TreeId};
use crate::object::TreeEdit;
use crate::workspace::checkout::apply::{Pace, ToTheEnd};
use crate::workspace::checkout::decide::Want;
use crate::workspace::checkout::journal::Journal;
use crate::workspace::checkout::{Blocked, CheckoutPlan, Step};
use crate::workspace::error::WorkspaceError;
use crate::workspace::handle::Workspace;

/// Where an interrupted checkout goes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Direction {
    Forward,
    Back,
}

/// What becomes of a file that is neither old nor new.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Strange {
    /// Somebody else wrote it just now.
    Leave,
    /// It may be what a power cut left; it is saved, then replaced.
    Replace,
}

/// A checkout that was begun and neither finished nor taken back.
#[derive(Debug)]
pub struct InterruptedCheckout<'a> {
    workspace: &'a Workspace,
    journal: Journal,
    _lock: FileLock,
}

/// What a recovery came upon.
#[derive(Debug, Clone, Default)]
pub struct Recovery {
    /// Files that were neither old nor new, and were put into the store before they were replaced.
    pub saved: Vec<TreeEdit>,
    /// Paths that could not be settled and were left as they are.
    pub left: Vec<Blocked>,
}

impl InterruptedCheckout<'_> {
    pub fn from(&self) -> TreeId {
        self.journal.from
    }

    pub fn to(&self) -> TreeId {
        self.journal.to
    }

    /// Returns what the caller noted.
    pub fn note(&self) -> &[u8] {
        &self.journal.note
    }

    /// Takes the working copy wholly to one side, and forgets the journal.
    pub fn resolve(
        self,
        direction: Direction,
        progress: &dyn Progress,
    ) -> Result<Recovery, WorkspaceError> {
        self.resolve_at(direction, &ToTheEnd, progress)
    }

    pub(super) fn resolve_at(
        self,
        direction: Direction,
        pace: &dyn Pace,
        progress: &dyn Progress,
    ) -> Result<Recovery, WorkspaceError> {
        let workspace = self.workspace;
        let restarted = !workspace.is_this_boot(self.journal.boot.as_ref());
        let strange = match direction {
            Direction::Forward if restarted => Strange::Leave,
            _ => Strange::Replace,
        };
        let recovery = workspace.settle(&self.journal, direction, strange, pace, progress)?;
        workspace.retire(&self.journal)?;
        Ok(recovery)
    }
}

impl Workspace {
    /// Tells whether a checkout is under way, or was left behind.
    pub fn is_amid_checkout(&self) -> bool {
        Journal::path_in(&self.dot_dir).exists()
    }

    /// Returns the checkout that a dead process left behind, if any. Waits for a live one.
    pub fn interrupted_checkout(&self) -> Result<Option<InterruptedCheckout<'_>>, WorkspaceError> {
        let path = Journal::path_in(&self.dot_dir);
        if !path.exists() {
            return Ok(None);
        }
        let lock = self.lock_checkout()?;
        let journal = Journal::read(&path)?;
        if let Some(journal) = journal.as_ref().filter(|it| !self.is_this_boot(it.boot.as_ref())) {
            // Their facts prove nothing any more. Should that fail, the cache is closed.
            let paths: PathList = journal.steps.iter().map(|step| step.path.clone()).collect();
            let _ = self.doubt(Some(&paths));
        }
        Ok(journal.map(|journal| InterruptedCheckout { workspace: self, journal, _lock: lock }))
    }

    /// Makes every path of a journal hold the one side or the other.
    pub(super) fn settle(
        &self,
        journal: &Journal,
        direction: Direction,
        strange: Strange,
        pace: &dyn Pace,
        progress: &dyn Progress,
    ) -> Result<Recovery, WorkspaceError> {
        self.remove_temporaries(journal)?;
        let want = |step: &Step| {
            let old = step.old.as_ref().map(|held| held.entry.clone());
            let (believed, target) = match direction {
                Direction::Forward => (old, step.new.as_deref().cloned()),
                Direction::Back => (step.new.as_deref().cloned(), old),
            };
            Want { path: step.path.clone(), believed, target, in_place: Some(step.in_place) }
        };
        let wants = journal.steps.iter().map(|step| Ok(want(step)));
        let force = strange == Strange::Replace;
        let plan = self.plan_wants(journal.from, journal.to, wants, force, pace)?;
        let plan = without_blocked(plan);
        self.save(&plan)?;
        self.run(&plan.steps, journal.nonce, pace, progress)?;
        let is_absent = |step: &&Step| match direction {
            Direction::Forward => step.new.is_none(),
            Direction::Back => step.old.is_none(),
        };
        self.prune(journal.steps.iter().filter(is_absent).map(|step| &step.path))?;
        self.cache.update(&plan.right, &[]);
        Ok(Recovery { saved: plan.saved(), left: plan.blocked })
    }

    fn remove_temporaries(&self, journal: &Journal) -> Result<(), WorkspaceError> {
        let mut cursor = self.disk.cursor();
        for step in journal.steps.iter().filter(|step| step.old.is_some() || step.new.is_some()) {
            let temporary = journal.temporary(&step.path);
            if cursor.stat(&temporary)?.is_some() {
                cursor.remove_file(&temporary)?;
            }
        }
        Ok(())
    }
}

/// Leaves out the steps that something blocked stands in the way of.
fn without_blocked(mut plan: CheckoutPlan) -> CheckoutPlan {
    if plan.blocked.is_empty() {
        return plan;
    }
    let blocked = &plan.blocked;
    plan.steps.retain(|step| {
        !blocked.iter().any(|it| it.path.starts_with(&step.path) || step.path.starts_with(&it.path))
    });
    let steps = &plan.steps;
    plan.unsaved.retain(|path| steps.binary_search_by(|step| step.path.cmp(path)).is_ok());
    plan
}
