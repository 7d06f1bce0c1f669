//! Scheduled hooks: the event is noted when a time has come since it was last looked at.

use crate::base::Timestamp;
use crate::hook::event::Event;
use crate::hook::spec::{Hook, Schedule};
use crate::ops::hooks::trigger::Tip;
use crate::ops::hooks::trigger::hold::{Hold, note_runs};
use crate::ops::{Context, OpsError};
use crate::repo::journal::{self, NOBODY};

/// Notes an event where its time has come since it was last looked at. A hook that is seen for the
/// first time waits for its next time; times that went by unseen count once, and one at which it was
/// held back counts when it is free.
pub(super) fn look(context: &Context, tip: &Tip, hook: &Hook) -> Result<(), OpsError> {
    if hook.schedules.is_empty() {
        return Ok(());
    }
    let fact = fact_name(&tip.branch, hook);
    let seen = journal::fact(&context.repo.connection(), &fact)?;
    let last = seen.as_deref().and_then(|seen| seen.parse::<Timestamp>().ok());
    let is_held = |c: &_| Ok::<_, OpsError>(Hold::of(c, hook, &tip.branch, tip.now)?.is_some());
    if let Some(last) = last
        && (!has_come(hook, last, tip.now) || is_held(&context.repo.connection())?)
    {
        return Ok(());
    }
    tracing::debug!(hook = %hook.id, commit = %tip.commit, "a scheduled hook is due");
    let event = tip.event(context, Event::Schedule, hook, None, &[]);
    let note = |connection: &_| {
        let is_held = last.is_some() && Hold::of(connection, hook, &tip.branch, tip.now)?.is_some();
        if is_held || journal::fact(connection, &fact)? != seen {
            return Ok(());
        }
        journal::set_fact(connection, &fact, &tip.now.to_string())?;
        if last.is_some() {
            journal::add_pending(connection, NOBODY, &event)?;
            note_runs(connection, [hook], &tip.branch, tip.now)?;
        }
        Ok(())
    };
    Ok(context.repo.transact(note)?)
}

pub(super) fn fact_name(branch: &str, hook: &Hook) -> String {
    format!("schedule:{branch}:{}", hook.id)
}

/// Tells whether one of its times lies after `last` and not after `now`.
fn has_come(hook: &Hook, last: Timestamp, now: Timestamp) -> bool {
    next_after(hook, last).is_some_and(|next| next <= now)
}

/// Returns the first of its times after `last`.
pub(super) fn next_after(hook: &Hook, last: Timestamp) -> Option<Timestamp> {
    let next = |schedule: &Schedule| schedule.next_after(last);
    hook.schedules.iter().filter_map(next).min()
}
