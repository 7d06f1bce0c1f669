//! What lies in a directory that has to go, ignored or not.

use std::sync::Arc;

use crate::base::RepoPath;
use crate::workspace::checkout::{BlockReason, Blocked};
use crate::workspace::disk::{Cursor, FileKind, list};
use crate::workspace::error::WorkspaceError;
use crate::workspace::handle::Workspace;
use crate::workspace::notice::Notice;
use crate::workspace::scan::{Found, Scan, ScanOptions};

impl Workspace {
    /// Returns every file at and below `dir`, and what keeps it from being emptied.
    pub(super) fn everything_below(&self, dir: &RepoPath) -> Vec<Result<RepoPath, Blocked>> {
        let options = ScanOptions {
            below: dir.clone(),
            use_ignore_files: false,
            enter_ignored: Box::new(|_| true),
            wants_facts: Arc::new(|_| false),
        };
        let of = |found: Found| match found {
            Found::File { path, .. }
            | Found::Name { path, .. }
            | Found::IgnoredDirectory { path } => Ok(path),
            Found::Special { path, kind } => {
                Err(Blocked { path, reason: BlockReason::of_kind(kind) })
            }
            Found::Unknown { notice } | Found::Notice { notice } => Err(blocked_by(notice)),
        };
        let mut found: Vec<_> = Scan::new(&self.disk, options).map(of).collect();
        found.extend(self.git_directories_below(dir));
        found
    }

    /// A scan passes over `.git`, but a directory that holds one cannot be removed.
    fn git_directories_below(&self, dir: &RepoPath) -> Vec<Result<RepoPath, Blocked>> {
        let mut cursor = self.disk.cursor();
        let mut pending = vec![dir.clone()];
        let mut found = Vec::new();
        while let Some(dir) = pending.pop() {
            let Ok(listed) = cursor.directory(&dir).and_then(list) else { continue };
            for (name, kind) in listed.iter() {
                match dir.child(name) {
                    Ok(path) if kind == FileKind::Directory => {
                        pending.push(path);
                    }
                    Ok(_) => {}
                    Err(_) => {
                        let reason = BlockReason::NestedRepository;
                        found.push(Err(Blocked { path: dir.clone(), reason }));
                    }
                }
            }
        }
        found
    }
}

fn blocked_by(notice: Notice) -> Blocked {
    let path = notice.path().clone();
    let reason = match notice {
        Notice::Unreadable { reason, .. } | Notice::BadIgnorePattern { reason, .. } => {
            BlockReason::Unreadable(reason)
        }
        Notice::NestedRepository { .. } => BlockReason::NestedRepository,
        Notice::Special { kind, .. } => BlockReason::of_kind(kind),
    };
    Blocked { path, reason }
}

/// Removes a directory that holds nothing but empty directories; tells whether it is gone.
pub(super) fn remove_empty_tree(
    cursor: &mut Cursor,
    dir: &RepoPath,
) -> Result<bool, WorkspaceError> {
    let mut order = vec![dir.clone()];
    let mut next = 0;
    while let Some(dir) = order.get(next).cloned() {
        next += 1;
        let Ok(listed) = cursor.directory(&dir).and_then(list) else { return Ok(false) };
        for (name, kind) in listed.iter() {
            match dir.child(name) {
                Ok(path) if kind == FileKind::Directory => {
                    order.push(path);
                }
                _ => return Ok(false),
            }
        }
    }
    cursor.forget();
    for dir in order.iter().rev() {
        if !cursor.remove_empty_directory(dir)? {
            return Ok(false);
        }
        cursor.forget();
    }
    Ok(true)
}
