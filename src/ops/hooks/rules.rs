//! What the tip of a branch says of the branch: who may move it, and whose hooks count.
//!
//! Rules are read from the branch as it stands, so the commit that first makes one is allowed.

use std::sync::Arc;

use crate::base::TreeId;
use crate::hook::spec::Spec;
use crate::ops::hooks::definitions::definitions;
use crate::ops::{Context, OpsError};
use crate::refs::RefName;

/// Refuses what moves a protected branch otherwise than by a merge.
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

/// Returns the tree whose definitions count for a commit: its own, unless the branch requires hooks,
/// which a commit cannot redefine for itself.
pub fn definitions_of_commit(
    context: &Context,
    branch: Option<&RefName>,
    base: TreeId,
    candidate: TreeId,
) -> Result<TreeId, OpsError> {
    let Some(branch) = branch.map(RefName::short) else { return Ok(candidate) };
    let is_gated = definitions(context, base)?.is_some_and(|spec| requires(&spec, branch));
    Ok(if is_gated { base } else { candidate })
}

/// Tells whether commits that mlv makes of what hooks made may go to this branch: into others they
/// come as everything does, by a merge.
pub(super) fn takes_follow_ups(context: &Context, branch: &RefName) -> Result<bool, OpsError> {
    let name = branch.short();
    let spec = standing(context, branch)?;
    Ok(spec.is_none_or(|spec| !spec.protects(name) && !requires(&spec, name)))
}

fn is_protected(context: &Context, branch: &RefName) -> Result<bool, OpsError> {
    Ok(standing(context, branch)?.is_some_and(|spec| spec.protects(branch.short())))
}

fn requires(spec: &Spec, branch: &str) -> bool {
    let mut rules = spec.branches.iter().filter(|rule| !rule.require.is_empty());
    rules.any(|rule| rule.names.matches_name(branch))
}

/// Returns the definitions of a branch as it stands.
fn standing(context: &Context, branch: &RefName) -> Result<Option<Arc<Spec>>, OpsError> {
    let Some(tip) = context.repo.get(branch)?.and_then(|value| value.commit()) else {
        return Ok(None);
    };
    definitions(context, context.repo.objects().commit(tip)?.tree)
}
