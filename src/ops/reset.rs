//! `reset` and `restore`: bring refs, the staged tree or files back to what a commit holds.

use std::ffi::OsString;

use crate::base::{CommitId, RepoPath, TreeId};
use crate::diff::tree::tree_changes;
use crate::object::{TreeEdit, TreeValue};
use crate::ops::merge::{read_pending, settle_paths};
use crate::ops::worktree::{Move, move_to};
use crate::ops::{Context, OpsError, hooks, sparse};
use crate::refs::{RefEdit, RefName, RefValue, Revision};
use crate::repo::Update;
use crate::workspace::checkout::Policy;
use crate::workspace::{Pathspecs, WorkspaceError};

/// How far `reset` goes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, serde::Serialize)]
#[serde(rename_all = "lowercase")]
pub enum ResetMode {
    /// Only the branch.
    Soft,
    /// Also what is staged.
    #[default]
    Mixed,
    /// Also the files; work they hold is kept in the operation log.
    Hard,
}

/// Where a reset led.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize)]
pub struct ResetDone {
    pub branch: Option<String>,
    /// Nothing before the first commit.
    pub id: Option<CommitId>,
    pub mode: ResetMode,
    /// How many files were changed.
    pub files: u64,
    /// How many files held unsaved work that the operation log keeps.
    pub saved: u64,
}

/// Moves the branch that is checked out, and as much with it as `mode` says.
pub fn reset(
    context: &Context,
    revision: Option<&str>,
    mode: ResetMode,
) -> Result<ResetDone, OpsError> {
    let _lock = context.lock()?;
    if mode == ResetMode::Soft && read_pending(context)?.is_some() {
        return Err(OpsError::MergeUnderWay);
    }
    let head = context.repo.head()?;
    let id = match revision {
        Some(revision) => Some(context.resolve(&Revision::parse(revision)?)?),
        None => head.commit(),
    };
    if let Some(branch) = head.branch().filter(|_| head.commit() != id) {
        hooks::refuse_protected(context, branch, "reset")?;
        id.map_or(Ok(()), |id| hooks::check_move(context, branch, id))?;
    }
    let name = head.branch().cloned().unwrap_or_else(RefName::head);
    let old = head.commit().map(RefValue::Commit);
    let mut edits = Vec::from_iter(id.map(|id| RefEdit::replace(name, old, RefValue::Commit(id))));
    let (staged, tree) = (context.repo.staged()?, context.repo.tree_of(id)?);
    let staged_after = if mode == ResetMode::Soft { staged } else { tree };
    edits.push(RefEdit::set(RefName::staged(), RefValue::Tree(staged_after)));
    if mode != ResetMode::Soft {
        edits.push(RefEdit::delete(RefName::merge()));
    }
    let update = Update::new(&context.command, context.now()?, edits);
    let updated = if mode == ResetMode::Hard {
        move_to(context, Move::forcing(staged, tree), update)?
    } else {
        context.repo.update(&update)?
    };
    let branch = head.branch().map(|name| name.short().to_owned());
    Ok(ResetDone { branch, id, mode, files: updated.files, saved: updated.saved })
}

/// What to restore, and from where.
#[derive(Debug, Clone, Default)]
pub struct RestoreOptions {
    pub paths: Vec<OsString>,
    /// The revision to take them from: what is staged, or `HEAD` for `staged`.
    pub source: Option<String>,
    /// Restore the staged tree.
    pub staged: bool,
    /// Restore the files.
    pub worktree: bool,
}

/// What was restored.
#[derive(Debug, Clone, Default, PartialEq, Eq, serde::Serialize)]
pub struct Restored {
    pub staged: Vec<RepoPath>,
    /// How many of the named paths the files were brought to.
    pub files: u64,
}

/// Restores paths; work that is overwritten is kept in the operation log.
pub fn restore(context: &Context, options: &RestoreOptions) -> Result<Restored, OpsError> {
    let _lock = context.lock()?;
    let staged = context.repo.staged()?;
    let source = match &options.source {
        Some(revision) => context.tree_of(revision)?,
        None if options.staged => context.repo.head_tree()?,
        None => staged,
    };
    let named = context.pathspecs(&options.paths)?;
    refuse_unmatched(context, &options.paths, &[source, staged])?;
    if options.worktree {
        let held = sparse::held(context, &[source, staged])?;
        sparse::refuse_outside(context, &options.paths, &held)?;
    }
    let (target, changed) = graft(context, staged, source, &named)?;
    context.flush_staged()?;
    let staged_after = if options.staged { target } else { staged };
    let mut edits = vec![RefEdit::set(RefName::staged(), RefValue::Tree(staged_after))];
    // A conflict is settled by what is staged, not by what a file holds.
    edits
        .extend(settle_paths(context, staged_after, |path| options.staged && named.matches(path))?);
    let update = Update::new(&context.command, context.now()?, edits);
    let mut restored = Restored::default();
    if options.staged {
        restored.staged = changed;
    }
    if options.worktree {
        let wanted = |path: &RepoPath| named.matches(path);
        let policy = Policy::Force { wanted: &wanted };
        let way = Move { policy, ..Move::keeping(staged, target) };
        restored.files = move_to(context, way, update)?.files;
    } else {
        context.repo.update(&update)?;
    }
    Ok(restored)
}

/// Returns `onto` with the named paths as `source` has them, and which of them differ.
fn graft(
    context: &Context,
    onto: TreeId,
    source: TreeId,
    named: &Pathspecs,
) -> Result<(TreeId, Vec<RepoPath>), OpsError> {
    let objects = context.repo.objects();
    let (mut edits, mut changed) = (Vec::new(), Vec::new());
    for change in tree_changes(objects, onto, source, &named.common_parent()) {
        let change = change?;
        if named.matches(&change.path) {
            changed.push(change.path.clone());
            let value = change.new.map_or(TreeValue::Remove, TreeValue::Set);
            edits.push(TreeEdit { path: change.path, value });
        }
    }
    Ok((objects.edit_tree(onto, edits)?, changed))
}

/// Refuses a name that means nothing in any of the trees, and tells whether the disk knows it.
pub fn refuse_unmatched(
    context: &Context,
    arguments: &[OsString],
    trees: &[TreeId],
) -> Result<(), OpsError> {
    for argument in arguments {
        let one = context.pathspecs(std::slice::from_ref(argument))?;
        let below = one.common_parent();
        let mut found = false;
        for tree in trees {
            for item in context.repo.objects().walk_tree(*tree, &below) {
                if one.matches(&item?.0) {
                    found = true;
                    break;
                }
            }
        }
        if !found {
            let path = context.path(argument)?;
            if context.repo.root().join(path.as_path()).symlink_metadata().is_ok() {
                return Err(OpsError::Untracked { path });
            }
            let text = argument.to_string_lossy().into_owned();
            return Err(WorkspaceError::NoMatch { text }.into());
        }
    }
    Ok(())
}
