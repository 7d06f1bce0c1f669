//! The worker itself: reads the log on, claims what is to be done, runs it, and writes down what came
//! of it. Events of one branch are done one after another; those of others may go on meanwhile.

use std::cell::RefCell;
use std::collections::{HashSet, VecDeque};
use std::time::{Duration, Instant};

use crate::base::interrupt;
use crate::ops::hooks::{self, Asked, PendingEvent, Worked};
use crate::ops::remote_worker::deliver::ToRemote;
use crate::ops::remote_worker::follow::{Event, Position, events};
use crate::ops::remote_worker::outcome::Outcome;
use crate::ops::sync::{Connection, connect};
use crate::ops::{Context, OpsError};
use crate::remote::log::{Claimed, Finished, Lease};

/// How often a worker looks whether the log goes on.
const INTERVAL: Duration = Duration::from_secs(2);

/// How often it looks whether it is to stop, or what another one holds is done.
const TICK: Duration = Duration::from_millis(100);

/// What a worker of a remote is asked for.
#[derive(Debug, Clone, Default)]
pub struct RemoteWorkOptions {
    /// A remote, or an address.
    pub remote: String,
    /// Begin with this entry, in place of where the workers of this repository were.
    pub from: Option<u64>,
    /// End when all that the log asks for is done.
    pub once: bool,
}

/// Follows the log of a remote, to its head or, without `once`, until it is told to stop.
pub fn work(context: &Context, options: &RemoteWorkOptions) -> Result<Worked, OpsError> {
    let mut connection = connect(context, &options.remote)?;
    let position = Position::open(context, &connection, options.from)?;
    let lease = context.config.duration("hooks.lease").unwrap_or(Duration::from_mins(1));
    let mut worker = Worker {
        context,
        name: name(context)?,
        lease: lease.max(Duration::from_secs(1)),
        read: position.number(),
        position,
        open: VecDeque::new(),
        told: HashSet::new(),
        worked: Worked::default(),
    };
    loop {
        worker.read_on(&mut connection)?;
        while !interrupt::requested() && worker.take_next(&mut connection, options.once)? {}
        worker.remember()?;
        if interrupt::requested() || (options.once && worker.open.is_empty()) {
            return Ok(worker.worked);
        }
        worker.rest();
        if !interrupt::requested() && !options.once {
            connection.remote.refresh()?;
        }
    }
}

/// Returns a name for this worker that others can find it by.
fn name(context: &Context) -> Result<String, OpsError> {
    let process = &hooks::owner(context)?.name;
    let root = context.repo.root().display();
    let host = rustix::system::uname().nodename().to_string_lossy().into_owned();
    Ok(format!("{process} in {host}:{root}"))
}

struct Worker<'a> {
    context: &'a Context,
    name: String,
    lease: Duration,
    position: Position,
    /// The last entry that was read.
    read: u64,
    /// Events that are not known to be done, in the order of the log.
    open: VecDeque<Open>,
    /// What the user was told, so as not to repeat it.
    told: HashSet<String>,
    worked: Worked,
}

/// An event that is not known to be done.
#[derive(Debug, Clone)]
struct Open {
    event: Event,
    /// When it is to be claimed: another worker holds it until then, or it failed.
    claim_at: Instant,
}

/// What came of an attempt at an event.
enum Attempt {
    /// There is nothing more to do for it.
    Over,
    /// It is to be tried again from then on.
    Later(Instant),
}

impl Attempt {
    fn after(pause: Duration) -> Self {
        Self::Later(Instant::now() + pause)
    }
}

