//! Paths that two sides changed in ways that do not go together.

use std::fmt;

use minicbor::{Decode, Encode};

use crate::base::RepoPath;
use crate::object::Entry;

/// One side of a merge.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Side {
    /// What is merged into.
    Ours,
    /// What is merged.
    Theirs,
}

/// Why a path is in conflict. The numbers are those of a stored [`PendingMerge`].
///
/// [`PendingMerge`]: crate::merge::PendingMerge
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Encode, Decode, serde::Serialize)]
#[cbor(index_only)]
#[serde(rename_all = "snake_case")]
pub enum ConflictKind {
    /// Both changed it, differently, and not by lines that go together.
    #[n(0)]
    BothModified,
    /// Both added it with different content.
    #[n(1)]
    BothAdded,
    /// Ours deleted it, theirs changed it.
    #[n(2)]
    DeletedByOurs,
    /// Ours changed it, theirs deleted it.
    #[n(3)]
    DeletedByTheirs,
    /// It is a file on one side and a symbolic link on the other.
    #[n(4)]
    TypeChange,
    /// It is a file or a link on one side and a directory on the other; all that lies below it on
    /// that other side is part of this conflict.
    #[n(5)]
    FileDirectory,
}

impl fmt::Display for ConflictKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::BothModified => "both modified",
            Self::BothAdded => "both added",
            Self::DeletedByOurs => "deleted by ours",
            Self::DeletedByTheirs => "deleted by theirs",
            Self::TypeChange => "file and link",
            Self::FileDirectory => "file and directory",
        })
    }
}

/// A path in conflict with what it holds in the base and on both sides; a directory counts as
/// nothing.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Conflict {
    pub path: RepoPath,
    pub kind: ConflictKind,
    pub base: Option<Entry>,
    pub ours: Option<Entry>,
    pub theirs: Option<Entry>,
}

impl Conflict {
    /// Returns what the path holds on one side.
    pub fn side(&self, side: Side) -> Option<&Entry> {
        match side {
            Side::Ours => self.ours.as_ref(),
            Side::Theirs => self.theirs.as_ref(),
        }
    }
}
