//! Trees on top of each other.

use crate::base::{RepoPath, TreeId};
use crate::diff::tree::tree_changes;
use crate::object::{TreeEdit, TreeValue};
use crate::ops::{Context, OpsError};

/// Returns `onto` with what differs between two trees, where `wanted` says so.
pub fn overlay(
    context: &Context,
    onto: TreeId,
    (from, to): (TreeId, TreeId),
    wanted: impl Fn(&RepoPath) -> bool,
) -> Result<TreeId, OpsError> {
    let objects = context.repo.objects();
    let mut edits = Vec::new();
    for change in tree_changes(objects, from, to, &RepoPath::root()) {
        let change = change?;
        if wanted(&change.path) {
            let value = change.new.map_or(TreeValue::Remove, TreeValue::Set);
            edits.push(TreeEdit { path: change.path, value });
        }
    }
    Ok(objects.edit_tree(onto, edits)?)
}
