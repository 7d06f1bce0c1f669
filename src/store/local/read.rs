//! Reading: find the blob, read it, verify it; where it is damaged or its pack has moved, try
//! another copy.

use std::collections::BTreeSet;
use std::io::ErrorKind;

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

    /// Returns those of the blobs that are not stored, each once.
    pub(in crate::store) fn lacking(&self, ids: &[BlobId]) -> Result<Vec<BlobId>, StoreError> {
        let mut lacking = BTreeSet::new();
        for id in ids {
            if !self.writing.holds(*id) && self.index.find(*id)?.is_none() {
                lacking.insert(*id);
            }
        }
        if !lacking.is_empty() {
            self.index.refresh()?;
        }
        let still = |id: &BlobId| self.index.find(*id).map(|place| place.is_none().then_some(*id));
        lacking.iter().filter_map(|id| still(id).transpose()).collect()
    }

    pub(super) fn read_verified(&self, id: BlobId) -> Result<Vec<u8>, StoreError> {
        if let Some((file, entry)) = self.writing.pending(id)? {
            return pack::read_blob(file.settled(), &entry)
                .map_err(|error| damaged(id, None, &error));
        }
        let place = self.sound_place(id)?.map_or_else(|| self.index.find(id), |it| Ok(Some(it)))?;
        let first = match place {
            Some(place) => self.read_at(&place).inspect_err(|error| {
                if matches!(error, StoreError::Damaged { .. }) {
                    self.damage.note(&place);
                }
            }),
            None => Err(StoreError::Missing { id }),
        };
        first.or_else(|error| self.read_elsewhere(id, error))
    }

    pub(super) fn read_verified_into(
        &self,
        id: BlobId,
        out: &mut [u8],
    ) -> Result<usize, StoreError> {
        if !self.writing.holds(id)
            && let Some(place) = self.index.find(id)?
            && place.entry.plain as usize == out.len()
            && let Ok(handle) = self.handles.get(&self.layout, place.pack)
            && pack::read_blob_into(&handle.file, &place.entry, out).is_ok()
        {
            return Ok(out.len());
        }
        // It is not where it should be, or not what it should be: the long way knows what to do.
        let bytes = self.read_verified(id)?;
        if let Some(room) = out.get_mut(..bytes.len()) {
            room.copy_from_slice(&bytes);
        }
        Ok(bytes.len())
    }

    /// Looks again at what packs there are, and tries every copy; returns `error` where none helps.
    fn read_elsewhere(&self, id: BlobId, error: StoreError) -> Result<Vec<u8>, StoreError> {
        if let StoreError::Path(path_error) = &error
            && path_error.kind() != ErrorKind::NotFound
        {
            return Err(error);
        }
        self.index.relist()?;
        let places = self.index.find_all(id)?;
        places.iter().find_map(|place| self.read_at(place).ok()).ok_or(error)
    }

    pub(in crate::store) fn read_at(&self, place: &Location) -> Result<Vec<u8>, StoreError> {
        let handle = self.handles.get(&self.layout, place.pack)?;
        pack::read_blob(&handle.file, &place.entry)
            .map_err(|error| damaged(place.entry.id, Some(&handle.path), &error))
    }

    pub(super) fn find_prefix(
        &self,
        kind: BlobKind,
        prefix: &str,
        limit: usize,
    ) -> Result<Vec<BlobId>, StoreError> {
        self.index.refresh()?;
        let mut found = self.writing.pending_ids();
        found.retain(|id| id.kind == kind && id.hash.to_hex().starts_with(prefix));
        found.extend(self.index.find_prefix(kind, prefix, limit)?);
        found.sort_unstable();
        found.dedup();
        found.truncate(limit);
        Ok(found)
    }
}

fn damaged(id: BlobId, pack: Option<&std::path::PathBuf>, error: &BlobError) -> StoreError {
    StoreError::Damaged { id, pack: pack.cloned(), reason: error.to_string() }
}
