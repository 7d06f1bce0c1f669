//! A source in memory that counts what it is asked for, and fails when it is told to.

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

use crate::store::{BlobId, ChunkStore, LocalStore, MemoryStore, Source, StoreError};

/// A source over a [`MemoryStore`].
#[derive(Debug, Default)]
pub struct CountingSource {
    pub blobs: MemoryStore,
    pub offline: AtomicBool,
    requests: Mutex<Vec<Vec<BlobId>>>,
}

impl CountingSource {
    /// Returns what was asked for since the last time, request by request.
    pub fn take_requests(&self) -> Vec<Vec<BlobId>> {
        std::mem::take(&mut *self.requests.lock().unwrap_or_else(PoisonError::into_inner))
    }
}

impl Source for CountingSource {
    fn fetch(&self, ids: &[BlobId], into: &Arc<LocalStore>) -> Result<(), StoreError> {
        self.requests.lock().unwrap_or_else(PoisonError::into_inner).push(ids.to_vec());
        if self.offline.load(Ordering::Relaxed) {
            let (remote, source) = ("origin".to_owned(), "the network is down".into());
            return Err(StoreError::NotFetched { remote, source });
        }
        for id in ids {
            match self.blobs.read(*id) {
                Err(StoreError::Missing { .. }) => {}
                bytes => _ = into.write(*id, &bytes?)?,
            }
        }
        Ok(())
    }

    fn promises(&self, id: BlobId) -> Result<bool, StoreError> {
        self.blobs.contains(id)
    }
}
