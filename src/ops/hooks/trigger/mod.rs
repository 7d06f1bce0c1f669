//! Triggers: on each branch whose tip has hooks with one, a worker looks whether a time has come
//! (`schedule`) or what is watched is out of its bounds (`watch`), and notes an event for the workers.
//! That it was noted stands in the same transaction, so each cause counts once, whoever looks; `hold`
//! tells what keeps it back meanwhile.

mod drift;
mod hold;
mod metric;
mod schedule;
mod seen;
mod standing;
mod watch;

pub(super) use hold::note_runs;
pub use seen::{Seen, SeenState};
pub(super) use standing::Standing;
pub use standing::{Watched, watched};

use std::collections::BTreeMap;
use std::sync::Arc;

use crate::base::{CommitId, Timestamp, TreeId};
use crate::hook::context::EventContext;
use crate::hook::event::Event;
use crate::hook::spec::{Hook, Spec};
use crate::ops::hooks::definitions::definitions;
use crate::ops::hooks::exempt::Exempt;
use crate::ops::hooks::noted::PendingEvent;
use crate::ops::hooks::trust::is_trusted;
use crate::ops::{Context, OpsError};

/// A branch as a worker finds it.
#[derive(Debug)]
struct Tip {
    branch: String,
    commit: CommitId,
    tree: TreeId,
    parent: Option<CommitId>,
    now: Timestamp,
    spec: Arc<Spec>,
}

/// Notes an event for each hook that a trigger starts now.
pub(super) fn fire_due(context: &Context) -> Result<(), OpsError> {
    for tip in tips(context)? {
        let hooks: Vec<&Hook> = triggered(context, &tip.spec, &tip.branch).collect();
        if hooks.is_empty() || !is_trusted(context, &tip.spec)? {
            continue;
        }
        for hook in hooks {
            schedule::look(context, &tip, hook)?;
            for watched in &hook.watches {
                watch::look(context, &tip, hook, watched)?;
            }
        }
    }
    Ok(())
}

/// Returns the branches whose tips define hooks.
fn tips(context: &Context) -> Result<Vec<Tip>, OpsError> {
    let now = context.now()?;
    let mut tips = Vec::new();
    for (name, value) in context.repo.list("refs/heads/")? {
        let Some(commit) = value.commit() else { continue };
        let tree = context.repo.tree_of(Some(commit))?;
        let Some(spec) = definitions(context, tree)? else { continue };
        let parent = context.repo.objects().commit(commit)?.parents.first().copied();
        tips.push(Tip { branch: name.short().to_owned(), commit, tree, parent, now, spec });
    }
    Ok(tips)
}

/// Returns the hooks with triggers: on the branches they name, and otherwise on the default branch,
/// not on each that was ever made.
fn triggered<'a>(
    context: &Context,
    spec: &'a Spec,
    branch: &'a str,
) -> impl Iterator<Item = &'a Hook> {
    let usual = context.config.string("core.default_branch");
    let is_usual = usual.is_some_and(|usual| usual.text == branch);
    spec.hooks.iter().filter(move |hook| {
        let has_trigger = !hook.schedules.is_empty() || !hook.watches.is_empty();
        let is_here =
            if hook.branches.is_empty() { is_usual } else { hook.branches.matches_name(branch) };
        has_trigger && is_here
    })
}

impl Tip {
    /// Returns the event of one hook, as the journal keeps it; `chain` names the hooks that led to it.
    fn event(
        &self,
        context: &Context,
        event: Event,
        hook: &Hook,
        cause: Option<serde_json::Value>,
        chain: &[String],
    ) -> String {
        let mut told = EventContext::new(event, context.repo.root().to_owned(), self.now);
        (told.branch, told.commit) = (Some(self.branch.clone()), Some(self.commit));
        (told.base_commit, told.cause) = (self.parent, cause);
        let exempt = Exempt::new(std::iter::empty(), chain);
        let event = PendingEvent {
            background: true,
            hooks: BTreeMap::from([(hook.id.to_string(), 1)]),
            ..PendingEvent::new(&told, exempt, self.tree)
        };
        event.to_json()
    }
}
