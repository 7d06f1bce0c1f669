//! `status`: how the working copy, the staged tree and `HEAD` differ.

use crate::base::{CommitId, RepoPath};
use crate::object::CodeRevision;
use crate::ops::merge::read_pending;
use crate::ops::upstream::{self, Distance};
use crate::ops::{Context, OpsError, heal, sparse};
use crate::workspace::status::{Change, Status, StatusOptions, Untracked, UntrackedMode};
use crate::workspace::{Notice, Sparse};

/// What `status` tells.
#[derive(Debug, Clone, serde::Serialize)]
pub struct StatusReport {
    pub branch: Option<String>,
    pub head: Option<CommitId>,
    /// What the branch follows, and how far both are apart.
    pub upstream: Option<Distance>,
    pub staged: Vec<Change>,
    pub unstaged: Vec<Change>,
    #[serde(serialize_with = "as_paths")]
    pub untracked: Vec<Untracked>,
    /// Paths of a merge under way that are still to be settled.
    pub conflicts: Vec<RepoPath>,
    pub clean: bool,
    /// Which part of the trees the working copy holds; null where it is everything.
    pub sparse: Sparse,
    /// The branch that is being merged.
    pub merging: Option<String>,
    /// The code that a commit made now would record.
    pub code: Option<CodeRevision>,
    /// What was passed over.
    pub notices: Vec<Notice>,
}

/// Writes untracked paths; a directory that stands for all below it ends with a slash.
fn as_paths<S: serde::Serializer>(untracked: &[Untracked], s: S) -> Result<S::Ok, S::Error> {
    s.collect_seq(untracked.iter().map(shown))
}

/// Returns an untracked path as it is shown.
pub fn shown(untracked: &Untracked) -> String {
    let slash = if untracked.is_directory { "/" } else { "" };
    format!("{}{slash}", untracked.path)
}

/// Compares the working copy with the staged tree, and that with `HEAD`.
pub fn status(context: &Context, untracked: UntrackedMode) -> Result<StatusReport, OpsError> {
    heal::settle_checkout(context)?;
    let head = context.repo.head()?;
    let head_tree = context.repo.tree_of(head.commit())?;
    let staged = context.repo.staged()?;
    let tracked = context.git_tracked()?;
    let is_git_tracked = |path: &RepoPath| tracked.as_ref().is_some_and(|git| git.contains(path));
    let options = StatusOptions { untracked, is_git_tracked: &is_git_tracked };
    let progress = context.progress.as_ref();
    let workspace = context.workspace()?;
    let compare = || Ok(workspace.status(head_tree, staged, options, progress)?);
    let (found, code): (Status, _) = context.beside_code_revision(compare)?;
    let merge = read_pending(context)?;
    let unresolved = merge.iter().flat_map(crate::merge::PendingMerge::unresolved);
    let conflicts: Vec<_> = unresolved.map(|conflict| conflict.path.clone()).collect();
    let branch = head.branch();
    let upstream = branch.map(|name| upstream::distance(context, name, head.commit()));
    Ok(StatusReport {
        upstream: upstream.transpose()?.flatten(),
        branch: head.branch().map(|name| name.short().to_owned()),
        head: head.commit(),
        clean: found.is_clean() && conflicts.is_empty() && merge.is_none(),
        staged: found.staged,
        unstaged: found.unstaged,
        untracked: found.untracked,
        conflicts,
        sparse: sparse::read(&context.repo)?,
        merging: merge.map(|merge| merge.source),
        code,
        notices: found.notices,
    })
}
