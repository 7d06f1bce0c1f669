//! `add`: takes files of the working copy into the staged tree.

use std::ffi::OsString;

use crate::base::{RepoPath, TreeId};
use crate::ops::{Context, OpsError};
use crate::refs::{RefEdit, RefName, RefValue};
use crate::repo::Update;
use crate::store::{ChunkStore, Durability};
use crate::workspace::{self, AddPlan, Pathspecs};

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
    pub added: Vec<RepoPath>,
    pub removed: Vec<RepoPath>,
    /// Files that did not have to be read.
    pub unchanged: u64,
    /// Bytes that were read.
    pub bytes: u64,
    /// What was passed over, in words.
    pub notices: Vec<String>,
    /// Whether some file could not be read.
    pub incomplete: bool,
}

/// Stages files and tells what was done, or with `dry_run` what would be.
pub fn add(context: &Context, options: &AddOptions) -> Result<Added, OpsError> {
    if options.dry_run {
        let (plan, _) = plan(context, options, context.repo.staged()?)?;
        return Ok(told_of_plan(plan));
    }
    let lock = context.repo.lock_worktree()?;
    let staged = context.repo.staged()?;
    let (tree, added) = stage(context, options, staged)?;
    if tree != staged {
        let edit = RefEdit::set(RefName::staged(), RefValue::Tree(tree));
        context.repo.update(&Update::new(&context.command, context.now()?, vec![edit]))?;
        exclude_from_git(context, tree)?;
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
    let tracked = context.git_tracked()?;
    let is_git_tracked = |path: &RepoPath| tracked.as_ref().is_some_and(|git| git.contains(path));
    let options = workspace::AddOptions {
        paths: &paths,
        force: options.force,
        tracked_only: options.tracked_only,
        is_git_tracked: &is_git_tracked,
    };
    let plan = context.workspace()?.plan_add(staged, &options)?;
    Ok((plan, paths))
}

fn told_of_plan(plan: AddPlan) -> Added {
    Added {
        bytes: plan.files.iter().map(|file| file.size).sum(),
        added: plan.files.into_iter().map(|file| file.path).collect(),
        removed: plan.removals,
        unchanged: plan.unchanged,
        incomplete: plan.notices.iter().any(workspace::Notice::is_failure),
        notices: plan.notices.iter().map(ToString::to_string).collect(),
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
    let outcome = context.workspace()?.execute_add(plan, context.progress.as_ref())?;
    let objects = context.repo.objects();
    let mut added = Added {
        unchanged,
        bytes: outcome.bytes,
        incomplete: outcome.has_failures(),
        notices: outcome.notices.iter().map(ToString::to_string).collect(),
        ..Added::default()
    };
    let tree = objects.edit_tree(staged, outcome.edits)?;
    for change in crate::diff::tree::tree_changes(objects, staged, tree, &RepoPath::root()) {
        let change = change?;
        match change.new {
            Some(_) => added.added.push(change.path),
            None => added.removed.push(change.path),
        }
    }
    context.repo.store().flush(Durability::Visible)?;
    Ok((tree, added))
}

/// Keeps Git from offering what mlv versions.
pub fn exclude_from_git(context: &Context, tree: TreeId) -> Result<(), OpsError> {
    let Some(git) = context.git()? else { return Ok(()) };
    let paths = context.repo.objects().walk_tree(tree, &RepoPath::root());
    let paths = paths.map(|item| item.map(|(path, _)| path)).collect::<Result<Vec<_>, _>>()?;
    git.exclude(&paths, &git.tracked()?)?;
    Ok(())
}
