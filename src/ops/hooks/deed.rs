//! Hooks around deeds that make no commit: a branch or a tag is made or deleted, the working copy
//! switches, a model is promoted or deployed.

use std::sync::Arc;

use crate::base::CommitId;
use crate::base::lock::FileLock;
use crate::hook::context::{EventContext, ToldDeployment, ToldModel};
use crate::hook::event::{Around, Event};
use crate::hook::runner::RunRecord;
use crate::hook::spec::Spec;
use crate::ops::hooks::after::{note_post, pending_rows, run_noted};
use crate::ops::hooks::before::run_pre;
use crate::ops::hooks::definitions::definitions;
use crate::ops::hooks::exempt::Exempt;
use crate::ops::hooks::noted::PendingEvent;
use crate::ops::hooks::require::{check_move, check_push};
use crate::ops::hooks::told::event_context;
use crate::ops::{Context, OpsError};
use crate::refs::{RefEdit, RefName};
use crate::repo::{Update, Updated};

/// One such deed, as its hooks are told of it.
#[derive(Debug, Clone)]
pub struct Deed {
    around: Around,
    branch: Option<String>,
    source: Option<String>,
    tag: Option<String>,
    remote: Option<String>,
    message: Option<String>,
    model: Option<ToldModel>,
    deployment: Option<ToldDeployment>,
    commit: CommitId,
    /// What the branch, the tag or the alias named before, or where one stood.
    base: Option<CommitId>,
}

impl Deed {
    fn new(around: Around, commit: CommitId) -> Self {
        Self {
            around,
            branch: None,
            source: None,
            tag: None,
            remote: None,
            message: None,
            model: None,
            deployment: None,
            commit,
            base: None,
        }
    }

    /// A branch is made at a commit, or moved there from `base`; `source` is the branch it starts from.
    pub fn branch(
        name: &str,
        commit: CommitId,
        base: Option<CommitId>,
        source: Option<&str>,
    ) -> Self {
        let (branch, source) = (Some(name.to_owned()), source.map(str::to_owned));
        Self { branch, source, base, ..Self::new(Around::BRANCH, commit) }
    }

    /// A branch is deleted that stands on a commit.
    pub fn branch_delete(name: &str, commit: CommitId) -> Self {
        let branch = Some(name.to_owned());
        Self { branch, ..Self::new(Around::BRANCH_DELETE, commit) }
    }

    /// A tag is made on a commit, or moved there from `base`.
    pub fn tag(
        name: &str,
        commit: CommitId,
        base: Option<CommitId>,
        message: Option<&str>,
    ) -> Self {
        let (tag, message) = (Some(name.to_owned()), message.map(str::to_owned));
        Self { tag, message, base, ..Self::new(Around::TAG, commit) }
    }

    /// A tag is deleted that names a commit.
    pub fn tag_delete(name: &str, commit: CommitId, message: Option<&str>) -> Self {
        let deed = Self::tag(name, commit, None, message);
        Self { around: Around::TAG_DELETE, ..deed }
    }

    /// A branch of a remote is moved to a commit, from `base` where it is there already.
    pub fn push(remote: &str, branch: &str, commit: CommitId, base: Option<CommitId>) -> Self {
        let (branch, remote) = (Some(branch.to_owned()), Some(remote.to_owned()));
        Self { branch, remote, base, ..Self::new(Around::PUSH, commit) }
    }

    /// A branch takes in the commits that a branch of a remote has; `base` is where it stood.
    pub fn pull(
        remote: &str,
        branch: &str,
        source: &str,
        commit: CommitId,
        base: Option<CommitId>,
    ) -> Self {
        let source = Some(source.to_owned());
        Self { source, around: Around::PULL, ..Self::push(remote, branch, commit, base) }
    }

    /// The working copy goes from one branch, or detached commit, to another.
    pub fn switch(from: (Option<&str>, Option<CommitId>), to: (Option<&str>, CommitId)) -> Self {
        let (source, branch) = (from.0.map(str::to_owned), to.0.map(str::to_owned));
        Self { branch, source, base: from.1, ..Self::new(Around::SWITCH, to.1) }
    }

    /// An alias of a model moves to a commit, from `base` where it is there already.
    pub fn promote(model: ToldModel, commit: CommitId, base: Option<CommitId>) -> Self {
        Self { model: Some(model), base, ..Self::new(Around::PROMOTE, commit) }
    }

    /// An environment gets a release of a commit; it had one of `base`.
    pub fn deploy(deployment: ToldDeployment, commit: CommitId, base: Option<CommitId>) -> Self {
        Self { deployment: Some(deployment), base, ..Self::new(Around::DEPLOY, commit) }
    }

    /// Returns the commit whose `mlv.yaml` counts: for a switch, that which one leaves before it and
    /// that which one arrives at after it; for a branch that gets commits, where it stood.
    fn definer(&self, event: Event) -> Option<CommitId> {
        match event {
            Event::PreSwitch => self.base,
            Event::PrePush | Event::PostPush | Event::PrePull | Event::PostPull => {
                self.base.or(Some(self.commit))
            }
            _ => Some(self.commit),
        }
    }

