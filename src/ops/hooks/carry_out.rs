//! Carries out a plan on a tree of this repository, where the user trusts its hooks.

use crate::base::TreeId;
use crate::hook::context::EventContext;
use crate::hook::event::Event;
use crate::hook::plan::Plan;
use crate::hook::process::Limits;
use crate::hook::runner::{RunRecord, Runner};
use crate::hook::spec::{HookId, Spec};
use crate::ops::hooks::host::RepoHost;
use crate::ops::hooks::owner::Owner;
use crate::ops::hooks::trust::is_trusted;
use crate::ops::{Context, OpsError};

/// Tells whether these hooks may run. Those of a protected branch are never passed over; to stand on
/// it moves nothing.
pub(super) fn may_run(
    context: &Context,
    spec: &Spec,
    told: &EventContext,
) -> Result<bool, OpsError> {
    if is_trusted(context, spec)? {
        return Ok(true);
    }
    let branch = told.branch.as_deref();
    let moves = told.event.may_refuse() && told.event != Event::PreSwitch;
    if let Some(branch) = branch.filter(|name| moves && spec.protects(name)) {
        return Err(OpsError::Untrusted { branch: branch.to_owned() });
    }
    context.progress.notice(&format!(
        "the {} hooks were not run: nobody has trusted them here yet (`mlv hooks trust`)",
        told.event
    ));
    Ok(false)
}

/// What came of a plan.
#[derive(Debug)]
pub(super) struct CarriedOut {
    /// The candidate with all outputs taken in.
    pub tree: TreeId,
    pub runs: Vec<RunRecord>,
    /// What each hook put into its outputs, in the order they ended.
    pub made: Vec<Made>,
}

/// What one hook made.
#[derive(Debug, Clone)]
pub(super) struct Made {
    pub hook: HookId,
    /// The tree it saw.
    pub seen: TreeId,
    /// That tree with its outputs.
    pub tree: TreeId,
}

pub(super) fn carry_out(
    context: &Context,
    plan: &Plan<'_>,
    told: &EventContext,
    tree: TreeId,
    base: TreeId,
) -> Result<CarriedOut, OpsError> {
    let mut host = RepoHost::new(context, tree, base)?;
    let limits = Limits {
        timeout: context.config.duration("hooks.timeout").unwrap_or(Limits::DEFAULT_TIMEOUT),
        grace: context.config.duration("hooks.grace").unwrap_or(Limits::DEFAULT_GRACE),
        ..Limits::default()
    };
    let mut sink = |event| context.listener.hear(event);
    let mut runner = Runner {
        context: told,
        environment: &context.environment,
        limits,
        host: &mut host,
        sink: &mut sink,
    };
    let runs = runner.run(plan)?;
    Ok(CarriedOut { tree: host.tree(), runs, made: host.into_made() })
}

/// Returns the name of this process for the journal, announcing it where it was not yet.
pub fn owner(context: &Context) -> Result<&Owner, OpsError> {
    context.owner(|| {
        Ok(Owner::announce(&context.repo.layout().runs()).map_err(crate::repo::RepoError::from)?)
    })
}
