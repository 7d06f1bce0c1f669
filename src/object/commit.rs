//! A commit: a tree, where it came from, who made it, why, and with which code.

use minicbor::{Decode, Encode};

use crate::base::{CommitId, Timestamp, TreeId};

/// A person, or a hook acting for one.
#[derive(Debug, Clone, PartialEq, Eq, Encode, Decode, serde::Serialize)]
pub struct Signature {
    #[n(0)]
    pub name: String,
    #[n(1)]
    pub email: String,
}

/// The state of the enclosing Git repository when the commit was made.
#[derive(Debug, Clone, PartialEq, Eq, Encode, Decode, serde::Serialize)]
pub struct CodeRevision {
    /// The Git commit, in hex.
    #[n(0)]
    pub commit: String,
    /// Whether tracked files differed from that commit.
    #[n(1)]
    pub dirty: bool,
}

/// A commit; its id authenticates all of it and all that it points to.
#[derive(Debug, Clone, PartialEq, Eq, Encode, Decode)]
pub struct Commit {
    #[n(0)]
    pub tree: TreeId,
    #[n(1)]
    pub parents: Vec<CommitId>,
    #[n(2)]
    pub author: Signature,
    /// When the author made the change.
    #[n(3)]
    pub time: Timestamp,
    #[n(4)]
    pub committer: Signature,
    /// When this commit was made of it.
    #[n(5)]
    pub commit_time: Timestamp,
    #[n(6)]
    pub message: String,
    /// Keys and values the user gave, sorted by key, each key once.
    #[n(7)]
    pub meta: Vec<(String, String)>,
    #[n(8)]
    pub code: Option<CodeRevision>,
}

impl Commit {
    /// Returns the first line of the message.
    pub fn subject(&self) -> &str {
        self.message.lines().next().unwrap_or_default()
    }
}
