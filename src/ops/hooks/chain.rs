//! Which hooks a merge owes its commits to: it does not trigger them once more.

use crate::base::CommitId;
use crate::merge::History;
use crate::object::Commit;
use crate::ops::{Context, OpsError};

/// The key of a commit's meta that names the hooks which led to it.
pub(super) const CHAIN_KEY: &str = "mlv.chain";

/// No more commits than this are looked at; beyond, a merge triggers what it triggers.
const MOST_COMMITS: usize = 1_000;

/// Tells whether a hook is among those that led to a commit.
pub(super) fn leads_from(commit: &Commit, hook: &str) -> bool {
    hooks_of(commit).is_some_and(|mut hooks| hooks.any(|known| known == hook))
}

/// Returns the hooks that led to a commit, where hooks did.
fn hooks_of(commit: &Commit) -> Option<impl Iterator<Item = &str>> {
    let (_, chain) = commit.meta.iter().find(|(key, _)| key == CHAIN_KEY)?;
    Some(chain.split(',').filter(|hook| !hook.is_empty()))
}

/// Returns the hooks that made all that a merge of `theirs` into `ours` brings; none where somebody
/// else made part of it.
pub fn makers(
    context: &Context,
    ours: Option<CommitId>,
    theirs: CommitId,
) -> Result<Vec<String>, OpsError> {
    let objects = context.repo.objects();
    let mut history = History::of(objects);
    let mut makers: Vec<String> = Vec::new();
    let mut next = Some(theirs);
    for _ in 0..MOST_COMMITS {
        let Some(id) = next else { return Ok(makers) };
        let is_known = match ours {
            Some(ours) => history.is_ancestor(id, ours)?,
            None => false,
        };
        if is_known {
            return Ok(makers);
        }
        let commit = objects.commit(id)?;
        let Some(hooks) = hooks_of(&commit) else { return Ok(Vec::new()) };
        for hook in hooks {
            if !makers.iter().any(|known| known == hook) {
                makers.push(hook.to_owned());
            }
        }
        next = commit.parents.first().copied();
    }
    Ok(Vec::new())
}

/// Returns the hooks that made a commit, or all that it merges, and the commit it stands on; no hooks
/// where people made it.
pub(super) fn makers_of(
    context: &Context,
    id: CommitId,
) -> Result<(Vec<String>, Option<CommitId>), OpsError> {
    let commit = context.repo.objects().commit(id)?;
    let below = commit.parents.first().copied();
    let hooks = match (hooks_of(&commit), commit.parents.as_slice()) {
        (Some(hooks), _) => hooks.map(str::to_owned).collect(),
        (None, [ours, theirs]) => makers(context, Some(*ours), *theirs)?,
        _ => Vec::new(),
    };
    Ok((hooks, below))
}
