//! `mlv.yaml` of a tree: read, and checked where it changes.

use crate::base::{CommitId, RepoPath, TreeId};
use crate::hook::spec::{FILE_NAME, Spec, parse};
use crate::object::tree::TreeEntry;
use crate::object::{Entry, FileRef};
use crate::ops::{Context, OpsError};

/// No file of definitions is longer.
const SPEC_LIMIT: u64 = 1 << 20;

fn spec_path() -> RepoPath {
    RepoPath::from_bytes(FILE_NAME).expect("the name of the file is a valid path")
}

/// Returns the file of definitions in a tree.
fn spec_file(context: &Context, tree: TreeId) -> Result<Option<FileRef>, OpsError> {
    match context.repo.objects().tree_entry(tree, &spec_path())? {
        Some(TreeEntry::Leaf(Entry::File { file, .. })) => Ok(Some(file)),
        _ => Ok(None),
    }
}

/// Returns the definitions in a tree; nothing where it has none.
pub fn spec_of(context: &Context, tree: TreeId) -> Result<Option<Spec>, OpsError> {
    let Some(file) = spec_file(context, tree)? else { return Ok(None) };
    let bytes = context.repo.objects().read_file(&file, SPEC_LIMIT)?;
    parse(FILE_NAME, &bytes).map(Some).map_err(OpsError::BrokenSpec)
}

/// Returns the definitions in a tree for running them. A file that was committed broken, with
/// another version of mlv say, defines nothing: it must not block what has nothing to do with it.
pub fn definitions(context: &Context, tree: TreeId) -> Result<Option<Spec>, OpsError> {
    match spec_of(context, tree) {
        Err(OpsError::BrokenSpec(errors)) => {
            let message = format!("`{FILE_NAME}` is broken, so no hook runs: {errors}");
            context.progress.notice(&message);
            Ok(None)
        }
        found => found,
    }
}

/// Refuses a tree that changes the definitions into broken ones, and trusts what the user commits
/// here.
pub fn check_spec_change(
    context: &Context,
    base: Option<CommitId>,
    tree: TreeId,
) -> Result<(), OpsError> {
    let before = spec_file(context, context.repo.tree_of(base)?)?;
    if spec_file(context, tree)? == before {
        return Ok(());
    }
    spec_of(context, tree).map(|_| ())
}
