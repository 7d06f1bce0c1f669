//! What a sandbox holds, and making one.

use std::collections::BTreeMap;
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
    /// Files of another tree that take the place of this one's.
    pub pinned: Option<Pinned<'a>>,
    /// Files laid out as well; where the tree has the path too, the tree wins.
    pub overlay: &'a [OverlayFile],
}

/// Paths that come from another tree, or are absent where that has none.
#[derive(Clone, Copy)]
pub struct Pinned<'a> {
    pub tree: TreeId,
    pub below: &'a [RepoPath],
    pub is_pinned: &'a (dyn Fn(&RepoPath) -> bool + Sync),
}

impl std::fmt::Debug for Pinned<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Pinned").field("tree", &self.tree).finish_non_exhaustive()
    }
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
        let files = self.files_of(tree, options)?;
        progress.phase("preparing the sandbox", Some(files.len() as u64), Unit::Files);
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

    /// Returns the files to lay out, in the order of paths.
    fn files_of(
        &self,
        tree: TreeId,
        options: &SandboxOptions<'_>,
    ) -> Result<Vec<(RepoPath, Entry)>, WorkspaceError> {
        let Some(Pinned { tree: other, below, is_pinned }) = options.pinned else {
            return self.found(tree, options.below, options.wanted);
        };
        let pinned: BTreeMap<RepoPath, Entry> =
            self.found(other, below, is_pinned)?.into_iter().collect();
        let free = |path: &RepoPath| (options.wanted)(path) && !is_pinned(path);
        let mut files = self.found(tree, options.below, &free)?;
        files.retain(|(path, _)| !is_in_the_way(path, &pinned));
        files.extend(pinned);
        files.sort_unstable_by(|a, b| a.0.cmp(&b.0));
        Ok(files)
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

/// Tells whether a file lies where a pinned one needs a directory, or below one that is pinned.
fn is_in_the_way(path: &RepoPath, pinned: &BTreeMap<RepoPath, Entry>) -> bool {
    let mut next = pinned.range(path..);
    let needs_directory = next.next().is_some_and(|(other, _)| other.starts_with(path));
    let mut above = path.parent();
    let below_pinned = std::iter::from_fn(|| {
        let dir = above.take()?;
        above = dir.parent();
        Some(dir)
    });
    needs_directory || below_pinned.into_iter().any(|dir| pinned.contains_key(&dir))
}
