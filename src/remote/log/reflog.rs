//! The log as one process knows it: read up to its head, and appended to.

use std::collections::BTreeSet;

use bytes::Bytes;
use futures_util::future::join;

use crate::base::Hash;
use crate::remote::log::settle::{self, Settled};
use crate::remote::log::{
    Draft, Entry, EntryFault, MAX_ENTRY, RemoteId, State, checkpoint, format, read,
};
use crate::remote::{Backend, RemoteError, key};
use crate::store::PackName;

/// So many entries are read at once at the most.
const MAX_WINDOW: u64 = 16;

/// The log of a remote, read up to some entry.
#[derive(Debug, Clone)]
pub struct RefLog {
    backend: Backend,
    id: RemoteId,
    state: State,
    /// Every pack whose removal was read since the log was opened, forgotten ones too.
    removed: BTreeSet<PackName>,
    /// The number of the newest checkpoint, as far as it is known.
    checkpoint: u64,
}

/// What came of appending an entry.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Appended {
    /// It is in the log, with this number.
    Won(u64),
    /// It is not, and never will be: these entries came before it. What was planned must be planned
    /// again.
    Lost(Vec<Entry>),
}

impl RefLog {
    /// Reads the log of a remote up to its head; nothing where no remote was made. `saved` is what
    /// [`RefLog::save`] returned once: it saves reading, and is thrown away where the remote contradicts it.
    pub async fn open(
        backend: &Backend,
        saved: Option<&[u8]>,
    ) -> Result<Option<Self>, RemoteError> {
        let (id, latest) = join(format::read(backend), checkpoint::latest(backend)).await;
        match id? {
            Some(id) => Self::open_at(backend, id, saved, latest).await.map(Some),
            None => Ok(None),
        }
    }

    /// Makes a remote where there is none, and reads its log up to its head.
    pub async fn create(backend: &Backend) -> Result<Self, RemoteError> {
        let id = format::create(backend).await?;
        Self::open_at(backend, id, None, checkpoint::latest(backend).await).await
    }

    async fn open_at(
        backend: &Backend,
        id: RemoteId,
        saved: Option<&[u8]>,
        latest: u64,
    ) -> Result<Self, RemoteError> {
        let (backend, state) = (backend.clone(), State::empty());
        let empty = Self { backend, id, state, removed: BTreeSet::new(), checkpoint: latest };
        let saved = saved.and_then(|saved| restore(id, saved));
        let is_near = |state: &State| latest.saturating_sub(state.number) < checkpoint::INTERVAL;
        let mut log = match saved.filter(is_near) {
            Some(state) => empty.starting_from(state).await?,
            None => None,
        };
        if log.is_none() && latest > 0 {
            log = empty.starting_from_checkpoint(latest).await?;
        }
        let mut log = log.unwrap_or(empty);
        log.refresh().await?;
        Ok(log)
    }

    async fn starting_from_checkpoint(&self, number: u64) -> Result<Option<Self>, RemoteError> {
        match checkpoint::read(&self.backend, number).await {
            Some(state) => self.starting_from(state).await,
            None => Ok(None),
        }
    }

    /// Returns the log from a state on, if that is the state after its last entry.
    async fn starting_from(&self, state: State) -> Result<Option<Self>, RemoteError> {
        let last = self.backend.get(&key::entry(state.number), MAX_ENTRY).await?;
        let holds = last.is_some_and(|bytes| Hash::of(&bytes) == state.hash);
        Ok(holds.then(|| Self { state, ..self.clone() }))
    }

    /// Returns what the remote holds, as far as the log was read.
    pub fn state(&self) -> &State {
        &self.state
    }

    pub fn id(&self) -> RemoteId {
        self.id
    }

    pub fn backend(&self) -> &Backend {
        &self.backend
    }

    /// Tells whether a pack that was uploaded since the log was opened must not be added any more. Of
    /// one that was uploaded before that, its file must be there besides.
    pub fn is_removed(&self, pack: &PackName) -> bool {
        self.removed.contains(pack) || self.state.removed.contains(pack)
    }

    /// Returns bytes from which the log can be opened again without reading all of it.
    pub fn save(&self) -> Vec<u8> {
        [&self.id.to_bytes()[..], &self.state.to_bytes()].concat()
    }

    /// Reads up to the head of the log, and returns the entries that are new: each of them, in order.
    pub async fn refresh(&mut self) -> Result<Vec<Entry>, RemoteError> {
        let mut entries = Vec::new();
        let mut count = 1;
        loop {
            let window = read::window(&self.backend, self.state.number + 1, count).await?;
            for bytes in window.entries {
                entries.push(self.take(&bytes)?);
            }
            if window.is_last {
                return Ok(entries);
            }
            count = (count * 4).min(MAX_WINDOW);
        }
    }

    /// Takes in the bytes of the next entry.
    fn take(&mut self, bytes: &Bytes) -> Result<Entry, RemoteError> {
        let number = self.state.number + 1;
        let damaged =
            |fault: EntryFault| self.backend.damaged(&key::entry(number), fault.to_string());
        let entry = Entry::from_bytes(bytes).map_err(damaged)?;
        self.state.apply(&entry, Hash::of(bytes)).map_err(damaged)?;
        self.removed.extend(&entry.remove);
        Ok(entry)
    }

    /// Appends the entry that was planned on the state of this log. After `Unsettled` it may be in
    /// the log, or come into it yet; after any other error it is not.
    pub async fn append(&mut self, draft: &Draft) -> Result<Appended, RemoteError> {
        let entry = draft.entry(&self.state)?;
        self.state.check(&entry)?;
        // One that was removed and forgotten meanwhile is in no state, and its file is gone.
        if let Some(&pack) = entry.add.keys().find(|pack| self.removed.contains(pack)) {
            return Err(EntryFault::PackReused { pack }.into());
        }
        let bytes = Bytes::from(entry.to_bytes());
        let len = bytes.len() as u64;
        if len > MAX_ENTRY {
            return Err(EntryFault::TooLong { len }.into());
        }
        let key = key::entry(self.state.number + 1);
        match settle::create(&self.backend, &key, &bytes).await? {
            Settled::Ours => {
                self.take(&bytes)?;
                self.write_checkpoint().await;
                Ok(Appended::Won(self.state.number))
            }
            Settled::Theirs(_) => Ok(Appended::Lost(self.refresh().await?)),
        }
    }

    /// Writes a checkpoint where it is time for one, or past it.
    async fn write_checkpoint(&mut self) {
        let number = self.state.number;
        let overdue = number.saturating_sub(self.checkpoint) >= 2 * checkpoint::INTERVAL;
        let due = number.is_multiple_of(checkpoint::INTERVAL);
        if (due || overdue) && checkpoint::write(&self.backend, &self.state).await {
            self.checkpoint = number;
        }
    }
}

/// Returns the state that was saved of a remote.
fn restore(id: RemoteId, saved: &[u8]) -> Option<State> {
    let state = saved.strip_prefix(&id.to_bytes())?;
    State::from_bytes(state).ok()
}

#[cfg(test)]
mod tests;
