//! `commit`: what is staged becomes a commit, if the hooks let it.

use std::ffi::OsString;

use crate::base::{CommitId, TreeId};
use crate::hook::{Event, RunRecord};
use crate::object::tree::TreeEdit;
use crate::ops::add::{self, AddOptions};
use crate::ops::land::{Candidate, Landing, land};
use crate::ops::merge::state::MergeState;
use crate::ops::{Context, OpsError, hooks, status};
use crate::refs::{RefEdit, RefName, RefValue};

/// What is to be committed, and how.
#[derive(Debug, Clone, Default)]
pub struct CommitOptions {
    pub message: Option<String>,
    /// Stage all changes of tracked files first.
    pub all: bool,
    /// Commit these paths as they are in the working copy, and nothing else.
    pub paths: Vec<OsString>,
    pub allow_empty: bool,
    pub no_verify: bool,
    pub meta: Vec<(String, String)>,
}

/// The commit that was made.
#[derive(Debug, Clone, serde::Serialize)]
pub struct Committed {
    pub id: CommitId,
    pub branch: Option<String>,
    pub parents: Vec<CommitId>,
    pub tree: TreeId,
    pub files_changed: u64,
    pub hooks: Vec<RunRecord>,
}

/// Commits.
pub fn commit(context: &Context, options: CommitOptions) -> Result<Committed, OpsError> {
    let lock = context.repo.lock_worktree()?;
    let head = context.repo.head()?;
    let under_way = MergeState::read(context)?;
    if let Some(branch) = head.branch().filter(|_| under_way.is_none()) {
        context.refuse_protected(branch, "commit")?;
    }
    let head_tree = context.repo.tree_of(head.commit())?;
    let staged_before = context.repo.staged()?;
    let (tree, staged) = candidate_tree(context, &options, head_tree, staged_before)?;
    if let Some(merge) = &under_way {
        merge.refuse_unresolved(context, tree)?;
    }
    if tree == head_tree && !options.allow_empty && under_way.is_none() {
        let status = status::status(context)?;
        return Err(OpsError::NothingToCommit {
            unstaged: status.unstaged.len(),
            untracked: status.untracked.len(),
        });
    }
    let message = match (&options.message, &under_way) {
        (Some(message), _) if !message.trim().is_empty() => message.clone(),
        (None, Some(merge)) => merge.message.clone(),
        _ => return Err(OpsError::NoMessage),
    };
    let parents = head.commit().into_iter().chain(under_way.as_ref().map(|merge| merge.source));
    let candidate = Candidate {
        tree,
        parents: parents.collect(),
        message,
        meta: canonical_meta(options.meta),
        author: None,
    };
    let (pre, post) = match under_way {
        Some(_) => (Event::PreMerge, Event::PostMerge),
        None => (Event::PreCommit, Event::PostCommit),
    };
    // Only some paths are committed: what else is staged stays so, on top of the new commit.
    let keeps_staged = staged != tree;
    let mut edits = vec![RefEdit::delete(RefName::merge())];
    if keeps_staged {
        edits.push(RefEdit::set(RefName::staged(), RefValue::Tree(staged)));
    }
    // For a merge the target decides; for a commit, what is being committed.
    let definitions = if under_way.is_some() { head_tree } else { tree };
    let landing = Landing {
        pre,
        post,
        branch: head.branch().cloned(),
        base: head.commit(),
        source: under_way.as_ref().map(|merge| merge.source_name.clone()),
        definitions: hooks::wanted(context, options.no_verify).then_some(definitions),
        worktree: Some(tree),
        edits,
        fast_forward: None,
    };
    let landed = land(context, candidate, landing)?;
    drop(lock);
    Ok(Committed {
        id: landed.id,
        branch: head.branch().map(|name| name.short().to_owned()),
        parents: landed.parents,
        tree: landed.tree,
        files_changed: landed.files_changed,
        hooks: landed.runs,
    })
}

/// Returns the tree to commit, and the one that will be staged afterwards.
fn candidate_tree(
    context: &Context,
    options: &CommitOptions,
    head: TreeId,
    staged: TreeId,
) -> Result<(TreeId, TreeId), OpsError> {
    if !options.paths.is_empty() {
        let add = AddOptions { paths: options.paths.clone(), tracked_only: true, ..AddOptions::default() };
        let edits: Vec<TreeEdit> = add::snapshot(context, &add, staged)?.edits_of_all_named();
        let objects = context.repo.objects();
        return Ok((objects.edit_tree(head, edits.clone())?, objects.edit_tree(staged, edits)?));
    }
    if options.all {
        let add = AddOptions { tracked_only: true, ..AddOptions::default() };
        let staged = add::stage(context, &add, staged)?;
        return Ok((staged, staged));
    }
    Ok((staged, staged))
}

/// Sorts the pairs by key; the last value of a key counts.
fn canonical_meta(pairs: Vec<(String, String)>) -> Vec<(String, String)> {
    pairs.into_iter().collect::<std::collections::BTreeMap<_, _>>().into_iter().collect()
}
