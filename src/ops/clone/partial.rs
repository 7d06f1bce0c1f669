//! Cloning what is sound of a source that has lost something: everything but the files that need it.

use std::io;

use crate::base::{RepoPath, TreeId, interrupt};
use crate::object::{Entry, ObjectError, TreeEdit, TreeValue};
use crate::ops::fsck::{LostObjects, named};
use crate::ops::{Context, OpsError};
use crate::repo::RepoError;
use crate::store::StoreError;
use crate::workspace::WorkspaceError;

/// The part of a tree that can be checked out.
#[derive(Debug)]
pub struct SoundPart {
    pub tree: TreeId,
    /// The files that it lacks.
    pub missing: Vec<RepoPath>,
}

/// How a file is found to be whole.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Proof {
    /// Nothing of it is among what is known to be lost.
    Known,
    /// It was read.
    Read,
}

/// Adds the object that an error is about; gives back an error that is about something else.
pub fn note<E: Into<OpsError>>(lost: &mut LostObjects, error: E) -> Result<(), OpsError> {
    let error = error.into();
    let id = match &error {
        OpsError::Object(error)
        | OpsError::Workspace(WorkspaceError::Object(error))
        | OpsError::Repo(RepoError::Object(error)) => named(error),
        OpsError::Store(StoreError::Missing { id } | StoreError::Damaged { id, .. }) => Some(*id),
        _ => None,
    };
    match id {
        Some(id) => {
            lost.entry(id).or_insert_with(|| error.to_string());
            Ok(())
        }
        None => Err(error),
    }
}

/// Returns the part of a tree that is whole, and adds what is found to be lost. Where a directory
/// cannot be read, that is the error.
pub fn sound_part(
    context: &Context,
    tree: TreeId,
    lost: &mut LostObjects,
    proof: Proof,
) -> Result<SoundPart, OpsError> {
    let objects = context.repo.objects();
    let mut missing = Vec::new();
    if lost.is_empty() && proof == Proof::Known {
        return Ok(SoundPart { tree, missing });
    }
    for item in objects.walk_tree(tree, &RepoPath::root()) {
        interrupt::check()?;
        let (path, entry) = item?;
        match whole(context, &entry, lost, proof) {
            Ok(true) => {}
            Ok(false) => missing.push(path),
            Err(error) => {
                note(lost, error)?;
                missing.push(path);
            }
        }
    }
    let edit = |path: &RepoPath| TreeEdit { path: path.clone(), value: TreeValue::Remove };
    let tree = objects.edit_tree(tree, missing.iter().map(edit).collect())?;
    Ok(SoundPart { tree, missing })
}

fn whole(
    context: &Context,
    entry: &Entry,
    lost: &LostObjects,
    proof: Proof,
) -> Result<bool, ObjectError> {
    let Entry::File { file, .. } = entry else { return Ok(true) };
    if proof == Proof::Read {
        return context.repo.objects().copy_file(file, &mut io::sink()).map(|()| true);
    }
    let mut whole = true;
    context.repo.objects().reach_file(file, &mut |id| {
        whole &= !lost.contains_key(&id);
        whole
    })?;
    Ok(whole)
}
