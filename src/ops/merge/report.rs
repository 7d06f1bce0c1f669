//! What came of a merge, as it is told.

use crate::base::{CommitId, RepoPath};
use crate::hook::runner::RunRecord;
use crate::merge::{Conflict, ConflictKind};

/// How a merge ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq, serde::Serialize)]
#[serde(rename_all = "snake_case")]
pub enum MergeResult {
    Merged,
    FastForward,
    UpToDate,
    Conflicts,
    /// Everything is prepared in the working copy and waits for `merge --continue`.
    Prepared,
}

/// A path in conflict, as it is told.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize)]
pub struct ReportedConflict {
    pub path: RepoPath,
    pub kind: ConflictKind,
}

/// What came of a merge.
#[derive(Debug, Clone)]
pub struct MergeReport {
    pub result: MergeResult,
    /// The commit the target stands on afterwards; nothing where it did not move.
    pub id: Option<CommitId>,
    pub target: Option<String>,
    pub source: String,
    pub conflicts: Vec<ReportedConflict>,
    pub files_changed: u64,
    pub line_merged: Vec<RepoPath>,
    pub hooks: Vec<RunRecord>,
}

impl ReportedConflict {
    pub fn of(conflict: &Conflict) -> Self {
        Self { path: conflict.path.clone(), kind: conflict.kind }
    }
}

/// Returns conflicts as they are told.
pub fn reported(conflicts: &[Conflict]) -> Vec<ReportedConflict> {
    conflicts.iter().map(ReportedConflict::of).collect()
}
