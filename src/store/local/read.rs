//! Reading: find the blob, read it, verify it; where it is damaged, try another copy.

use crate::store::index::Location;
use crate::store::pack::{self, BlobError};
use crate::store::{BlobId, BlobKind, LocalStore, StoreError};

impl LocalStore {
    pub(super) fn has(&self, id: BlobId) -> Result<bool, StoreError> {
        if self.writing.holds(id) || self.index.find(id)?.is_some() {
            return Ok(true);
        }
        self.index.refresh()?;
        Ok(self.index.find(id)?.is_some())
    }

    pub(super) fn read_verified(&self, id: BlobId) -> Result<Vec<u8>, StoreError> {
        if let Some((file, entry)) = self.writing.pending(id)? {
            return pack::read_blob(file.settled(), &entry)
                .map_err(|error| damaged(id, None, &error));
        }
        let mut location = self.index.find(id)?;
        if location.is_none() {
            self.index.refresh()?;
            location = self.index.find(id)?;
        }
        self.read_at(&location.ok_or(StoreError::Missing { id })?)
    }

    fn read_at(&self, location: &Location) -> Result<Vec<u8>, StoreError> {
        let handle = self.handles.get(&self.layout, location.pack)?;
        pack::read_blob(&handle.file, &location.entry)
            .map_err(|error| damaged(location.entry.id, Some(&handle.path), &error))
    }

    pub(super) fn find_prefix(
        &self,
        kind: BlobKind,
        prefix: &str,
        limit: usize,
    ) -> Result<Vec<BlobId>, StoreError> {
        self.index.refresh()?;
        let mut found = self.writing.pending_ids();
        self.index.each(&mut |location| found.push(location.entry.id))?;
        found.retain(|id| id.kind == kind && id.hash.to_hex().starts_with(prefix));
        found.sort_unstable();
        found.dedup();
        found.truncate(limit);
        Ok(found)
    }
}

fn damaged(id: BlobId, pack: Option<&std::path::PathBuf>, error: &BlobError) -> StoreError {
    StoreError::Damaged { id, pack: pack.cloned(), reason: error.to_string() }
}
