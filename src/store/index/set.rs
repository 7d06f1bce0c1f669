//! All packs of a store and what they hold, whoever wrote them.

use std::collections::{BTreeMap, HashMap};
use std::sync::{PoisonError, RwLock, RwLockReadGuard, RwLockWriteGuard};

use crate::base::fs::PathError;
use crate::store::layout::{Layout, packs_in};
use crate::store::pack::{self, BlobEntry, FooterError, PackName};
use crate::store::{BlobId, StoreError};

/// Where a blob lies.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Location {
    pub pack: PackName,
    pub entry: BlobEntry,
}

/// The index of a store.
#[derive(Debug)]
pub struct Index {
    layout: Layout,
    state: RwLock<State>,
}

#[derive(Debug, Default)]
struct State {
    /// Every pack there is, and whether its entries are in `recent`.
    packs: BTreeMap<PackName, bool>,
    recent: HashMap<BlobId, Location>,
}

impl Index {
    /// Returns the index of the packs that are there now; reads no footer yet.
    pub fn open(layout: &Layout) -> Result<Self, StoreError> {
        let index = Self { layout: layout.clone(), state: RwLock::default() };
        index.refresh()?;
        Ok(index)
    }

    fn state(&self) -> RwLockReadGuard<'_, State> {
        self.state.read().unwrap_or_else(PoisonError::into_inner)
    }

    fn state_mut(&self) -> RwLockWriteGuard<'_, State> {
        self.state.write().unwrap_or_else(PoisonError::into_inner)
    }

    /// Takes note of packs that came or went.
    pub fn refresh(&self) -> Result<(), StoreError> {
        let mut found = Vec::new();
        for dir in self.layout.pack_dirs()? {
            found.extend(packs_in(&dir)?.into_iter().map(|(name, _)| name));
        }
        let mut state = self.state_mut();
        for name in found {
            if !state.packs.contains_key(&name) {
                let entries = read_entries(&self.layout, name)?;
                state.add(name, &entries);
            }
        }
        Ok(())
    }

    /// Takes note of a pack that was just sealed.
    pub fn add(&self, name: PackName, entries: &[BlobEntry]) {
        self.state_mut().add(name, entries);
    }

    /// Returns where a blob lies, as far as this process knows.
    pub fn find(&self, id: BlobId) -> Result<Option<Location>, StoreError> {
        Ok(self.state().recent.get(&id).copied())
    }

    /// Calls `visit` for every blob of every pack.
    pub fn each(&self, visit: &mut dyn FnMut(Location)) -> Result<(), StoreError> {
        self.state().recent.values().for_each(|location| visit(*location));
        Ok(())
    }
}

impl State {
    fn add(&mut self, name: PackName, entries: &[BlobEntry]) {
        self.packs.insert(name, true);
        for entry in entries {
            self.recent.entry(entry.id).or_insert(Location { pack: name, entry: *entry });
        }
    }
}

/// Returns the entries of a pack, from its footer or, where that is damaged, from its headers.
fn read_entries(layout: &Layout, name: PackName) -> Result<Vec<BlobEntry>, PathError> {
    let (file, path) = layout.open_pack(name)?;
    match pack::read_footer(&file) {
        Ok((entries, _)) => Ok(entries),
        Err(FooterError::Damaged(_)) => {
            pack::scan(&file).map_err(|error| PathError::new("read", path, error))
        }
        Err(FooterError::Io(error)) => Err(PathError::new("read", path, error)),
    }
}
