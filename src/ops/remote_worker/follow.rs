//! What the log of a remote asks for, from where this repository's workers are.

use crate::base::CommitId;
use crate::merge::History;
use crate::ops::hooks::MovedAtRemote;
use crate::ops::sync::{Connection, FetchRequest, fetch_with};
use crate::ops::{Context, OpsError};
use crate::refs::RefValue;
use crate::remote::Part;
use crate::remote::log::Entry;
use crate::repo::journal;
use crate::repo::reach::Roots;

/// A branch that an entry moved forward.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Event {
    /// The number of the entry.
    pub entry: u64,
    pub moved: MovedAtRemote,
}

/// How far the log has been followed.
#[derive(Debug)]
pub struct Position {
    fact: String,
    /// The last entry all of whose events are done.
    number: u64,
}

impl Position {
    /// Returns where the workers of this repository are: at the head of the log, where it is followed
    /// for the first time; before the entry `from`, where that is said.
    pub fn open(
        context: &Context,
        connection: &Connection,
        from: Option<u64>,
    ) -> Result<Self, OpsError> {
        let fact = format!("followed:{}", connection.remote.id());
        let known = journal::fact(&context.repo.connection(), &fact)?;
        let known = known.and_then(|number| number.parse().ok());
        let head = connection.remote.state().number;
        let number = from.map(|from| from.saturating_sub(1)).or(known).unwrap_or(head).min(head);
        if known.is_none() {
            context.repo.transact(|c| Ok(journal::set_fact(c, &fact, &number.to_string())?))?;
        }
        Ok(Self { fact, number })
    }

    pub fn number(&self) -> u64 {
        self.number
    }

    /// Remembers that all up to an entry is done, unless another worker here is further.
    pub fn advance(&mut self, context: &Context, number: u64) -> Result<(), OpsError> {
        if number <= self.number {
            return Ok(());
        }
        self.number = number;
        let fact = &self.fact;
        Ok(context.repo.transact(|c| {
            let known = journal::fact(c, fact)?.and_then(|known| known.parse::<u64>().ok());
            if known.is_none_or(|known| known < number) {
                journal::set_fact(c, fact, &number.to_string())?;
            }
            Ok(())
        })?)
    }
}

/// Returns the branches that an entry moved forward; what they lead to is brought here.
pub fn events(
    context: &Context,
    connection: &mut Connection,
    (number, entry): (u64, &Entry),
) -> Result<Vec<Event>, OpsError> {
    let mut events = Vec::new();
    for (name, change) in entry.edits.iter().filter(|(name, _)| name.is_branch()) {
        let commit = |value: &Option<RefValue>| value.as_ref().and_then(RefValue::commit);
        let (Some(old), Some(new)) = (commit(&change.old), commit(&change.new)) else { continue };
        if !bring(context, connection, [old, new])? {
            context.progress.notice(&format!(
                "entry {number} moved `{}` to {}, which is gone by now: nothing is run for it",
                name.short(),
                new.short()
            ));
            continue;
        }
        if History::of(context.repo.objects()).is_ancestor(old, new)? {
            let claim = format!("{} {number} {}", connection.remote.id(), name.short());
            let remote = connection.place.shown().to_owned();
            let branch = name.short().to_owned();
            events.push(Event {
                entry: number,
                moved: MovedAtRemote { remote, branch, old, new, claim },
            });
        }
    }
    Ok(events)
}

/// Brings commits here that no branch may lead to any more; tells whether that was possible.
fn bring(
    context: &Context,
    connection: &mut Connection,
    commits: [CommitId; 2],
) -> Result<bool, OpsError> {
    let repo = &context.repo;
    let is_here = || commits.iter().all(|id| repo.local_objects().commit(*id).is_ok());
    if is_here() {
        return Ok(true);
    }
    fetch_with(context, &FetchRequest::default(), connection)?;
    if is_here() {
        return Ok(true);
    }
    let (tips, known) = (Roots { commits: commits.into(), trees: Vec::new() }, repo.ref_roots()?);
    let part = (Part::Whole, None);
    let fetched = connection.remote.fetch(repo, (&tips, &known), part, context.progress.as_ref());
    match fetched {
        Ok(_) => Ok(is_here()),
        Err(error) if error.is_passing() => Err(error.into()),
        Err(error) => {
            tracing::debug!(%error, "a commit of the log cannot be had");
            crate::base::interrupt::check()?;
            Ok(false)
        }
    }
}
