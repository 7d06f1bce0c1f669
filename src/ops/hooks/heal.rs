//! After a crash: runs whose process died are marked so, and noted `post-` events are run.

use serde_json::{Value, json};

use crate::base::{Timestamp, interrupt};
use crate::hook::runner::Status;
use crate::ops::hooks::after::{By, run_post};
use crate::ops::hooks::carry_out::owner;
use crate::ops::hooks::intent::{Landing, Seen};
use crate::ops::hooks::noted::PendingEvent;
use crate::ops::hooks::owner::is_dead;
use crate::ops::{Context, OpsError};
use crate::repo::journal::{self, NOBODY, Pending, RunRow};

/// Heals what a process that died left behind; costs two look-ups where there is nothing.
pub fn heal(context: &Context) -> Result<(), OpsError> {
    bury(context)?;
    let runs = context.repo.layout().runs();
    let noted = journal::pending(&context.repo.connection())?;
    for event in noted {
        if event.owner == NOBODY || !is_dead(&runs, &event.owner)? {
            continue;
        }
        let parsed = serde_json::from_str::<PendingEvent>(&event.context);
        if parsed.as_ref().is_ok_and(|parsed| parsed.claim.is_some()) {
            continue;
        }
        if parsed.as_ref().is_ok_and(|parsed| parsed.background) {
            requeue(context, &event)?;
            continue;
        }
        let landing = parsed.as_ref().ok().and_then(|parsed| parsed.landing.as_ref());
        let seen = match landing.map(|landing| look(context, landing)).transpose()? {
            Some(None | Some(Seen::OnItsWay)) => continue,
            other => other.flatten(),
        };
        let me = owner(context)?.name.clone();
        let mine =
            context.repo.transact(|connection| Ok(journal::take_over(connection, &event, &me)?))?;
        let happened = parsed.ok().filter(|_| seen != Some(Seen::Absent));
        let Some(parsed) = happened else {
            if mine {
                context.repo.transact(|c| Ok(journal::remove_pending(c, event.number)?))?;
            }
            continue;
        };
        if mine {
            let what = format!("running the {} hooks that a crash left over", parsed.event);
            context.progress.notice(&what);
            if let Err(error) = run_post(context, event.number, &parsed, By::Verb) {
                // It stays noted; what the user wants to do now has nothing to do with it.
                interrupt::check()?;
                context.progress.notice(&format!("they could not be run: {error}"));
            }
        }
    }
    Ok(())
}

/// Asks a remote whether what a process that died sent there has landed; nothing where it cannot be
/// asked now.
fn look(context: &Context, landing: &Landing) -> Result<Option<Seen>, OpsError> {
    match landing.look(context) {
        Ok(seen) => Ok(Some(seen)),
        Err(error) => {
            interrupt::check()?;
            let remote = landing.remote();
            context.progress.notice(&format!(
                "a push to `{remote}` was cut off, and whether it landed cannot be asked now: {error}"
            ));
            Ok(None)
        }
    }
}

/// Gives an event back to the workers whose worker is dead.
pub(super) fn requeue(context: &Context, event: &Pending) -> Result<(), OpsError> {
    let free =
        context.repo.transact(|connection| Ok(journal::take_over(connection, event, NOBODY)?))?;
    if free {
        context.listener.queued(&[]);
    }
    Ok(())
}

/// Marks the runs whose process is dead.
pub fn bury(context: &Context) -> Result<(), OpsError> {
    let runs = context.repo.layout().runs();
    // The loop asks the database too: nothing of the question may be held on to.
    let unfinished = journal::unfinished(&context.repo.connection())?;
    for row in unfinished {
        let dead = match row.owner.as_deref() {
            Some(NOBODY) => !is_pending(context, &row)?,
            Some(owner) => is_dead(&runs, owner)?,
            None => true,
        };
        if dead {
            let row = died(row);
            context.repo.transact(|connection| Ok(journal::write(connection, &row)?))?;
        }
    }
    Ok(())
}

/// Tells whether the event of a run waits for a worker, or is with one.
fn is_pending(context: &Context, row: &RunRow) -> Result<bool, OpsError> {
    let pending = journal::pending(&context.repo.connection())?;
    Ok(pending.iter().any(|event| Some(event.number) == row.event_number))
}

/// Returns the row of a run whose process is gone.
fn died(mut row: RunRow) -> RunRow {
    let status =
        if row.status == Status::Queued.name() { Status::Cancelled } else { Status::Failed };
    status.name().clone_into(&mut row.status);
    row.owner = None;
    if let Ok(Value::Object(mut record)) = serde_json::from_str(&row.record) {
        record.insert("status".to_owned(), json!(status));
        record.insert("finished".to_owned(), json!(Timestamp::now()));
        record.insert("message".to_owned(), json!("mlv died while it ran"));
        row.record = Value::Object(record).to_string();
    }
    row
}
