//! The walk itself: a stack of directories, the innermost last.

use std::collections::VecDeque;
use std::os::fd::OwnedFd;
use std::sync::Arc;

use crate::base::RepoPath;
use crate::workspace::disk::{Disk, FileKind, Stat};
use crate::workspace::ignore::{IGNORE_FILE, IgnoreRules};
use crate::workspace::notice::Notice;
use crate::workspace::scan::listing::{Directory, Item, Refused, What};
use crate::workspace::scan::prefetch::Prefetch;

/// How many directories of a level are read ahead.
const AHEAD: usize = 32;

/// What the walk met, in the order of paths.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Found {
    /// A regular file or a symbolic link.
    File { path: RepoPath, stat: Stat, ignored: bool },
    /// Something that cannot be versioned.
    Special { path: RepoPath, kind: FileKind },
    /// An ignored directory that is not entered.
    IgnoredDirectory { path: RepoPath },
    /// Something of which nothing is known, nor of what lies below.
    Unknown { notice: Notice },
    /// Something to tell the user.
    Notice { notice: Notice },
}

impl Found {
    /// Returns the path that was met.
    pub fn path(&self) -> &RepoPath {
        match self {
            Self::File { path, .. }
            | Self::Special { path, .. }
            | Self::IgnoredDirectory { path } => path,
            Self::Unknown { notice } | Self::Notice { notice } => notice.path(),
        }
    }
}

/// Which part is walked, and how.
pub struct ScanOptions<'a> {
    /// Where the walk begins: a directory or a file.
    pub below: RepoPath,
    /// Whether `.mlvignore` files are read.
    pub use_ignore_files: bool,
    /// Whether an ignored directory is entered all the same.
    pub enter_ignored: Box<dyn FnMut(&RepoPath) -> bool + 'a>,
}

impl std::fmt::Debug for ScanOptions<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("ScanOptions").field("below", &self.below).finish_non_exhaustive()
    }
}

/// A walk; an iterator over what it meets.
#[derive(Debug)]
pub struct Scan<'a> {
    disk: Disk,
    options: ScanOptions<'a>,
    stack: Vec<Frame>,
    /// What was met and not yet handed out.
    ready: VecDeque<Found>,
    skip: Option<RepoPath>,
}

#[derive(Debug)]
struct Frame {
    handle: Option<Arc<OwnedFd>>,
    rules: IgnoreRules,
    items: std::vec::IntoIter<Item>,
    ahead: VecDeque<Arc<Prefetch>>,
    /// How many of the remaining items were looked at for reading ahead.
    looked: usize,
    /// How many items were taken.
    taken: usize,
}

impl<'a> Scan<'a> {
    /// Begins a walk.
    pub fn new(disk: &Disk, options: ScanOptions<'a>) -> Self {
        let mut scan = Self {
            disk: disk.clone(),
            options,
            stack: Vec::new(),
            ready: VecDeque::new(),
            skip: None,
        };
        scan.begin();
        scan
    }

    /// Leaves out the rest of what lies below `dir`.
    pub fn skip_below(&mut self, dir: RepoPath) {
        self.skip = Some(dir);
    }

    /// Looks at the beginning: its kind, and the rules of the directories above it.
    fn begin(&mut self) {
        let below = self.options.below.clone();
        let mut cursor = self.disk.cursor();
        let stat = match cursor.stat(&below) {
            Ok(Some(stat)) => stat,
            Ok(None) => return,
            Err(error) => {
                let reason = error.source.to_string();
                let notice = Notice::Unreadable { path: below, reason };
                return self.ready.push_back(Found::Unknown { notice });
            }
        };
        let (rules, ignored) = self.rules_above(&below, stat.kind() == FileKind::Directory);
        let what = match stat.kind() {
            FileKind::Directory => What::Directory,
            kind if kind.is_storable() => What::File(stat),
            kind => What::Special(kind),
        };
        if matches!(what, What::Directory) && !ignored {
            self.enter(&self.directory(below, 0, None, rules, ignored));
        } else {
            self.meet(Item { path: below, ignored, what });
        }
    }

    /// Returns the rules that hold where `path` lies, and whether it is ignored.
    fn rules_above(&mut self, path: &RepoPath, is_directory: bool) -> (IgnoreRules, bool) {
        let mut rules = IgnoreRules::default();
        if !self.options.use_ignore_files {
            return (rules, false);
        }
        let mut cursor = self.disk.cursor();
        let mut above: Vec<RepoPath> =
            std::iter::successors(path.parent(), RepoPath::parent).collect();
        above.reverse();
        for dir in above {
            if !dir.is_root() && rules.ignores(&dir, true) {
                return (rules, true);
            }
            let file = dir.child(IGNORE_FILE).ok();
            let stat = file.and_then(|file| cursor.stat(&file).ok().flatten());
            if stat.is_some_and(|stat| stat.kind() == FileKind::File) {
                let (with, notices) = rules.read_in(&mut cursor, &dir);
                rules = with;
                self.ready.extend(notices.into_iter().map(|notice| Found::Notice { notice }));
            }
        }
        let ignored = !path.is_root() && rules.ignores(path, is_directory);
        (rules, ignored)
    }

