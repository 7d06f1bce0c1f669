//! `stash`: sets the changes of the working copy aside. A stash is a commit whose tree holds the
//! files, on top of the commit it was made on and of one that holds what was staged; an older stash
//! is its third parent, so that all of them are reachable from one ref.

use crate::base::{CommitId, Timestamp, TreeId};
use crate::diff::tree::tree_changes;
use crate::merge::{MergeOptions, plan_merge};
use crate::object::Commit;
use crate::ops::add::{self, AddOptions};
use crate::ops::merge::{ReportedConflict, read_pending, reported};
use crate::ops::worktree::{Move, move_to};
use crate::ops::{Context, OpsError};
use crate::refs::{RefEdit, RefName, RefValue};
use crate::repo::Update;
use crate::store::{ChunkStore, Durability};

/// A stash in a listing; 0 is the newest.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize)]
pub struct StashInfo {
    pub number: usize,
    pub id: CommitId,
    pub time: Timestamp,
    pub message: String,
    pub files: u64,
}

/// What came of applying a stash.
#[derive(Debug, Clone)]
pub enum Applied {
    Done(StashInfo),
    /// Nothing was changed.
    Conflicts(Vec<ReportedConflict>),
}

fn newest(context: &Context) -> Result<Option<CommitId>, OpsError> {
    Ok(context.repo.get(&RefName::stash())?.and_then(|value| value.commit()))
}

/// Returns all stashes, newest first, with their commits.
fn all(context: &Context) -> Result<Vec<(CommitId, Commit)>, OpsError> {
    let mut stashes = Vec::new();
    let mut next = newest(context)?;
    while let Some(id) = next {
        let commit = context.repo.objects().commit(id)?;
        next = commit.parents.get(2).copied();
        stashes.push((id, commit));
    }
    Ok(stashes)
}

fn info(
    context: &Context,
    number: usize,
    id: CommitId,
    commit: &Commit,
) -> Result<StashInfo, OpsError> {
    let before = context.repo.tree_of(commit.parents.first().copied())?;
    let root = crate::base::RepoPath::root();
    let files = tree_changes(context.repo.objects(), before, commit.tree, &root).count() as u64;
    Ok(StashInfo { number, id, time: commit.time, message: commit.message.clone(), files })
}

/// Lists the stashes, newest first.
pub fn list(context: &Context) -> Result<Vec<StashInfo>, OpsError> {
    let stashes = all(context)?;
    let stashes = stashes.iter().enumerate();
    stashes.map(|(number, (id, commit))| info(context, number, *id, commit)).collect()
}

/// Sets all changes of tracked files aside, with `untracked` new files too, and brings the working
/// copy back to `HEAD`.
pub fn push(
    context: &Context,
    message: Option<String>,
    untracked: bool,
) -> Result<StashInfo, OpsError> {
    let _lock = context.lock()?;
    if read_pending(context)?.is_some() {
        return Err(OpsError::MergeUnderWay);
    }
    let head = context.repo.head()?;
    let base =
        head.commit().ok_or(OpsError::NothingTo { verb: "stash before the first commit" })?;
    let head_tree = context.repo.objects().commit(base)?.tree;
    let staged = context.repo.staged()?;
    let options = AddOptions { tracked_only: !untracked, ..AddOptions::default() };
    let (files, _) = add::stage(context, &options, staged)?;
    if files == head_tree && staged == head_tree {
        return Err(OpsError::NothingTo { verb: "stash" });
    }
    let on = head.branch().map_or_else(|| base.short(), |name| name.short().to_owned());
    let message = message.unwrap_or_else(|| format!("changes on {on}"));
    let index = write(context, staged, vec![base], format!("staged: {message}"))?;
    let parents = [base, index].into_iter().chain(newest(context)?).collect();
    let id = write(context, files, parents, message)?;
    context.repo.store().flush(Durability::Durable)?;
    let edits = vec![
        RefEdit::set(RefName::stash(), RefValue::Commit(id)),
        RefEdit::set(RefName::staged(), RefValue::Tree(head_tree)),
    ];
    let update = Update::new(&context.command, context.now()?, edits);
    move_to(context, Move::keeping(files, head_tree), update)?;
    info(context, 0, id, &context.repo.objects().commit(id)?)
}

