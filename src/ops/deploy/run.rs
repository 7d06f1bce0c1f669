//! A deployment, step by step: lock the environment, ask for verdicts, stage, try the staged release,
//! write down that it is pending, flip, reload, try the active release, write down that it is active.

use std::path::Path;

use crate::base::progress::Unit;
use crate::base::{CommitId, Timestamp};
use crate::hook::context::ToldDeployment;
use crate::hook::runner::RunRecord;
use crate::ops::deploy::DeployError;
use crate::ops::deploy::find::{FoundSpec, find, views};
use crate::ops::deploy::heal::{Reason, heal, take_back};
use crate::ops::deploy::plan::{DeployRequest, Plan, plan};
use crate::ops::deploy::release::{
    Action, Release, ReleaseStatus, ReleaseTarget, ReleaseVerdict, active_of, kept, releases_of,
};
use crate::ops::deploy::script::ScriptFailure;
use crate::ops::deploy::site::{ScriptPlace, Site, actor};
use crate::ops::deploy::spec::Script;
use crate::ops::deploy::target::{self, Held, Patience, Target};
use crate::ops::hooks::{Deed, VerdictBook, around, check_standing};
use crate::ops::{Context, OpsError};
use crate::refs::RefName;
use crate::repo::{Updated, journal, releases};

/// What came of a deployment.
#[derive(Debug, Clone)]
pub struct Deployed {
    pub release: Release,
    pub hooks: Vec<RunRecord>,
    /// Whether the environment had it already, so that nothing was done.
    pub was_active: bool,
}

/// Gives an environment a release of a commit. Where it has that already, nothing is done.
pub fn deploy(context: &Context, request: &DeployRequest<'_>) -> Result<Deployed, OpsError> {
    let plan = plan(context, request)?;
    let site = Site::new(context, &plan.spec)?;
    let target = target::open(&site)?;
    let held = target.lock(Patience::Wait)?;
    tracing::debug!(env = site.env(), "locked the environment");
    heal(&site, target.as_ref())?;
    let all = releases_of(context, site.env())?;
    if let Some(active) = active_of(&all).filter(|active| is_served(active, &plan, target.as_ref()))
    {
        let release = active.clone();
        return Ok(Deployed { release, hooks: Vec::new(), was_active: true });
    }
    if let Some(branch) =
        plan.branch.clone().map_or_else(|| main_line(context), |it| Ok(Some(it)))?
    {
        check_standing(context, &branch, plan.commit)?;
        tracing::debug!(%branch, "asked for the verdicts");
    }
    let seq = all.first().map_or(0, |last| last.seq).max(target.last_seq()?) + 1;
    let release = release_of(context, &plan, seq, (active_of(&all), request.run_id))?;
    let base = active_of(&all).map(|active| active.commit);
    let work = Work { site: &site, target: target.as_ref(), held };
    work.carry_out(release, base, Some(&plan))
}

/// Returns the branch whose rules hold for a commit that no branch has: the one that is checked out,
/// or `main`.
fn main_line(context: &Context) -> Result<Option<RefName>, OpsError> {
    if let Some(branch) = context.repo.head()?.branch() {
        return Ok(Some(branch.clone()));
    }
    let main = RefName::branch("main")?;
    Ok(context.repo.get(&main)?.is_some().then_some(main))
}

/// Tells whether users are served just what is planned.
fn is_served(active: &Release, plan: &Plan, target: &dyn Target) -> bool {
    let same = active.commit == plan.commit
        && active.files.iter().eq(plan.files.iter().map(|planned| &planned.file));
    same && target.pointer().is_ok_and(|now| now == Some(target.pointer_to(active)))
}

