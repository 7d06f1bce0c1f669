//! What keeps a trigger back: the time since the hook last ran (`cooldown`), and how many of its runs
//! are under way (`max_in_flight`). Both count for each branch by itself.

use std::collections::HashSet;
use std::fmt;

use rusqlite::Connection;

use crate::base::Timestamp;
use crate::hook::spec::Hook;
use crate::ops::hooks::noted::PendingEvent;
use crate::refs::RefError;
use crate::repo::journal;

/// Why a trigger does not start its hook yet.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Hold {
    Cooldown { until: Timestamp },
    InFlight { runs: usize },
}

impl fmt::Display for Hold {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Cooldown { until } => write!(f, "held back by `cooldown` until {until}"),
            Self::InFlight { runs: 1 } => {
                f.write_str("held back by `max_in_flight`: 1 run is under way")
            }
            Self::InFlight { runs } => {
                write!(f, "held back by `max_in_flight`: {runs} runs are under way")
            }
        }
    }
}

impl Hold {
    /// Returns what keeps a hook back on a branch, where anything does.
    pub(super) fn of(
        connection: &Connection,
        hook: &Hook,
        branch: &str,
        now: Timestamp,
    ) -> Result<Option<Self>, RefError> {
        if let Some(cooldown) = hook.cooldown {
            let last = journal::fact(connection, &fact_name(branch, hook))?;
            let last = last.and_then(|last| last.parse::<Timestamp>().ok());
            let seconds = i64::try_from(cooldown.as_secs()).unwrap_or(i64::MAX);
            let until =
                last.map(|last| Timestamp { seconds: last.seconds.saturating_add(seconds), ..now });
            if let Some(until) = until.filter(|until| now.seconds < until.seconds) {
                return Ok(Some(Self::Cooldown { until }));
            }
        }
        let Some(most) = hook.max_in_flight else { return Ok(None) };
        let runs = under_way(connection, hook, branch)?;
        Ok((runs >= most as usize).then_some(Self::InFlight { runs }))
    }
}

/// Returns how many runs of a hook wait or are under way on a branch: what triggers started, and all
/// other runs of it.
fn under_way(connection: &Connection, hook: &Hook, branch: &str) -> Result<usize, RefError> {
    let id = hook.id.as_str();
    let is_of_hook = |event: PendingEvent| {
        event.hooks.contains_key(id) && event.branch.as_deref() == Some(branch)
    };
    let pending = journal::pending(connection)?.into_iter();
    let events: HashSet<i64> = pending
        .filter(|pending| PendingEvent::of_json(&pending.context).is_some_and(is_of_hook))
        .map(|pending| pending.number)
        .collect();
    let is_apart = |row: &journal::RunRow| {
        let record: Option<serde_json::Value> = serde_json::from_str(&row.record).ok();
        let here = record.is_some_and(|record| record["branch"] == branch);
        here && row.hook == id && row.event_number.is_none_or(|number| !events.contains(&number))
    };
    let apart = journal::unfinished(connection)?.iter().filter(|row| is_apart(row)).count();
    Ok(events.len() + apart)
}

/// Notes that these hooks ran, or begin to.
pub(in crate::ops::hooks) fn note_runs<'a>(
    connection: &Connection,
    hooks: impl IntoIterator<Item = &'a Hook>,
    branch: &str,
    now: Timestamp,
) -> Result<(), RefError> {
    for hook in hooks.into_iter().filter(|hook| hook.cooldown.is_some()) {
        journal::set_fact(connection, &fact_name(branch, hook), &now.to_string())?;
    }
    Ok(())
}

fn fact_name(branch: &str, hook: &Hook) -> String {
    format!("ran:{branch}:{}", hook.id)
}
