//! The old file as the base of the new one: where the file system can share bytes between files, a
//! clone is made and only what differs is written. The old file itself stays as it is: somebody may
//! have it open or mapped, or know it by a second name.

use std::fs::File;

use crate::object::{Entry, FileRef, ObjectDb};
use crate::workspace::checkout::Step;
use crate::workspace::disk::{Cursor, share_bytes};
use crate::workspace::error::WorkspaceError;

/// An old file of many chunks, open, and what it is believed to hold.
#[derive(Debug)]
pub(in crate::workspace) struct Base {
    file: File,
    pub content: FileRef,
}

impl Base {
    /// Returns the old file of a step where at least half of the new one is in it.
    pub fn of(
        objects: &ObjectDb,
        cursor: &mut Cursor,
        step: &Step,
    ) -> Result<Option<Self>, WorkspaceError> {
        let old = step.old.as_ref().map(|held| &held.entry);
        let (Some(Entry::File { file: old, .. }), Some(Entry::File { file: new, .. })) =
            (old, step.new.as_deref())
        else {
            return Ok(None);
        };
        if old.manifest.is_none() || new.manifest.is_none() {
            return Ok(None);
        }
        if objects.shared_bytes(old, new)? < new.size / 2 {
            return Ok(None);
        }
        // One that is gone is told of where the new file takes its place.
        let file = cursor.open_file(&step.path).ok();
        Ok(file.map(|file| Self { file, content: *old }))
    }

    /// Makes an empty file a clone of this one; tells whether the file system can.
    pub fn clone_into(&self, out: &File) -> bool {
        share_bytes(&self.file, out).is_ok()
    }
}
