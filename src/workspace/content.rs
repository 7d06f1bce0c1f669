//! What a file of the working copy holds: read as a whole, or not at all.

use std::fs::File;
use std::io;

use crate::base::{Progress, RepoPath};
use crate::object::ingest::hash_source;
use crate::object::{Entry, FileRef, ObjectError};
use crate::workspace::disk::{Cursor, FileKind, Stat};
use crate::workspace::error::WorkspaceError;
use crate::workspace::handle::Workspace;

/// How often a file that changes while it is read is read again.
const ATTEMPTS: usize = 3;

/// Of files as large as this it is asked what they held before. Tests have smaller ones.
const LARGE: u64 = if cfg!(test) { 1 << 19 } else { 4 << 20 };

/// What was found at a path.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Content {
    /// The file held `entry` while its facts were `stat`, before and after.
    Known {
        entry: Entry,
        stat: Stat,
    },
    Gone,
    /// Something that is neither a file nor a link.
    Other(FileKind),
    Unreadable(String),
    /// It changed each time it was read.
    Unsteady,
}

/// Whether the bytes are only hashed, or also kept.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Deed {
    Hash,
    Store,
}

impl Workspace {
    /// Reads what is at `path`.
    pub(super) fn read_content(
        &self,
        cursor: &mut Cursor,
        path: &RepoPath,
        deed: Deed,
        progress: &dyn Progress,
    ) -> Result<Content, WorkspaceError> {
        for _ in 0..ATTEMPTS {
            if let Some(content) = self.read_once(cursor, path, deed, progress)? {
                return Ok(content);
            }
        }
        Ok(Content::Unsteady)
    }

    /// Reads once; returns nothing where the file changed meanwhile.
    fn read_once(
        &self,
        cursor: &mut Cursor,
        path: &RepoPath,
        deed: Deed,
        progress: &dyn Progress,
    ) -> Result<Option<Content>, WorkspaceError> {
        let stat = match cursor.stat(path) {
            Ok(Some(stat)) => stat,
            Ok(None) => return Ok(Some(Content::Gone)),
            Err(error) => return Ok(Some(Content::Unreadable(error.source.to_string()))),
        };
        let entry = match stat.kind() {
            FileKind::File => self.read_file(cursor, path, &stat, deed, progress)?,
            FileKind::Symlink => match cursor.read_link(path) {
                Ok(target) => Ok(Entry::Symlink { target }),
                Err(error) => Err(error.source),
            },
            kind => return Ok(Some(Content::Other(kind))),
        };
        let same = cursor.stat(path).is_ok_and(|now| now == Some(stat));
        Ok(match entry {
            _ if !same => None,
            Ok(entry) => Some(Content::Known { entry, stat }),
            Err(error) => Some(Content::Unreadable(error.to_string())),
        })
    }

    fn read_file(
        &self,
        cursor: &mut Cursor,
        path: &RepoPath,
        stat: &Stat,
        deed: Deed,
        progress: &dyn Progress,
    ) -> Result<io::Result<Entry>, WorkspaceError> {
        let file = match cursor.open_file(path) {
            Ok(file) => file,
            Err(error) => return Ok(Err(error.source)),
        };
        let opened = rustix::fs::fstat(&file).map(Stat::from);
        if !opened.is_ok_and(|opened| opened == *stat) {
            return Ok(Err(io::Error::other("it was replaced")));
        }
        match self.take_in(file, self.earlier(path, stat).as_ref(), deed, progress) {
            Ok(file) => Ok(Ok(Entry::File { file, executable: stat.is_executable() })),
            Err(ObjectError::Source(error)) => Ok(Err(error)),
            Err(error) => Err(error.into()),
        }
    }

    fn take_in(
        &self,
        file: File,
        earlier: Option<&FileRef>,
        deed: Deed,
        progress: &dyn Progress,
    ) -> Result<FileRef, ObjectError> {
        match (deed, earlier) {
            (Deed::Hash, None) => hash_source(file),
            (Deed::Hash, Some(earlier)) => self.objects.hash_again(earlier, file),
            (Deed::Store, None) => self.objects.ingest(file, progress),
            (Deed::Store, Some(earlier)) => self.objects.ingest_again(earlier, file, progress),
        }
    }

    /// Returns what a large file was known to hold, where that can be read without asking anybody.
    fn earlier(&self, path: &RepoPath, stat: &Stat) -> Option<FileRef> {
        if stat.size < LARGE || self.objects.store().is_partial() {
            return None;
        }
        match self.cache.get(path)?.entry {
            Entry::File { file, .. } => Some(file).filter(|file| file.manifest.is_some()),
            _ => None,
        }
    }
}
