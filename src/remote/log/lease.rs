//! Claims on work that entries of the log ask for: one worker does it, and another where the first is
//! not heard of for too long. Time is the remote's own: workers' clocks may be wrong.

use std::time::Duration;

use bytes::Bytes;
use minicbor::{Decode, Encode};

use crate::base::codec::{self, CodecError};
use crate::base::process::{Life, ProcessName};
use crate::base::{Hash, Timestamp};
use crate::remote::log::settle::{self, Settled};
use crate::remote::log::{EntryFault, EntryId, MAX_ENTRY};
use crate::remote::{Backend, RemoteError};

/// What the keys of all claims begin with.
pub(super) const CLAIMS: &str = "claims";

/// A clock that a collection took for an old one is written again, so often in all.
const CLOCKS: u32 = 3;

/// The longest name of work that is spelled out in keys.
const MAX_NAME: usize = 100;

/// One worker's claim, as it is stored.
#[derive(Debug, Clone, PartialEq, Eq, Encode, Decode)]
struct Claim {
    #[n(0)]
    id: EntryId,
    #[n(1)]
    worker: String,
    /// After so many seconds without a sign of life another worker may take over.
    #[n(2)]
    seconds: u64,
    /// The process, where others of its machine may take over as soon as it has ended.
    #[n(3)]
    process: Option<ProcessName>,
}

/// Who claims work.
#[derive(Debug, Clone, Copy)]
pub struct Worker<'a> {
    /// What others are told.
    pub name: &'a str,
    /// The process that does the work, where it ends with the work. Others of its machine take over
    /// without waiting for the lease to run out once it has ended.
    pub process: Option<&'a ProcessName>,
}

/// What came of the work, as it is stored.
#[derive(Debug, Clone, PartialEq, Eq, Encode, Decode)]
pub(super) struct Outcome {
    #[n(0)]
    id: EntryId,
    #[cbor(n(1), with = "minicbor::bytes")]
    pub bytes: Vec<u8>,
}

/// What came of claiming work.
#[derive(Debug)]
pub enum Claimed {
    Won(Lease),
    /// Another worker has it.
    Held {
        worker: String,
        /// Without a sign of life it has it until then, by the clock of the remote.
        until: Timestamp,
        /// How long that is from now.
        left: Duration,
        /// Whether it is a process of this machine that is known to live.
        lives: bool,
    },
    /// It is done, and this is the outcome.
    Done(Vec<u8>),
}

/// What came of finishing work.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Finished {
    First,
    /// Another worker finished before, with this outcome.
    After(Vec<u8>),
}

/// Work that is ours to do, as long as it beats.
#[derive(Debug)]
pub struct Lease {
    place: Place,
    id: EntryId,
    attempt: u64,
}

/// Where the claims on one piece of work are.
#[derive(Debug, Clone)]
pub(super) struct Place {
    backend: Backend,
    prefix: String,
}

/// Claims the work `name` that entry `number` asks for.
pub async fn claim(
    backend: &Backend,
    number: u64,
    name: &str,
    worker: &str,
    lease: Duration,
) -> Result<Claimed, RemoteError> {
    claim_by(backend, number, name, Worker { name: worker, process: None }, lease).await
}

/// Claims it for a worker of which more is known than its name.
pub async fn claim_by(
    backend: &Backend,
    number: u64,
    name: &str,
    worker: Worker<'_>,
    lease: Duration,
) -> Result<Claimed, RemoteError> {
    let place = Place::of(backend, number, name);
    let claim = Claim {
        id: EntryId::fresh(),
        worker: worker.name.to_owned(),
        seconds: lease.as_secs(),
        process: worker.process.cloned(),
    };
    // Most work is free.
    let Err(first) = place.take(1, &claim).await? else {
        return Ok(Claimed::Won(Lease { place, id: claim.id, attempt: 1 }));
    };
    let sign = place.last_sign().await?;
    if let Some(outcome) = place.outcome().await? {
        return Ok(Claimed::Done(outcome.bytes));
    }
    let holder = if sign.attempt == 1 { first } else { place.holder(sign.attempt).await? };
    let until = after(sign.at, holder.seconds);
    let life = holder.life();
    if sign.now <= until && life != Life::Ended {
        return Ok(holder.holds(sign.now, until, life));
    }
    let attempt = sign.attempt + 1;
    if let Err(other) = place.take(attempt, &claim).await? {
        let (until, life) = (after(sign.now, other.seconds), other.life());
        return Ok(other.holds(sign.now, until, life));
    }
    // The one who was silent may have finished meanwhile.
    match place.outcome().await? {
        Some(outcome) => Ok(Claimed::Done(outcome.bytes)),
        None => Ok(Claimed::Won(Lease { place, id: claim.id, attempt })),
    }
}

impl Claim {
    /// Returns what is known of the worker's process, where it named one.
    fn life(&self) -> Life {
        self.process.as_ref().map_or(Life::Unknown, ProcessName::life)
    }

    fn holds(self, now: Timestamp, until: Timestamp, life: Life) -> Claimed {
        let left = until.seconds.saturating_sub(now.seconds).try_into().unwrap_or(0);
        let (left, lives) = (Duration::from_secs(left), life == Life::Lives);
        Claimed::Held { worker: self.worker, until, left, lives }
    }
}

