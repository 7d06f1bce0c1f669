//! What must stay: everything that a ref, what an alias of a model named before, the operation log, a
//! merge under way, a noted event or a verdict kept for reuse leads to.

use std::collections::BTreeSet;

use crate::base::{CommitId, TreeId};
use crate::hook::runner::RunRecord;
use crate::ops::deploy::kept_commits;
use crate::ops::hooks::PendingEvent;
use crate::ops::merge::read_pending;
use crate::ops::model;
use crate::ops::{Context, OpsError};
use crate::repo::reach::Roots;
use crate::repo::{hook_cache, journal};

/// Returns the roots of all that must stay once the `forgotten` operations are.
pub fn all(context: &Context, forgotten: &BTreeSet<i64>) -> Result<Roots, OpsError> {
    let mut roots = context.repo.roots(forgotten)?;
    roots.commits.extend(read_pending(context)?.map(|merge| merge.ours));
    roots.commits.extend(earlier_models(context)?);
    roots.commits.extend(kept_commits(context)?);
    let pending = journal::pending(&context.repo.connection())?;
    for noted in pending {
        let Ok(event) = serde_json::from_str::<PendingEvent>(&noted.context) else { continue };
        let commits = event.base.iter().chain([&event.commit]);
        roots.commits.extend(commits.filter_map(|text| text.parse::<CommitId>().ok()));
        roots.trees.extend(event.definitions.parse::<TreeId>().ok());
        // What hooks made that have passed already: those that are left need it.
        for row in journal::of_event(&context.repo.connection(), noted.number)? {
            let run = RunRecord::read(&row.record, row.detail.as_deref());
            let trees = run.into_iter().flat_map(|run| [run.tree, run.detail.outputs]).flatten();
            // What a power cut took is made again.
            let is_there = |tree: &TreeId| context.repo.objects().tree_summary(*tree).is_ok();
            roots.trees.extend(trees.filter(is_there));
        }
    }
    roots.trees.extend(hook_cache::outputs(&context.repo.connection())?);
    Ok(roots)
}

/// Returns the commits that aliases of models can be rolled back to, those that are here.
fn earlier_models(context: &Context) -> Result<Vec<CommitId>, OpsError> {
    let mut commits = Vec::new();
    for (_, value) in context.repo.list("refs/models/")? {
        commits.extend(model::earlier_commits(&value)?);
    }
    let objects = context.repo.local_objects();
    commits.retain(|commit| objects.commit(*commit).is_ok());
    Ok(commits)
}
