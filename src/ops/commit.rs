//! `commit`: what is staged becomes a commit, if the hooks let it.

use std::ffi::OsString;

use crate::base::{CommitId, TreeId};
use crate::hook::event::Around;
use crate::hook::runner::RunRecord;
use crate::ops::add::{self, AddOptions};
use crate::ops::land::{Candidate, Landing, Stage, land, overlay};
use crate::ops::merge::{
    end_pending, no_merge_begins, read_pending, refuse_unresolved, without_side_files,
};
use crate::ops::reset::refuse_unmatched;
use crate::ops::{Context, OpsError, hooks, sparse, status};
use crate::workspace::Notice;
use crate::workspace::status::UntrackedMode;

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
#[derive(Debug, Clone)]
pub struct Committed {
    pub id: CommitId,
    pub branch: Option<String>,
    pub parents: Vec<CommitId>,
    pub tree: TreeId,
    pub files_changed: u64,
    pub hooks: Vec<RunRecord>,
    pub message: String,
}

/// Commits.
pub fn commit(context: &Context, options: CommitOptions) -> Result<Committed, OpsError> {
    let lock = context.lock()?;
    let head = context.repo.head()?;
    let pending = read_pending(context)?;
    let no_verify = options.no_verify || context.skips_hooks();
    match head.branch() {
        Some(branch) if pending.is_none() => hooks::refuse_protected(context, branch, "commit")?,
        Some(branch) if no_verify => hooks::refuse_passing_over(context, branch)?,
        _ => {}
    }
    if pending.is_some() && !options.paths.is_empty() {
        return Err(OpsError::PartOfMerge);
    }
    let head_tree = context.repo.tree_of(head.commit())?;
    let before = context.repo.staged()?;
    let (mut tree, staged) = candidate_tree(context, &options, head_tree)?;
    let mut stage = Stage { before, files: staged, after: staged };
    if let Some(pending) = &pending {
        refuse_unresolved(pending)?;
        (tree, stage.files) = without_side_files(context, staged, pending)?;
        stage.after = tree;
    }
    if tree == head_tree && !options.allow_empty && pending.is_none() {
        return Err(nothing_to_commit(context)?);
    }
    let message = match (options.message, &pending) {
        (Some(message), _) if !message.trim().is_empty() => message,
        (None, Some(merge)) => merge.message.clone(),
        _ => return Err(OpsError::NoMessage),
    };
    let candidate = Candidate {
        tree,
        parents: head.commit().into_iter().chain(pending.as_ref().map(|m| m.theirs)).collect(),
        message,
        meta: canonical_meta(options.meta),
        author: None,
    };
    // For a merge the target decides; for a commit, what is being committed.
    let definitions = match pending {
        Some(_) => head_tree,
        None => hooks::definitions_of_commit(context, head.branch(), head_tree, tree)?,
    };
    let landing = Landing {
        around: if pending.is_some() { &[Around::MERGE] } else { &[Around::COMMIT] },
        branch: head.branch().cloned(),
        base: head.commit(),
        is_new_branch: false,
        source: pending.as_ref().map(|merge| merge.source.clone()),
        definitions,
        no_verify,
        own: pending.is_none(),
        checked_out: true,
        stage,
        edits: vec![match &pending {
            Some(pending) => end_pending(pending),
            None => no_merge_begins(),
        }],
        fast_forward: None,
        chain: Vec::new(),
        seen: Vec::new(),
    };
    let landed = land(context, Some(lock), candidate, landing)?;
    Ok(Committed {
        id: landed.id,
        branch: head.branch().map(|name| name.short().to_owned()),
        parents: landed.parents,
        tree: landed.tree,
        files_changed: landed.files_changed,
        hooks: landed.runs,
        message: landed.message,
    })
}

fn nothing_to_commit(context: &Context) -> Result<OpsError, OpsError> {
    let status = status::status(context, UntrackedMode::Collapsed)?;
    Ok(OpsError::NothingToCommit {
        unstaged: status.unstaged.len(),
        untracked: status.untracked.len(),
    })
}

/// Returns the tree to commit, and the one that will be staged afterwards.
fn candidate_tree(
    context: &Context,
    options: &CommitOptions,
    head: TreeId,
) -> Result<(TreeId, TreeId), OpsError> {
    let staged = context.repo.staged()?;
    if options.paths.is_empty() {
        let staged = if options.all { stage_tracked(context, &[], staged)? } else { staged };
        return Ok((staged, staged));
    }
    refuse_unmatched(context, &options.paths, &[head, staged])?;
    let held = sparse::held(context, &[staged])?;
    // What left the staged tree before, or is not held, has nothing to be read.
    let is_read = |path: &&OsString| {
        let one = std::slice::from_ref(*path);
        refuse_unmatched(context, one, &[staged]).is_ok()
            && sparse::refuse_outside(context, one, &held).is_ok()
    };
    let paths: Vec<_> = options.paths.iter().filter(is_read).cloned().collect();
    let staged = if paths.is_empty() { staged } else { stage_tracked(context, &paths, staged)? };
    let named = context.pathspecs(&options.paths)?;
    let tree = overlay(context, head, (head, staged), |path| named.matches(path))?;
    Ok((tree, staged))
}

/// Stages tracked files as they are on the disk: all of them, or nothing where one cannot be read.
fn stage_tracked(
    context: &Context,
    paths: &[OsString],
    staged: TreeId,
) -> Result<TreeId, OpsError> {
    let add = AddOptions { paths: paths.to_vec(), tracked_only: true, ..AddOptions::default() };
    let (tree, added) = add::stage(context, &add, staged)?;
    if added.incomplete {
        let notices = added.notices.into_iter().filter(Notice::is_failure).collect();
        return Err(OpsError::Unreadable { notices });
    }
    Ok(tree)
}

/// Sorts the pairs by key; the last value of a key counts.
fn canonical_meta(pairs: Vec<(String, String)>) -> Vec<(String, String)> {
    pairs.into_iter().collect::<std::collections::BTreeMap<_, _>>().into_iter().collect()
}
