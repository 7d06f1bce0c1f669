//! Which blob lies in which pack of a remote: the footers of its packs, kept on this machine. All
//! of it may be deleted at any time, and is fetched again.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use futures_util::{StreamExt as _, TryStreamExt as _, stream};

use crate::remote::log::PackMeta;
use crate::remote::transfer::footer::fetch_footer;
use crate::remote::transfer::upload::Notes;
use crate::remote::{Backend, RemoteError};
use crate::store::{BlobId, Location, PackName, ToldIndex};

/// How many footers are fetched at a time.
const JOBS: usize = 16;

/// The index of the packs of a remote.
#[derive(Debug)]
pub struct RemoteIndex {
    told: ToldIndex,
    notes: Notes,
}

/// What an update brought.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Learned {
    /// The packs that were not known before.
    pub packs: Vec<PackName>,
    /// How many bytes travelled.
    pub bytes: u64,
}

impl RemoteIndex {
    /// Opens the index in the directory of a remote, `.mlv/remotes/<name>`.
    pub fn open(dir: &Path) -> Result<Self, RemoteError> {
        let told = ToldIndex::open(&dir.join("index"))?;
        Ok(Self { told, notes: Notes::new(dir.join("uploads")) })
    }

    /// Takes these for the packs of the remote: fetches the footers of those that
    /// are new, and forgets those that are gone.
    pub async fn update(
        &self,
        backend: &Backend,
        packs: &BTreeMap<PackName, PackMeta>,
    ) -> Result<Learned, RemoteError> {
        let names: BTreeSet<PackName> = packs.keys().copied().collect();
        let new = self.told.set_packs(&names)?;
        let mut learned = Learned { packs: new.clone(), bytes: 0 };
        let fetches = new.into_iter().map(async |name| {
            if let Some(entries) = self.notes.entries(name) {
                return Ok((name, entries, 0));
            }
            let (entries, bytes) = fetch_footer(backend, name, packs[&name].len).await?;
            Ok::<_, RemoteError>((name, entries, bytes))
        });
        let mut footers = stream::iter(fetches).buffer_unordered(JOBS);
        while let Some((name, entries, bytes)) = footers.try_next().await? {
            self.told.add(name, &entries)?;
            learned.bytes += bytes;
        }
        self.told.save()?;
        self.notes.strike(|name| names.contains(&name))?;
        Ok(learned)
    }

    /// Takes these for the packs of the remote, and asks nobody for the footers of those that are new.
    pub fn recall(&self, packs: &BTreeMap<PackName, PackMeta>) -> Result<(), RemoteError> {
        self.told.set_packs(&packs.keys().copied().collect())?;
        Ok(())
    }

    /// Returns where a blob lies at the remote.
    pub fn find(&self, id: BlobId) -> Result<Option<Location>, RemoteError> {
        Ok(self.told.find(id)?)
    }

    /// Returns every place where a blob lies at the remote.
    pub fn find_all(&self, id: BlobId) -> Result<Vec<Location>, RemoteError> {
        Ok(self.told.find_all(id)?)
    }

    /// Tells whether a pack of the remote has a blob.
    pub fn contains(&self, id: BlobId) -> Result<bool, RemoteError> {
        Ok(self.find(id)?.is_some())
    }

    /// Calls `visit` for every blob of every pack, once for each pack that has it.
    pub fn each(&self, visit: &mut dyn FnMut(Location)) -> Result<(), RemoteError> {
        Ok(self.told.each(visit)?)
    }

    pub(super) fn notes(&self) -> &Notes {
        &self.notes
    }
}
