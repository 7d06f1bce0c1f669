//! The store on disk: packs, found through an index, shared with other processes.

mod adopt;
mod damage;
mod handles;
mod inspect;
mod open;
mod read;
mod receive;
mod send;
mod write;

use std::path::Path;
use std::sync::Mutex;

pub use adopt::Adopted;
pub use damage::LostPlace;
pub use inspect::{PackInfo, Usage};
pub use open::OpenReport;
pub(in crate::store) use open::sweep;
pub use receive::Incoming;
pub use send::SoundPack;

use crate::base::lock::FileLock;
use crate::store::index::Index;
use crate::store::layout::Layout;
use crate::store::{BlobId, BlobKind, ChunkStore, Durability, StoreError};
use damage::KnownDamage;
use handles::Handles;
use write::Writing;

/// A store in a directory.
#[derive(Debug)]
pub struct LocalStore {
    pub(in crate::store) layout: Layout,
    pub(in crate::store) index: Index,
    pub(in crate::store) handles: Handles,
    pub(in crate::store) damage: KnownDamage,
    writing: Writing,
    report: OpenReport,
    /// Held shared: no blob seen here vanishes by garbage collection while this handle lives.
    share: Mutex<Option<FileLock>>,
}

impl LocalStore {
    /// Returns the directory of the store.
    pub fn root(&self) -> &Path {
        self.layout.root()
    }

    /// Returns what opening the store brought to light.
    pub fn report(&self) -> &OpenReport {
        &self.report
    }
}

impl ChunkStore for LocalStore {
    fn contains(&self, id: BlobId) -> Result<bool, StoreError> {
        self.has(id)
    }

    fn read(&self, id: BlobId) -> Result<Vec<u8>, StoreError> {
        self.read_verified(id)
    }

    fn read_into(&self, id: BlobId, out: &mut [u8]) -> Result<usize, StoreError> {
        self.read_verified_into(id, out)
    }

    fn write(&self, id: BlobId, bytes: &[u8]) -> Result<bool, StoreError> {
        self.add(id, bytes)
    }

    fn flush(&self, durability: Durability) -> Result<(), StoreError> {
        self.settle(durability)
    }

    fn find(&self, kind: BlobKind, prefix: &str, limit: usize) -> Result<Vec<BlobId>, StoreError> {
        self.find_prefix(kind, prefix, limit)
    }
}

#[cfg(test)]
mod tests;
