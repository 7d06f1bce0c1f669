//! Tags that go along with what they name.

use std::collections::BTreeMap;

use crate::base::CommitId;
use crate::merge::History;
use crate::ops::{Context, OpsError};
use crate::refs::{RefName, RefValue};

/// Returns the tags of this repository that name something in the history of `tips` and that
/// `theirs` has not.
pub fn going_along(
    context: &Context,
    tips: &[CommitId],
    theirs: &BTreeMap<RefName, RefValue>,
) -> Result<Vec<(RefName, RefValue)>, OpsError> {
    let mut history = History::of(context.repo.objects());
    let mut found = Vec::new();
    for (name, value) in context.repo.list("refs/tags/")? {
        let Some(commit) = value.commit().filter(|_| !theirs.contains_key(&name)) else { continue };
        for tip in tips {
            if history.is_ancestor(commit, *tip)? {
                found.push((name, value));
                break;
            }
        }
    }
    Ok(found)
}
