//! Scheduled hooks: on each branch whose tip has one, an event is noted for the workers when its time
//! has come, once, however many workers look.

use std::collections::BTreeMap;

use crate::base::{CommitId, Timestamp};
use crate::hook::context::EventContext;
use crate::hook::event::Event;
use crate::hook::spec::{Hook, Schedule, Spec};
use crate::ops::hooks::definitions::definitions;
use crate::ops::hooks::exempt::Exempt;
use crate::ops::hooks::noted::PendingEvent;
use crate::ops::hooks::trust::is_trusted;
use crate::ops::{Context, OpsError};
use crate::repo::journal::{self, NOBODY};

/// A hook on a branch whose time it may be.
struct Due<'a> {
    branch: &'a str,
    commit: CommitId,
    hook: &'a Hook,
    event: &'a PendingEvent,
}

/// Notes an event for each scheduled hook whose time has come since it was last looked at. One that
/// is seen for the first time waits for its next time; times that went by unseen count once.
pub(super) fn fire_due(context: &Context) -> Result<(), OpsError> {
    let now = context.now()?;
    for (name, value) in context.repo.list("refs/heads/")? {
        let Some(commit) = value.commit() else { continue };
        let tree = context.repo.tree_of(Some(commit))?;
        let Some(spec) = definitions(context, tree)? else { continue };
        let branch = name.short();
        let hooks = scheduled(context, &spec, branch);
        if hooks.is_empty() || !is_trusted(context, &spec)? {
            continue;
        }
        let mut told = EventContext::new(Event::Schedule, context.repo.root().to_owned(), now);
        (told.branch, told.commit) = (Some(branch.to_owned()), Some(commit));
        told.base_commit = context.repo.objects().commit(commit)?.parents.first().copied();
        let event = PendingEvent::new(&told, Exempt::default(), tree);
        for hook in hooks {
            fire(context, &Due { branch, commit, hook, event: &event }, now)?;
        }
    }
    Ok(())
}

/// Returns the hooks with times of their own: on the branches they name, and otherwise on the default
/// branch, not on each that was ever made.
fn scheduled<'a>(context: &Context, spec: &'a Spec, branch: &str) -> Vec<&'a Hook> {
    let usual = context.config.string("core.default_branch");
    let is_usual = usual.is_some_and(|usual| usual.text == branch);
    let is_here = |hook: &Hook| {
        if hook.branches.is_empty() { is_usual } else { hook.branches.matches_name(branch) }
    };
    spec.hooks.iter().filter(|hook| !hook.schedules.is_empty() && is_here(hook)).collect()
}

/// Notes the event, and that it was: in one transaction, so that nobody else does.
fn fire(context: &Context, due: &Due<'_>, now: Timestamp) -> Result<(), OpsError> {
    let fact = format!("schedule:{}:{}", due.branch, due.hook.id);
    let seen = journal::fact(&context.repo.connection(), &fact)?;
    let last = seen.as_deref().and_then(|seen| seen.parse::<Timestamp>().ok());
    if last.is_some_and(|last| !has_come(due.hook, last, now)) {
        return Ok(());
    }
    let event = PendingEvent {
        background: true,
        hooks: BTreeMap::from([(due.hook.id.to_string(), 1)]),
        ..due.event.clone()
    };
    tracing::debug!(hook = %due.hook.id, commit = %due.commit, "a scheduled hook is due");
    let note = |connection: &_| {
        if journal::fact(connection, &fact)? != seen {
            return Ok(());
        }
        journal::set_fact(connection, &fact, &now.to_string())?;
        if last.is_some() {
            journal::add_pending(connection, NOBODY, &event.to_json())?;
        }
        Ok(())
    };
    Ok(context.repo.transact(note)?)
}

/// Tells whether one of its times lies after `last` and not after `now`.
fn has_come(hook: &Hook, last: Timestamp, now: Timestamp) -> bool {
    let next = |schedule: &Schedule| schedule.next_after(last);
    hook.schedules.iter().filter_map(next).any(|next| next <= now)
}
