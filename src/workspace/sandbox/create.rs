//! Laying a tree out. Files come from the working copy where that shares their blocks and provably
//! holds them, else from the store.

use std::collections::BTreeMap;
use std::ffi::OsStr;
use std::fs::File;
use std::io;
use std::os::unix::ffi::{OsStrExt, OsStringExt};
use std::path::{Component, Path, PathBuf};
use std::sync::atomic::{AtomicBool, Ordering};

use rayon::prelude::*;

use crate::base::fs::{IoContext, PathError};
use crate::base::progress::Unit;
use crate::base::{Progress, RepoPath, TreeId};
use crate::object::Entry;
use crate::workspace::checkout::write::put;
use crate::workspace::disk::{Cursor, Disk, Stat, remove_all, set_aside};
use crate::workspace::error::WorkspaceError;
use crate::workspace::handle::Workspace;
use crate::workspace::status::same_bytes;

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

/// How many files share a cursor.
const BATCH: usize = 64;

/// What lays files out.
struct Layer<'a> {
    workspace: &'a Workspace,
    disk: &'a Disk,
    present: i64,
    /// Whether the file system shares blocks between files, as far as is known.
    clones: AtomicBool,
}

impl Layer<'_> {
    fn lay(
        &self,
        files: Vec<(RepoPath, Entry)>,
        progress: &dyn Progress,
    ) -> Result<Vec<Laid>, WorkspaceError> {
        let batches = files.par_chunks(BATCH).map(|batch| {
            let mut cursor = self.disk.cursor();
            let mut source = self.workspace.disk.cursor();
            let one = |(path, entry): &(RepoPath, Entry)| {
                crate::base::interrupt::check()?;
                cursor.make_directory(&path.parent().unwrap_or_default())?;
                if let Entry::Symlink { target } = entry {
                    cursor.create_link(path, &self.led(path, target))?;
                } else if !self.clone_file(&mut source, &mut cursor, path, entry) {
                    put(&self.workspace.objects, &mut cursor, path, entry, self.present)?;
                }
                progress.advance(1);
                laid(&mut cursor, path, Some(entry.clone()))
            };
            batch.iter().map(one).collect::<Result<Vec<_>, WorkspaceError>>()
        });
        let laid: Vec<Vec<Option<Laid>>> = batches.collect::<Result<_, _>>()?;
        Ok(laid.into_iter().flatten().flatten().collect())
    }

    /// Shares the blocks of the file of the working copy, where it surely holds the entry before and
    /// after; tells whether that worked.
    fn clone_file(
        &self,
        source: &mut Cursor,
        cursor: &mut Cursor,
        path: &RepoPath,
        entry: &Entry,
    ) -> bool {
        let Entry::File { file, executable } = entry else { return false };
        if file.size == 0 || !self.clones.load(Ordering::Relaxed) {
            return false;
        }
        let proven = |source: &mut Cursor| {
            let stat = source.stat(path).ok().flatten()?;
            let row = self.workspace.cache.get(path)?;
            (row.proves(&stat) && same_bytes(&row.entry, entry)).then_some(())
        };
        let mut attempt = || {
            proven(source)?;
            let from = source.open_file(path).ok()?;
            let to = cursor.create_file(path, if *executable { 0o777 } else { 0o666 }).ok()?;
            let cloned = self.share_blocks(&from, &to);
            let good = cloned && set_aside(&to, self.present).is_ok() && proven(source).is_some();
            if !good {
                cursor.remove_file(path).ok()?;
            }
            good.then_some(())
        };
        attempt().is_some()
    }

    fn share_blocks(&self, from: &File, to: &File) -> bool {
        #[cfg(target_os = "linux")]
        let cloned = rustix::fs::ioctl_ficlone(to, from).is_ok();
        #[cfg(not(target_os = "linux"))]
        let cloned = false;
        if !cloned {
            self.clones.store(false, Ordering::Relaxed);
        }
        cloned
    }

    /// Copies the files from elsewhere; one that is gone, or that the tree has, is passed over.
    fn overlay(&self, files: &[OverlayFile]) -> Result<Vec<Laid>, WorkspaceError> {
        let batches = files.par_chunks(BATCH).map(|batch| {
            let mut cursor = self.disk.cursor();
            let laid = batch.iter().map(|file| self.overlay_one(&mut cursor, file));
            laid.collect::<Result<Vec<_>, WorkspaceError>>()
        });
        let laid: Vec<Vec<Option<Laid>>> = batches.collect::<Result<_, _>>()?;
        Ok(laid.into_iter().flatten().flatten().collect())
    }

    fn overlay_one(
        &self,
        cursor: &mut Cursor,
        OverlayFile { path, source }: &OverlayFile,
    ) -> Result<Option<Laid>, WorkspaceError> {
        crate::base::interrupt::check()?;
        let Ok(found) = std::fs::symlink_metadata(source) else { return Ok(None) };
        if cursor.stat(path)?.is_some() || cursor.obstacle(path)?.is_some() {
            return Ok(None);
        }
        cursor.make_directory(&path.parent().unwrap_or_default())?;
        if found.is_symlink() {
            let target = std::fs::read_link(source).context("read link", source)?;
            cursor.create_link(path, &self.led(path, &target.into_os_string().into_vec()))?;
        } else if found.is_file() {
            self.copy(cursor, path, source)?;
        } else {
            return Ok(None);
        }
        laid(cursor, path, None)
    }

    /// Returns the target of a link as it is laid out. One that stays below the root by itself is
    /// kept; one that leaves it means what it means in the working copy, but that where it leads
    /// back into the working copy it leads into the sandbox.
    fn led(&self, path: &RepoPath, target: &[u8]) -> Vec<u8> {
        let place = Path::new(OsStr::from_bytes(target));
        let dir = path.parent().unwrap_or_default();
        if !leaves(dir.components().count(), place) {
            return target.to_vec();
        }
        let root = self.workspace.root();
        let absolute = plain(&root.join(dir.as_path()).join(place));
        let led = match absolute.strip_prefix(root) {
            Ok(inside) => self.disk.path().join(inside),
            Err(_) => absolute,
        };
        led.into_os_string().into_vec()
    }

    fn copy(
        &self,
        cursor: &mut Cursor,
        path: &RepoPath,
        source: &Path,
    ) -> Result<(), WorkspaceError> {
        use std::os::unix::fs::PermissionsExt;
        let mut from = File::open(source).context("open", source)?;
        let mode = from.metadata().context("look at", source)?.permissions().mode();
        let mut to = cursor.create_file(path, if mode & 0o100 == 0 { 0o666 } else { 0o777 })?;
        if !self.clones.load(Ordering::Relaxed) || !self.share_blocks(&from, &to) {
            io::copy(&mut from, &mut to).context("copy", source)?;
        }
        set_aside(&to, self.present)
            .map_err(io::Error::from)
            .context("set time of", path.to_path())?;
        Ok(())
    }
}

/// Tells whether a link in a directory so deep leads out of the root on its way.
fn leaves(depth: usize, target: &Path) -> bool {
    let mut depth = depth;
    target.components().any(|part| match part {
        Component::ParentDir => {
            let above = depth.checked_sub(1);
            depth = above.unwrap_or_default();
            above.is_none()
        }
        Component::Normal(_) => {
            depth += 1;
            false
        }
        Component::CurDir => false,
        Component::RootDir | Component::Prefix(_) => true,
    })
}

/// Returns the path without `.` and `..`, as its text has it.
fn plain(path: &Path) -> PathBuf {
    let mut plain = PathBuf::new();
    for part in path.components() {
        match part {
            Component::ParentDir => drop(plain.pop()),
            Component::CurDir => {}
            other => plain.push(other),
        }
    }
    plain
}

fn laid(
    cursor: &mut Cursor,
    path: &RepoPath,
    entry: Option<Entry>,
) -> Result<Option<Laid>, WorkspaceError> {
    let stat = cursor.stat(path)?;
    Ok(stat.map(|stat| Laid { path: path.clone(), stat, entry }))
}
