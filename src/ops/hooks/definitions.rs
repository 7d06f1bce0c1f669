//! `mlv.yaml` of a tree: read, checked where it changes, and what it says of branches.

use crate::base::{CommitId, TreeId};
use crate::hook::spec::{FILE_NAME, Spec};
use crate::ops::hooks::spec_files::FilesOfTree;
use crate::ops::{Context, OpsError};
use crate::refs::RefName;

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

/// Refuses what moves a protected branch otherwise than by a merge. The rule is read from the
/// branch's tip, so the commit that first protects a branch is allowed.
pub fn refuse_protected(
    context: &Context,
    branch: &RefName,
    verb: &'static str,
) -> Result<(), OpsError> {
    if is_protected(context, branch)? {
        return Err(OpsError::Protected { branch: branch.short().to_owned(), verb });
    }
    Ok(())
}

/// Refuses to merge into a protected branch without its hooks.
pub fn refuse_passing_over(context: &Context, branch: &RefName) -> Result<(), OpsError> {
    if is_protected(context, branch)? {
        return Err(OpsError::HooksRequired { branch: branch.short().to_owned() });
    }
    Ok(())
}

fn is_protected(context: &Context, branch: &RefName) -> Result<bool, OpsError> {
    let Some(tip) = context.repo.get(branch)?.and_then(|value| value.commit()) else {
        return Ok(false);
    };
    let spec = definitions(context, context.repo.objects().commit(tip)?.tree)?;
    Ok(spec.is_some_and(|spec| spec.protects(branch.short())))
}
