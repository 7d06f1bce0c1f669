//! The status itself: one walk over disk, staged tree and stat cache, then the files that have to be
//! read, in parallel.

use rayon::prelude::*;

use crate::base::progress::Unit;
use crate::base::{Progress, RepoPath, TreeId};
use crate::diff::tree::tree_changes;
use crate::object::Entry;
use crate::workspace::cache::{CachedFile, NewRow};
use crate::workspace::content::{Content, Deed};
use crate::workspace::error::WorkspaceError;
use crate::workspace::handle::Workspace;
use crate::workspace::join::{Facts, Join, Joined, OnDisk};
use crate::workspace::notice::Notice;
use crate::workspace::status::rename::with_renames;
use crate::workspace::status::{
    Change, ChangeKind, Status, StatusOptions, Untracked, UntrackedMode, Verdict, compare,
    same_bytes,
};

/// A tracked file that only reading can tell about.
#[derive(Debug)]
struct Unsure {
    path: RepoPath,
    entry: Entry,
}

impl Workspace {
    /// Returns how the staged tree differs from `head`, and the working copy from the staged tree.
    pub fn status(
        &self,
        head: TreeId,
        staged: TreeId,
        options: StatusOptions<'_>,
        progress: &dyn Progress,
    ) -> Result<Status, WorkspaceError> {
        let mut status = self.unstaged(staged, options, progress)?;
        let changes = tree_changes(&self.objects, head, staged, &RepoPath::root());
        status.staged = with_renames(changes.collect::<Result<_, _>>()?);
        Ok(status)
    }

    /// Returns how the working copy differs from a tree.
    pub fn unstaged(
        &self,
        staged: TreeId,
        options: StatusOptions<'_>,
        progress: &dyn Progress,
    ) -> Result<Status, WorkspaceError> {
        let present = self.present();
        let mut status = Status::default();
        let mut unsure = Vec::new();
        let (held, root) = (self.held(&[staged])?, RepoPath::root());
        let mut join = Join::new(self, staged, &held, &root, |_| false, Facts::OfTracked);
        while let Some(joined) = join.advance()? {
            let Joined { path, tracked: Some(entry), on_disk, cached } = joined else {
                untracked(joined, &mut join, options, &mut status);
                continue;
            };
            match tracked(&entry, &on_disk, cached.as_ref()) {
                Verdict::Same => {}
                Verdict::Differs(kind) => status.unstaged.push(Change::new(path, kind)),
                Verdict::Unsure => unsure.push(Unsure { path, entry }),
            }
        }
        status.notices.extend(join.into_notices());
        self.settle_unsure(unsure, present, &mut status, progress)?;
        status.notices.sort_by(|a, b| a.path().cmp(b.path()));
        Ok(status)
    }

    /// Reads the files of which nothing is sure, and remembers what they hold.
    fn settle_unsure(
        &self,
        unsure: Vec<Unsure>,
        present: i64,
        status: &mut Status,
        progress: &dyn Progress,
    ) -> Result<(), WorkspaceError> {
        if unsure.is_empty() {
            return Ok(());
        }
        progress.phase("reading", Some(unsure.len() as u64), Unit::Files);
        let read = unsure.into_par_iter().map_init(
            || self.disk.cursor(),
            |cursor, Unsure { path, entry }| {
                crate::base::interrupt::check()?;
                let content = self.read_content(cursor, &path, Deed::Hash, progress)?;
                progress.advance(1);
                Ok((path, entry, content))
            },
        );
        let mut rows = Vec::new();
        for (path, entry, content) in read.collect::<Result<Vec<_>, WorkspaceError>>()? {
            let kind = match content {
                Content::Known { entry: now, stat } => {
                    let same = same_bytes(&entry, &now);
                    // The tree's entry may say more of the same bytes, as where its chunks are.
                    let held = if same { entry } else { now };
                    let file = CachedFile { stat, observed_ns: present, entry: held };
                    rows.push(NewRow { path: path.clone(), file });
                    (!same).then_some(ChangeKind::Modified)
                }
                Content::Gone => Some(ChangeKind::Deleted),
                Content::Other(_) => Some(ChangeKind::TypeChange),
                Content::Unsteady => Some(ChangeKind::Modified),
                Content::Unreadable(reason) => {
                    status.notices.push(Notice::Unreadable { path: path.clone(), reason });
                    None
                }
            };
            status.unstaged.extend(kind.map(|kind| Change::new(path, kind)));
        }
        status.unstaged.sort_by(|a, b| a.path.cmp(&b.path));
        self.cache.update(&rows, &[]);
        Ok(())
    }
}

fn tracked(entry: &Entry, on_disk: &OnDisk, cached: Option<&CachedFile>) -> Verdict {
    match on_disk {
        OnDisk::File { stat, .. } => compare(entry, stat, cached),
        OnDisk::Absent | OnDisk::IgnoredDirectory => Verdict::Differs(ChangeKind::Deleted),
        OnDisk::Special(_) => Verdict::Differs(ChangeKind::TypeChange),
        OnDisk::Name { .. } => Verdict::Unsure,
        OnDisk::Elsewhere | OnDisk::Unknown => Verdict::Same,
    }
}

fn untracked(joined: Joined, join: &mut Join<'_>, options: StatusOptions<'_>, status: &mut Status) {
    let Joined { path, on_disk, .. } = joined;
    match on_disk {
        OnDisk::Special(kind) => status.notices.push(Notice::Special { path, kind }),
        OnDisk::File { ignored: false, .. } | OnDisk::Name { ignored: false }
            if options.untracked != UntrackedMode::None && !(options.is_git_tracked)(&path) =>
        {
            let directory = match options.untracked {
                UntrackedMode::Collapsed => join.untracked_directory(&path),
                _ => None,
            };
            let is_directory = directory.is_some();
            if let Some(directory) = &directory {
                join.skip_below(directory.clone());
            }
            status.untracked.push(Untracked { path: directory.unwrap_or(path), is_directory });
        }
        _ => {}
    }
}
