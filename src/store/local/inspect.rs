//! What is in the store, and whether it is sound: for `fsck`, `gc` and `du`.

use std::collections::BTreeSet;
use std::io::ErrorKind;
use std::path::PathBuf;

use crate::base::fs::IoContext;
use crate::base::{Progress, interrupt};
use crate::store::layout::packs_in;
use crate::store::pack::PackName;
use crate::store::verify::{Damage, verify_pack_file};
use crate::store::{BlobId, BlobKind, LocalStore, StoreError};

/// A pack file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PackInfo {
    pub name: PackName,
    pub path: PathBuf,
    pub len: u64,
}

/// What a store holds. A blob that two packs have counts twice.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Usage {
    pub packs: u64,
    pub blobs: u64,
    /// The bytes of the pack files.
    pub stored: u64,
    /// The bytes of the blobs before compression.
    pub plain: u64,
}

impl LocalStore {
    /// Returns the sealed packs, sorted by name.
    pub fn packs(&self) -> Result<Vec<PackInfo>, StoreError> {
        let mut names = BTreeSet::new();
        for dir in self.layout.pack_dirs()? {
            names.extend(packs_in(&dir)?);
        }
        let mut packs = Vec::new();
        for name in names {
            match self.layout.find_pack(name) {
                Ok((path, len)) => packs.push(PackInfo { name, path, len }),
                // A garbage collection has just removed it.
                Err(error) if error.kind() == ErrorKind::NotFound => {}
                Err(error) => return Err(error.into()),
            }
        }
        Ok(packs)
    }

    /// Reads a pack whole and calls `found` for each thing wrong with it.
    pub fn verify_pack(
        &self,
        pack: &PackInfo,
        progress: &dyn Progress,
        found: &mut dyn FnMut(Damage),
    ) -> Result<(), StoreError> {
        interrupt::check()?;
        let (file, path) = self.layout.open_pack(pack.name)?;
        let mut advance = |bytes| progress.advance(bytes);
        verify_pack_file(&file, pack.name, &mut advance, found).context("read", path)?;
        Ok(())
    }

    /// Reads the index whole; damaged parts are dropped, which costs nothing but time, as they are
    /// made anew from the packs. Returns how many there were.
    pub fn verify_index(&self) -> Result<usize, StoreError> {
        self.index.verify_segments()
    }

    /// Calls `visit` for every sealed blob of a kind, once for each pack that has it. `visit` must
    /// not ask the store.
    pub fn each_blob(
        &self,
        kind: BlobKind,
        visit: &mut dyn FnMut(BlobId),
    ) -> Result<(), StoreError> {
        self.index.refresh()?;
        self.index.each(&mut |place| {
            if place.entry.id.kind == kind {
                visit(place.entry.id);
            }
        })
    }

    /// Returns the sealed blobs of a kind, sorted.
    pub fn blobs(&self, kind: BlobKind) -> Result<Vec<BlobId>, StoreError> {
        let mut ids = Vec::new();
        self.each_blob(kind, &mut |id| ids.push(id))?;
        ids.sort_unstable();
        ids.dedup();
        Ok(ids)
    }

    /// Returns what the sealed packs hold.
    pub fn usage(&self) -> Result<Usage, StoreError> {
        let packs = self.packs()?;
        let stored = packs.iter().map(|pack| pack.len).sum();
        let mut usage = Usage { packs: packs.len() as u64, stored, ..Usage::default() };
        self.index.refresh()?;
        self.index.each(&mut |place| {
            usage.blobs += 1;
            usage.plain += u64::from(place.entry.plain);
        })?;
        Ok(usage)
    }
}