impl Worker<'_> {
    /// Reads the log up to the head that is known.
    fn read_on(&mut self, connection: &mut Connection) -> Result<(), OpsError> {
        loop {
            let entries = connection.remote.entries(self.read + 1)?;
            if entries.is_empty() {
                return Ok(());
            }
            for (number, entry) in entries {
                for event in events(self.context, connection, (number, &entry))? {
                    self.open.push_back(Open { event, claim_at: Instant::now() });
                }
                self.read = number;
            }
        }
    }

    /// Does the oldest event that can be done now; tells whether there was one.
    fn take_next(&mut self, connection: &mut Connection, once: bool) -> Result<bool, OpsError> {
        let mut busy: HashSet<String> = HashSet::new();
        for at in 0..self.open.len() {
            let Open { event, claim_at } = self.open[at].clone();
            // The events of a branch are done in their order.
            if !busy.insert(event.moved.branch.clone()) {
                continue;
            }
            let attempt = if claim_at > Instant::now() {
                self.look(connection, &event, claim_at)?
            } else {
                self.attempt(connection, &event, once)?
            };
            match attempt {
                Attempt::Over => {
                    self.open.remove(at);
                    return Ok(true);
                }
                Attempt::Later(moment) => self.open[at].claim_at = moment,
            }
        }
        Ok(false)
    }

    /// Looks whether an event is done that another worker holds.
    fn look(
        &self,
        connection: &Connection,
        event: &Event,
        claim_at: Instant,
    ) -> Result<Attempt, OpsError> {
        if connection.remote.outcome(event.entry, &event.moved.branch)?.is_none() {
            return Ok(Attempt::Later(claim_at));
        }
        event.moved.forget(self.context)?;
        Ok(Attempt::Over)
    }

    /// Claims an event, and does it where it is ours to do.
    fn attempt(
        &mut self,
        connection: &mut Connection,
        event: &Event,
        once: bool,
    ) -> Result<Attempt, OpsError> {
        let asked = match event.moved.asked(self.context)? {
            Asked::Nothing => return Ok(Attempt::Over),
            Asked::Untrusted => return self.wait_for_trust(event, once),
            Asked::Hooks(asked) => asked,
        };
        let (number, branch) = (event.entry, &event.moved.branch);
        match connection.remote.claim(number, branch, &self.name, self.lease)? {
            Claimed::Done(_) => event.moved.forget(self.context).map(|()| Attempt::Over),
            Claimed::Held { worker, .. } => {
                tracing::debug!(number, branch, worker, "another worker has it");
                Ok(Attempt::after(self.lease / 4))
            }
            Claimed::Won(lease) => self.carry_out(connection, event, &asked, lease, once),
        }
    }

    fn wait_for_trust(&mut self, event: &Event, once: bool) -> Result<Attempt, OpsError> {
        let branch = format!("{}/{}", event.moved.remote, event.moved.branch);
        let error = OpsError::Untrusted { branch: branch.clone() };
        if once {
            return Err(error);
        }
        self.tell(format!("{error}: `mlv hooks trust {branch}` shows them and lets them run"));
        Ok(Attempt::after(INTERVAL))
    }

    /// Runs the hooks of an event that is ours, and writes down what came of them.
    fn carry_out(
        &mut self,
        connection: &mut Connection,
        event: &Event,
        asked: &PendingEvent,
        lease: Lease,
        once: bool,
    ) -> Result<Attempt, OpsError> {
        let delivery = ToRemote { context: self.context, connection: RefCell::new(connection) };
        let done = lease.keep(self.lease / 3, || event.moved.run(self.context, asked, &delivery));
        let runs = match done {
            Ok(runs) => runs,
            Err(error) if once => return Err(error),
            Err(error) => {
                interrupt::check()?;
                let (entry, branch) = (event.entry, &event.moved.branch);
                self.tell(format!("the hooks of entry {entry} on `{branch}`: {error}"));
                return Ok(Attempt::after(self.lease));
            }
        };
        let outcome = Outcome::of(event, &self.name, &runs);
        if let Finished::After(_) = lease.finished(&outcome.to_json())? {
            let (entry, branch) = (event.entry, &event.moved.branch);
            self.tell(format!(
                "another worker has run the hooks of entry {entry} on `{branch}` too"
            ));
        }
        self.worked.events += 1;
        self.worked.runs.extend(runs);
        Ok(Attempt::Over)
    }

    fn tell(&mut self, what: String) {
        if !self.told.contains(&what) {
            self.context.progress.notice(&what);
            self.told.insert(what);
        }
    }

    /// Writes down how far everything is done.
    fn remember(&mut self) -> Result<(), OpsError> {
        let first = self.open.iter().map(|open| open.event.entry).min();
        let done = first.map_or(self.read, |first| first - 1);
        self.position.advance(self.context, done)
    }

    /// Waits until it is time to look again: sooner where another worker is about to be done.
    fn rest(&self) {
        let mut left = if self.open.is_empty() { INTERVAL } else { TICK * 5 };
        while !left.is_zero() && !interrupt::requested() {
            std::thread::sleep(TICK);
            left = left.saturating_sub(TICK);
        }
    }
}
