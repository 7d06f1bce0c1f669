//! What a walk met that the user should hear of, while the rest goes on.

use std::fmt;

use crate::base::RepoPath;
use crate::workspace::disk::FileKind;

/// Something that was passed over, and why.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Notice {
    /// A socket, named pipe or device.
    Special { path: RepoPath, kind: FileKind },
    /// A file or directory that could not be read.
    Unreadable { path: RepoPath, reason: String },
    /// A directory with a repository of its own.
    NestedRepository { path: RepoPath },
    /// A line of an ignore file that is no pattern.
    BadIgnorePattern { path: RepoPath, line: usize, reason: String },
}

impl Notice {
    /// Tells whether the command did less than it was asked because of this.
    pub fn is_failure(&self) -> bool {
        matches!(self, Self::Unreadable { .. })
    }

    /// Returns the path that the notice is about.
    pub fn path(&self) -> &RepoPath {
        match self {
            Self::Special { path, .. }
            | Self::Unreadable { path, .. }
            | Self::NestedRepository { path }
            | Self::BadIgnorePattern { path, .. } => path,
        }
    }
}

impl fmt::Display for Notice {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Special { path, kind } => write!(f, "skipped `{path}`: it is a {}", kind.word()),
            Self::Unreadable { path, reason } => write!(f, "cannot read `{path}`: {reason}"),
            Self::NestedRepository { path } => {
                write!(f, "skipped `{path}`: it is a repository of its own")
            }
            Self::BadIgnorePattern { path, line, reason } => {
                write!(f, "`{path}` line {line} is no pattern: {reason}")
            }
        }
    }
}

/// In words, as it is shown.
impl serde::Serialize for Notice {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}
