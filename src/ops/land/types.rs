//! What goes into a landing, and what comes of it.

use crate::base::{CommitId, Timestamp, TreeId};
use crate::hook::event::Around;
use crate::hook::runner::RunRecord;
use crate::object::Signature;
use crate::refs::{RefEdit, RefName};

/// A commit to be.
#[derive(Debug, Clone)]
pub struct Candidate {
    pub tree: TreeId,
    pub parents: Vec<CommitId>,
    pub message: String,
    pub meta: Vec<(String, String)>,
    /// Who made the change, where that is somebody else than who commits it now.
    pub author: Option<(Signature, Timestamp)>,
}

/// Where a commit goes, and under which rules.
#[derive(Debug, Clone)]
pub struct Landing {
    /// The events around it, the most specific first: a hook that names several runs for that one.
    pub around: &'static [Around],
    /// The branch that moves; nothing for a detached `HEAD`.
    pub branch: Option<RefName>,
    /// The commit it moves from, and is compared with.
    pub base: Option<CommitId>,
    /// Whether the branch comes into being with it.
    pub is_new_branch: bool,
    /// For a merge: what is merged.
    pub source: Option<String>,
    /// The tree whose `mlv.yaml` says which hooks run.
    pub definitions: TreeId,
    /// Whether the user wrote what is committed, definitions among it: they are trusted then.
    pub own: bool,
    /// Runs no `pre-` hook, and leaves a mark in the commit.
    pub no_verify: bool,
    /// Whether the working copy stands on the branch.
    pub checked_out: bool,
    pub stage: Stage,
    /// Refs that are edited together with the branch.
    pub edits: Vec<RefEdit>,
    /// The commit that the branch may simply move to, where the hooks add nothing to its tree.
    pub fast_forward: Option<CommitId>,
    /// The hooks whose outputs led to it, the first one first: it does not trigger them.
    pub chain: Vec<String>,
    /// The hooks that made or saw all it brings: it does not trigger them after the deed.
    pub seen: Vec<String>,
}

/// The staged tree around a landing. What is staged while the hooks run stays staged on top.
#[derive(Debug, Clone, Copy)]
pub struct Stage {
    /// What was staged when the candidate was made.
    pub before: TreeId,
    /// What the files of the working copy were believed to hold then.
    pub files: TreeId,
    /// What is to be staged when it has landed, but for what the hooks put in.
    pub after: TreeId,
}

/// What came of it.
#[derive(Debug, Clone)]
pub struct Landed {
    pub id: CommitId,
    pub tree: TreeId,
    pub parents: Vec<CommitId>,
    pub files_changed: u64,
    pub fast_forward: bool,
    pub runs: Vec<RunRecord>,
    pub message: String,
}
