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
    /// [`RefLog::save`] returned once: it saves reading, and is thrown away where it is wrong.
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
        let mut log = Self::at_the_start(backend, id);
        log.checkpoint = latest;
        let saved = saved.and_then(|saved| restore(id, saved));
        let is_near = |state: &State| latest.saturating_sub(state.number) < checkpoint::INTERVAL;
        let starts = match saved.filter(is_near) {
            Some(state) => log.start_from(state).await?,
            None => false,
        };
        if !starts && !log.start_from_checkpoint().await? {
            log.refresh().await?;
        }
        Ok(log)
    }

    /// Returns the log before its first entry.
    pub(super) fn at_the_start(backend: &Backend, id: RemoteId) -> Self {
        let (backend, state) = (backend.clone(), State::empty());
        Self { backend, id, state, removed: BTreeSet::new(), checkpoint: 0 }
    }

    /// Reads on from a state, if that is the state after its last entry; tells whether it is.
    async fn start_from(&mut self, state: State) -> Result<bool, RemoteError> {
        let window = read::window(&self.backend, state.number, 2).await?;
        let mut entries = window.entries.iter();
        if entries.next().is_none_or(|bytes| Hash::of(bytes) != state.hash) {
            return Ok(false);
        }
        self.state = state;
        entries.try_for_each(|bytes| self.take(bytes).map(drop))?;
        if !window.is_last {
            self.refresh().await?;
        }
        Ok(true)
    }

    /// Reads on from the newest checkpoint; tells whether it was sound.
    async fn start_from_checkpoint(&mut self) -> Result<bool, RemoteError> {
        let number = self.checkpoint;
        let Some(state) = checkpoint::read(&self.backend, number).await else {
            return Ok(false);
        };
        let starts = self.start_from(state).await?;
        let entry = key::entry(number);
        if !starts && self.backend.len(&entry).await?.is_none() {
            return Err(self.backend.damaged(&entry, "it is missing, and was there once"));
        }
        Ok(starts)
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

    /// Tells whether a pack that was uploaded since the log was opened must not be added any more.
    /// One that was uploaded before must not be added either where its file is gone by now.
    pub fn is_removed(&self, pack: &PackName) -> bool {
        self.removed.contains(pack) || self.state.removed.contains(pack)
    }

    /// Returns bytes from which the log can be opened again without reading all of it.
    pub fn save(&self) -> Vec<u8> {
        [&self.id.to_bytes()[..], &self.state.to_bytes()].concat()
    }

    /// Reads up to the head of the log, and returns the entries that are new: all, in order.
    pub async fn refresh(&mut self) -> Result<Vec<Entry>, RemoteError> {
        let mut entries = Vec::new();
        self.read_on(&mut |_, entry| entries.push(entry)).await?;
        Ok(entries)
    }

    /// Reads up to the head of the log, and calls `visit` after each entry with the state it led to.
    pub(super) async fn read_on(
        &mut self,
        visit: &mut (dyn FnMut(&State, Entry) + Send),
    ) -> Result<(), RemoteError> {
        let mut count = 1;
        loop {
            let window = read::window(&self.backend, self.state.number + 1, count).await?;
            for bytes in window.entries {
                let entry = self.take(&bytes)?;
                visit(&self.state, entry);
            }
            if window.is_last {
                return Ok(());
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

    /// Appends the entry that was planned on the state of this log. After `Unsettled`, and where this
    /// is given up half way, it may be in the log or come into it yet; after any other error it is not.
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
    last_seen(saved.strip_prefix(&id.to_bytes()).map(|_| saved)?)
}

/// Returns the state that was saved of whatever remote it was.
pub fn last_seen(saved: &[u8]) -> Option<State> {
    State::from_bytes(saved.get(size_of::<RemoteId>()..)?).ok()
}

#[cfg(test)]
mod tests;
