//! A large file of which little changes is written to where it is: what it costs is what has changed.
//!
//! That is done only to a file that nobody else has open or mapped (a lease keeps others waiting) or
//! knows by a second name, whose facts prove what it holds, and after all that is overwritten and all
//! that is written has been read from the store. Any other file is written anew beside its place.
//!
//! The journal says which files this may happen to. One that a crash left between both versions is
//! known by its bytes: each is as in the one version or as in the other, so none is anybody's work.

use std::os::fd::AsFd;

use crate::base::RepoPath;
use crate::base::fs::IoContext;
use crate::object::{Entry, FileRef, ObjectDb};
use crate::workspace::cache::CachedFile;
use crate::workspace::checkout::decide::Want;
use crate::workspace::checkout::write::{changed, check_unchanged, set_executable};
use crate::workspace::checkout::{Held, Step};
use crate::workspace::disk::{Cursor, Lease, Stat, set_aside};
use crate::workspace::error::WorkspaceError;
use crate::workspace::handle::Workspace;
use crate::workspace::status::same_bytes;

/// Smaller files are written anew as fast. Tests patch small ones too.
const AT_LEAST: u64 = if cfg!(test) { 1 << 18 } else { 4 << 20 };

/// How much is written at the most, as others may be waiting meanwhile.
const AT_MOST: u64 = 1 << 30;

impl Workspace {
    /// Tells whether a file may be patched: most of it stays where it is, and its facts at `present`
    /// prove what it holds.
    pub(super) fn may_patch(&self, held: &Held, target: Option<&Entry>, present: i64) -> bool {
        let Held { stat, entry } = held;
        let row = CachedFile { stat: *stat, observed_ns: present, entry: entry.clone() };
        let Some((old, new)) = versions(Some(entry), target) else { return false };
        let smaller = old.size.min(new.size);
        smaller >= AT_LEAST
            && (old.content, old.size) != (new.content, new.size)
            && row.proves(stat)
            && self
                .objects
                .compare_files(old, new, AT_MOST.min(smaller / 2))
                .is_ok_and(|patch| patch.is_some())
    }

    /// Tells whether what was found is what a patch that was cut off leaves.
    pub(super) fn is_half_patched(
        &self,
        cursor: &mut Cursor,
        want: &Want,
        stat: &Stat,
        found: &Entry,
    ) -> Result<bool, WorkspaceError> {
        let ends = [&want.believed, &want.target];
        if want.in_place != Some(true)
            || ends.into_iter().flatten().any(|entry| same_bytes(entry, found))
        {
            return Ok(false);
        }
        let Some((old, new)) = versions(want.believed.as_ref(), want.target.as_ref()) else {
            return Ok(false);
        };
        self.is_between(cursor, &want.path, stat, old, new)
    }

    /// Tells whether a file with these facts is on its way between two versions.
    pub(super) fn is_between(
        &self,
        cursor: &mut Cursor,
        path: &RepoPath,
        stat: &Stat,
        old: &FileRef,
        new: &FileRef,
    ) -> Result<bool, WorkspaceError> {
        let Ok(file) = cursor.open_file(path) else { return Ok(false) };
        let is_same = |file: &_| rustix::fs::fstat(file).is_ok_and(|now| Stat::from(now) == *stat);
        Ok(is_same(&file) && self.objects.is_half_patched(old, new, &file)? && is_same(&file))
    }
}

/// Returns both versions where both are files.
pub(super) fn versions<'a>(
    old: Option<&'a Entry>,
    new: Option<&'a Entry>,
) -> Option<(&'a FileRef, &'a FileRef)> {
    match (old, new) {
        (Some(Entry::File { file: old, .. }), Some(Entry::File { file: new, .. })) => {
            Some((old, new))
        }
        _ => None,
    }
}

/// Patches the file of a step and returns its facts; does nothing, and returns nothing, where it has
/// to be written anew.
pub(super) fn patch_step(
    objects: &ObjectDb,
    cursor: &mut Cursor,
    step: &Step,
    present: i64,
) -> Result<Option<Stat>, WorkspaceError> {
    let old = step.old.as_ref().map(|held| &held.entry);
    let (Some((old, new)), Some(Entry::File { executable, .. })) =
        (versions(old, step.new.as_deref()), step.new.as_deref())
    else {
        return Ok(None);
    };
    if !step.in_place {
        return Ok(None);
    }
    let Some(lease) = cursor.open_to_write(&step.path).ok().and_then(Lease::take) else {
        return Ok(None);
    };
    let full = || cursor.disk().full_path(&step.path);
    let look = |file: &dyn AsFd| rustix::fs::fstat(file.as_fd()).context("look at", full());
    let facts = look(lease.file())?;
    if facts.st_nlink != 1 {
        return Ok(None);
    }
    let before = Stat::from(facts);
    check_unchanged(step, Some(before))?;
    let Some(patch) = objects.compare_files(old, new, u64::MAX)? else { return Ok(None) };
    match objects.is_between(&patch, lease.file()) {
        Ok(true) => {}
        // Its facts lie, or somebody wrote to it just before.
        Ok(false) => return Err(changed(step)),
        // What is damaged in the store is told of by the way that leaves the old file whole.
        Err(_) => return Ok(None),
    }
    if !lease.is_undisturbed() {
        return Ok(None);
    }
    tracing::debug!(path = %step.path, bytes = patch.bytes(), "patching a file where it is");
    objects.write_patch(&patch, lease.file())?;
    if before.is_executable() != *executable {
        set_executable(lease.file(), before.mode, *executable).context("set mode of", full())?;
    }
    let set = set_aside(lease.file(), present).map_err(std::io::Error::from);
    set.context("set time of", full())?;
    Ok(Some(look(lease.file())?.into()))
}
