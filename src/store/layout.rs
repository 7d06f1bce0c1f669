//! Where the store keeps what, below its directory.

use std::fs::{File, ReadDir};
use std::io;
use std::path::{Path, PathBuf};

use crate::base::boot::boot_id;
use crate::base::fs::{IoContext, PathError};
use crate::store::pack::PackName;

/// The directories of a store.
///
/// A pack lies in `fresh/<boot id>/` until its bytes are known to be on the disk and in `packs/`
/// from then on, so the place of a pack says whether it may have suffered from a power cut.
#[derive(Debug, Clone)]
pub struct Layout {
    root: PathBuf,
    boot: Option<String>,
}

impl Layout {
    pub fn new(root: &Path) -> Self {
        Self { root: root.to_owned(), boot: boot_id() }
    }

    #[cfg(test)]
    pub fn with_boot(root: &Path, boot: &str) -> Self {
        Self { root: root.to_owned(), boot: Some(boot.to_owned()) }
    }

    pub fn root(&self) -> &Path {
        &self.root
    }

    /// Returns the directory of packs that survive a power cut.
    pub fn packs(&self) -> PathBuf {
        self.root.join("packs")
    }

    /// Returns the directory that holds a directory of fresh packs for each boot.
    pub fn fresh_root(&self) -> PathBuf {
        self.root.join("fresh")
    }

    /// Returns the directory of packs of this boot whose bytes may not be on the disk; none where
    /// the system does not tell one boot from another, and every pack must be durable at once.
    pub fn fresh(&self) -> Option<PathBuf> {
        self.boot.as_ref().map(|boot| self.fresh_root().join(boot))
    }

    pub fn tmp(&self) -> PathBuf {
        self.root.join("tmp")
    }

    pub fn index(&self) -> PathBuf {
        self.root.join("index")
    }

    /// Returns the directory of packs that are being downloaded.
    pub fn incoming(&self) -> PathBuf {
        self.root.join("incoming")
    }

    /// Returns where damaged packs are set aside.
    pub fn damaged(&self) -> PathBuf {
        self.root.join("damaged")
    }

    /// Returns the list of what is known to be damaged or lost.
    pub fn known_damage(&self) -> PathBuf {
        self.root.join("known-damage")
    }

    pub fn gc_lock(&self) -> PathBuf {
        self.root.join("gc.lock")
    }

    /// Returns the directories a pack may lie in, `packs/` last: a pack moves there and never back,
    /// so that whoever looks in this order cannot miss one that moves meanwhile.
    pub fn pack_dirs(&self) -> Result<Vec<PathBuf>, PathError> {
        let mut dirs = subdirectories(&self.fresh_root())?;
        dirs.push(self.packs());
        Ok(dirs)
    }

    /// Opens a pack, wherever it lies.
    pub fn open_pack(&self, name: PackName) -> Result<(File, PathBuf), PathError> {
        self.first_place(name, "open", |path| File::open(path)).map(|(path, file)| (file, path))
    }

    /// Returns where a pack lies, and its length.
    pub fn find_pack(&self, name: PackName) -> Result<(PathBuf, u64), PathError> {
        self.first_place(name, "look at", |path| path.metadata().map(|data| data.len()))
    }

    /// Tries the places of a pack until one is there.
    fn first_place<T>(
        &self,
        name: PackName,
        action: &'static str,
        attempt: impl Fn(&Path) -> io::Result<T>,
    ) -> Result<(PathBuf, T), PathError> {
        // Most are in `packs/`; the second look there is for one that moved meanwhile.
        let dirs = [self.packs()].into_iter().chain(self.pack_dirs()?);
        for dir in dirs {
            let path = dir.join(name.file_name());
            match attempt(&path) {
                Ok(done) => return Ok((path, done)),
                Err(error) if error.kind() == io::ErrorKind::NotFound => {}
                Err(error) => return Err(PathError::new(action, path, error)),
            }
        }
        let path = self.packs().join(name.file_name());
        Err(PathError::new(action, path, io::ErrorKind::NotFound.into()))
    }
}

/// Returns the names of the packs in a directory, of which there may be very many; nothing where
/// there is no directory.
pub fn packs_in(dir: &Path) -> Result<Vec<PackName>, PathError> {
    let Some(entries) = entries(dir)? else {
        return Ok(Vec::new());
    };
    let mut names = Vec::new();
    for entry in entries {
        let file_name = entry.context("list", dir)?.file_name();
        names.extend(file_name.to_str().and_then(PackName::from_file_name));
    }
    Ok(names)
}

/// Returns what a directory holds; nothing where there is none.
pub fn children(dir: &Path) -> Result<Vec<PathBuf>, PathError> {
    let Some(entries) = entries(dir)? else {
        return Ok(Vec::new());
    };
    entries.map(|entry| entry.map(|entry| entry.path()).context("list", dir)).collect()
}

fn entries(dir: &Path) -> Result<Option<ReadDir>, PathError> {
    match std::fs::read_dir(dir) {
        Ok(entries) => Ok(Some(entries)),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
        Err(error) => Err(PathError::new("list", dir, error)),
    }
}

/// Returns the directories in a directory.
pub fn subdirectories(dir: &Path) -> Result<Vec<PathBuf>, PathError> {
    Ok(children(dir)?.into_iter().filter(|path| path.is_dir()).collect())
}
