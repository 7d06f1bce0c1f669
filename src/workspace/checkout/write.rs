//! Putting one entry on the disk.

use std::fs::Permissions;
use std::os::unix::fs::PermissionsExt;

use crate::base::RepoPath;
use crate::base::fs::IoContext;
use crate::object::{Entry, ObjectDb};
use crate::workspace::cache::{CachedFile, NewRow};
use crate::workspace::checkout::Step;
use crate::workspace::checkout::base::Base;
use crate::workspace::checkout::clear::remove_empty_tree;
use crate::workspace::disk::{Cursor, FileKind, Stat, set_aside};
use crate::workspace::error::WorkspaceError;

/// Creates what `entry` says, perhaps from a clone of `base`, at a free path in a directory that is there.
pub(in crate::workspace) fn put(
    objects: &ObjectDb,
    cursor: &mut Cursor,
    path: &RepoPath,
    entry: &Entry,
    base: Option<&Base>,
    present: i64,
) -> Result<(), WorkspaceError> {
    match entry {
        Entry::Symlink { target } => Ok(cursor.create_link(path, target)?),
        Entry::File { file, executable } => {
            let out = cursor.create_file(path, if *executable { 0o777 } else { 0o666 })?;
            match base {
                Some(base) if base.clone_into(&out) => {
                    objects.patch_file(&base.content, file, &out)?;
                }
                _ => objects.fill_file(file, &out)?,
            }
            let full = || cursor.disk().full_path(path);
            set_aside(&out, present)
                .map_err(std::io::Error::from)
                .context("set time of", full())?;
            Ok(())
        }
    }
}

/// Makes one path hold what its step says: written beside it, then put in its place, unless somebody
/// touched the place meanwhile.
pub(super) fn write_step(
    objects: &ObjectDb,
    cursor: &mut Cursor,
    step: &Step,
    temporary: &RepoPath,
    present: i64,
) -> Result<Option<NewRow>, WorkspaceError> {
    let Step { path, new: Some(entry), .. } = step else { return Ok(None) };
    cursor.make_directory(&path.parent().unwrap_or_default())?;
    let now = cursor.stat(path)?;
    if !(only_mode_differs(step) && change_mode(cursor, step, now)?) {
        if now.is_some_and(|now| now.kind() == FileKind::Directory) {
            remove_empty_tree(cursor, path)?;
        }
        let base = Base::of(objects, cursor, step)?;
        put(objects, cursor, temporary, entry, base.as_ref(), present)
            .and_then(|()| take_place(cursor, step, temporary))
            .inspect_err(|_| {
                // The error that led here says more than one about tidying up.
                let _ = cursor.remove_file(temporary);
            })?;
    }
    let stat = cursor.stat(path)?;
    let row = |stat| {
        let file = CachedFile { stat, observed_ns: present, entry: entry.clone() };
        NewRow { path: path.clone(), file }
    };
    Ok(stat.map(row))
}

fn take_place(
    cursor: &mut Cursor,
    step: &Step,
    temporary: &RepoPath,
) -> Result<(), WorkspaceError> {
    let Step { path, old, .. } = step;
    check_unchanged(step, cursor.stat(path)?)?;
    match old {
        Some(_) => Ok(cursor.rename_over(temporary, path)?),
        None => cursor.rename_new(temporary, path).map_err(|error| match error.kind() {
            std::io::ErrorKind::AlreadyExists => changed(step),
            _ => error.into(),
        }),
    }
}

/// Removes the file of a step, unless somebody touched it.
pub(super) fn remove_step(cursor: &mut Cursor, step: &Step) -> Result<(), WorkspaceError> {
    check_unchanged(step, cursor.stat(&step.path)?)?;
    Ok(cursor.remove_file(&step.path)?)
}

fn check_unchanged(step: &Step, now: Option<Stat>) -> Result<(), WorkspaceError> {
    let expected = step.old.as_ref().map(|held| held.stat);
    if now == expected { Ok(()) } else { Err(changed(step)) }
}

fn changed(step: &Step) -> WorkspaceError {
    WorkspaceError::ChangedMeanwhile { path: step.path.clone() }
}

/// Tells whether the bytes are right already.
fn only_mode_differs(step: &Step) -> bool {
    match (step.old.as_ref().map(|held| &held.entry), &step.new) {
        (Some(Entry::File { file: old, .. }), Some(Entry::File { file: new, .. })) => {
            (old.size, old.content) == (new.size, new.content)
        }
        _ => false,
    }
}

/// Makes a file executable, or no longer; tells whether that could be done in place.
fn change_mode(
    cursor: &mut Cursor,
    step: &Step,
    now: Option<Stat>,
) -> Result<bool, WorkspaceError> {
    check_unchanged(step, now)?;
    let (Some(now), Some(Entry::File { executable, .. })) = (now, &step.new) else {
        return Ok(false);
    };
    // Whoever may read the file may execute it.
    let readers = (now.mode & 0o444) >> 2;
    let mode = if *executable { now.mode | readers } else { now.mode & !0o111 };
    let file = cursor.open_file(&step.path)?;
    Ok(file.set_permissions(Permissions::from_mode(mode & 0o7777)).is_ok())
}
