//! The right to make a repository in a directory, and the traces of it.

use std::fs;
use std::path::Path;
use std::time::Duration;

use crate::base::Progress;
use crate::base::fs::{IoContext, create_dirs, remove_file_if_exists};
use crate::base::lock::{FileLock, LockError, LockKind};
use crate::ops::OpsError;
use crate::repo::{Layout, OpenOptions, Repo, RepoError};
use crate::workspace::checkout::Direction;
use crate::workspace::{Workspace, remove_all};

/// The right to make a repository in a directory, and the traces of it.
#[derive(Debug)]
pub struct Claim {
    pub layout: Layout,
    made_root: bool,
    _lock: FileLock,
}

impl Claim {
    /// Takes a directory that is new, empty, or holds half of a clone, which is swept away.
    pub fn stake(root: &Path, progress: &dyn Progress) -> Result<Self, OpsError> {
        let made_root = !root.exists();
        create_dirs(root)?;
        let layout = Layout::at(root.canonicalize().context("open", root)?);
        let half_cloned = layout.clone_lock().exists() && !layout.format().exists();
        let mut children = fs::read_dir(layout.root()).context("read", root)?;
        if !half_cloned && children.next().is_some() {
            return Err(OpsError::NotEmpty { path: root.to_owned() });
        }
        create_dirs(&layout.dot_dir())?;
        let lock = FileLock::acquire(&layout.clone_lock(), LockKind::Exclusive, Duration::ZERO);
        let lock = lock.map_err(|error| match error {
            LockError::Held { .. } => OpsError::CloneUnderWay { path: root.to_owned() },
            error @ LockError::Path(_) => RepoError::from(error).into(),
        })?;
        // Another clone may have been faster.
        if layout.format().exists() {
            return Err(OpsError::NotEmpty { path: root.to_owned() });
        }
        let claim = Self { layout, made_root, _lock: lock };
        if half_cloned {
            claim.sweep(progress)?;
        }
        Ok(claim)
    }

    /// Removes what an interrupted clone left behind; files of the user stay.
    fn sweep(&self, progress: &dyn Progress) -> Result<(), OpsError> {
        progress.notice("a clone that was interrupted here is begun anew");
        // Where its database is damaged too, there is only the directory to be removed.
        if let Ok(repo) = Repo::open_unsealed(self.layout.clone(), OpenOptions::default()) {
            let dot_dir = self.layout.dot_dir();
            let workspace = Workspace::open(self.layout.root(), &dot_dir, repo.objects().clone())?;
            if let Ok(Some(checkout)) = workspace.interrupted_checkout() {
                checkout.resolve(Direction::Back, progress)?;
            }
        }
        self.clear()
    }

    /// Empties `.mlv/`, save for the lock, and for the data, which has proven to be what it is.
    fn clear(&self) -> Result<(), OpsError> {
        let dot_dir = self.layout.dot_dir();
        let kept = [self.layout.clone_lock(), self.layout.store()];
        for entry in fs::read_dir(&dot_dir).context("read", &dot_dir)? {
            let path = entry.context("read", &dot_dir)?.path();
            if !kept.contains(&path) {
                remove_all(&path)?;
            }
        }
        Ok(())
    }

    /// Tells whether data has come that another attempt need not bring again.
    fn has_data(&self) -> bool {
        let packs = fs::read_dir(self.layout.store().join("packs"));
        packs.is_ok_and(|mut packs| packs.next().is_some())
    }

    /// Makes it a repository.
    pub fn finish(self) -> Result<(), OpsError> {
        self.layout.seal()?;
        Ok(remove_file_if_exists(&self.layout.clone_lock())?)
    }

    /// Removes what was made, unless data has come that the next clone need not bring again. Where
    /// that fails, the next clone does it.
    pub fn give_up(self) {
        if self.has_data() {
            return;
        }
        if self.clear().is_ok() && remove_all(&self.layout.dot_dir()).is_ok() && self.made_root {
            // Fails where the user has put something there meanwhile.
            let _ = fs::remove_dir(self.layout.root());
        }
    }
}
