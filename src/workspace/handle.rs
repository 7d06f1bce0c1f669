//! The working copy, opened: the directory, the objects and the stat cache, as one value.

use std::path::{Path, PathBuf};

use crate::base::fs::{PathError, create_dirs};
use crate::object::ObjectDb;
use crate::workspace::cache::StatCache;
use crate::workspace::disk::{Disk, present};

/// A working copy. What its branch and staged tree are, it is told.
#[derive(Debug)]
pub struct Workspace {
    pub(super) disk: Disk,
    pub(super) dot_dir: PathBuf,
    pub(super) objects: ObjectDb,
    pub(super) cache: StatCache,
}

impl Workspace {
    /// Opens the working copy at `root`, whose repository lies in `dot_dir`.
    pub fn open(root: &Path, dot_dir: &Path, objects: ObjectDb) -> Result<Self, PathError> {
        create_dirs(&dot_dir.join("tmp"))?;
        Ok(Self {
            disk: Disk::open(root)?,
            dot_dir: dot_dir.to_owned(),
            objects,
            cache: StatCache::open(&dot_dir.join("stat.db")),
        })
    }

    /// Returns where the files lie.
    pub fn root(&self) -> &Path {
        self.disk.path()
    }

    /// Returns where half-written things and sandboxes lie.
    pub fn temporary_dir(&self) -> PathBuf {
        self.dot_dir.join("tmp")
    }

    /// Returns the present as the file system tells it, or the distant past where it does not: then
    /// no file is believed unread.
    pub(super) fn present(&self) -> i64 {
        present(&self.temporary_dir()).unwrap_or(i64::MIN)
    }
}
