//! A store in memory, for tests and dry runs.

use std::collections::BTreeMap;
use std::sync::{Mutex, MutexGuard, PoisonError};

use crate::store::{BlobId, BlobKind, ChunkStore, Durability, StoreError};

/// A store that forgets everything when it is dropped.
#[derive(Debug, Default)]
pub struct MemoryStore {
    blobs: Mutex<BTreeMap<BlobId, Vec<u8>>>,
}

impl MemoryStore {
    fn blobs(&self) -> MutexGuard<'_, BTreeMap<BlobId, Vec<u8>>> {
        self.blobs.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Returns how many blobs are stored, and their plain bytes.
    pub fn totals(&self) -> (usize, u64) {
        let blobs = self.blobs();
        (blobs.len(), blobs.values().map(|bytes| bytes.len() as u64).sum())
    }

    /// Forgets a blob, to see what depends on it.
    pub fn remove(&self, id: BlobId) -> bool {
        self.blobs().remove(&id).is_some()
    }
}

impl ChunkStore for MemoryStore {
    fn contains(&self, id: BlobId) -> Result<bool, StoreError> {
        Ok(self.blobs().contains_key(&id))
    }

    fn read(&self, id: BlobId) -> Result<Vec<u8>, StoreError> {
        self.blobs().get(&id).cloned().ok_or(StoreError::Missing { id })
    }

    fn write(&self, id: BlobId, bytes: &[u8]) -> Result<bool, StoreError> {
        Ok(self.blobs().insert(id, bytes.to_vec()).is_none())
    }

    fn flush(&self, _durability: Durability) -> Result<(), StoreError> {
        Ok(())
    }

    fn find(&self, kind: BlobKind, prefix: &str, limit: usize) -> Result<Vec<BlobId>, StoreError> {
        let blobs = self.blobs();
        let matching = blobs.keys().filter(|id| id.kind == kind);
        let matching = matching.filter(|id| id.hash.to_hex().starts_with(prefix));
        Ok(matching.take(limit).copied().collect())
    }
}