impl Lease {
    /// Says that the worker lives, and tells whether the work is still its own.
    pub async fn beat(&self) -> Result<bool, RemoteError> {
        if self.place.backend.len(&self.place.attempt(self.attempt + 1)).await?.is_some() {
            return Ok(false);
        }
        let key = format!("{}.beat", self.place.attempt(self.attempt));
        self.place.backend.put(&key, Bytes::new()).await?;
        Ok(true)
    }

    /// Writes down what came of the work, unless another worker was first.
    pub async fn finish(&self, bytes: &[u8]) -> Result<Finished, RemoteError> {
        let outcome = Outcome { id: self.id, bytes: bytes.to_vec() };
        let bytes = Bytes::from(codec::encode(&outcome));
        let len = bytes.len() as u64;
        if len > MAX_ENTRY {
            return Err(EntryFault::TooLong { len }.into());
        }
        match settle::create(&self.place.backend, &self.place.done(), &bytes).await? {
            Settled::Ours => Ok(Finished::First),
            Settled::Theirs(found) => {
                let first: Outcome = self.place.decode(&self.place.done(), &found)?;
                Ok(Finished::After(first.bytes))
            }
        }
    }
}

/// The last sign of life of whoever claimed last.
struct Sign {
    attempt: u64,
    at: Timestamp,
    /// The present, by the same clock.
    now: Timestamp,
}

impl Place {
    /// Returns the place of the work `name` that entry `number` asks for.
    pub fn of(backend: &Backend, number: u64, name: &str) -> Self {
        let prefix = format!("{CLAIMS}/{number:016}/{}", spelled(name));
        Self { backend: backend.clone(), prefix }
    }

    /// Returns the place that the key of an outcome is in, where it is such a key.
    pub fn of_outcome(backend: &Backend, key: &str) -> Option<Self> {
        let prefix = key.strip_suffix("/done")?.to_owned();
        Some(Self { backend: backend.clone(), prefix })
    }

    fn attempt(&self, attempt: u64) -> String {
        format!("{}/{attempt:08}", self.prefix)
    }

    fn done(&self) -> String {
        format!("{}/done", self.prefix)
    }

    /// Creates the claim of an attempt, or returns the one that is there.
    async fn take(&self, attempt: u64, claim: &Claim) -> Result<Result<(), Claim>, RemoteError> {
        let key = self.attempt(attempt);
        match settle::create(&self.backend, &key, &Bytes::from(codec::encode(claim))).await? {
            Settled::Ours => Ok(Ok(())),
            Settled::Theirs(bytes) => self.decode(&key, &bytes).map(Err),
        }
    }

    /// Asks the remote for the time, by writing something, and for everything that was written here.
    async fn last_sign(&self) -> Result<Sign, RemoteError> {
        let clock = format!("{}/clock", self.prefix);
        for _ in 1..CLOCKS {
            match self.sign_by(&clock).await {
                Err(RemoteError::Missing { .. }) => {}
                sign => return sign,
            }
        }
        self.sign_by(&clock).await
    }

    async fn sign_by(&self, clock: &str) -> Result<Sign, RemoteError> {
        self.backend.put(clock, Bytes::new()).await?;
        let mut sign: Option<(u64, Timestamp)> = None;
        let mut now = None;
        for file in self.backend.list(&self.prefix).await? {
            let name = file.key.rsplit_once('/').map_or("", |(_, name)| name);
            if name == "clock" {
                now = Some(file.modified);
            } else if let Ok(attempt) = name.strip_suffix(".beat").unwrap_or(name).parse() {
                sign = sign.max(Some((attempt, file.modified)));
            }
        }
        match (sign, now) {
            (Some((attempt, at)), Some(now)) => Ok(Sign { attempt, at, now }),
            (None, _) => Err(self.backend.missing(&self.attempt(1))),
            (_, None) => Err(self.backend.missing(clock)),
        }
    }

    async fn holder(&self, attempt: u64) -> Result<Claim, RemoteError> {
        let key = self.attempt(attempt);
        let bytes = self.backend.get(&key, MAX_ENTRY).await?;
        self.decode(&key, &bytes.ok_or_else(|| self.backend.missing(&key))?)
    }

    pub async fn outcome(&self) -> Result<Option<Outcome>, RemoteError> {
        let found = self.backend.get(&self.done(), MAX_ENTRY).await?;
        found.map(|bytes| self.decode(&self.done(), &bytes)).transpose()
    }

    fn decode<T>(&self, key: &str, bytes: &[u8]) -> Result<T, RemoteError>
    where
        T: for<'b> Decode<'b, ()> + Encode<()>,
    {
        codec::decode(bytes)
            .map_err(|fault: CodecError| self.backend.damaged(key, fault.to_string()))
    }
}

fn after(time: Timestamp, seconds: u64) -> Timestamp {
    Timestamp::from_seconds(time.seconds.saturating_add_unsigned(seconds))
}

/// Returns a name as a part of a key: itself, or its hash where it would not do.
fn spelled(name: &str) -> String {
    let is_plain = |byte: u8| byte.is_ascii_alphanumeric() || b"-_".contains(&byte);
    if !name.is_empty() && name.len() <= MAX_NAME && name.bytes().all(is_plain) {
        name.to_owned()
    } else {
        format!("hash-{}", Hash::of(name.as_bytes()))
    }
}

#[cfg(test)]
mod tests;
