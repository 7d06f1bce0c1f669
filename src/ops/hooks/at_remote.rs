//! What a branch of a remote that moved forward asks of its workers: the `post-merge` hooks of the
//! commit it moved to, but for those that ran, or wait, where the merge was made.

use crate::base::{CommitId, interrupt};
use crate::hook::event::Event;
use crate::hook::plan::plan_for;
use crate::hook::runner::RunRecord;
use crate::hook::spec::Hook;
use crate::merge::History;
use crate::ops::hooks::after::{By, run_post};
use crate::ops::hooks::carry_out::owner;
use crate::ops::hooks::chain::{leads_from, makers};
use crate::ops::hooks::definitions::definitions;
use crate::ops::hooks::exempt::{Exempt, base_name};
use crate::ops::hooks::follow_up::Delivery;
use crate::ops::hooks::noted::PendingEvent;
use crate::ops::hooks::owner::is_dead;
use crate::ops::hooks::told::event_context;
use crate::ops::hooks::trust::is_trusted;
use crate::ops::hooks::verdict::VerdictBook;
use crate::ops::{Context, OpsError};
use crate::repo::journal;

/// A branch of a remote that moved forward.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct MovedAtRemote {
    /// The name of the remote here.
    pub remote: String,
    pub branch: String,
    pub old: CommitId,
    pub new: CommitId,
    /// Names the move in the journal of every repository.
    pub claim: String,
}

/// What such a move asks for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Asked {
    Nothing,
    /// Its hooks are trusted by nobody here.
    Untrusted,
    Hooks(Box<PendingEvent>),
}

impl MovedAtRemote {
    /// Returns which hooks are to run; both commits are here.
    pub fn asked(&self, context: &Context) -> Result<Asked, OpsError> {
        let commit = context.repo.objects().commit(self.new)?;
        let Some(spec) = definitions(context, commit.tree)? else { return Ok(Asked::Nothing) };
        let branch = Some(self.branch.as_str());
        let base = Some(self.old);
        let mut told = event_context(context, Event::PostMerge, &commit, base, branch, None)?;
        (told.commit, told.remote) = (Some(self.new), Some(self.remote.clone()));
        let exempt = Exempt { seen: makers(context, base, self.new)?, ..Exempt::default() };
        let hooks = exempt.of(&spec);
        let mut names = Vec::new();
        for hook in plan_for(&hooks, &told).running() {
            if !self.is_seen_to(context, hook)? {
                names.push(hook.id.to_string());
            }
        }
        if names.is_empty() {
            return Ok(Asked::Nothing);
        }
        if !is_trusted(context, &spec)? {
            return Ok(Asked::Untrusted);
        }
        let mut event = PendingEvent::new(&told, exempt, commit.tree);
        event.background = true;
        event.claim = Some(self.claim.clone());
        event.hooks = names.into_iter().map(|name| (name, 1)).collect();
        Ok(Asked::Hooks(Box::new(event)))
    }

    /// Tells whether a hook ran, or waits, where this was merged: of a commit that it led to, where
    /// that was merged which it was made of.
    fn is_seen_to(&self, context: &Context, hook: &Hook) -> Result<bool, OpsError> {
        let objects = context.repo.objects();
        let mut history = History::of(objects);
        let mut at = self.new;
        let mut commit = objects.commit(at)?;
        while leads_from(&commit, base_name(&hook.id)) {
            match commit.parents.first() {
                Some(parent) if !history.is_ancestor(*parent, self.old)? => at = *parent,
                _ => return Ok(true),
            }
            commit = objects.commit(at)?;
        }
        let verdicts = VerdictBook::open(context)?.on(commit.tree)?;
        Ok(verdicts.iter().any(|verdict| {
            verdict.hook == hook.id.as_str()
                && verdict.commit.as_deref() == Some(&at.to_hex())
                && verdict.event.as_deref() == Some(Event::PostMerge.name())
                && verdict.branch.as_deref() == Some(&self.branch)
        }))
    }

    /// Runs the hooks of a move whose claim is ours. Where a process of this repository died over them,
    /// they go on under their run ids.
    pub fn run(
        &self,
        context: &Context,
        event: &PendingEvent,
        delivery: &dyn Delivery,
    ) -> Result<Vec<RunRecord>, OpsError> {
        crate::ops::hooks::bury(context)?;
        let me = owner(context)?.name.clone();
        let left = self.noted(context)?.into_iter().next();
        let (number, event) = match left {
            Some((row, noted))
                if context.repo.transact(|c| Ok(journal::take_over(c, &row, &me)?))? =>
            {
                (row.number, noted)
            }
            _ => {
                let add = |c: &_| Ok(journal::add_pending(c, &me, &event.to_json())?);
                (context.repo.transact(add)?, event.clone())
            }
        };
        let runs = run_post(context, number, &event, By::RemoteWorker(delivery))?;
        // What was cut short is the next worker's.
        interrupt::check()?;
        Ok(runs)
    }

    /// Forgets what a process of this repository left half-done of a move that others have seen to.
    pub fn forget(&self, context: &Context) -> Result<(), OpsError> {
        for (row, _) in self.noted(context)? {
            context.repo.transact(|c| Ok(journal::remove_pending(c, row.number)?))?;
        }
        Ok(())
    }

    /// Returns the notes of this move whose process is dead.
    fn noted(&self, context: &Context) -> Result<Vec<(journal::Pending, PendingEvent)>, OpsError> {
        let pending = journal::pending(&context.repo.connection())?;
        let runs = context.repo.layout().runs();
        let mut found = Vec::new();
        for row in pending {
            let noted = PendingEvent::of_json(&row.context);
            let noted = noted.filter(|noted| noted.claim.as_ref() == Some(&self.claim));
            let Some(noted) = noted else { continue };
            if is_dead(&runs, &row.owner)? {
                found.push((row, noted));
            }
        }
        Ok(found)
    }
}
