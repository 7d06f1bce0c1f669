//! The index of packs that lie elsewhere: which there are, and what each holds, is told.

use std::collections::BTreeSet;
use std::path::Path;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::SystemTime;

use crate::base::fs::create_dirs;
use crate::store::index::source::PackSource;
use crate::store::index::{Index, Location};
use crate::store::local::sweep;
use crate::store::pack::{BlobEntry, PackName};
use crate::store::{BlobId, StoreError};

/// An index in a directory of its own, which may be deleted at any time.
#[derive(Debug)]
pub struct ToldIndex {
    index: Index,
    packs: Arc<Told>,
}

/// The packs that were told of.
#[derive(Debug, Default)]
struct Told(Mutex<BTreeSet<PackName>>);

impl Told {
    fn names(&self) -> MutexGuard<'_, BTreeSet<PackName>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl PackSource for Arc<Told> {
    fn packs(&self) -> Result<BTreeSet<PackName>, StoreError> {
        Ok(self.names().clone())
    }

    fn entries(&self, name: PackName) -> Result<Option<Vec<BlobEntry>>, StoreError> {
        Err(StoreError::NotIndexed { pack: name })
    }

    fn times(&self) -> Vec<SystemTime> {
        Vec::new()
    }
}

impl ToldIndex {
    /// Opens the index in `dir`, which is made where missing; it knows of no pack yet.
    pub fn open(dir: &Path) -> Result<Self, StoreError> {
        let tmp = dir.join("tmp");
        create_dirs(&tmp)?;
        sweep(&tmp)?;
        let packs = Arc::<Told>::default();
        let index = Index::over(Box::new(packs.clone()), dir.to_owned(), tmp)?;
        Ok(Self { index, packs })
    }

    /// Takes these for the packs that there are, and returns those whose content is not known yet.
    pub fn set_packs(&self, packs: &BTreeSet<PackName>) -> Result<Vec<PackName>, StoreError> {
        self.packs.names().clone_from(packs);
        self.index.relist()?;
        Ok(self.index.pass_over_unread())
    }

    /// Takes note of what a pack holds.
    pub fn add(&self, name: PackName, entries: &[BlobEntry]) -> Result<(), StoreError> {
        self.packs.names().insert(name);
        self.index.add(name, entries);
        self.index.fold_if_due(false)
    }

    /// Writes down what was told since the last time.
    pub fn save(&self) -> Result<(), StoreError> {
        if self.index.has_recent() { self.index.fold(false) } else { Ok(()) }
    }

    /// Returns where a blob lies.
    pub fn find(&self, id: BlobId) -> Result<Option<Location>, StoreError> {
        self.index.find(id)
    }

    /// Returns every place where a blob lies.
    pub fn find_all(&self, id: BlobId) -> Result<Vec<Location>, StoreError> {
        self.index.find_all(id)
    }

    /// Calls `visit` for every blob of every pack, once for each pack that has it.
    pub fn each(&self, visit: &mut dyn FnMut(Location)) -> Result<(), StoreError> {
        self.index.each(visit)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::base::{Hash, PackId};
    use crate::store::compress::Scheme;

    fn pack(number: u64) -> PackName {
        PackName { id: PackId(Hash::of(&number.to_le_bytes())), nonce: number }
    }

    fn entry(number: u64) -> BlobEntry {
        let id = BlobId::chunk(Hash::of(&number.to_le_bytes()));
        BlobEntry { id, scheme: Scheme::RAW, offset: 8, stored: 8, plain: 8 }
    }

    #[test]
    fn what_was_told_is_known_to_the_next_process() {
        let dir = tempfile::tempdir().unwrap();
        let all: BTreeSet<PackName> = (0..40).map(pack).collect();
        let index = ToldIndex::open(dir.path()).unwrap();
        assert_eq!(index.set_packs(&all).unwrap().len(), 40);
        for number in 0..40 {
            index.add(pack(number), &[entry(number)]).unwrap();
        }
        index.save().unwrap();
        let next = ToldIndex::open(dir.path()).unwrap();
        assert_eq!(next.set_packs(&all).unwrap(), []);
        let found = next.find(entry(7).id).unwrap().unwrap();
        assert_eq!((found.pack, found.entry), (pack(7), entry(7)));
    }

    #[test]
    fn a_pack_that_is_gone_is_forgotten_and_one_that_is_new_is_asked_for() {
        let dir = tempfile::tempdir().unwrap();
        let index = ToldIndex::open(dir.path()).unwrap();
        assert_eq!(index.set_packs(&[pack(1), pack(2)].into()).unwrap(), {
            let mut names = vec![pack(1), pack(2)];
            names.sort_unstable();
            names
        });
        index.add(pack(1), &[entry(1)]).unwrap();
        index.add(pack(2), &[entry(2)]).unwrap();
        index.save().unwrap();
        assert_eq!(index.set_packs(&[pack(2), pack(3)].into()).unwrap(), [pack(3)]);
        assert!(index.find(entry(1).id).unwrap().is_none());
        assert!(index.find(entry(2).id).unwrap().is_some());
    }
}
