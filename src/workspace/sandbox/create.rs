//! What a sandbox holds, and making one.

use std::path::{Path, PathBuf};
use std::sync::atomic::AtomicBool;

use crate::base::fs::{IoContext, PathError};
use crate::base::progress::Unit;
use crate::base::{Progress, RepoPath, TreeId};
use crate::object::Entry;
use crate::workspace::disk::{Disk, Stat, remove_all};
use crate::workspace::error::WorkspaceError;
use crate::workspace::handle::Workspace;
use crate::workspace::sandbox::lay::Layer;

/// A file from elsewhere, as code that Git tracks.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OverlayFile {
    pub path: RepoPath,
    /// Where it is copied from.
    pub source: PathBuf,
}

/// What a sandbox holds.
pub struct SandboxOptions<'a> {
    /// Where in the tree to look for what is wanted: nothing else of it is read.
    pub below: &'a [RepoPath],
    /// Which paths of the tree are laid out.
    pub wanted: &'a (dyn Fn(&RepoPath) -> bool + Sync),
    /// Files laid out as well; where the tree has the path too, the tree wins.
    pub overlay: &'a [OverlayFile],
}

impl std::fmt::Debug for SandboxOptions<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("SandboxOptions").field("overlay", &self.overlay).finish_non_exhaustive()
    }
}

/// A file as it was laid out.
#[derive(Debug, Clone)]
pub(super) struct Laid {
    pub path: RepoPath,
    pub stat: Stat,
    /// What the tree holds there; nothing for a file of the overlay.
    pub entry: Option<Entry>,
}

/// A directory with a tree laid out; it goes when the value does.
#[derive(Debug)]
pub struct Sandbox {
    path: PathBuf,
    pub(super) disk: Disk,
    /// In the order of paths.
    pub(super) laid: Vec<Laid>,
}

impl Sandbox {
    /// Returns where the files lie.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// Tells whether the directory is still where it was made.
    pub(super) fn is_in_place(&self) -> bool {
        use std::os::unix::fs::MetadataExt;
        let found = std::fs::symlink_metadata(&self.path);
        let made = rustix::fs::fstat(&self.disk).map(Stat::from);
        matches!((found, made), (Ok(found), Ok(made)) if found.ino() == made.inode)
    }

    /// Removes the directory with all that is in it.
    pub fn remove(self) -> Result<(), PathError> {
        remove_all(&self.path)
    }
}

impl Drop for Sandbox {
    fn drop(&mut self) {
        // A sandbox that cannot be removed is removed with the next `tmp/` cleaning.
        let _ = remove_all(&self.path);
    }
}

impl Workspace {
    /// Lays out a tree in a fresh directory.
    pub fn create_sandbox(
        &self,
        tree: TreeId,
        options: &SandboxOptions<'_>,
        progress: &dyn Progress,
    ) -> Result<Sandbox, WorkspaceError> {
        let parent = self.temporary_dir();
        let dir = tempfile::Builder::new().prefix("sandbox-").tempdir_in(&parent);
        let path = dir.context("create a directory in", &parent)?.keep();
        let mut sandbox = Sandbox { disk: Disk::open(&path)?, path, laid: Vec::new() };
        let files = self.found(tree, options.below, options.wanted)?;
        progress.phase("preparing the sandbox", Some(files.len() as u64), Unit::Files);
        self.objects.prefetch(files.iter().map(|(path, entry)| (path, entry)))?;
        let layer = Layer {
            workspace: self,
            disk: &sandbox.disk,
            present: self.present(),
            clones: AtomicBool::new(true),
        };
        let mut laid = layer.lay(files, progress)?;
        laid.extend(layer.overlay(options.overlay)?);
        laid.sort_by(|a, b| a.path.cmp(&b.path));
        sandbox.laid = laid;
        Ok(sandbox)
    }

    fn found(
        &self,
        tree: TreeId,
        below: &[RepoPath],
        wanted: &(dyn Fn(&RepoPath) -> bool + Sync),
    ) -> Result<Vec<(RepoPath, Entry)>, WorkspaceError> {
        let mut files = Vec::new();
        for place in below {
            for row in self.objects.walk_tree(tree, place) {
                let (path, entry) = row?;
                if wanted(&path) {
                    files.push((path, entry));
                }
            }
        }
        Ok(files)
    }
}
