//! `sparse`: which part of the trees the working copy holds. The set is a ref, so that it moves with
//! the files in one operation, and `undo` takes both back.

use std::ffi::OsString;

use crate::base::{RepoPath, TreeId};
use crate::object::ObjectDb;
use crate::ops::worktree::{Extent, Move, move_to};
use crate::ops::{Context, OpsError};
use crate::refs::{RefEdit, RefName, RefValue};
use crate::repo::{Repo, Update};
use crate::workspace::Sparse;

/// What a change of the set came to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SparseDone {
    pub paths: Sparse,
    /// How many files were written or removed.
    pub files: u64,
    /// The named paths that what is staged does not have.
    pub unknown: Vec<RepoPath>,
}

/// Returns the part of the trees that the working copy holds.
pub fn read(repo: &Repo) -> Result<Sparse, OpsError> {
    let Some(RefValue::Record(_, bytes)) = repo.get(&RefName::sparse())? else {
        return Ok(Sparse::everything());
    };
    let sparse = Sparse::decode(&bytes);
    sparse.map_err(|source| OpsError::BadRecord { what: "the sparse set", source })
}

/// Returns what the working copy holds of some trees.
pub fn held(context: &Context, trees: &[TreeId]) -> Result<Sparse, OpsError> {
    Ok(context.workspace()?.held(trees)?)
}

/// Returns where what was named begins that the working copy holds nothing of.
pub fn outside(
    context: &Context,
    arguments: &[OsString],
    held: &Sparse,
) -> Result<Vec<RepoPath>, OpsError> {
    let mut outside = Vec::new();
    for argument in arguments {
        let start = context.pathspecs(std::slice::from_ref(argument))?.common_parent();
        outside.extend((!held.touches(&start)).then_some(start));
    }
    Ok(outside)
}

/// Refuses what was named and the working copy holds nothing of.
pub fn refuse_outside(
    context: &Context,
    arguments: &[OsString],
    held: &Sparse,
) -> Result<(), OpsError> {
    match outside(context, arguments, held)?.into_iter().next() {
        Some(path) => Err(OpsError::OutsideSparse { path }),
        None => Ok(()),
    }
}

/// Makes the working copy hold these paths and nothing else of what is versioned.
pub fn set(context: &Context, paths: Vec<RepoPath>) -> Result<SparseDone, OpsError> {
    let _lock = context.lock()?;
    change(context, Sparse::of(paths.clone()), paths)
}

/// Makes the working copy hold these paths too.
pub fn add(context: &Context, paths: Vec<RepoPath>) -> Result<SparseDone, OpsError> {
    let _lock = context.lock()?;
    change(context, read(&context.repo)?.with(paths.clone()), paths)
}

/// Makes the working copy hold everything.
pub fn disable(context: &Context) -> Result<SparseDone, OpsError> {
    let _lock = context.lock()?;
    change(context, Sparse::everything(), Vec::new())
}

/// Puts another set in place of the present one, and moves the files; the caller holds the lock.
fn change(context: &Context, next: Sparse, named: Vec<RepoPath>) -> Result<SparseDone, OpsError> {
    let objects = context.repo.objects();
    let staged = context.repo.staged()?;
    let from = context.workspace()?.held(&[staged])?.part_of(objects, staged)?;
    let to = next.part_of(objects, staged)?;
    context.flush_trees()?;
    let edit = if next.is_everything() {
        RefEdit::delete(RefName::sparse())
    } else {
        RefEdit::set(RefName::sparse(), RefValue::Record(None, next.encode()))
    };
    let update = Update::new(&context.command, context.now()?, vec![edit]);
    let way = Move { extent: Extent::Whole, ..Move::keeping(from, to) };
    let files = move_to(context, way, update)?.files;
    let unknown = unknown(objects, staged, named)?;
    Ok(SparseDone { paths: next, files, unknown })
}

fn unknown(
    objects: &ObjectDb,
    tree: TreeId,
    named: Vec<RepoPath>,
) -> Result<Vec<RepoPath>, OpsError> {
    let mut unknown = Vec::new();
    for path in named {
        if objects.tree_entry(tree, &path)?.is_none() {
            unknown.push(path);
        }
    }
    Ok(unknown)
}
