//! `mv`: versioned files and directories change their names; no bytes are read or copied.

use std::ffi::OsString;

use crate::base::{PathList, RepoPath, TreeId};
use crate::object::{TreeEdit, TreeEntry, TreeValue};
use crate::ops::{Context, OpsError, add, sparse};
use crate::refs::operation::Moved;
use crate::refs::{RefEdit, RefName, RefValue};
use crate::repo::Update;
use crate::workspace::WorkspaceError;

/// A file or directory under its old and its new name.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize)]
pub struct Renamed {
    pub from: RepoPath,
    pub to: RepoPath,
}

/// One rename, decided but not done.
#[derive(Debug)]
struct Planned {
    from: RepoPath,
    to: RepoPath,
    value: TreeValue,
    /// Whether there is nothing to rename on the disk: the user has done it, or it lies elsewhere.
    done: bool,
}

/// Moves versioned files or directories, on the disk and in the staged tree. Several sources need a
/// directory as destination.
pub fn rename(
    context: &Context,
    sources: &[OsString],
    destination: &OsString,
) -> Result<Vec<Renamed>, OpsError> {
    let _lock = context.lock()?;
    let staged = context.repo.staged()?;
    let planned = plan(context, sources, destination)?;
    let mut edits = Vec::new();
    for one in &planned {
        edits.push(TreeEdit { path: one.from.clone(), value: TreeValue::Remove });
        edits.push(TreeEdit { path: one.to.clone(), value: one.value.clone() });
    }
    let target = context.repo.objects().edit_tree(staged, edits)?;
    let ends: Vec<_> = planned.iter().flat_map(|one| [one.from.clone(), one.to.clone()]).collect();
    let (from, to) = context.workspace()?.parts(staged, target, &ends)?;
    context.flush_staged()?;
    let edit = RefEdit::set(RefName::staged(), RefValue::Tree(target));
    let mut update = Update::new(&context.command, context.now()?, vec![edit]);
    update.checkout = Some(Moved { from, to });
    on_disk(context, &planned, || Ok(context.repo.update(&update)?))?;
    let renamed = planned.into_iter().map(|one| Renamed { from: one.from, to: one.to });
    let renamed: Vec<_> = renamed.collect();
    let new: PathList = renamed.iter().map(|one| one.to.clone()).collect();
    add::exclude_from_git(context, target, &new);
    Ok(renamed)
}

fn plan(
    context: &Context,
    sources: &[OsString],
    destination: &OsString,
) -> Result<Vec<Planned>, OpsError> {
    let staged = context.repo.staged()?;
    let held = sparse::held(context, &[staged])?;
    let to = context.path(destination)?;
    let into_directory = sources.len() > 1
        || destination.as_encoded_bytes().ends_with(b"/")
        || context.repo.root().join(to.as_path()).is_dir();
    let mut planned: Vec<Planned> = Vec::new();
    for source in sources {
        let from = context.path(source)?;
        let to = match from.file_name() {
            Some(name) if into_directory => to
                .child(name)
                .map_err(|rule| crate::object::ObjectError::Path { path: to.clone(), rule })?,
            _ => to.clone(),
        };
        let objects = context.repo.objects();
        let value = match objects.tree_entry(staged, &from)? {
            Some(TreeEntry::Leaf(entry)) => TreeValue::Set(entry),
            Some(TreeEntry::Directory(_)) if !from.is_root() => {
                let tree = objects.subtree(staged, &from)?;
                TreeValue::Graft(tree.expect("a directory of a tree has a tree"))
            }
            _ if exists(context, &from) => return Err(OpsError::Untracked { path: from }),
            _ => return Err(WorkspaceError::NoMatch { text: from.to_string() }.into()),
        };
        if !held.contains(&from) {
            return Err(OpsError::OutsideSparse { path: from });
        }
        let taken = objects.tree_entry(staged, &to)?.is_some()
            || planned.iter().any(|other| other.to.starts_with(&to) || to.starts_with(&other.to));
        if to.starts_with(&from) && to != from {
            return Err(OpsError::IntoItself { path: from });
        }
        if taken || (exists(context, &from) && exists(context, &to)) {
            return Err(OpsError::PathExists { path: to.to_string() });
        }
        let is_absent = !exists(context, &from);
        let done = is_absent && (exists(context, &to) || lies_elsewhere(context, staged, &from)?);
        planned.push(Planned { from, to, value, done });
    }
    Ok(planned)
}

/// Tells whether all at and below a path is referred to, so that the working copy holds none of it.
fn lies_elsewhere(context: &Context, staged: TreeId, path: &RepoPath) -> Result<bool, OpsError> {
    for item in context.repo.objects().walk_tree(staged, path) {
        if item?.1.is_on_disk() {
            return Ok(false);
        }
    }
    Ok(true)
}

/// Renames on the disk, then does `deed`; where anything fails, renames back.
fn on_disk<T>(
    context: &Context,
    planned: &[Planned],
    deed: impl FnOnce() -> Result<T, OpsError>,
) -> Result<T, OpsError> {
    let workspace = context.workspace()?;
    let mut done = Vec::new();
    let result = planned.iter().filter(|one| !one.done).try_for_each(|one| {
        workspace.rename(&one.from, &one.to, &versioned(context, &one.from)?)?;
        done.push(one);
        Ok(())
    });
    result.and_then(|()| deed()).inspect_err(|_| {
        for one in done.iter().rev() {
            // The error that led here is the one to tell.
            let _ = workspace.rename(&one.to, &one.from, &[]);
        }
    })
}

/// Returns the versioned files at and below a path.
fn versioned(context: &Context, path: &RepoPath) -> Result<Vec<RepoPath>, OpsError> {
    let files = context.repo.objects().walk_tree(context.repo.staged()?, path);
    Ok(files.map(|item| item.map(|(path, _)| path)).collect::<Result<_, _>>()?)
}

fn exists(context: &Context, path: &RepoPath) -> bool {
    context.repo.root().join(path.as_path()).symlink_metadata().is_ok()
}
