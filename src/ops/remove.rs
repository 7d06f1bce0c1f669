//! `rm`: versioned files leave the next commit, and the disk.

use std::ffi::OsString;

use crate::base::{PathList, RepoPath, TreeId};
use crate::object::{TreeEdit, TreeEntry, TreeValue};
use crate::ops::merge::settle_paths;
use crate::ops::reset::refuse_unmatched;
use crate::ops::worktree::{Extent, Move, move_to};
use crate::ops::{Context, OpsError, sparse};
use crate::refs::{RefEdit, RefName, RefValue};
use crate::repo::Update;
use crate::workspace::checkout::Policy;
use crate::workspace::{Pathspecs, Sparse};

/// What to remove.
#[derive(Debug, Clone, Default)]
pub struct RemoveOptions {
    pub paths: Vec<OsString>,
    /// Also whole directories.
    pub recursive: bool,
    /// Leave the files on the disk.
    pub cached: bool,
    /// Also files with unsaved changes; these are kept in the operation log.
    pub force: bool,
    pub dry_run: bool,
}

/// Removes versioned files from the staged tree, and from the disk; returns which, or with
/// `dry_run` which would be.
pub fn remove(context: &Context, options: &RemoveOptions) -> Result<PathList, OpsError> {
    if options.dry_run {
        return named(context, options, context.repo.staged()?);
    }
    let _lock = context.lock()?;
    let staged = context.repo.staged()?;
    let removed = named(context, options, staged)?;
    let outside = sparse::outside(context, &options.paths, &sparse::held(context, &[staged])?)?;
    let edit = |path| TreeEdit { path, value: TreeValue::Remove };
    let edits = removed.iter().map(edit).collect();
    let target = context.repo.objects().edit_tree(staged, edits)?;
    context.flush_staged()?;
    let named = context.pathspecs(&options.paths)?;
    let wanted = |path: &RepoPath| named.matches(path);
    let mut edits = vec![RefEdit::set(RefName::staged(), RefValue::Tree(target))];
    edits.extend(settle_paths(context, target, wanted)?);
    let update = Update::new(&context.command, context.now()?, edits);
    let policy = if options.force { Policy::Force { wanted: &wanted } } else { Policy::Keep };
    if options.cached {
        context.repo.update(&update)?;
    } else {
        let extent = Extent::Held(&outside);
        move_to(context, Move { from: staged, to: target, policy, extent }, update)?;
    }
    Ok(removed)
}

/// Returns the versioned files that the user named; a directory only where that is asked for. What
/// the working copy does not hold is only meant where nothing else is.
fn named(context: &Context, options: &RemoveOptions, staged: TreeId) -> Result<PathList, OpsError> {
    let objects = context.repo.objects();
    refuse_unmatched(context, &options.paths, &[staged])?;
    for argument in options.paths.iter().filter(|_| !options.recursive) {
        let path = context.path(argument)?;
        if matches!(objects.tree_entry(staged, &path)?, Some(TreeEntry::Directory(_))) {
            return Err(OpsError::NotRecursive { path });
        }
    }
    let named = context.pathspecs(&options.paths)?;
    let held = sparse::held(context, &[staged])?;
    let meant = held.with(sparse::outside(context, &options.paths, &held)?);
    let paths = matching(context, staged, &named, &meant)?;
    if paths.is_empty() {
        let outside = matching(context, staged, &named, &Sparse::everything())?;
        let path = outside.iter().next().unwrap_or_default();
        return Err(OpsError::OutsideSparse { path });
    }
    Ok(paths)
}

/// Returns the files of a tree that are both named and in a set.
fn matching(
    context: &Context,
    tree: TreeId,
    named: &Pathspecs,
    within: &Sparse,
) -> Result<PathList, OpsError> {
    let mut paths = PathList::default();
    for start in within.within(&named.common_parent()) {
        for item in context.repo.objects().walk_tree(tree, &start) {
            let (path, _) = item?;
            if named.matches(&path) {
                paths.push(path);
            }
        }
    }
    Ok(paths)
}
