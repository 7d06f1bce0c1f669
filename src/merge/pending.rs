//! A merge that waits for the user to settle its conflicts, as a value to be kept between two
//! commands.

use std::collections::BTreeSet;

use minicbor::bytes::ByteVec;
use minicbor::{Decode, Encode};

use crate::base::codec::{self, CodecError};
use crate::base::{CommitId, Hash, ManifestId, RepoPath};
use crate::merge::{Conflict, ConflictKind};
use crate::object::{Entry, FileRef, Reference};

/// A merge with conflicts, begun and not committed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PendingMerge {
    pub ours: CommitId,
    pub theirs: CommitId,
    /// What the user called theirs.
    pub source: String,
    pub message: String,
    /// All conflicts the merge began with, sorted by path.
    pub conflicts: Vec<Conflict>,
    resolved: BTreeSet<RepoPath>,
}

impl PendingMerge {
    pub fn new(
        ours: CommitId,
        theirs: CommitId,
        source: String,
        message: String,
        conflicts: Vec<Conflict>,
    ) -> Self {
        Self { ours, theirs, source, message, conflicts, resolved: BTreeSet::new() }
    }

    /// Notes that the user settled what is in conflict at or below `path`: by staging it, as it is
    /// or changed, or by staging its removal. Something staged below a file that the other side
    /// made a directory settles that, too. Returns how many conflicts are settled by it.
    pub fn resolve(&mut self, path: &RepoPath) -> usize {
        let concerns = |conflict: &&Conflict| {
            conflict.path.starts_with(path)
                || (conflict.kind == ConflictKind::FileDirectory
                    && path.starts_with(&conflict.path))
        };
        let concerned = self.conflicts.iter().filter(concerns);
        let before = self.resolved.len();
        self.resolved.extend(concerned.map(|conflict| conflict.path.clone()));
        self.resolved.len() - before
    }

    /// Returns the conflicts that still wait, sorted by path.
    pub fn unresolved(&self) -> impl Iterator<Item = &Conflict> {
        self.conflicts.iter().filter(|conflict| !self.resolved.contains(&conflict.path))
    }

    /// Settles each conflict whose path no longer holds what it began with, that of ours; `staged`
    /// tells what it holds now.
    pub fn resolve_changed<E>(
        &mut self,
        mut staged: impl FnMut(&RepoPath) -> Result<Option<Entry>, E>,
    ) -> Result<(), E> {
        for conflict in &self.conflicts {
            if staged(&conflict.path)? != conflict.ours {
                self.resolved.insert(conflict.path.clone());
            }
        }
        Ok(())
    }

    /// Returns the canonical encoding.
    pub fn encode(&self) -> Vec<u8> {
        codec::encode(&Stored {
            version: VERSION,
            ours: self.ours,
            theirs: self.theirs,
            source: self.source.clone(),
            message: self.message.clone(),
            conflicts: self.conflicts.iter().map(StoredConflict::of).collect(),
            resolved: self.resolved.iter().map(path_bytes).collect(),
        })
    }

    /// Returns the value of an encoding.
    pub fn decode(bytes: &[u8]) -> Result<Self, CodecError> {
        let stored: Stored = codec::decode(bytes)?;
        if stored.version != VERSION {
            return Err(malformed(format!("version {} is not known", stored.version)));
        }
        Ok(Self {
            ours: stored.ours,
            theirs: stored.theirs,
            source: stored.source,
            message: stored.message,
            conflicts: stored
                .conflicts
                .into_iter()
                .map(Conflict::try_from)
                .collect::<Result<_, _>>()?,
            resolved: stored.resolved.into_iter().map(path_of).collect::<Result<_, _>>()?,
        })
    }
}

const VERSION: u8 = 1;

#[derive(Encode, Decode)]
struct Stored {
    #[n(0)]
    version: u8,
    #[n(1)]
    ours: CommitId,
    #[n(2)]
    theirs: CommitId,
    #[n(3)]
    source: String,
    #[n(4)]
    message: String,
    #[n(5)]
    conflicts: Vec<StoredConflict>,
    #[n(6)]
    resolved: Vec<ByteVec>,
}

#[derive(Encode, Decode)]
struct StoredConflict {
    #[n(0)]
    path: ByteVec,
    #[n(1)]
    kind: ConflictKind,
    #[n(2)]
    base: Option<StoredEntry>,
    #[n(3)]
    ours: Option<StoredEntry>,
    #[n(4)]
    theirs: Option<StoredEntry>,
}

#[derive(Encode, Decode)]
enum StoredEntry {
    #[n(0)]
    File {
        #[n(0)]
        executable: bool,
        #[n(1)]
        size: u64,
        #[n(2)]
        content: Hash,
        #[n(3)]
        manifest: Option<ManifestId>,
    },
    #[n(1)]
    Symlink {
        #[n(0)]
        target: ByteVec,
    },
    #[n(2)]
    Reference {
        #[n(0)]
        url: String,
        #[n(1)]
        size: u64,
        #[n(2)]
        etag: String,
        #[n(3)]
        version: String,
        #[n(4)]
        modified: u64,
        #[n(5)]
        content: Option<Hash>,
    },
}

impl StoredConflict {
    fn of(conflict: &Conflict) -> Self {
        let entry = |entry: &Option<Entry>| entry.as_ref().map(StoredEntry::of);
        Self {
            path: path_bytes(&conflict.path),
            kind: conflict.kind,
            base: entry(&conflict.base),
            ours: entry(&conflict.ours),
            theirs: entry(&conflict.theirs),
        }
    }
}

impl TryFrom<StoredConflict> for Conflict {
    type Error = CodecError;

    fn try_from(stored: StoredConflict) -> Result<Self, CodecError> {
        Ok(Self {
            path: path_of(stored.path)?,
            kind: stored.kind,
            base: stored.base.map(Entry::from),
            ours: stored.ours.map(Entry::from),
            theirs: stored.theirs.map(Entry::from),
        })
    }
}

impl StoredEntry {
    fn of(entry: &Entry) -> Self {
        match entry {
            Entry::File { file: FileRef { size, content, manifest }, executable } => Self::File {
                executable: *executable,
                size: *size,
                content: *content,
                manifest: *manifest,
            },
            Entry::Symlink { target } => Self::Symlink { target: target.clone().into() },
            Entry::Reference(reference) => {
                let Reference { url, size, etag, version, modified, content } = *reference.clone();
                Self::Reference { url, size, etag, version, modified, content }
            }
        }
    }
}

impl From<StoredEntry> for Entry {
    fn from(stored: StoredEntry) -> Self {
        match stored {
            StoredEntry::File { executable, size, content, manifest } => {
                Self::File { file: FileRef { size, content, manifest }, executable }
            }
            StoredEntry::Symlink { target } => Self::Symlink { target: target.into() },
            StoredEntry::Reference { url, size, etag, version, modified, content } => {
                Self::Reference(Box::new(Reference { url, size, etag, version, modified, content }))
            }
        }
    }
}

fn path_bytes(path: &RepoPath) -> ByteVec {
    path.as_bytes().to_vec().into()
}

fn path_of(bytes: ByteVec) -> Result<RepoPath, CodecError> {
    RepoPath::from_bytes(Vec::from(bytes)).map_err(|rule| malformed(format!("a path: {rule}")))
}

fn malformed(reason: String) -> CodecError {
    CodecError::Malformed { position: 0, reason }
}

#[cfg(test)]
mod tests;
