//! `mlv.yaml` of a tree: read, and checked where it changes.

use crate::base::{CommitId, TreeId};
use crate::hook::spec::{FILE_NAME, Spec};
use crate::ops::hooks::spec_files::FilesOfTree;
use crate::ops::{Context, OpsError};

/// Returns the definitions in a tree; nothing where it has none.
pub fn spec_of(context: &Context, tree: TreeId) -> Result<Option<Spec>, OpsError> {
    let Some(files) = FilesOfTree::find(context, tree)? else { return Ok(None) };
    files.read(context)?.parse().map(Some).map_err(OpsError::BrokenSpec)
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

/// Refuses a tree that changes the definitions, an included file among them, into broken ones.
pub fn check_spec_change(
    context: &Context,
    base: Option<CommitId>,
    tree: TreeId,
) -> Result<(), OpsError> {
    let before = FilesOfTree::find(context, context.repo.tree_of(base)?)?;
    if FilesOfTree::find(context, tree)? == before {
        return Ok(());
    }
    spec_of(context, tree).map(|_| ())
}
