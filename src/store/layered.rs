//! A store of which a part lies elsewhere: what is missing in the local store is fetched from a
//! [`Source`] when it is read, many blobs at once where somebody knows what will be read.

#[cfg(test)]
mod counting;

use std::sync::{Arc, OnceLock};

#[cfg(test)]
pub use counting::CountingSource;

use crate::store::{BlobId, BlobKind, ChunkStore, Durability, LocalStore, StoreError};

/// Where blobs come from that a local store lacks: a remote that keeps them for good.
pub trait Source: Send + Sync + std::fmt::Debug {
    /// Stores blobs in `into`, verified against their hashes. Those that it does not have are passed
    /// over; an error means that some may be missing that it has.
    fn fetch(&self, ids: &[BlobId], into: &Arc<LocalStore>) -> Result<(), StoreError>;

    /// Tells whether it has a blob, and keeps it as long as anything there leads to it. Answers
    /// from what is known here, without asking anybody.
    fn promises(&self, id: BlobId) -> Result<bool, StoreError>;
}

/// A local store with a source behind it, once it has been given one. Only reading looks there:
/// whether a blob is stored, what is written and what is flushed are matters of the local store.
#[derive(Debug)]
pub struct LayeredStore {
    local: Arc<LocalStore>,
    source: OnceLock<Arc<dyn Source>>,
}

impl LayeredStore {
    /// Returns a local store with nothing behind it.
    pub fn new(local: Arc<LocalStore>) -> Self {
        Self { local, source: OnceLock::new() }
    }

    pub fn local(&self) -> &Arc<LocalStore> {
        &self.local
    }

    /// Says where missing blobs come from. The first answer counts.
    pub fn set_source(&self, source: Arc<dyn Source>) {
        let _ = self.source.set(source);
    }

    /// Tells whether a blob is elsewhere, whatever the local store has.
    pub fn promises(&self, id: BlobId) -> Result<bool, StoreError> {
        self.source.get().map_or(Ok(false), |source| source.promises(id))
    }

    /// Reads, once more where the source could bring what the local store has not, or not whole.
    fn reading<T>(
        &self,
        id: BlobId,
        mut read: impl FnMut(&LocalStore) -> Result<T, StoreError>,
    ) -> Result<T, StoreError> {
        let error = match read(&self.local) {
            Err(error @ (StoreError::Missing { .. } | StoreError::Damaged { .. })) => error,
            outcome => return outcome,
        };
        let Some(source) = self.source.get() else { return Err(error) };
        match (source.fetch(&[id], &self.local), error) {
            // What is damaged here is told of first.
            (Err(_), error @ StoreError::Damaged { .. }) => Err(error),
            (fetched, _) => fetched.and_then(|()| read(&self.local)),
        }
    }
}

impl ChunkStore for LayeredStore {
    fn contains(&self, id: BlobId) -> Result<bool, StoreError> {
        self.local.contains(id)
    }

    fn read(&self, id: BlobId) -> Result<Vec<u8>, StoreError> {
        self.reading(id, |local| local.read(id))
    }

    fn read_into(&self, id: BlobId, out: &mut [u8]) -> Result<usize, StoreError> {
        self.reading(id, |local| local.read_into(id, out))
    }

    fn write(&self, id: BlobId, bytes: &[u8]) -> Result<bool, StoreError> {
        self.local.write(id, bytes)
    }

    fn flush(&self, durability: Durability) -> Result<(), StoreError> {
        self.local.flush(durability)
    }

    fn find(&self, kind: BlobKind, prefix: &str, limit: usize) -> Result<Vec<BlobId>, StoreError> {
        self.local.find(kind, prefix, limit)
    }

    fn is_partial(&self) -> bool {
        self.source.get().is_some()
    }

    fn fetch(&self, ids: &[BlobId]) -> Result<(), StoreError> {
        let Some(source) = self.source.get() else { return Ok(()) };
        let missing = self.local.lacking(ids)?;
        if missing.is_empty() {
            return Ok(());
        }
        tracing::debug!(blobs = missing.len(), "fetching what is missing");
        source.fetch(&missing, &self.local)?;
        // A verb that only reads flushes nothing, and should find this the next time.
        self.local.flush(Durability::Visible)
    }
}

#[cfg(test)]
mod tests;
