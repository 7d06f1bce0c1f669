//! The queue: hooks that run in the background wait in the journal, as an event that belongs to
//! nobody, until a worker takes it.

use crate::hook::context::EventContext;
use crate::hook::event::Event;
use crate::hook::runner::{RunRecord, Status};
use crate::hook::spec::Hook;
use crate::ops::hooks::ledger::Ledger;
use crate::ops::hooks::noted::PendingEvent;
use crate::ops::hooks::verdict::{Reached, Verdicts};
use crate::ops::{Context, OpsError};
use crate::repo::RepoError;
use crate::repo::journal::{self, NOBODY};

/// Leaves these hooks of an event, whose others have been run, to the next worker: in one
/// transaction, so that they are neither lost nor run twice.
pub(super) fn leave_to_worker(
    context: &Context,
    told: &EventContext,
    event: &PendingEvent,
    hooks: &[&Hook],
    ledger: &Ledger,
) -> Result<Vec<RunRecord>, OpsError> {
    let number = ledger.number.expect("an event that is left to a worker has been noted");
    let noted = PendingEvent { background: true, ..event.clone() }.to_json();
    let records = context.repo.transact(|connection| {
        let record = |hook: &&Hook| {
            let (run_id, attempt) = match ledger.of_hook(hook) {
                Some((run_id, attempt, _)) => (run_id, attempt),
                None => (journal::next_run_id(connection)?, 1),
            };
            Ok(RunRecord { attempt, ..RunRecord::queued(run_id, &hook.id, told) })
        };
        hooks.iter().map(record).collect::<Result<Vec<_>, RepoError>>()
    })?;
    // A push tells that they wait here, so that no worker of a remote runs them too.
    let mut waiting = Verdicts::default();
    if told.event == Event::PostMerge {
        let tree = told.tree.expect("what is done has a tree");
        let hooks = hooks.iter().zip(&records);
        waiting.extend(hooks.map(|(hook, record)| Reached::waiting(hook, record, tree)));
    }
    context.repo.with_verdicts(&waiting.judged(context, None)?.files, |connection| {
        for record in &records {
            write_queued(connection, ledger, record)?;
        }
        Ok(journal::hand_over(connection, number, &noted)?)
    })?;
    context.listener.queued(&records);
    Ok(records)
}

fn write_queued(
    connection: &rusqlite::Connection,
    ledger: &Ledger,
    record: &RunRecord,
) -> Result<(), RepoError> {
    let row = ledger.row(record, Some(NOBODY.to_owned())).expect("a run has a JSON form");
    Ok(journal::write(connection, &row)?)
}

/// Gives an event back whose worker was told to stop: the next one goes on with it, and with the runs
/// that were cancelled.
pub(super) fn give_back(
    context: &Context,
    event: &PendingEvent,
    ledger: &Ledger,
    runs: Vec<RunRecord>,
) -> Result<(), OpsError> {
    let number = ledger.number.expect("an event that a worker has taken has been noted");
    Ok(context.repo.transact(|connection| {
        for mut record in runs {
            if record.status == Status::Cancelled {
                (record.status, record.finished, record.message) = (Status::Queued, None, None);
                write_queued(connection, ledger, &record)?;
            }
        }
        Ok(journal::hand_over(connection, number, &event.to_json())?)
    })?)
}