    fn directory(
        &self,
        path: RepoPath,
        depth: usize,
        parent: Option<Arc<OwnedFd>>,
        rules: IgnoreRules,
        ignored: bool,
    ) -> Directory {
        let use_ignore_files = self.options.use_ignore_files;
        Directory { disk: self.disk.clone(), path, depth, parent, rules, ignored, use_ignore_files }
    }

    fn enter(&mut self, directory: &Directory) {
        self.push(directory.path.clone(), directory.read());
    }

    /// Puts a directory that was read on the stack.
    fn push(&mut self, path: RepoPath, outcome: Result<super::listing::Listing, Refused>) {
        match outcome {
            Ok(listing) => {
                let notices = listing.notices.into_iter();
                self.ready.extend(notices.map(|notice| Found::Notice { notice }));
                self.stack.push(Frame {
                    handle: listing.handle,
                    rules: listing.rules,
                    items: listing.items.into_iter(),
                    ahead: VecDeque::new(),
                    looked: 0,
                    taken: 0,
                });
            }
            Err(Refused::Gone) => {}
            Err(Refused::Nested) => {
                let notice = Notice::NestedRepository { path };
                self.ready.push_back(Found::Unknown { notice });
            }
            Err(Refused::Unreadable(reason)) => {
                let notice = Notice::Unreadable { path, reason };
                self.ready.push_back(Found::Unknown { notice });
            }
        }
    }

    /// Keeps the next directories of the innermost level under way.
    fn read_ahead(&mut self) {
        let depth = self.stack.len();
        let Some(frame) = self.stack.last_mut() else {
            return;
        };
        while frame.ahead.len() < AHEAD {
            let offset = frame.looked.saturating_sub(frame.taken);
            let Some(item) = frame.items.as_slice().get(offset) else {
                return;
            };
            frame.looked = frame.taken + offset + 1;
            if matches!(item.what, What::Directory) && !item.ignored {
                frame.ahead.push_back(Prefetch::start(Directory {
                    disk: self.disk.clone(),
                    path: item.path.clone(),
                    depth,
                    parent: frame.handle.clone(),
                    rules: frame.rules.clone(),
                    ignored: false,
                    use_ignore_files: self.options.use_ignore_files,
                }));
            }
        }
    }

    /// Takes the next item of the innermost level.
    fn step(&mut self) -> bool {
        self.read_ahead();
        let Some(frame) = self.stack.last_mut() else {
            return false;
        };
        let Some(item) = frame.items.next() else {
            self.stack.pop();
            return true;
        };
        frame.taken += 1;
        let is_directory = matches!(item.what, What::Directory);
        let prefetched = if is_directory && !item.ignored { frame.ahead.pop_front() } else { None };
        if self.skips(&item.path) {
            return true;
        }
        match prefetched {
            Some(job) => self.push(item.path, job.finish()),
            None => self.meet(item),
        }
        true
    }

    fn skips(&self, path: &RepoPath) -> bool {
        self.skip.as_ref().is_some_and(|dir| path.starts_with(dir))
    }

    fn meet(&mut self, item: Item) {
        let Item { path, ignored, what } = item;
        let found = match what {
            What::File(stat) => Found::File { path, stat, ignored },
            What::Special(_) if ignored => return,
            What::Special(kind) => Found::Special { path, kind },
            What::Unreadable(reason) => {
                Found::Unknown { notice: Notice::Unreadable { path, reason } }
            }
            What::Directory if ignored && !(self.options.enter_ignored)(&path) => {
                Found::IgnoredDirectory { path }
            }
            What::Directory => {
                let (handle, rules) = match self.stack.last() {
                    Some(frame) => (frame.handle.clone(), frame.rules.clone()),
                    None => (None, IgnoreRules::default()),
                };
                let directory = self.directory(path, self.stack.len(), handle, rules, ignored);
                return self.enter(&directory);
            }
        };
        self.ready.push_back(found);
    }
}

impl Iterator for Scan<'_> {
    type Item = Found;

    fn next(&mut self) -> Option<Found> {
        loop {
            if let Some(found) = self.ready.pop_front() {
                if self.skips(found.path()) {
                    continue;
                }
                return Some(found);
            }
            if !self.step() {
                return None;
            }
        }
    }
}