/// Returns the release that a plan leads to.
fn release_of(
    context: &Context,
    plan: &Plan,
    seq: u64,
    (active, run_id): (Option<&Release>, Option<&str>),
) -> Result<Release, OpsError> {
    let verdicts = VerdictBook::open(context)?.on(plan.tree)?.into_iter().map(|verdict| {
        ReleaseVerdict { hook: verdict.hook, verdict: verdict.verdict, run_id: verdict.run_id }
    });
    Ok(Release {
        env: plan.spec.env.clone(),
        seq,
        action: Action::Deploy,
        release_id: format!("{seq:06}-{}", plan.commit.short()),
        status: ReleaseStatus::Pending,
        commit: plan.commit,
        tree: plan.tree,
        branch: plan.branch.as_ref().map(|branch| branch.short().to_owned()),
        artifact: plan.spec.artifact.to_string(),
        files: plan.files.iter().map(|planned| planned.file.clone()).collect(),
        verdicts: verdicts.collect(),
        spec: plan.spec_path.to_string(),
        target: ReleaseTarget::of(&plan.spec.target),
        previous: active.map(|active| active.release_id.clone()),
        smoke: None,
        message: None,
        time: context.now()?.to_string(),
        finished: None,
        actor: actor(context)?,
        run_id: run_id.map(str::to_owned),
        keep: plan.spec.keep,
        replaced: None,
    })
}

/// Makes a stored release active again: nothing is built, and what is stored is held against what was
/// released. Without an id, it is the one that was active before.
pub fn roll_back(context: &Context, wanted: &str, to: Option<&str>) -> Result<Deployed, OpsError> {
    let FoundSpec { spec, .. } = find(&views(context, None)?, wanted)?;
    let site = Site::new(context, &spec)?;
    let target = target::open(&site)?;
    let held = target.lock(Patience::Wait)?;
    tracing::debug!(env = site.env(), "locked the environment");
    heal(&site, target.as_ref())?;
    let all = releases_of(context, site.env())?;
    let active = active_of(&all);
    let found = stored(&all, active, to).ok_or_else(|| match to {
        Some(id) => {
            let candidates = kept(&all).into_iter().map(str::to_owned).collect();
            let (env, release_id) = (site.env().to_owned(), id.to_owned());
            DeployError::NoSuchRelease { env, release_id, candidates }
        }
        None => DeployError::NothingEarlier { env: site.env().to_owned() },
    })?;
    if active.is_some_and(|active| active.release_id == found.release_id) {
        return Ok(Deployed { release: found.clone(), hooks: Vec::new(), was_active: true });
    }
    site.shelf().check(&found.release_id, &found.files)?;
    target.check(found)?;
    tracing::debug!(release_id = found.release_id, "held the release against its hashes");
    let release = Release {
        seq: all.first().map_or(0, |last| last.seq).max(target.last_seq()?) + 1,
        action: Action::Rollback,
        status: ReleaseStatus::Pending,
        previous: active.map(|active| active.release_id.clone()),
        smoke: None,
        message: None,
        time: context.now()?.to_string(),
        finished: None,
        actor: actor(context)?,
        run_id: None,
        keep: spec.keep,
        replaced: None,
        target: ReleaseTarget::of(&spec.target),
        ..found.clone()
    };
    let base = active.map(|active| active.commit);
    let work = Work { site: &site, target: target.as_ref(), held };
    work.carry_out(release, base, None)
}

/// Returns the release of an id, or the one that was active before.
fn stored<'a>(
    all: &'a [Release],
    active: Option<&Release>,
    to: Option<&str>,
) -> Option<&'a Release> {
    let mut served = all.iter().filter(|release| release.status.was_active());
    match to {
        Some(id) => served.find(|release| release.release_id == id),
        None => served
            .find(|release| active.is_none_or(|active| active.release_id != release.release_id)),
    }
}

/// What a deployment works with; the environment is locked.
struct Work<'a> {
    site: &'a Site<'a>,
    target: &'a dyn Target,
    held: Box<dyn Held>,
}

