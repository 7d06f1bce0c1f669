//! Three sorted streams walked as one: the disk, a tree, and the stat cache. Status, snapshot and
//! checkout all see the working copy through it.

use std::cmp::Ordering;
use std::iter::Peekable;
use std::sync::Arc;

use crossbeam_channel::Receiver;

use crate::base::{RepoPath, TreeId};
use crate::object::{Entry, ObjectDb, ObjectError};
use crate::workspace::cache::{CacheRows, CachedFile, compare_with_key};
use crate::workspace::disk::{FileKind, Stat};
use crate::workspace::error::WorkspaceError;
use crate::workspace::handle::Workspace;
use crate::workspace::notice::Notice;
use crate::workspace::scan::{Found, Scan, ScanOptions};
use crate::workspace::sparse::Sparse;

/// One path that the tree or the disk has.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Joined {
    pub path: RepoPath,
    /// What the tree holds there.
    pub tracked: Option<Entry>,
    pub on_disk: OnDisk,
    /// What the stat cache says of it; only looked for where there is a file.
    pub cached: Option<CachedFile>,
}

/// What is on the disk.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum OnDisk {
    Absent,
    /// Nothing, and nothing is to be there: the tree has a reference.
    Elsewhere,
    File {
        stat: Stat,
        ignored: bool,
    },
    Special(FileKind),
    /// A file that was not looked at, in a directory with nothing tracked in it.
    Name {
        ignored: bool,
    },
    /// It could not be looked at.
    Unknown,
    /// An ignored directory with nothing tracked in it.
    IgnoredDirectory,
}

/// Which files are looked at, and not only named.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Facts {
    OfAll,
    /// Those of directories in which the tree has something.
    OfTracked,
}

/// The three streams.
pub(super) struct Join<'a> {
    scan: Scan<'a>,
    /// What the scan met last, where it was not taken yet.
    found: Option<Found>,
    notices: Vec<Notice>,
    tree: Peekable<TreeRows>,
    cache: Peekable<CacheRows>,
    /// Below it nothing is known of the disk.
    unknown: Option<RepoPath>,
    last_tracked: Option<RepoPath>,
    /// The last thing on the disk that is no directory.
    last_found: Option<RepoPath>,
    skip: Option<RepoPath>,
}

type TreeRow = Result<(RepoPath, Entry), ObjectError>;

/// The files of a tree, read ahead by a thread of their own.
struct TreeRows {
    batches: Receiver<Vec<TreeRow>>,
    batch: std::vec::IntoIter<TreeRow>,
}

/// How many files of a tree are handed over at a time.
const BATCH: usize = 1024;

impl TreeRows {
    fn start(objects: ObjectDb, tree: TreeId, starts: Vec<RepoPath>) -> Self {
        let (sender, batches) = crossbeam_channel::bounded(8);
        std::thread::spawn(move || {
            let mut rows = starts.iter().flat_map(|start| objects.walk_tree(tree, start));
            loop {
                let batch: Vec<_> = rows.by_ref().take(BATCH).collect();
                // Whoever hung up wants no more.
                if batch.is_empty() || sender.send(batch).is_err() {
                    return;
                }
            }
        });
        Self { batches, batch: Vec::new().into_iter() }
    }
}

impl Iterator for TreeRows {
    type Item = TreeRow;

    fn next(&mut self) -> Option<TreeRow> {
        loop {
            if let Some(row) = self.batch.next() {
                return Some(row);
            }
            self.batch = self.batches.recv().ok()?.into_iter();
        }
    }
}

impl<'a> Join<'a> {
    /// Begins to walk what lies at and below `below`; of the tree only what is `held`. Ignored
    /// directories are entered where the tree has something in them, or where `enter_ignored` says so.
    pub fn new(
        workspace: &'a Workspace,
        tree: TreeId,
        held: &Sparse,
        below: &RepoPath,
        enter_ignored: impl Fn(&RepoPath) -> bool + 'a,
        facts: Facts,
    ) -> Self {
        let objects = workspace.objects.clone();
        let has_tracked = move |dir: &RepoPath| {
            // An error shows when the tree is walked; here it means that all is looked at.
            objects.tree_entry(tree, dir).map_or(true, |found| found.is_some())
        };
        let enters = has_tracked.clone();
        let enter = move |dir: &RepoPath| enter_ignored(dir) || enters(dir);
        let options = ScanOptions {
            below: below.clone(),
            use_ignore_files: true,
            enter_ignored: Box::new(enter),
            wants_facts: Arc::new(move |dir| facts == Facts::OfAll || has_tracked(dir)),
        };
        Self {
            scan: Scan::new(&workspace.disk, options),
            found: None,
            notices: Vec::new(),
            tree: TreeRows::start(workspace.objects.clone(), tree, held.within(below)).peekable(),
            cache: workspace.cache.rows(below).peekable(),
            unknown: None,
            last_tracked: None,
            last_found: None,
            skip: None,
        }
    }

    /// Returns the next path.
    pub fn advance(&mut self) -> Result<Option<Joined>, WorkspaceError> {
        crate::base::interrupt::check()?;
        self.look();
        while let Some(joined) = self.pair()? {
            if !self.skips(&joined.path) {
                return Ok(Some(joined));
            }
            self.look();
        }
        Ok(None)
    }

