//! What is noted before refs of a remote move, so that the hooks after that run even where mlv dies
//! between the landing there and its own note of it here: whether it landed, the log of the remote says.

use serde::{Deserialize, Serialize};

use crate::base::Timestamp;
use crate::ops::hooks::noted::PendingEvent;
use crate::ops::sync::place;
use crate::ops::{Context, OpsError};
use crate::remote::log::{EntryId, entries};
use crate::remote::{RemoteError, wait};
use crate::repo::journal;

/// How long what a process sent that is dead may be on its way yet.
const SECONDS_ON_THE_WAY: i64 = 10;

/// So many entries are read at once.
const WINDOW: u64 = 64;

/// The entry of a remote's log that does a deed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Landing {
    /// The name of the remote, or its address.
    remote: String,
    /// The number of an entry before it.
    after: u64,
    /// Its id, as 32 hex digits.
    entry: String,
    /// When it was noted, in seconds of the clock of this machine.
    since: i64,
}

/// What the log of a remote says of an entry.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Seen {
    Landed,
    /// It is not there, but may be yet.
    OnItsWay,
    Absent,
}

impl Landing {
    /// The entry of this id, which will follow entry `after` of the log.
    pub fn new(remote: &str, after: u64, id: EntryId) -> Self {
        let since = Timestamp::now().seconds;
        Self { remote: remote.to_owned(), after, entry: id.to_string(), since }
    }

    pub(super) fn remote(&self) -> &str {
        &self.remote
    }

    /// Asks the remote whether it landed.
    pub(super) fn look(&self, context: &Context) -> Result<Seen, OpsError> {
        let place = place(context, &self.remote)?;
        // Asked before the log is read: what lands later is on its way until then.
        let waited = Timestamp::now().seconds.saturating_sub(self.since);
        let mut next = self.after.saturating_add(1);
        loop {
            let read = wait(entries(&place.backend, next, WINDOW))?;
            if read.iter().any(|entry| entry.id.to_string() == self.entry) {
                return Ok(Seen::Landed);
            }
            next = next.saturating_add(read.len() as u64);
            if read.is_empty() {
                break;
            }
        }
        // A disk that is not mounted looks as if nothing had landed there.
        place.refuse_absent()?;
        let is_late = !(0..SECONDS_ON_THE_WAY).contains(&waited);
        Ok(if is_late { Seen::Absent } else { Seen::OnItsWay })
    }
}

/// Notes events that are to happen when an entry lands, in place of those that did; returns their
/// numbers.
pub fn intend(
    context: &Context,
    noted: &[(String, String)],
    landing: &Landing,
) -> Result<Vec<i64>, OpsError> {
    if noted.is_empty() {
        return Ok(Vec::new());
    }
    let numbers = context.repo.transact(|connection| {
        let mut numbers = Vec::new();
        for (owner, event) in noted {
            let Some(event) = PendingEvent::of_json(event) else { continue };
            let intended = PendingEvent { landing: Some(landing.clone()), ..event };
            numbers.push(journal::add_pending(connection, owner, &intended.to_json())?);
        }
        Ok(numbers)
    })?;
    tracing::debug!(events = noted.len(), "noted what follows a landing");
    Ok(numbers)
}

/// Strikes intended events after an error, unless the entry may have landed all the same.
pub fn withdraw(context: &Context, intended: &[i64], error: &OpsError) -> Result<(), OpsError> {
    let may_have_landed = matches!(
        error,
        OpsError::Interrupted(_)
            | OpsError::Remote(RemoteError::Unsettled { .. } | RemoteError::Interrupted(_))
    );
    if may_have_landed || intended.is_empty() {
        return Ok(());
    }
    let strike = |connection: &_| {
        intended.iter().try_for_each(|number| Ok(journal::remove_pending(connection, *number)?))
    };
    Ok(context.repo.transact(strike)?)
}
