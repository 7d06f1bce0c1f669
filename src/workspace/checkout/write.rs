//! Putting one entry on the disk.

use std::fs::{File, Permissions};
use std::io::ErrorKind;
use std::os::unix::fs::PermissionsExt;

use crate::base::RepoPath;
use crate::base::fs::{IoContext, PathError};
use crate::object::{Entry, ObjectDb};
use crate::workspace::cache::{CachedFile, NewRow};
use crate::workspace::checkout::Step;
use crate::workspace::checkout::base::Base;
use crate::workspace::checkout::clear::remove_empty_tree;
use crate::workspace::checkout::in_place::patch_step;
use crate::workspace::disk::{Cursor, FileKind, Stat, set_aside};
use crate::workspace::error::WorkspaceError;

/// Creates what `entry` says, perhaps from a clone of `base`, at a free path in a directory that is
/// there; returns the open file, or nothing for a link.
pub(in crate::workspace) fn put(
    objects: &ObjectDb,
    cursor: &mut Cursor,
    path: &RepoPath,
    entry: &Entry,
    base: Option<&Base>,
    present: i64,
) -> Result<Option<File>, WorkspaceError> {
    match entry {
        Entry::Symlink { target } => cursor.create_link(path, target)?,
        Entry::Reference(reference) => {
            let mut out = cursor.create_file(path, 0o666)?;
            objects.copy_reference(reference, &mut out)?;
            return finished(cursor, path, out, present);
        }
        Entry::File { file, executable } => {
            let out = cursor.create_file(path, if *executable { 0o777 } else { 0o666 })?;
            match base {
                Some(base) if base.clone_into(&out) => {
                    objects.patch_file(&base.content, file, &out)?;
                }
                _ => objects.fill_file(file, &out)?,
            }
            return finished(cursor, path, out, present);
        }
    }
    Ok(None)
}

/// Gives a file that was written a time at which its facts can be believed.
fn finished(
    cursor: &Cursor,
    path: &RepoPath,
    out: File,
    present: i64,
) -> Result<Option<File>, WorkspaceError> {
    let set = set_aside(&out, present).map_err(std::io::Error::from);
    set.context("set time of", cursor.disk().full_path(path))?;
    Ok(Some(out))
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
    let (path, Some(entry)) = (&step.path, step.new.as_deref()) else { return Ok(None) };
    cursor.make_directory(&path.parent().unwrap_or_default())?;
    let stat = if only_mode_differs(step) && change_mode(cursor, step)? {
        cursor.stat(path)?
    } else if let Some(stat) = patch_step(objects, cursor, step, present)? {
        Some(stat)
    } else {
        replace(objects, cursor, step, entry, temporary, present).inspect_err(|_| {
            // The error that led here says more than one about tidying up.
            let _ = cursor.remove_file(temporary);
        })?
    };
    let row = |stat| {
        let file = CachedFile { stat, observed_ns: present, entry: entry.clone() };
        NewRow { path: path.clone(), file }
    };
    Ok(stat.map(row))
}

/// Writes an entry beside its place, puts it there, and returns its facts.
fn replace(
    objects: &ObjectDb,
    cursor: &mut Cursor,
    step: &Step,
    entry: &Entry,
    temporary: &RepoPath,
    present: i64,
) -> Result<Option<Stat>, WorkspaceError> {
    let base = Base::of(objects, cursor, step)?;
    let written = put(objects, cursor, temporary, entry, base.as_ref(), present)?;
    take_place(cursor, step, temporary)?;
    match written {
        // Of what was written, whoever may have taken its place since.
        Some(file) => {
            let full = || cursor.disk().full_path(&step.path);
            Ok(Some(rustix::fs::fstat(&file).context("look at", full())?.into()))
        }
        None => Ok(cursor.stat(&step.path)?),
    }
}

fn take_place(
    cursor: &mut Cursor,
    step: &Step,
    temporary: &RepoPath,
) -> Result<(), WorkspaceError> {
    let Step { path, old, .. } = step;
    if old.is_some() {
        check_unchanged(step, cursor.stat(path)?)?;
        return Ok(cursor.rename_over(temporary, path)?);
    }
    let taken = |error: PathError| match error.kind() {
        ErrorKind::AlreadyExists => changed(step),
        _ => error.into(),
    };
    match cursor.rename_new(temporary, path) {
        Err(error) if error.kind() == ErrorKind::AlreadyExists && give_way(cursor, path)? => {
            cursor.rename_new(temporary, path).map_err(taken)
        }
        other => other.map_err(taken),
    }
}

/// Removes a directory that stands where a file shall go and holds no file; tells whether it did.
fn give_way(cursor: &mut Cursor, path: &RepoPath) -> Result<bool, WorkspaceError> {
    let is_directory = cursor.stat(path)?.is_some_and(|now| now.kind() == FileKind::Directory);
    Ok(is_directory && remove_empty_tree(cursor, path)?)
}

/// Removes the file of a step, unless somebody touched it.
pub(super) fn remove_step(cursor: &mut Cursor, step: &Step) -> Result<(), WorkspaceError> {
    check_unchanged(step, cursor.stat(&step.path)?)?;
    Ok(cursor.remove_file(&step.path)?)
}

pub(super) fn check_unchanged(step: &Step, now: Option<Stat>) -> Result<(), WorkspaceError> {
    let expected = step.old.as_ref().map(|held| held.stat);
    if now == expected { Ok(()) } else { Err(changed(step)) }
}

pub(super) fn changed(step: &Step) -> WorkspaceError {
    WorkspaceError::ChangedMeanwhile { path: step.path.clone() }
}

/// Tells whether the bytes are right already.
fn only_mode_differs(step: &Step) -> bool {
    match (step.old.as_ref().map(|held| &held.entry), step.new.as_deref()) {
        (Some(Entry::File { file: old, .. }), Some(Entry::File { file: new, .. })) => {
            (old.size, old.content) == (new.size, new.content)
        }
        _ => false,
    }
}

/// Makes a file executable, or no longer; tells whether that could be done in place.
fn change_mode(cursor: &mut Cursor, step: &Step) -> Result<bool, WorkspaceError> {
    let now = cursor.stat(&step.path)?;
    check_unchanged(step, now)?;
    let (Some(now), Some(Entry::File { executable, .. })) = (now, step.new.as_deref()) else {
        return Ok(false);
    };
    Ok(set_executable(&cursor.open_file(&step.path)?, now.mode, *executable).is_ok())
}

/// Makes an open file that has `mode` executable, or no longer.
pub(super) fn set_executable(file: &File, mode: u32, executable: bool) -> std::io::Result<()> {
    // Whoever may read the file may execute it.
    let readers = (mode & 0o444) >> 2;
    let mode = if executable { mode | readers } else { mode & !0o111 };
    file.set_permissions(Permissions::from_mode(mode & 0o7777))
}
