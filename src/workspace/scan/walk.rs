//! The walk itself: a stack of directories, the innermost last.

use std::collections::VecDeque;
use std::sync::Arc;

use crate::base::RepoPath;
use crate::workspace::disk::{Disk, FileKind, Stat};
use crate::workspace::ignore::{IGNORE_FILE, IgnoreRules};
use crate::workspace::notice::Notice;
use crate::workspace::scan::listing::{
    Directory, Item, Listing, Opened, Refused, WantsFacts, What,
};
use crate::workspace::scan::prefetch::Prefetch;

/// How many directories of a level are read ahead.
const AHEAD: usize = 32;

/// What the walk met, in the order of paths.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Found {
    /// A regular file or a symbolic link.
    File { path: RepoPath, stat: Stat, ignored: bool },
    /// A file or link that nobody wanted to be looked at.
    Name { path: RepoPath, ignored: bool },
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
            | Self::Name { path, .. }
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
    /// Whether the files right in a directory are looked at, or only named.
    pub wants_facts: Arc<WantsFacts>,
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
    listing: Arc<Listing>,
    /// The items of a window of the directory.
    items: std::vec::IntoIter<Item>,
    /// The number of the next window, and its items, which are looked at meanwhile.
    window: usize,
    upcoming: Option<Arc<Prefetch<Vec<Item>>>>,
    ahead: VecDeque<Arc<Prefetch<Result<Opened, Refused>>>>,
    /// How many of the remaining items were looked at for reading ahead.
    looked: usize,
    /// How many items were taken.
    taken: usize,
}

impl Frame {
    fn new(listing: Arc<Listing>, items: Vec<Item>) -> Self {
        let items = items.into_iter();
        let (ahead, upcoming) = (VecDeque::new(), None);
        let mut frame = Self { listing, items, window: 1, upcoming, ahead, looked: 0, taken: 0 };
        frame.look_ahead();
        frame
    }

    /// Has the next window looked at.
    fn look_ahead(&mut self) {
        let number = self.window;
        self.upcoming = (number < self.listing.windows()).then(|| {
            let listing = self.listing.clone();
            Prefetch::start(move || listing.window(number))
        });
    }

    fn next(&mut self) -> Option<Item> {
        loop {
            if let Some(item) = self.items.next() {
                self.taken += 1;
                return Some(item);
            }
            self.items = self.upcoming.take()?.finish().into_iter();
            (self.looked, self.taken) = (0, 0);
            self.window += 1;
            self.look_ahead();
        }
    }
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
        parent: Option<Arc<Listing>>,
        rules: IgnoreRules,
        ignored: bool,
    ) -> Directory {
        Directory {
            disk: self.disk.clone(),
            path,
            depth,
            parent,
            rules,
            ignored,
            use_ignore_files: self.options.use_ignore_files,
            wants_facts: self.options.wants_facts.clone(),
        }
    }

    fn enter(&mut self, directory: &Directory) {
        self.push(directory.path.clone(), directory.read());
    }

    /// Puts a directory that was read on the stack.
    fn push(&mut self, path: RepoPath, outcome: Result<Opened, Refused>) {
        match outcome {
            Ok(Opened { listing, items, notices }) => {
                self.ready.extend(notices.into_iter().map(|notice| Found::Notice { notice }));
                self.stack.push(Frame::new(listing, items));
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
                let directory = Directory {
                    disk: self.disk.clone(),
                    path: item.path.clone(),
                    depth,
                    parent: Some(frame.listing.clone()),
                    rules: frame.listing.rules.clone(),
                    ignored: false,
                    use_ignore_files: self.options.use_ignore_files,
                    wants_facts: self.options.wants_facts.clone(),
                };
                frame.ahead.push_back(Prefetch::start(move || directory.read()));
            }
        }
    }

    /// Takes the next item of the innermost level.
    fn step(&mut self) -> bool {
        self.read_ahead();
        let Some(frame) = self.stack.last_mut() else {
            return false;
        };
        let Some(item) = frame.next() else {
            self.stack.pop();
            return true;
        };
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
            What::Name => Found::Name { path, ignored },
            What::Special(_) if ignored => return,
            What::Special(kind) => Found::Special { path, kind },
            What::Unreadable(reason) => {
                Found::Unknown { notice: Notice::Unreadable { path, reason } }
            }
            What::Directory if ignored && !(self.options.enter_ignored)(&path) => {
                Found::IgnoredDirectory { path }
            }
            What::Directory => {
                let (parent, rules) = match self.stack.last() {
                    Some(frame) => (Some(frame.listing.clone()), frame.listing.rules.clone()),
                    None => (None, IgnoreRules::default()),
                };
                let directory = self.directory(path, self.stack.len(), parent, rules, ignored);
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
