//! A used sandbox, made ready for the next program: what is provably as it was laid out, and is wanted
//! again, stays; all else goes. So what programs have in common, the code above all, is laid out once
//! for those that run one after the other.

use std::collections::{HashMap, HashSet};
use std::os::fd::{AsFd, BorrowedFd};
use std::os::unix::ffi::OsStrExt;
use std::path::{Path, PathBuf};

use rayon::prelude::*;
use rustix::fs::{AtFlags, Mode};
use rustix::io::Errno;

use crate::base::{Progress, RepoPath, TreeId};
use crate::object::Entry;
use crate::workspace::disk::{FileKind, Stat, list, open_directory, remove_all};
use crate::workspace::error::WorkspaceError;
use crate::workspace::handle::Workspace;
use crate::workspace::sandbox::create::{Laid, OverlayFile, Sandbox, SandboxOptions};

/// A sandbox of fewer files, and fewer bytes, is made anew as fast as it is looked through.
const WORTH_FILES: usize = 256;
const WORTH_BYTES: u64 = 32 << 20;

impl Sandbox {
    /// Tells whether to lay out its files again would cost more than to look which of them are as
    /// they were.
    pub fn is_worth_keeping(&self) -> bool {
        let bytes: u64 = self.laid.iter().map(|laid| laid.stat.size).sum();
        self.laid.len() >= WORTH_FILES || bytes >= WORTH_BYTES
    }
}

impl Workspace {
    /// Lays out a tree in a sandbox that another program has left, as [`Self::create_sandbox`] does in
    /// a fresh one. No process may be at work in it any more.
    pub fn refit_sandbox(
        &self,
        mut used: Sandbox,
        tree: TreeId,
        options: &SandboxOptions<'_>,
        progress: &dyn Progress,
    ) -> Result<Sandbox, WorkspaceError> {
        if !used.is_in_place() {
            return self.create_sandbox(tree, options, progress);
        }
        let files = self.found(tree, options.below, options.wanted)?;
        let laid = std::mem::take(&mut used.laid);
        let known = {
            let wanted = Wanted::of(&files, options.overlay);
            let known = laid.into_iter().filter(|laid| wanted.has(laid));
            known.map(|laid| (laid.path.clone(), laid)).collect()
        };
        let sweep = Sweep { root: used.path(), known, modes: &used.modes };
        match sweep.below(used.disk.as_fd(), &RepoPath::root()) {
            Ok(mut kept) => {
                kept.sort_by(|a, b| a.path.cmp(&b.path));
                used.laid = kept;
                self.fill(used, files, options, progress)
            }
            // A directory that resists is no place for the next one.
            Err(_) => self.create_sandbox(tree, options, progress),
        }
    }
}

/// What the next program is to see.
struct Wanted<'a> {
    files: HashMap<&'a RepoPath, &'a Entry>,
    /// The directories of the tree.
    dirs: HashSet<RepoPath>,
    overlay: HashMap<&'a RepoPath, &'a Path>,
}

impl<'a> Wanted<'a> {
    fn of(files: &'a [(RepoPath, Entry)], overlay: &'a [OverlayFile]) -> Self {
        let parents = files.iter().flat_map(|(path, _)| ancestors(path));
        Self {
            dirs: parents.collect(),
            files: files.iter().map(|(path, entry)| (path, entry)).collect(),
            overlay: overlay.iter().map(|file| (&file.path, file.source.as_path())).collect(),
        }
    }

    /// Tells whether what was laid out there is what is to be there.
    fn has(&self, laid: &Laid) -> bool {
        let in_tree = self.files.get(&laid.path);
        if !laid.is_settled {
            return false;
        }
        match &laid.entry {
            Some(Entry::File { .. }) => {
                in_tree.is_some_and(|entry| Some(*entry) == laid.entry.as_ref())
            }
            Some(Entry::Symlink { .. } | Entry::Reference(_)) => false,
            None => {
                let stands_aside = in_tree.is_some()
                    || self.dirs.contains(&laid.path)
                    || ancestors(&laid.path).any(|dir| self.files.contains_key(&dir));
                !stands_aside && laid.source.is_some() && laid.source == self.source(&laid.path)
            }
        }
    }

    /// Returns the facts of a file of the overlay as they are now.
    fn source(&self, path: &RepoPath) -> Option<Stat> {
        rustix::fs::lstat(*self.overlay.get(path)?).ok().map(Stat::from)
    }
}

/// Returns the directories above a path, but for the root.
fn ancestors(path: &RepoPath) -> impl Iterator<Item = RepoPath> {
    std::iter::successors(path.parent(), RepoPath::parent).filter(|dir| !dir.is_root())
}

/// Takes away what a program left.
struct Sweep<'a> {
    root: &'a Path,
    /// What may stay, as it was laid out.
    known: HashMap<RepoPath, Laid>,
    /// The directories as they were made.
    modes: &'a HashMap<RepoPath, u32>,
}

impl Sweep<'_> {
    /// Returns what stays of a directory.
    fn below(&self, dir: BorrowedFd<'_>, at: &RepoPath) -> rustix::io::Result<Vec<Laid>> {
        let names = list(dir)?;
        let (mut kept, mut inner) = (Vec::new(), Vec::new());
        for (name, kind) in names.iter() {
            let path = RepoPath::from_bytes(name).ok().map(|name| at.join(&name));
            match path {
                Some(path) if kind == FileKind::Directory => inner.push((name, path)),
                Some(path) => match self.untouched(dir, name, &path)? {
                    Some(laid) => kept.push(laid),
                    None => rustix::fs::unlinkat(dir, name, AtFlags::empty())?,
                },
                // No tree can hold such a name.
                None => self.remove(at, name)?,
            }
        }
        let swept = inner.into_par_iter().map(|(name, path)| {
            let kept = match open_directory(dir, name) {
                Ok(inner) => self.below(inner.as_fd(), &path)?,
                // It can not even be read: its modes were changed.
                Err(_) => Vec::new(),
            };
            if kept.is_empty() {
                self.remove(at, name)?;
            }
            Ok(kept)
        });
        for inner in swept.collect::<rustix::io::Result<Vec<_>>>()? {
            kept.extend(inner);
        }
        self.set_mode(dir, at)?;
        Ok(kept)
    }

    /// Returns what was laid out under a name, where it is as it was and has no second name.
    fn untouched(
        &self,
        dir: BorrowedFd<'_>,
        name: &[u8],
        path: &RepoPath,
    ) -> rustix::io::Result<Option<Laid>> {
        let Some(laid) = self.known.get(path) else { return Ok(None) };
        let now = rustix::fs::statat(dir, name, AtFlags::SYMLINK_NOFOLLOW)?;
        let is_same = now.st_nlink == 1 && Stat::from(now) == laid.stat;
        Ok(is_same.then(|| laid.clone()))
    }

    fn set_mode(&self, dir: BorrowedFd<'_>, at: &RepoPath) -> rustix::io::Result<()> {
        let Some(made) = self.modes.get(at) else { return Ok(()) };
        let now = Stat::from(rustix::fs::fstat(dir)?).mode;
        if now == *made { Ok(()) } else { rustix::fs::fchmod(dir, Mode::from_raw_mode(*made as _)) }
    }

    fn remove(&self, at: &RepoPath, name: &[u8]) -> rustix::io::Result<()> {
        let place: PathBuf = self.root.join(at.as_path()).join(std::ffi::OsStr::from_bytes(name));
        let removed = remove_all(&place);
        removed.map_err(|error| Errno::from_io_error(&error.source).unwrap_or(Errno::IO))
    }
}
