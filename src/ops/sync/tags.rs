//! Tags and aliases of models that go along with what they name.

use std::collections::BTreeMap;

use crate::base::CommitId;
use crate::merge::History;
use crate::ops::{Context, OpsError, model};
use crate::refs::{RefName, RefValue};

/// Returns the tags and the aliases of this repository that name something in the history of `tips`,
/// and that `theirs` lacks; of an alias, also where `theirs` is an earlier value of it.
pub fn going_along(
    context: &Context,
    tips: &[CommitId],
    theirs: &BTreeMap<RefName, RefValue>,
) -> Result<Vec<(RefName, RefValue)>, OpsError> {
    let mut history = History::of(context.repo.objects());
    let mut found = Vec::new();
    let mut named = context.repo.list("refs/tags/")?;
    named.extend(context.repo.list("refs/models/")?);
    for (name, value) in named {
        let is_news = theirs
            .get(&name)
            .is_none_or(|older| name.is_model() && model::supersedes(&value, older));
        let Some(commit) = value.commit().filter(|_| is_news) else { continue };
        for tip in tips {
            if history.is_ancestor(commit, *tip)? {
                found.push((name, value));
                break;
            }
        }
    }
    Ok(found)
}
