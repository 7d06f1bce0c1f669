//! What a sandbox holds, and making one.

use std::collections::HashMap;
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
    /// The facts of the file of the overlay before it was copied, where they prove what was copied.
    pub source: Option<Stat>,
    /// Whether any later write would show in its facts.
    pub is_settled: bool,
}

/// A directory with a tree laid out; it goes when the value does.
#[derive(Debug)]
pub struct Sandbox {
    path: PathBuf,
    pub(super) disk: Disk,
    /// In the order of paths.
    pub(super) laid: Vec<Laid>,
    /// The modes of the directories, as they were made.
    pub(super) modes: HashMap<RepoPath, u32>,
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
        let (disk, laid) = (Disk::open(&path)?, Vec::new());
        let sandbox = Sandbox { disk, path, laid, modes: HashMap::new() };
        let files = self.found(tree, options.below, options.wanted)?;
        self.fill(sandbox, files, options, progress)
    }

    /// Lays out what is not there yet.
    pub(super) fn fill(
        &self,
        mut sandbox: Sandbox,
        mut files: Vec<(RepoPath, Entry)>,
        options: &SandboxOptions<'_>,
        progress: &dyn Progress,
    ) -> Result<Sandbox, WorkspaceError> {
        let mut laid = std::mem::take(&mut sandbox.laid);
        let is_there = |path: &RepoPath| laid.binary_search_by(|laid| laid.path.cmp(path)).is_ok();
        files.retain(|(path, _)| !is_there(path));
        let overlay: Vec<_> = options.overlay.iter().filter(|file| !is_there(&file.path)).collect();
        progress.phase("preparing the sandbox", Some(files.len() as u64), Unit::Files);
        self.objects.prefetch(files.iter().map(|(path, entry)| (path, entry)))?;
        let layer = Layer {
            workspace: self,
            disk: &sandbox.disk,
            present: self.present(),
            clones: AtomicBool::new(true),
        };
        laid.extend(layer.lay(files, progress)?);
        laid.extend(layer.overlay(&overlay)?);
        laid.sort_by(|a, b| a.path.cmp(&b.path));
        sandbox.modes = modes(&sandbox.disk, &laid)?;
        sandbox.laid = laid;
        Ok(sandbox)
    }

    pub(super) fn found(
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

/// Returns the modes of the directories that files were laid out in.
fn modes(disk: &Disk, laid: &[Laid]) -> Result<HashMap<RepoPath, u32>, PathError> {
    let mut cursor = disk.cursor();
    let mut modes = HashMap::new();
    let dirs = laid.iter().map(|laid| laid.path.parent());
    for dir in [Some(RepoPath::root())].into_iter().chain(dirs).flatten() {
        let mut next = Some(dir);
        // Whoever is known has ancestors that are.
        while let Some(dir) = next.filter(|dir| !modes.contains_key(dir)) {
            let stat = cursor.stat(&dir)?;
            next = dir.parent();
            modes.insert(dir, stat.map_or(0, |stat| stat.mode));
        }
    }
    Ok(modes)
}
