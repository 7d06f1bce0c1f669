//! `add`: takes files of the working copy into the staged tree.

use std::collections::BTreeSet;
use std::ffi::OsString;

use crate::base::{PathList, RepoPath, TreeId};
use crate::object::{Entry, ObjectDb};
use crate::ops::merge::settle_paths;
use crate::ops::{Context, OpsError, heal, sparse};
use crate::refs::{RefEdit, RefName, RefValue};
use crate::repo::Update;
use crate::store::BlobId;
use crate::workspace::snapshot::{self, AddPlan};
use crate::workspace::status::{StatusOptions, UntrackedMode};
use crate::workspace::{Notice, Pathspecs};

/// What to add.
#[derive(Debug, Clone, Default)]
pub struct AddOptions {
    /// What the user named; everything where it is empty.
    pub paths: Vec<OsString>,
    /// Also what `.mlvignore` hides.
    pub force: bool,
    /// Only files that are tracked already.
    pub tracked_only: bool,
    pub dry_run: bool,
}

/// What was added.
#[derive(Debug, Clone, Default, serde::Serialize)]
pub struct Added {
    /// Paths that are new to the staged tree, or changed.
    pub added: PathList,
    pub removed: PathList,
    /// Files that did not have to be read.
    pub unchanged: u64,
    /// How large the added files are.
    pub bytes: u64,
    /// How many objects were stored again that were damaged or lost.
    pub healed: u64,
    /// What was passed over.
    pub notices: Vec<Notice>,
    /// Whether some file could not be read.
    pub incomplete: bool,
}

/// Stages files and tells what was done, or with `dry_run` what would be.
pub fn add(context: &Context, options: &AddOptions) -> Result<Added, OpsError> {
    if options.dry_run {
        heal::settle_checkout(context)?;
        let (plan, _) = plan(context, options, context.repo.staged()?)?;
        return Ok(told_of_plan(plan));
    }
    let lock = context.lock()?;
    let staged = context.repo.staged()?;
    let (tree, added) = stage(context, options, staged)?;
    let named = context.pathspecs(&options.paths)?;
    let mut edits = Vec::from_iter(settle_paths(context, tree, |path| named.matches(path))?);
    edits.push(RefEdit::set(RefName::staged(), RefValue::Tree(tree)));
    context.repo.update(&Update::new(&context.command, context.now()?, edits))?;
    if tree != staged {
        exclude_from_git(context, tree, &added.added);
    }
    drop(lock);
    Ok(added)
}

fn plan(
    context: &Context,
    options: &AddOptions,
    staged: TreeId,
) -> Result<(AddPlan, Pathspecs), OpsError> {
    let paths = context.pathspecs(&options.paths)?;
    refuse_absent(context, options, staged)?;
    let tracked = context.git_tracked()?;
    let is_git_tracked = |path: &RepoPath| tracked.as_ref().is_some_and(|git| git.contains(path));
    let lost = context.repo.store().lost_blobs()?;
    let objects = context.repo.objects();
    let is_lost = |entry: &Entry| !lost.is_empty() && needs(objects, entry, &lost);
    let options = snapshot::AddOptions {
        paths: &paths,
        force: options.force,
        tracked_only: options.tracked_only,
        is_git_tracked: &is_git_tracked,
        is_lost: &is_lost,
    };
    let plan = context.workspace()?.plan_add(staged, &options)?;
    Ok((plan, paths))
}

/// Refuses a name of something that is staged, and that the working copy is not to hold.
fn refuse_absent(context: &Context, options: &AddOptions, staged: TreeId) -> Result<(), OpsError> {
    let held = sparse::held(context, &[staged])?;
    for path in sparse::outside(context, &options.paths, &held)? {
        if context.repo.objects().tree_entry(staged, &path)?.is_some() {
            return Err(OpsError::OutsideSparse { path });
        }
    }
    Ok(())
}

/// Tells whether a file consists of one of these blobs.
fn needs(objects: &ObjectDb, entry: &Entry, lost: &BTreeSet<BlobId>) -> bool {
    let Entry::File { file, .. } = entry else { return false };
    let mut found = false;
    let reached = objects.reach_file(file, &mut |id| {
        found |= lost.contains(&id);
        !found
    });
    found || reached.is_err()
}

fn told_of_plan(plan: AddPlan) -> Added {
    Added {
        bytes: plan.bytes,
        added: plan.files,
        removed: plan.removals,
        unchanged: plan.unchanged,
        healed: 0,
        incomplete: plan.notices.iter().any(Notice::is_failure),
        notices: plan.notices,
    }
}

/// Takes files into `staged` and returns the new tree, whose data other processes see; no ref is
/// moved.
pub fn stage(
    context: &Context,
    options: &AddOptions,
    staged: TreeId,
) -> Result<(TreeId, Added), OpsError> {
    let (plan, _) = plan(context, options, staged)?;
    let unchanged = plan.unchanged;
    let lost = context.repo.store().lost_blobs()?.len();
    tracing::debug!(files = plan.files.len(), unchanged = plan.unchanged, "reading files");
    let outcome = context.workspace()?.execute_add(staged, &plan, context.progress.as_ref())?;
    drop(plan);
    let (objects, tree) = (context.repo.objects(), outcome.tree);
    let mut added = Added {
        unchanged,
        incomplete: outcome.has_failures(),
        notices: outcome.notices,
        ..Added::default()
    };
    let held = sparse::held(context, &[staged])?;
    for change in crate::diff::tree::tree_changes(objects, staged, tree, &RepoPath::root()) {
        let change = change?;
        // A file may stand where a directory is that the working copy does not hold.
        if change.new.is_none() && !held.contains(&change.path) {
            return Err(OpsError::OutsideSparse { path: change.path });
        }
        match change.new {
            Some(entry) => {
                added.bytes += entry.size();
                added.added.push(change.path);
            }
            None => added.removed.push(change.path),
        }
    }
    context.flush_staged()?;
    added.healed = lost.saturating_sub(context.repo.store().lost_blobs()?.len()) as u64;
    Ok((tree, added))
}

/// Keeps Git from offering what mlv versions; where that cannot be, it is told. Where Git's exclude
/// file covers the `added` paths already, nothing else is looked at.
pub fn exclude_from_git(context: &Context, tree: TreeId, added: &PathList) {
    let progress = context.progress.as_ref();
    match try_to_exclude(context, tree, added) {
        Ok(paths) => paths.iter().for_each(|path| {
            progress.notice(&format!("Git will go on listing `{path}`: no pattern can name it"));
        }),
        Err(error) => {
            progress.notice(&format!("Git will list what mlv versions as untracked: {error}"));
        }
    }
}

/// Returns the paths that no pattern can name.
fn try_to_exclude(
    context: &Context,
    tree: TreeId,
    added: &PathList,
) -> Result<Vec<RepoPath>, OpsError> {
    let Some(git) = context.git()? else { return Ok(Vec::new()) };
    if git.excludes(added)? {
        return Ok(Vec::new());
    }
    let versioned = context.repo.objects().walk_tree(tree, &RepoPath::root());
    let versioned = versioned.map(|item| item.map(|(path, _)| path));
    let versioned = versioned.collect::<Result<Vec<_>, _>>()?;
    let options = StatusOptions { untracked: UntrackedMode::Files, ..StatusOptions::default() };
    let status = context.workspace()?.unstaged(tree, options, context.progress.as_ref())?;
    let others: Vec<_> = status.untracked.into_iter().map(|untracked| untracked.path).collect();
    Ok(git.exclude(&versioned, &others)?.inexpressible)
}
