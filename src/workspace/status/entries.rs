//! What changed files hold, for those who compare: they are hashed, and nothing is stored.

use std::io::Read;

use rayon::prelude::*;

use crate::base::fs::IoContext;
use crate::base::{NoProgress, Progress, RepoPath, TreeId};
use crate::diff::tree::TreeChange;
use crate::object::{Entry, TreeEntry};
use crate::workspace::cache::{CachedFile, NewRow};
use crate::workspace::content::{Content, Deed};
use crate::workspace::disk::Cursor;
use crate::workspace::error::WorkspaceError;
use crate::workspace::handle::Workspace;
use crate::workspace::notice::Notice;
use crate::workspace::pathspec::Pathspecs;
use crate::workspace::status::{StatusOptions, UntrackedMode};

/// How the files of a working copy differ from a tree.
#[derive(Debug, Default)]
pub struct FileChanges {
    /// In the order of paths; what is new may not be stored anywhere.
    pub changes: Vec<TreeChange>,
    pub notices: Vec<Notice>,
}

/// What was found at a path that differs.
enum Found {
    Change(Box<TreeChange>, Option<Box<CachedFile>>),
    Notice(Notice),
}

impl Found {
    fn change(
        path: RepoPath,
        old: Option<Entry>,
        new: Option<Entry>,
        file: Option<CachedFile>,
    ) -> Self {
        Self::Change(Box::new(TreeChange { path, old, new }), file.map(Box::new))
    }
}

impl Workspace {
    /// Returns how the tracked files that are meant differ from a tree.
    pub fn changes_from(
        &self,
        tree: TreeId,
        paths: &Pathspecs,
        progress: &dyn Progress,
    ) -> Result<FileChanges, WorkspaceError> {
        let options = StatusOptions { untracked: UntrackedMode::None, ..StatusOptions::default() };
        let status = self.unstaged(tree, options, progress)?;
        let present = self.present();
        let found: Vec<Found> = status
            .unstaged
            .into_par_iter()
            .filter(|change| paths.matches(&change.path))
            .map_init(|| self.disk.cursor(), |cursor, c| self.look(cursor, tree, c.path, present))
            .collect::<Result<_, WorkspaceError>>()?;
        let mut outcome = FileChanges { changes: Vec::new(), notices: status.notices };
        let mut rows = Vec::new();
        for found in found {
            match found {
                Found::Notice(notice) => outcome.notices.push(notice),
                Found::Change(change, file) => {
                    rows.extend(file.map(|file| NewRow { path: change.path.clone(), file: *file }));
                    outcome.changes.push(*change);
                }
            }
        }
        self.cache.update(&rows, &[]);
        Ok(outcome)
    }

    fn look(
        &self,
        cursor: &mut Cursor,
        tree: TreeId,
        path: RepoPath,
        present: i64,
    ) -> Result<Found, WorkspaceError> {
        crate::base::interrupt::check()?;
        let old = match self.objects.tree_entry(tree, &path)? {
            Some(TreeEntry::Leaf(entry)) => Some(entry),
            _ => None,
        };
        if let (Ok(Some(stat)), Some(row)) = (cursor.stat(&path), self.cache.get(&path))
            && row.proves(&stat)
        {
            return Ok(Found::change(path, old, Some(row.entry), None));
        }
        let reason = match self.read_content(cursor, &path, Deed::Hash, &NoProgress)? {
            Content::Known { entry, stat } => {
                let file = CachedFile { stat, observed_ns: present, entry: entry.clone() };
                return Ok(Found::change(path, old, Some(entry), Some(file)));
            }
            Content::Gone | Content::Other(_) => {
                return Ok(Found::change(path, old, None, None));
            }
            Content::Unsteady => "it keeps changing".to_owned(),
            Content::Unreadable(reason) => reason,
        };
        Ok(Found::Notice(Notice::Unreadable { path, reason }))
    }

    /// Returns the bytes of a file or the target of a link of the working copy, as `entry` says what
    /// it is; nothing where it is longer than `limit`.
    pub fn read_bytes(
        &self,
        path: &RepoPath,
        entry: &Entry,
        limit: u64,
    ) -> Result<Option<Vec<u8>>, WorkspaceError> {
        if let Entry::Symlink { target } = entry {
            return Ok(Some(target.clone()));
        }
        let mut bytes = Vec::new();
        let file = self.disk.cursor().open_file(path)?;
        file.take(limit + 1).read_to_end(&mut bytes).context("read", path.as_path())?;
        Ok((bytes.len() as u64 <= limit).then_some(bytes))
    }
}
