//! A remote as the place where blobs come from that are missing here.

use std::collections::BTreeMap;
use std::path::Path;
use std::sync::Arc;

use crate::base::Progress;
use crate::remote::{Backend, Download, Downloaded, RemoteError, RemoteIndex, wait};
use crate::store::{BlobId, LocalStore, PackName};

/// The blobs of a remote as of one moment.
#[derive(Debug)]
pub struct RemoteStore {
    backend: Backend,
    index: RemoteIndex,
    packs: BTreeMap<PackName, u64>,
    jobs: usize,
}

impl RemoteStore {
    /// Opens a remote whose packs are these, with the index in the directory that is kept for it.
    pub fn open(
        backend: Backend,
        dir: &Path,
        packs: BTreeMap<PackName, u64>,
        jobs: usize,
    ) -> Result<Self, RemoteError> {
        let index = RemoteIndex::open(dir)?;
        wait(index.update(&backend, &packs))?;
        Ok(Self { backend, index, packs, jobs })
    }

    /// Tells whether the remote has a blob.
    pub fn contains(&self, id: BlobId) -> Result<bool, RemoteError> {
        self.index.contains(id)
    }

    /// Brings those of some blobs that a store has not; one that the remote has not is an error.
    pub fn fetch(
        &self,
        ids: &[BlobId],
        into: &Arc<LocalStore>,
        progress: &dyn Progress,
    ) -> Result<Downloaded, RemoteError> {
        let Self { backend, index, packs, jobs } = self;
        let download = Download { backend, store: into, index, packs, jobs: *jobs, progress };
        wait(download.fetch(ids.iter().copied()))
    }
}
