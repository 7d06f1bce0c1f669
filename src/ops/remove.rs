//! `rm` and `mv`: tracked files leave, or change their names; no bytes are copied.

use std::ffi::OsString;

use crate::base::RepoPath;
use crate::object::{TreeEdit, TreeEntry, TreeValue};
use crate::ops::merge::settle_paths;
use crate::ops::reset::refuse_unmatched;
use crate::ops::worktree::{Move, move_to};
use crate::ops::{Context, OpsError};
use crate::refs::{RefEdit, RefName, RefValue};
use crate::repo::Update;
use crate::workspace::checkout::Policy;

/// What to remove.
#[derive(Debug, Clone, Default)]
pub struct RemoveOptions {
    pub paths: Vec<OsString>,
    /// Leave the files on the disk.
    pub cached: bool,
    /// Also files with unsaved changes; these are kept in the operation log.
    pub force: bool,
    pub dry_run: bool,
}

/// Removes tracked files from the staged tree, and from the disk.
pub fn remove(context: &Context, options: &RemoveOptions) -> Result<Vec<RepoPath>, OpsError> {
    let _lock = context.lock()?;
    let staged = context.repo.staged()?;
    refuse_unmatched(context, &options.paths, &[staged])?;
    let named = context.pathspecs(&options.paths)?;
    let mut removed = Vec::new();
    for item in context.repo.objects().walk_tree(staged, &named.common_parent()) {
        let (path, _) = item?;
        if named.matches(&path) {
            removed.push(path);
        }
    }
    if options.dry_run {
        return Ok(removed);
    }
    let edit = |path: &RepoPath| TreeEdit { path: path.clone(), value: TreeValue::Remove };
    let edits = removed.iter().map(edit).collect();
    let target = context.repo.objects().edit_tree(staged, edits)?;
    let mut edits = vec![RefEdit::set(RefName::staged(), RefValue::Tree(target))];
    edits.extend(settle_paths(context, target, |path| named.matches(path))?);
    let update = Update::new(&context.command, context.now()?, edits);
    let wanted = |path: &RepoPath| named.matches(path);
    if options.cached {
        context.repo.update(&update)?;
    } else if options.force {
        let way = Move { from: staged, to: target, policy: Policy::Force { wanted: &wanted } };
        move_to(context, way, update)?;
    } else {
        move_to(context, Move::keeping(staged, target), update)?;
    }
    Ok(removed)
}

/// A file or directory under its old and its new name.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize)]
pub struct Renamed {
    pub from: RepoPath,
    pub to: RepoPath,
}

/// Moves tracked files or directories, in the staged tree and on the disk. Several sources need a
/// directory as destination.
pub fn rename(
    context: &Context,
    sources: &[OsString],
    destination: &OsString,
) -> Result<Vec<Renamed>, OpsError> {
    let _lock = context.lock()?;
    let staged = context.repo.staged()?;
    let objects = context.repo.objects();
    let to = context.path(destination)?;
    let into_directory = sources.len() > 1
        || destination.as_encoded_bytes().ends_with(b"/")
        || matches!(objects.tree_entry(staged, &to)?, Some(TreeEntry::Directory(_)))
        || context.repo.root().join(to.as_path()).is_dir();
    let (mut edits, mut renamed) = (Vec::new(), Vec::new());
    for source in sources {
        let from = context.path(source)?;
        let target = match from.file_name() {
            Some(name) if into_directory => to
                .child(name)
                .map_err(|rule| crate::object::ObjectError::Path { path: to.clone(), rule })?,
            _ => to.clone(),
        };
        let value = match objects.tree_entry(staged, &from)? {
            Some(TreeEntry::Leaf(entry)) => TreeValue::Set(entry),
            Some(TreeEntry::Directory(_)) if !from.is_root() => {
                let tree = objects.subtree(staged, &from)?;
                TreeValue::Graft(tree.expect("a directory of a tree has a tree"))
            }
            _ => return Err(OpsError::Untracked { path: from }),
        };
        if target.starts_with(&from) {
            return Err(OpsError::PathExists { path: target.to_string() });
        }
        if objects.tree_entry(staged, &target)?.is_some() || exists(context, &target) {
            return Err(OpsError::PathExists { path: target.to_string() });
        }
        edits.push(TreeEdit { path: from.clone(), value: TreeValue::Remove });
        edits.push(TreeEdit { path: target.clone(), value });
        renamed.push(Renamed { from, to: target });
    }
    let target = objects.edit_tree(staged, edits)?;
    let edit = RefEdit::set(RefName::staged(), RefValue::Tree(target));
    let update = Update::new(&context.command, context.now()?, vec![edit]);
    move_to(context, Move::keeping(staged, target), update)?;
    Ok(renamed)
}

fn exists(context: &Context, path: &RepoPath) -> bool {
    context.repo.root().join(path.as_path()).symlink_metadata().is_ok()
}
