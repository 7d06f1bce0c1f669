//! Where the packs of an index lie.

use std::collections::BTreeSet;
use std::io::ErrorKind;
use std::path::PathBuf;
use std::time::SystemTime;

use crate::base::fs::PathError;
use crate::store::StoreError;
use crate::store::layout::{Layout, packs_in};
use crate::store::pack::{self, BlobEntry, FooterError, PackName};

/// A set of packs, which others may add to and take from.
pub trait PackSource: Send + Sync + std::fmt::Debug {
    /// Returns the packs that there are now.
    fn packs(&self) -> Result<BTreeSet<PackName>, StoreError>;

    /// Returns what a pack holds; nothing where it is gone.
    fn entries(&self, name: PackName) -> Result<Option<Vec<BlobEntry>>, StoreError>;

    /// Returns when the set last changed, one time for each part of it.
    fn times(&self) -> Vec<SystemTime>;
}

/// The packs of a store on this machine.
impl PackSource for Layout {
    fn packs(&self) -> Result<BTreeSet<PackName>, StoreError> {
        let mut found = BTreeSet::new();
        for dir in self.pack_dirs()? {
            found.extend(packs_in(&dir)?);
        }
        Ok(found)
    }

    /// Reads the footer or, where that is damaged, the headers.
    fn entries(&self, name: PackName) -> Result<Option<Vec<BlobEntry>>, StoreError> {
        let (file, path) = match self.open_pack(name) {
            Err(error) if error.kind() == ErrorKind::NotFound => return Ok(None),
            opened => opened?,
        };
        match pack::read_footer(&file) {
            Ok((entries, _)) => Ok(Some(entries)),
            Err(FooterError::Damaged(_)) => match pack::scan(&file) {
                Ok(entries) => Ok(Some(entries)),
                Err(error) => Err(PathError::new("read", path, error).into()),
            },
            Err(FooterError::Io(error)) => Err(PathError::new("read", path, error).into()),
        }
    }

    fn times(&self) -> Vec<SystemTime> {
        let dirs = [Some(Layout::packs(self)), Some(self.fresh_root()), self.fresh()];
        let modified = |dir: PathBuf| dir.metadata().and_then(|data| data.modified()).ok();
        dirs.into_iter()
            .flatten()
            .map(|dir| modified(dir).unwrap_or(SystemTime::UNIX_EPOCH))
            .collect()
    }
}