    /// Returns the definitions that count for an event, where some hook of them hangs on it.
    fn definitions(&self, context: &Context, event: Event) -> Result<Option<Arc<Spec>>, OpsError> {
        let Some(id) = self.definer(event) else { return Ok(None) };
        let spec = definitions(context, context.repo.objects().commit(id)?.tree)?;
        Ok(spec.filter(|spec| Exempt::default().leaves_any(spec, event)))
    }

    fn told(&self, context: &Context, event: Event) -> Result<EventContext, OpsError> {
        let commit = context.repo.objects().commit(self.commit)?;
        let (branch, source) = (self.branch.as_deref(), self.source.as_deref());
        let mut told = event_context(context, event, &commit, self.base, branch, source)?;
        told.commit = Some(self.commit);
        told.definitions =
            self.definer(event).map(|id| context.repo.tree_of(Some(id))).transpose()?;
        told.tag.clone_from(&self.tag);
        told.remote.clone_from(&self.remote);
        told.model.clone_from(&self.model);
        told.deployment.clone_from(&self.deployment);
        if self.message.is_some() {
            told.message.clone_from(&self.message);
        }
        Ok(told)
    }

    /// Lets the `pre-` hooks judge it, and the lock go where there are any.
    fn judge(
        &self,
        context: &Context,
        lock: &mut Option<FileLock>,
    ) -> Result<Vec<RunRecord>, OpsError> {
        let runs = self.run_pre(context, lock)?;
        let Some(branch) = &self.branch else { return Ok(runs) };
        let branch = RefName::branch(branch)?;
        match (self.around.pre, self.base) {
            (Event::PreBranch, _) => check_move(context, &branch, self.commit)?,
            (Event::PrePush, Some(base)) => check_push(context, &branch, base, self.commit)?,
            _ => {}
        }
        Ok(runs)
    }

    fn run_pre(
        &self,
        context: &Context,
        lock: &mut Option<FileLock>,
    ) -> Result<Vec<RunRecord>, OpsError> {
        let event = self.around.pre;
        let Some(spec) = self.definitions(context, event)? else { return Ok(Vec::new()) };
        if context.skips_hooks() {
            return self.pass_over(context, &spec);
        }
        *lock = None;
        let told = self.told(context, event)?;
        let passed = run_pre(context, &spec, &told, &Exempt::default(), false)?;
        passed.verdicts.record(context)?;
        Ok(passed.runs)
    }

    /// Passes over the `pre-` hooks, where no rule forbids it, and says so: there is no commit that
    /// could bear a mark.
    fn pass_over(&self, context: &Context, spec: &Spec) -> Result<Vec<RunRecord>, OpsError> {
        let event = self.around.pre;
        if event.guards_users() {
            return Err(OpsError::GuardsUsers { event: event.name() });
        }
        let branch = self.branch.as_ref().filter(|_| event != Event::PreSwitch);
        if let Some(branch) = branch.filter(|name| spec.protects(name)) {
            return Err(OpsError::HooksRequired { branch: branch.clone() });
        }
        context.progress.notice(&format!("MLV_NO_VERIFY: the {event} hooks were not run"));
        Ok(Vec::new())
    }

    /// Returns what is to be noted so that the `post-` hooks run.
    fn note(&self, context: &Context) -> Result<Option<PendingEvent>, OpsError> {
        let event = self.around.post;
        let Some(spec) = self.definitions(context, event)? else { return Ok(None) };
        let told = self.told(context, event)?;
        let tree = told.tree.expect("a commit has a tree");
        note_post(context, &spec, &told, Exempt::default(), tree)
    }
}

/// What was done, and the hooks that ran around it.
#[derive(Debug, Clone)]
pub struct Done<T> {
    pub done: T,
    pub hooks: Vec<RunRecord>,
}

/// Lets the `pre-` hooks of deeds judge them, does them, and runs their `post-` hooks. `act` does
/// them all in one transaction, in which it notes the events it is given; it is given the lock too,
/// unless that was let go for hooks.
pub fn around(
    context: &Context,
    deeds: &[Deed],
    mut lock: Option<FileLock>,
    act: impl FnOnce(Option<FileLock>, Vec<(String, String)>) -> Result<Updated, OpsError>,
) -> Result<(Updated, Vec<RunRecord>), OpsError> {
    let mut runs = Vec::new();
    for deed in deeds {
        runs.extend(deed.judge(context, &mut lock)?);
    }
    let mut noted = Vec::new();
    for deed in deeds {
        noted.extend(deed.note(context)?);
    }
    let updated = act(lock, pending_rows(context, &noted)?)?;
    runs.extend(run_noted(context, &updated.pending, &noted));
    Ok((updated, runs))
}

/// Edits refs, and nothing else, with the hooks around it.
pub fn edit_refs(
    context: &Context,
    deeds: &[Deed],
    edits: Vec<RefEdit>,
) -> Result<Vec<RunRecord>, OpsError> {
    let mut update = Update::new(&context.command, context.now()?, edits);
    let act = |_, pending| {
        update.pending = pending;
        context.update(&update)
    };
    Ok(around(context, deeds, None, act)?.1)
}
