//! One directory, read: what it holds, with the facts of each file and the patterns that hold there.

use std::os::fd::{AsFd, BorrowedFd, OwnedFd};
use std::sync::Arc;

use rayon::prelude::*;
use rustix::fs::AtFlags;
use rustix::io::Errno;

use crate::base::RepoPath;
use crate::base::path::check_name;
use crate::workspace::disk::{
    Cursor, Disk, FileKind, Listed, Stat, TEMPORARY_PREFIX, list, open_directory,
};
use crate::workspace::ignore::{IGNORE_FILE, IgnoreRules};
use crate::workspace::notice::Notice;

/// How many files are asked for their facts by one task.
const BATCH: usize = 512;

/// Below this depth directories are found by path, so that handles do not run out.
const MAX_HANDLE_DEPTH: usize = 64;

/// What to read.
#[derive(Debug, Clone)]
pub(super) struct Directory {
    pub disk: Disk,
    pub path: RepoPath,
    pub depth: usize,
    /// The handle of the directory above, where it is held.
    pub parent: Option<Arc<OwnedFd>>,
    pub rules: IgnoreRules,
    /// Whether the directory itself is ignored, and so all in it.
    pub ignored: bool,
    /// Whether `.mlvignore` files have a say.
    pub use_ignore_files: bool,
}

/// What a directory holds.
#[derive(Debug)]
pub(super) struct Listing {
    pub handle: Option<Arc<OwnedFd>>,
    pub rules: IgnoreRules,
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
    pub fn read(&self) -> Result<Listing, Refused> {
        let fd = self.open().map_err(refused)?;
        let listed = list(&fd).map_err(refused)?;
        let nested = listed.iter().any(|it| it.name == b".mlv" && it.kind == FileKind::Directory);
        if nested && !self.path.is_root() {
            return Err(Refused::Nested);
        }
        let (rules, notices) = self.rules_here(&listed);
        let items = listed
            .par_iter()
            .with_min_len(BATCH)
            .filter_map(|listed| self.item(fd.as_fd(), listed, &rules))
            .collect();
        let handle = (self.depth < MAX_HANDLE_DEPTH).then(|| Arc::new(fd));
        Ok(Listing { handle, rules, items, notices })
    }

    fn open(&self) -> rustix::io::Result<OwnedFd> {
        if let (Some(parent), Some(name)) = (&self.parent, self.path.file_name()) {
            return open_directory(parent.as_fd(), name);
        }
        let mut cursor = self.disk.cursor();
        open_directory(cursor.directory(&self.path)?, b".")
    }

    fn rules_here(&self, listed: &[Listed]) -> (IgnoreRules, Vec<Notice>) {
        let has_file = self.use_ignore_files
            && !self.ignored
            && listed.iter().any(|it| it.name == IGNORE_FILE && it.kind == FileKind::File);
        if has_file {
            let mut cursor: Cursor = self.disk.cursor();
            self.rules.read_in(&mut cursor, &self.path)
        } else {
            (self.rules.clone(), Vec::new())
        }
    }

    fn item(&self, dir: BorrowedFd<'_>, listed: &Listed, rules: &IgnoreRules) -> Option<Item> {
        let name = &listed.name[..];
        if check_name(name).is_err() || name.starts_with(TEMPORARY_PREFIX) {
            return None;
        }
        let path = self.path.child(name).ok()?;
        let what = match listed.kind {
            FileKind::Directory => What::Directory,
            kind if kind.is_storable() => look(dir, name)?,
            kind => What::Special(kind),
        };
        let is_directory = matches!(what, What::Directory);
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
