//! Hooks before an operation: `pre-` ones judge and amend a candidate tree.

use crate::base::{RepoPath, TreeId};
use crate::hook::context::EventContext;
use crate::hook::plan::{Plan, plan_for};
use crate::hook::runner::{Outcome, RunRecord, refusal};
use crate::hook::spec::Spec;
use crate::ops::hooks::carry_out::{carry_out, may_run};
use crate::ops::hooks::exempt::Exempt;
use crate::ops::hooks::ledger::Ledger;
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
    exempt: &Exempt,
    checked_out: bool,
) -> Result<Passed, OpsError> {
    let tree = told.tree.expect("a candidate has a tree");
    let hooks = exempt.of(spec);
    let plan = plan_for(&hooks, told);
    if plan.is_empty() || !may_run(context, spec, told)? {
        return Ok(Passed { tree, runs: Vec::new(), verdicts: Verdicts::default() });
    }
    if checked_out {
        refuse_outputs_in_the_way(context, &plan)?;
    }
    let base = context.repo.tree_of(told.base_commit)?;
    let ledger = Ledger::of_candidate(told, exempt);
    let (Outcome { records: runs, tree, .. }, verdicts) =
        carry_out(context, &plan, told, tree, base, &ledger)?;
    if let Some(refused) = refusal(&runs) {
        verdicts.record(context)?;
        return Err(OpsError::Refused {
            event: told.event.name().to_owned(),
            hook: refused.hook.to_string(),
            outcome: outcome(told),
            runs,
        });
    }
    Ok(Passed { tree, runs, verdicts })
}

/// Says what a refusal leaves as it was.
fn outcome(told: &EventContext) -> String {
    match &told.branch {
        _ if !told.event.takes_outputs() => "nothing was changed".to_owned(),
        Some(branch) => format!("`{branch}` is unchanged"),
        None => "`HEAD` is unchanged".to_owned(),
    }
}

/// Refuses before anything runs where a hook would write over unsaved work.
fn refuse_outputs_in_the_way(context: &Context, plan: &Plan<'_>) -> Result<(), OpsError> {
    if plan.running().all(|hook| hook.outputs.is_empty()) {
        return Ok(());
    }
    let unsaved = unsaved(context)?;
    for hook in plan.running() {
        if let Some(path) = unsaved.iter().find(|path| hook.outputs.matches_path(path)) {
            let hook = hook.id.to_string();
            return Err(OpsError::OutputInTheWay { hook, path: path.clone() });
        }
    }
    Ok(())
}

/// Returns the paths where the working copy holds what is not staged.
pub(super) fn unsaved(context: &Context) -> Result<Vec<RepoPath>, OpsError> {
    let options = StatusOptions { untracked: UntrackedMode::Files, ..StatusOptions::default() };
    let staged = context.repo.staged()?;
    let status = context.workspace()?.unstaged(staged, options, context.progress.as_ref())?;
    let modified = status.unstaged.into_iter().map(|change| change.path);
    Ok(modified.chain(status.untracked.into_iter().map(|new| new.path)).collect())
}
