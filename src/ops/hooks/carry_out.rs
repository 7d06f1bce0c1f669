//! Carries out a plan on a tree of this repository, where the user trusts its hooks.

use std::num::NonZeroUsize;

use crate::base::TreeId;
use crate::hook::context::EventContext;
use crate::hook::event::Event;
use crate::hook::plan::Plan;
use crate::hook::process::Limits;
use crate::hook::runner::{Outcome, Runner, refusal};
use crate::hook::spec::Spec;
use crate::ops::hooks::cache::Session;
use crate::ops::hooks::host::RepoHost;
use crate::ops::hooks::ledger::Ledger;
use crate::ops::hooks::owner::Owner;
use crate::ops::hooks::trust::is_trusted;
use crate::ops::hooks::verdict::Verdicts;
use crate::ops::{Context, OpsError, prometheus};
use crate::refs::RefName;

/// Tells whether these hooks may run. Those of a protected branch are never passed over, nor any where
/// a remote is worked on, which others share; to stand on a branch moves nothing.
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
    if moves && !context.has_working_copy() {
        return Err(untrusted_there(context, branch)?);
    }
    context.progress.notice(&format!(
        "the {} hooks were not run: nobody has trusted them here yet (`mlv hooks trust`)",
        told.event
    ));
    Ok(false)
}

/// Returns the error that names the branch whose hooks are to be trusted, if it is there.
fn untrusted_there(context: &Context, branch: Option<&str>) -> Result<OpsError, OpsError> {
    if let Some(branch) = branch
        && context.repo.get(&RefName::branch(branch)?)?.is_some()
    {
        return Ok(OpsError::Untrusted { branch: branch.to_owned() });
    }
    Ok(OpsError::NotTrusted)
}

/// Carries out a plan on a tree that would replace the tree `base`. What the hooks found is not
/// written down yet: the caller does it together with the deed, or without.
pub(super) fn carry_out(
    context: &Context,
    plan: &Plan<'_>,
    told: &EventContext,
    tree: TreeId,
    base: TreeId,
    ledger: &Ledger,
) -> Result<(Outcome, Verdicts), OpsError> {
    let cache = Session::open(context, told, base)?;
    let host = RepoHost::new(context, base, ledger, &cache)?;
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
        jobs: jobs(context),
        tree,
        host: &host,
        sink: &mut sink,
    };
    let outcome = runner.run(plan)?;
    if !outcome.records.is_empty() {
        prometheus::refresh(context);
    }
    let hooks: Vec<_> = plan.running().collect();
    let lands = told.event.may_refuse() && refusal(&outcome.records).is_none();
    let verdicts = cache.finish(&hooks, &outcome.records, lands.then_some(outcome.tree))?;
    Ok((outcome, verdicts))
}

/// Returns how many hooks run at the same time: `hooks.jobs`, or as many as there are processors.
fn jobs(context: &Context) -> NonZeroUsize {
    let set = context.config.integer("hooks.jobs").and_then(|jobs| usize::try_from(jobs).ok());
    let processors = || std::thread::available_parallelism().unwrap_or(NonZeroUsize::MIN);
    set.and_then(NonZeroUsize::new).unwrap_or_else(processors)
}

/// Returns the name of this process for the journal, announcing it where it was not yet.
pub fn owner(context: &Context) -> Result<&Owner, OpsError> {
    context.owner(|| {
        Ok(Owner::announce(&context.repo.layout().runs()).map_err(crate::repo::RepoError::from)?)
    })
}
