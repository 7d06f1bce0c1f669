//! What must stay: everything that a ref, the operation log, a merge under way or a noted event leads
//! to.

use std::collections::BTreeSet;

use crate::base::{CommitId, TreeId};
use crate::ops::hooks::PendingEvent;
use crate::ops::merge::read_pending;
use crate::ops::{Context, OpsError};
use crate::repo::journal;
use crate::repo::reach::Roots;

/// Returns the roots of all that must stay once the `forgotten` operations are.
pub fn all(context: &Context, forgotten: &BTreeSet<i64>) -> Result<Roots, OpsError> {
    let mut roots = context.repo.roots(forgotten)?;
    roots.commits.extend(read_pending(context)?.map(|merge| merge.ours));
    for noted in journal::pending(&context.repo.connection())? {
        let Ok(event) = serde_json::from_str::<PendingEvent>(&noted.context) else { continue };
        let commits = event.base.iter().chain([&event.commit]);
        roots.commits.extend(commits.filter_map(|text| text.parse::<CommitId>().ok()));
        roots.trees.extend(event.definitions.parse::<TreeId>().ok());
    }
    Ok(roots)
}
