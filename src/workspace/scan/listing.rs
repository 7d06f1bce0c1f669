//! One directory, read: what it holds, with the facts of each file and the patterns that hold there.

use std::os::fd::{AsFd, BorrowedFd, OwnedFd};
use std::sync::Arc;

use rayon::prelude::*;
use rustix::fs::AtFlags;
use rustix::io::Errno;

use crate::base::RepoPath;
use crate::base::path::check_name;
use crate::workspace::disk::{
    Cursor, Disk, FileKind, Names, Stat, TEMPORARY_PREFIX, list, open_directory,
};
use crate::workspace::ignore::{IGNORE_FILE, IgnoreRules};
use crate::workspace::notice::Notice;

/// How many files are asked for their facts by one task.
const BATCH: usize = 512;

/// How many things of a directory are looked at before the first is needed. Tests see many windows.
const WINDOW: usize = if cfg!(test) { 8 } else { 1 << 13 };

/// From this depth on directories are found by path, so that handles do not run out.
const MAX_HANDLE_DEPTH: usize = 64;

/// Tells of which directories the files are looked at; of others only their names are told.
pub type WantsFacts = dyn Fn(&RepoPath) -> bool + Send + Sync;

/// What to read.
#[derive(Clone)]
pub(super) struct Directory {
    pub disk: Disk,
    pub path: RepoPath,
    pub depth: usize,
    /// The directory above, where it is held.
    pub parent: Option<Arc<Listing>>,
    pub rules: IgnoreRules,
    /// Whether the directory itself is ignored, and so all in it.
    pub ignored: bool,
    /// Whether `.mlvignore` files have a say.
    pub use_ignore_files: bool,
    pub wants_facts: Arc<WantsFacts>,
}

/// What a directory holds.
#[derive(Debug)]
pub(super) struct Listing {
    path: RepoPath,
    ignored: bool,
    /// The handle, where it is still needed.
    fd: Option<OwnedFd>,
    names: Names,
    facts: bool,
    pub rules: IgnoreRules,
}

/// A directory that was read, with the first things in it.
#[derive(Debug)]
pub(super) struct Opened {
    pub listing: Arc<Listing>,
    pub items: Vec<Item>,
    pub notices: Vec<Notice>,
}

/// One thing in a directory.
#[derive(Debug)]
pub(super) struct Item {
    pub path: RepoPath,
    pub ignored: bool,
    pub what: What,
}

#[derive(Debug)]
pub(super) enum What {
    File(Stat),
    /// A file that was not looked at.
    Name,
    Directory,
    Special(FileKind),
    Unreadable(String),
}

/// Why a directory gave nothing.
#[derive(Debug)]
pub(super) enum Refused {
    Gone,
    Nested,
    Unreadable(String),
}

impl Directory {
    /// Reads the directory.
    pub fn read(&self) -> Result<Opened, Refused> {
        let fd = self.open().map_err(refused)?;
        let names = list(&fd).map_err(refused)?;
        if names.has(b".mlv", FileKind::Directory) && !self.path.is_root() {
            return Err(Refused::Nested);
        }
        let (rules, notices) = self.rules_here(&names);
        let facts = (self.wants_facts)(&self.path);
        let (path, ignored) = (self.path.clone(), self.ignored);
        let mut listing = Listing { path, ignored, fd: Some(fd), names, facts, rules };
        let items = listing.window(0);
        if self.depth >= MAX_HANDLE_DEPTH && listing.windows() <= 1 {
            listing.fd = None;
        }
        Ok(Opened { listing: Arc::new(listing), items, notices })
    }

    fn open(&self) -> rustix::io::Result<OwnedFd> {
        let parent = self.parent.as_ref().and_then(|parent| parent.fd.as_ref());
        if let (Some(parent), Some(name)) = (parent, self.path.file_name()) {
            return open_directory(parent.as_fd(), name);
        }
        let mut cursor = self.disk.cursor();
        open_directory(cursor.directory(&self.path)?, b".")
    }

    fn rules_here(&self, names: &Names) -> (IgnoreRules, Vec<Notice>) {
        let has_file =
            self.use_ignore_files && !self.ignored && names.has(IGNORE_FILE, FileKind::File);
        if has_file {
            let mut cursor: Cursor = self.disk.cursor();
            self.rules.read_in(&mut cursor, &self.path)
        } else {
            (self.rules.clone(), Vec::new())
        }
    }
}

impl Listing {
    /// Returns the things of the window of this number, in order; nothing behind the last.
    pub fn window(&self, number: usize) -> Vec<Item> {
        let end = self.names.len().min((number + 1) * WINDOW);
        (number * WINDOW..end)
            .into_par_iter()
            .with_min_len(BATCH)
            .filter_map(|index| self.item(index))
            .collect()
    }

    pub fn windows(&self) -> usize {
        self.names.len().div_ceil(WINDOW)
    }

    fn item(&self, index: usize) -> Option<Item> {
        let (name, kind) = self.names.get(index);
        if check_name(name).is_err() || name.starts_with(TEMPORARY_PREFIX) {
            return None;
        }
        let path = self.path.child(name).ok()?;
        let what = match kind {
            FileKind::Directory => What::Directory,
            kind if !kind.is_storable() => What::Special(kind),
            _ if !self.facts => What::Name,
            _ => look(self.fd.as_ref()?.as_fd(), name)?,
        };
        let is_directory = matches!(what, What::Directory);
        let rules = &self.rules;
        let ignored = self.ignored || (!rules.is_empty() && rules.ignores(&path, is_directory));
        Some(Item { path, ignored, what })
    }
}

/// Returns what is at a name that was a file a moment ago.
fn look(dir: BorrowedFd<'_>, name: &[u8]) -> Option<What> {
    match rustix::fs::statat(dir, name, AtFlags::SYMLINK_NOFOLLOW) {
        Ok(stat) => {
            let stat = Stat::from(stat);
            Some(match stat.kind() {
                FileKind::Directory => What::Directory,
                kind if kind.is_storable() => What::File(stat),
                kind => What::Special(kind),
            })
        }
        Err(Errno::NOENT) => None,
        Err(error) => Some(What::Unreadable(error.to_string())),
    }
}

fn refused(error: Errno) -> Refused {
    match error {
        Errno::NOENT | Errno::NOTDIR | Errno::LOOP => Refused::Gone,
        error => Refused::Unreadable(error.to_string()),
    }
}