    /// Returns what the user should hear of.
    pub fn into_notices(self) -> Vec<Notice> {
        self.notices
    }

    /// Sees to it that the next thing on the disk is known, and puts notices aside.
    fn look(&mut self) {
        while self.found.is_none() {
            match self.scan.next() {
                Some(Found::Notice { notice }) => self.notices.push(notice),
                Some(found) => {
                    if let Found::Unknown { notice } = &found {
                        self.notices.push(notice.clone());
                    }
                    self.found = Some(found);
                }
                None => return,
            }
        }
    }

    fn skips(&self, path: &RepoPath) -> bool {
        self.skip.as_ref().is_some_and(|dir| path.starts_with(dir))
    }

    /// Takes the lower of what the disk and the tree have next, or both where they are one path.
    fn pair(&mut self) -> Result<Option<Joined>, WorkspaceError> {
        let order = match (&self.found, self.tree.peek()) {
            (None, None) => return Ok(None),
            (Some(_), None) => Ordering::Less,
            (_, Some(Err(_))) | (None, Some(_)) => Ordering::Greater,
            (Some(found), Some(Ok((path, _)))) => found.path().cmp(path),
        };
        let found = if order.is_le() { self.found.take() } else { None };
        if let Some(
            Found::File { path, .. } | Found::Name { path, .. } | Found::Special { path, .. },
        ) = &found
        {
            self.last_found = Some(path.clone());
        }
        let tracked = if order.is_ge() { self.tree.next().transpose()? } else { None };
        let path = match (&found, &tracked) {
            (Some(found), _) => found.path().clone(),
            (None, Some((path, _))) => path.clone(),
            (None, None) => return Ok(None),
        };
        if tracked.is_some() {
            self.last_tracked = Some(path.clone());
        }
        let on_disk = match self.on_disk(&path, found.as_ref()) {
            OnDisk::Absent | OnDisk::IgnoredDirectory
                if self.lies_elsewhere(&path, tracked.as_ref()) =>
            {
                OnDisk::Elsewhere
            }
            on_disk => on_disk,
        };
        let cached = self.cached(&path, &on_disk);
        Ok(Some(Joined { path, tracked: tracked.map(|(_, entry)| entry), on_disk, cached }))
    }

    fn on_disk(&mut self, path: &RepoPath, found: Option<&Found>) -> OnDisk {
        match found {
            Some(Found::File { stat, ignored, .. }) => {
                OnDisk::File { stat: *stat, ignored: *ignored }
            }
            Some(Found::Name { ignored, .. }) => OnDisk::Name { ignored: *ignored },
            Some(Found::Special { kind, .. }) => OnDisk::Special(*kind),
            Some(Found::IgnoredDirectory { .. }) => OnDisk::IgnoredDirectory,
            Some(Found::Unknown { .. }) => {
                self.unknown = Some(path.clone());
                OnDisk::Unknown
            }
            Some(Found::Notice { .. }) | None => {
                let unknown = self.unknown.as_ref().is_some_and(|dir| path.starts_with(dir));
                if unknown { OnDisk::Unknown } else { OnDisk::Absent }
            }
        }
    }

    /// Tells whether nothing is to be at a path: the tree has a reference, and nothing else is in its
    /// place.
    fn lies_elsewhere(&self, path: &RepoPath, tracked: Option<&(RepoPath, Entry)>) -> bool {
        if tracked.is_none_or(|(_, entry)| entry.is_on_disk()) {
            return false;
        }
        let next = self.found.as_ref().map(Found::path);
        let is_directory = next.is_some_and(|next| next != path && next.starts_with(path));
        let is_below_file = self.last_found.as_ref().is_some_and(|file| path.starts_with(file));
        !is_directory && !is_below_file
    }

    fn cached(&mut self, path: &RepoPath, on_disk: &OnDisk) -> Option<CachedFile> {
        if !matches!(on_disk, OnDisk::File { .. }) {
            return None;
        }
        while self.cache.next_if(|(key, _)| compare_with_key(path, key).is_gt()).is_some() {}
        let row = self.cache.next_if(|(key, _)| compare_with_key(path, key).is_eq());
        row.map(|(_, file)| file)
    }

    /// Returns the outermost directory around `path`, just met, that the tree has nothing in.
    pub fn untracked_directory(&mut self, path: &RepoPath) -> Option<RepoPath> {
        let next = match self.tree.peek() {
            Some(Ok((next, _))) => Some(next),
            _ => None,
        };
        let holds = |dir: &RepoPath, other: Option<&RepoPath>| {
            other.is_some_and(|other| other.starts_with(dir))
        };
        std::iter::successors(path.parent(), RepoPath::parent)
            .take_while(|dir| {
                !dir.is_root() && !holds(dir, next) && !holds(dir, self.last_tracked.as_ref())
            })
            .last()
    }

    /// Leaves out the rest of what lies below `dir`.
    pub fn skip_below(&mut self, dir: RepoPath) {
        self.scan.skip_below(dir.clone());
        self.skip = Some(dir);
    }
}
