//! A remote as the place where blobs come from that are missing here.

use std::collections::BTreeMap;
use std::path::Path;
use std::sync::Arc;

use crate::base::{NoProgress, Progress};
use crate::remote::log::PackMeta;
use crate::remote::{Backend, Download, Downloaded, RemoteError, RemoteIndex, wait};
use crate::store::{BlobId, LocalStore, PackName, Source, StoreError};

/// The blobs of a remote as of one moment.
#[derive(Debug)]
pub struct RemoteStore {
    backend: Backend,
    index: RemoteIndex,
    packs: BTreeMap<PackName, PackMeta>,
    jobs: usize,
}

impl RemoteStore {
    /// Opens a remote whose packs are these, with the index in the directory that is kept for it.
    pub fn open(
        backend: Backend,
        dir: &Path,
        packs: BTreeMap<PackName, PackMeta>,
        jobs: usize,
    ) -> Result<Self, RemoteError> {
        let index = RemoteIndex::open(dir)?;
        wait(index.update(&backend, &packs))?;
        Ok(Self { backend, index, packs, jobs })
    }

    /// Brings those of some blobs that a store has not; one that the remote has not is an error.
    pub fn bring(
        &self,
        ids: &[BlobId],
        into: &Arc<LocalStore>,
        progress: &dyn Progress,
    ) -> Result<Downloaded, RemoteError> {
        let Self { backend, index, packs, jobs } = self;
        let download = Download { backend, store: into, index, packs, jobs: *jobs, progress };
        wait(download.fetch(ids.iter().copied()))
    }

    fn failed(&self, error: RemoteError) -> StoreError {
        match error {
            RemoteError::Store(error) => error,
            RemoteError::Interrupted(stopped) => stopped.into(),
            error => {
                let remote = self.backend.url().to_string();
                StoreError::NotFetched { remote, source: Box::new(error) }
            }
        }
    }
}

impl Source for RemoteStore {
    fn fetch(&self, ids: &[BlobId], into: &Arc<LocalStore>) -> Result<(), StoreError> {
        let mut there = Vec::new();
        for id in ids {
            if self.promises(*id)? {
                there.push(*id);
            }
        }
        let brought = self.bring(&there, into, &NoProgress);
        brought.map(|_| ()).map_err(|error| self.failed(error))
    }

    fn promises(&self, id: BlobId) -> Result<bool, StoreError> {
        self.index.contains(id).map_err(|error| self.failed(error))
    }
}