fn write(
    context: &Context,
    tree: TreeId,
    parents: Vec<CommitId>,
    message: String,
) -> Result<CommitId, OpsError> {
    let (who, time) = (context.signature()?, context.now()?);
    let commit = Commit {
        tree,
        parents,
        author: who.clone(),
        time,
        committer: who,
        commit_time: time,
        message,
        meta: Vec::new(),
        code: None,
    };
    Ok(context.repo.objects().write_commit(&commit)?)
}

fn find(context: &Context, number: usize) -> Result<(CommitId, Commit), OpsError> {
    all(context)?.into_iter().nth(number).ok_or(OpsError::NoSuchStash { number })
}

/// Brings the changes of a stash into the working copy; with `drop` the stash is gone afterwards.
/// What conflicts with what is there changes nothing.
pub fn apply(context: &Context, number: usize, drop: bool) -> Result<Applied, OpsError> {
    let _lock = context.lock()?;
    let (id, stash) = find(context, number)?;
    let objects = context.repo.objects();
    let base = context.repo.tree_of(stash.parents.first().copied())?;
    let staged = context.repo.staged()?;
    let plan = plan_merge(objects, &base.into(), staged, stash.tree, &MergeOptions::default())?;
    if !plan.is_clean() {
        return Ok(Applied::Conflicts(reported(&plan.conflicts)));
    }
    let files = plan.apply_clean_part(objects)?;
    context.repo.store().flush(Durability::Durable)?;
    let mut edits = Vec::new();
    // New files would be untracked, and so out of sight of the next stash, if they were not staged.
    let staged_after = with_added(context, staged, files)?;
    edits.push(RefEdit::set(RefName::staged(), RefValue::Tree(staged_after)));
    if drop {
        edits.push(without(context, number)?);
    }
    let told = info(context, number, id, &stash)?;
    let update = Update::new(&context.command, context.now()?, edits);
    move_to(context, Move::keeping(staged, files), update)?;
    Ok(Applied::Done(told))
}

/// Returns `staged` with the paths that only `files` has.
fn with_added(context: &Context, staged: TreeId, files: TreeId) -> Result<TreeId, OpsError> {
    let mut edits = Vec::new();
    let root = crate::base::RepoPath::root();
    for change in tree_changes(context.repo.objects(), staged, files, &root) {
        let change = change?;
        if let (None, Some(entry)) = (change.old, change.new) {
            let value = crate::object::TreeValue::Set(entry);
            edits.push(crate::object::TreeEdit { path: change.path, value });
        }
    }
    Ok(context.repo.objects().edit_tree(staged, edits)?)
}

/// Forgets a stash; `undo` brings it back.
pub fn drop(context: &Context, number: usize) -> Result<StashInfo, OpsError> {
    let _lock = context.lock()?;
    let (id, stash) = find(context, number)?;
    let told = info(context, number, id, &stash)?;
    let edit = without(context, number)?;
    context.repo.store().flush(Durability::Durable)?;
    context.repo.update(&Update::new(&context.command, context.now()?, vec![edit]))?;
    Ok(told)
}

/// Returns the edit that takes one stash out of the chain: the newer ones are made anew on top of
/// the older.
fn without(context: &Context, number: usize) -> Result<RefEdit, OpsError> {
    let stashes = all(context)?;
    let mut below = stashes.get(number + 1).map(|(id, _)| *id);
    for (_, newer) in stashes[..number].iter().rev() {
        let mut commit = newer.clone();
        commit.parents.truncate(2);
        commit.parents.extend(below);
        below = Some(context.repo.objects().write_commit(&commit)?);
    }
    context.repo.store().flush(Durability::Durable)?;
    Ok(match below {
        Some(id) => RefEdit::set(RefName::stash(), RefValue::Commit(id)),
        None => RefEdit::delete(RefName::stash()),
    })
}
