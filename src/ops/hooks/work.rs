//! A worker: takes events out of the queue, one after the other, and runs their hooks. Several share
//! the queue: an event belongs to the process that has taken it for as long as that lives.

use std::collections::HashSet;
use std::time::Duration;

use crate::base::interrupt;
use crate::base::lock::{FileLock, LockError, LockKind};
use crate::hook::runner::{RunRecord, Status};
use crate::ops::hooks::after::{By, run_post};
use crate::ops::hooks::carry_out::owner;
use crate::ops::hooks::heal::{bury, requeue};
use crate::ops::hooks::noted::PendingEvent;
use crate::ops::hooks::owner::is_dead;
use crate::ops::hooks::trigger::fire_due;
use crate::ops::{Context, OpsError};
use crate::repo::RepoError;
use crate::repo::journal::{self, NOBODY, Pending};

/// How often a worker that stays looks for work.
const INTERVAL: Duration = Duration::from_secs(1);

/// How often it looks whether it is to stop.
const TICK: Duration = Duration::from_millis(50);

/// What a worker is asked for.
#[derive(Debug, Clone, Copy, Default)]
pub struct WorkOptions {
    /// End when nothing waits, in place of waiting for more.
    pub once: bool,
    /// End at once where another such worker is at it.
    pub alone: bool,
}

/// What a worker did.
#[derive(Debug, Clone, Default, serde::Serialize)]
pub struct Worked {
    /// How many events it took.
    pub events: usize,
    pub runs: Vec<RunRecord>,
}

impl Worked {
    /// Returns how many runs failed.
    pub fn failed(&self) -> usize {
        self.runs.iter().filter(|run| run.status == Status::Failed).count()
    }
}

/// Runs what waits, until nothing does or, without `once`, until it is told to stop.
pub fn work(context: &Context, options: WorkOptions) -> Result<Worked, OpsError> {
    let mut worker = Worker { context, worked: Worked::default(), given_up: HashSet::new() };
    loop {
        let turn = if options.alone { Turn::take(context)? } else { Turn::Free };
        if matches!(turn, Turn::Taken) {
            break;
        }
        while !interrupt::requested() && worker.take_next()? {}
        drop(turn);
        // What came while nobody was let in is not left lying.
        if interrupt::requested() || (options.once && !worker.has_more()?) {
            break;
        }
        if !options.once {
            rest();
        }
    }
    Ok(worker.worked)
}

/// The right to be the only worker of its kind.
enum Turn {
    Free,
    Mine { _lock: FileLock },
    Taken,
}

impl Turn {
    fn take(context: &Context) -> Result<Self, OpsError> {
        let path = context.repo.layout().runs().join("worker.lock");
        match FileLock::acquire(&path, LockKind::Exclusive, Duration::ZERO) {
            Ok(lock) => Ok(Self::Mine { _lock: lock }),
            Err(LockError::Held { .. }) => Ok(Self::Taken),
            Err(error) => Err(RepoError::from(error).into()),
        }
    }
}

struct Worker<'a> {
    context: &'a Context,
    worked: Worked,
    /// Events that could not be run: the next worker tries them again.
    given_up: HashSet<i64>,
}

impl Worker<'_> {
    /// Takes the oldest event that waits, and runs its hooks; tells whether there was one.
    fn take_next(&mut self) -> Result<bool, OpsError> {
        self.settle_dead()?;
        fire_due(self.context)?;
        for event in self.waiting()? {
            if self.take(&event)? {
                return Ok(true);
            }
        }
        Ok(false)
    }

    fn has_more(&self) -> Result<bool, OpsError> {
        Ok(!self.waiting()?.is_empty())
    }

    fn waiting(&self) -> Result<Vec<Pending>, OpsError> {
        let mut pending = journal::pending(&self.context.repo.connection())?;
        pending.retain(|event| event.owner == NOBODY && !self.given_up.contains(&event.number));
        Ok(pending)
    }

    /// Frees what dead workers had taken.
    fn settle_dead(&self) -> Result<(), OpsError> {
        bury(self.context)?;
        let runs = self.context.repo.layout().runs();
        let pending = journal::pending(&self.context.repo.connection())?;
        for event in pending.iter().filter(|event| event.owner != NOBODY) {
            let parsed = serde_json::from_str::<PendingEvent>(&event.context);
            let is_ours = parsed.is_ok_and(|parsed| parsed.background && parsed.claim.is_none());
            if is_ours && is_dead(&runs, &event.owner)? {
                requeue(self.context, event)?;
            }
        }
        Ok(())
    }

    /// Takes an event where nobody was faster, and runs its hooks.
    fn take(&mut self, event: &Pending) -> Result<bool, OpsError> {
        let context = self.context;
        let me = owner(context)?.name.clone();
        let taken = context.repo.transact(|c| Ok(journal::take_over(c, event, &me)?))?;
        if !taken {
            return Ok(false);
        }
        let Ok(parsed) = serde_json::from_str::<PendingEvent>(&event.context) else {
            context.repo.transact(|c| Ok(journal::remove_pending(c, event.number)?))?;
            return Ok(true);
        };
        match run_post(context, event.number, &parsed, By::Worker) {
            Ok(runs) => self.worked.runs.extend(runs),
            Err(error) => {
                self.given_up.insert(event.number);
                context.repo.transact(|connection| {
                    Ok(journal::hand_over(connection, event.number, &event.context)?)
                })?;
                interrupt::check()?;
                let what = format!("the {} hooks could not be run: {error}", parsed.event);
                context.progress.notice(&what);
            }
        }
        self.worked.events += 1;
        Ok(true)
    }
}

fn rest() {
    let mut left = INTERVAL;
    while !left.is_zero() && !interrupt::requested() {
        std::thread::sleep(TICK);
        left = left.saturating_sub(TICK);
    }
}