impl Work<'_> {
    /// Does it, with the hooks around it. A plan is what is to be staged; a rollback has none.
    fn carry_out(
        self,
        mut release: Release,
        base: Option<CommitId>,
        plan: Option<&Plan>,
    ) -> Result<Deployed, OpsError> {
        let context = self.site.context;
        let told = ToldDeployment {
            env: release.env.clone(),
            release_id: release.release_id.clone(),
            action: release.action.name().to_owned(),
            artifact: release.artifact.clone(),
        };
        let deed = Deed::deploy(told, release.commit, base);
        let act = |_, noted| self.act(&mut release, plan, noted);
        let (_, hooks) = around(context, &[deed], None, act)?;
        drop(self.held);
        tracing::debug!(env = self.site.env(), "unlocked the environment");
        Ok(Deployed { release, hooks, was_active: false })
    }

    fn act(
        &self,
        release: &mut Release,
        plan: Option<&Plan>,
        noted: Vec<(String, String)>,
    ) -> Result<Updated, OpsError> {
        if let Some(plan) = plan {
            self.stage(release, plan)?;
        }
        self.still_ours()?;
        release.replaced = self.target.pointer()?;
        release.write(self.site.context)?;
        tracing::debug!(release_id = release.release_id, "noted the release as pending");
        let switched = self.switch(release, plan.is_some());
        if let Err(error) = switched {
            return Err(self.failed(release, error));
        }
        let updated = self.settle(release, noted)?;
        // The release is active whatever becomes of those that nobody will go back to.
        if let Err(error) = self.tidy() {
            self.site.context.progress.notice(&format!("old releases were not removed: {error}"));
        }
        Ok(updated)
    }

    fn phase(&self, name: &str) {
        self.site.context.progress.phase(name, None, Unit::Time);
    }

    fn still_ours(&self) -> Result<(), OpsError> {
        if self.held.is_ours()? {
            return Ok(());
        }
        let holder = "somebody else, who has taken over".to_owned();
        Err(DeployError::Locked { env: self.site.env().to_owned(), holder }.into())
    }

    /// Puts the release beside the others, and tries it there.
    fn stage(&self, release: &mut Release, plan: &Plan) -> Result<(), OpsError> {
        let shelf = self.site.shelf();
        let staged = shelf.stage(self.site.context, &plan.files, &release.manifest())?;
        if let Some(smoke) = &self.site.spec.smoke
            && let Err(failure) = self.smoke(smoke, release, &staged, "staged")?
        {
            shelf.sweep()?;
            let outcome = match &release.previous {
                Some(previous) => format!("{previous} stays active"),
                None => "nothing was changed".to_owned(),
            };
            return Err(self.note_failure(release, "the smoke test", failure, outcome)?.into());
        }
        Ok(())
    }

    /// Writes down that a release failed that nobody was served, and returns the error that says so.
    fn note_failure(
        &self,
        release: &mut Release,
        what: &str,
        failure: ScriptFailure,
        outcome: String,
    ) -> Result<DeployError, OpsError> {
        release.status = ReleaseStatus::Failed;
        release.message = Some(format!("{what} failed: {}", failure.how));
        release.finished = Some(Timestamp::now().to_string());
        release.write(self.site.context)?;
        let ScriptFailure { how, tail } = failure;
        let (what, release_id) = (what.to_owned(), release.release_id.clone());
        Ok(DeployError::Failed { what, release_id, how, outcome, tail })
    }

    fn smoke(
        &self,
        script: &Script,
        release: &mut Release,
        directory: &Path,
        phase: &'static str,
    ) -> Result<Result<(), ScriptFailure>, OpsError> {
        self.phase(&format!("trying the {phase} release"));
        let place = ScriptPlace { directory, release: directory, phase, may_be_interrupted: true };
        let ended = self.site.run(script, &release.manifest(), &place)?;
        release.smoke = Some(if ended.is_ok() { "passed" } else { "failed" }.to_owned());
        tracing::debug!(phase, passed = ended.is_ok(), "tried the release");
        Ok(ended)
    }

    /// Shows the release to users.
    fn switch(&self, release: &mut Release, is_new: bool) -> Result<(), OpsError> {
        let shelf = self.site.shelf();
        let place = shelf.place(&release.release_id);
        if is_new {
            self.phase("publishing the release");
            shelf.publish(&release.release_id)?;
            self.target.publish(release, &place)?;
        }
        self.still_ours()?;
        self.phase("flipping to the release");
        self.target.point(Some(&self.target.pointer_to(release)))?;
        if let Some(reload) = &self.site.spec.reload {
            self.phase("reloading");
            let (directory, phase) = (self.site.context.repo.root(), "active");
            let here = ScriptPlace { directory, release: &place, phase, may_be_interrupted: true };
            let ended = self.site.run(reload, &release.manifest(), &here)?;
            tracing::debug!(passed = ended.is_ok(), "reloaded");
            ended.map_err(|failure| broken("the reload", release, failure))?;
        }
        if let Some(smoke) = &self.site.spec.smoke {
            let ended = self.smoke(smoke, release, &place, "active")?;
            ended.map_err(|failure| broken("the smoke test", release, failure))?;
        }
        Ok(())
    }

    /// Takes the release back, and returns the error that says what failed and what is active now.
    fn failed(&self, release: &mut Release, error: OpsError) -> OpsError {
        let message = match &error {
            OpsError::Deploy(DeployError::Failed { what, how, .. }) => {
                format!("{what} failed: {how}")
            }
            error => error.to_string(),
        };
        match take_back(self.site, self.target, release, Reason::Failed(&message)) {
            Ok(now) => match error {
                OpsError::Deploy(DeployError::Failed { what, release_id, how, tail, .. }) => {
                    DeployError::Failed { what, release_id, how, outcome: now, tail }.into()
                }
                error => {
                    self.site.context.progress.notice(&now);
                    error
                }
            },
            Err(second) => {
                let notice =
                    format!("going back failed too ({second}); the next command tries it again");
                self.site.context.progress.notice(&notice);
                error
            }
        }
    }

    /// Writes down that the release is the active one, together with the events to come.
    fn settle(
        &self,
        release: &mut Release,
        noted: Vec<(String, String)>,
    ) -> Result<Updated, OpsError> {
        let context = self.site.context;
        self.phase("writing down what is active");
        release.status = ReleaseStatus::Active;
        release.finished = Some(Timestamp::now().to_string());
        let mut before = releases_of(context, self.site.env())?;
        before.retain(|other| other.status == ReleaseStatus::Active);
        for other in &mut before {
            other.status = ReleaseStatus::Superseded;
        }
        let rows: Vec<_> = before.iter().chain([&*release]).map(Release::row).collect();
        let updated = context.repo.transact(|connection| {
            rows.iter().try_for_each(|row| releases::write(connection, row))?;
            let mut updated = Updated::default();
            for (owner, event) in &noted {
                updated.pending.push(journal::add_pending(connection, owner, event)?);
            }
            Ok(updated)
        })?;
        tracing::debug!(release_id = release.release_id, "noted the release as active");
        Ok(updated)
    }

    /// Removes the releases that nobody will go back to.
    fn tidy(&self) -> Result<(), OpsError> {
        self.phase("removing old releases");
        let all = releases_of(self.site.context, self.site.env())?;
        let kept = kept(&all);
        for release in &all {
            let id = release.release_id.as_str();
            if release.status != ReleaseStatus::Pending && !kept.contains(&id) {
                if self.site.shelf().place(id).exists() {
                    self.target.remove(id)?;
                }
                self.site.shelf().remove(id)?;
            }
        }
        Ok(())
    }
}

fn broken(what: &str, release: &Release, failure: ScriptFailure) -> OpsError {
    let ScriptFailure { how, tail } = failure;
    let (what, release_id) = (what.to_owned(), release.release_id.clone());
    DeployError::Failed { what, release_id, how, outcome: String::new(), tail }.into()
}
