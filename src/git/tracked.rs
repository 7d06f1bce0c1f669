//! The files below our root that Git tracks, as its index lists them.

use std::path::PathBuf;

use gix::index::entry::Mode;

use crate::base::RepoPath;
use crate::git::{Enclosing, GitError};

/// What Git tracks below our root, at the moment of asking.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct TrackedPaths {
    /// Sorted, each once, relative to our root.
    files: Vec<RepoPath>,
    /// The submodules, whose content is Git's as well.
    submodules: Vec<RepoPath>,
}

impl TrackedPaths {
    /// Tells whether Git tracks this file, or a submodule that holds it.
    pub fn contains(&self, path: &RepoPath) -> bool {
        self.files.binary_search(path).is_ok()
            || self.submodules.iter().any(|submodule| path.starts_with(submodule))
    }

    /// Tells whether Git tracks anything at or below this directory.
    pub fn any_below(&self, dir: &RepoPath) -> bool {
        any_below(&self.files, dir) || any_below(&self.submodules, dir)
    }

    /// Returns the tracked files in order.
    pub fn files(&self) -> &[RepoPath] {
        &self.files
    }

    /// Returns the places of submodules in order.
    pub fn submodules(&self) -> &[RepoPath] {
        &self.submodules
    }
}

/// Tells whether a sorted list has a path at or below `dir`.
pub(super) fn any_below(sorted: &[RepoPath], dir: &RepoPath) -> bool {
    let first = sorted.partition_point(|path| path < dir);
    sorted.get(first).is_some_and(|path| path.starts_with(dir))
}

impl Enclosing {
    /// Returns what Git's index lists below our root.
    pub fn tracked(&self) -> Result<TrackedPaths, GitError> {
        let index = self.repository()?.index_or_empty();
        let index = index
            .map_err(|source| GitError::Index { work_tree: self.work_tree().into(), source })?;
        let mut tracked = TrackedPaths::default();
        for entry in index.entries() {
            let path = RepoPath::from_bytes(entry.path(&index).to_vec()).ok();
            let Some(path) = path.and_then(|path| path.strip_prefix(self.prefix())) else {
                continue;
            };
            match entry.mode {
                Mode::COMMIT => tracked.submodules.push(path),
                Mode::DIR => {}
                _ => tracked.files.push(path),
            }
        }
        for list in [&mut tracked.files, &mut tracked.submodules] {
            list.sort_unstable();
            list.dedup();
        }
        Ok(tracked)
    }

    /// Returns the tracked files as they are in the work tree now, changed or not, with the places
    /// to read them from: what a sandbox needs of the code. Those that are gone, and the content of
    /// submodules, are left out.
    pub fn tracked_files(&self) -> Result<impl Iterator<Item = (RepoPath, PathBuf)>, GitError> {
        let root = self.work_tree().join(self.prefix().as_path());
        let placed = move |path: RepoPath| {
            let place = root.join(path.as_path());
            let is_there = place.symlink_metadata().is_ok_and(|metadata| !metadata.is_dir());
            is_there.then_some((path, place))
        };
        Ok(self.tracked()?.files.into_iter().filter_map(placed))
    }
}
