//! The working copy, opened: the directory, the objects and the stat cache, as one value.

use std::path::{Path, PathBuf};
use std::sync::RwLock;

use crate::base::RepoPath;
use crate::base::boot::boot_id;
use crate::base::fs::{PathError, create_dirs};
use crate::object::ObjectDb;
use crate::workspace::cache::StatCache;
use crate::workspace::disk::{Disk, present};
use crate::workspace::sparse::Sparse;

/// A working copy. What its branch and staged tree are, it is told.
#[derive(Debug)]
pub struct Workspace {
    pub(super) disk: Disk,
    pub(super) dot_dir: PathBuf,
    pub(super) objects: ObjectDb,
    pub(super) cache: StatCache,
    /// Names the time since the machine was started, where the system tells.
    pub(super) boot: Option<String>,
    /// Which part of the trees the files hold.
    pub(super) sparse: RwLock<Sparse>,
    torn: Vec<RepoPath>,
}

impl Workspace {
    /// Opens the working copy at `root`, whose repository lies in `dot_dir`.
    pub fn open(root: &Path, dot_dir: &Path, objects: ObjectDb) -> Result<Self, PathError> {
        Self::open_in_boot(root, dot_dir, objects, boot_id())
    }

    pub(super) fn open_in_boot(
        root: &Path,
        dot_dir: &Path,
        objects: ObjectDb,
        boot: Option<String>,
    ) -> Result<Self, PathError> {
        create_dirs(&dot_dir.join("tmp"))?;
        let disk = Disk::open(root)?;
        let cache = StatCache::open(&dot_dir.join("stat.db"));
        let (dot_dir, torn) = (dot_dir.to_owned(), Vec::new());
        let sparse = RwLock::new(Sparse::everything());
        let workspace = Self { disk, dot_dir, objects, cache, boot, sparse, torn };
        let torn = workspace.doubt_earlier_boots();
        Ok(Self { torn, ..workspace })
    }

    /// Returns the files that a power cut has torn, as was just found.
    pub fn torn(&self) -> &[RepoPath] {
        &self.torn
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
