//! Hooks before an operation: `pre-` ones judge and amend a candidate tree.

use crate::base::TreeId;
use crate::hook::context::EventContext;
use crate::hook::plan::{Plan, Trigger, plan};
use crate::hook::runner::{Outcome, RunRecord, refusal};
use crate::hook::spec::Spec;
use crate::ops::hooks::carry_out::{carry_out, may_run};
use crate::ops::hooks::verdict::Verdicts;
use crate::ops::{Context, OpsError};
use crate::workspace::status::{StatusOptions, UntrackedMode};

/// What `pre-` hooks made of a candidate they let pass.
#[derive(Debug, Clone)]
pub struct Passed {
    pub tree: TreeId,
    pub runs: Vec<RunRecord>,
    /// What they found, to be written down with the deed.
    pub verdicts: Verdicts,
}

/// Runs `event`'s hooks on the candidate tree; the outputs of each enter it before the next runs.
/// `checked_out` says that the user's files will follow.
pub fn run_pre(
    context: &Context,
    spec: &Spec,
    told: &EventContext,
    checked_out: bool,
) -> Result<Passed, OpsError> {
    let tree = told.tree.expect("a candidate has a tree");
    let changed: Vec<_> = told.changes.iter().map(|change| change.path.clone()).collect();
    let branch = told.branch.as_deref();
    let plan = plan(spec, &Trigger { event: told.event, branch, changed: &changed });
    if plan.is_empty() || !may_run(context, spec, told)? {
        return Ok(Passed { tree, runs: Vec::new(), verdicts: Verdicts::default() });
    }
    if checked_out {
        refuse_outputs_in_the_way(context, &plan)?;
    }
    let base = context.repo.tree_of(told.base_commit)?;
    let (Outcome { records: runs, tree, .. }, verdicts) =
        carry_out(context, &plan, told, tree, base)?;
    if let Some(refused) = refusal(&runs) {
        verdicts.record(context)?;
        return Err(OpsError::Refused {
            event: told.event.name().to_owned(),
            hook: refused.hook.to_string(),
            unchanged: branch.map_or("`HEAD` is".to_owned(), |name| format!("`{name}` is")),
            runs,
        });
    }
    Ok(Passed { tree, runs, verdicts })
}

/// Refuses before anything runs where a hook would write over unsaved work.
fn refuse_outputs_in_the_way(context: &Context, plan: &Plan<'_>) -> Result<(), OpsError> {
    if plan.running().all(|hook| hook.outputs.is_empty()) {
        return Ok(());
    }
    let options = StatusOptions { untracked: UntrackedMode::Files, ..StatusOptions::default() };
    let staged = context.repo.staged()?;
    let status = context.workspace()?.unstaged(staged, options, context.progress.as_ref())?;
    let modified = status.unstaged.iter().map(|change| &change.path);
    let unsaved: Vec<_> = modified.chain(status.untracked.iter().map(|new| &new.path)).collect();
    for hook in plan.running() {
        if let Some(path) = unsaved.iter().find(|path| hook.outputs.matches_path(path)) {
            let hook = hook.id.to_string();
            return Err(OpsError::OutputInTheWay { hook, path: (*path).clone() });
        }
    }
    Ok(())
}
