//! Hooks around an operation: `pre-` ones judge and amend a candidate tree, `post-` ones are noted
//! in the transaction that moves the ref and run afterwards, at least once.

use serde::{Deserialize, Serialize};

use crate::base::{CommitId, RepoPath, TreeId};
use crate::diff::tree::{TreeChange, tree_changes};
use crate::hook::context::{Author, Change, ChangeKind, EventContext, GitState};
use crate::hook::event::Event;
use crate::hook::plan::{Plan, Trigger, plan};
use crate::hook::process::Limits;
use crate::hook::runner::{RunRecord, Runner, refusal};
use crate::hook::spec::Spec;
use crate::object::Commit;
use crate::ops::hooks::definitions::definitions;
use crate::ops::hooks::host::RepoHost;
use crate::ops::hooks::owner::Owner;
use crate::ops::hooks::trust::is_trusted;
use crate::ops::{Context, OpsError};
use crate::repo::journal;
use crate::workspace::status::{StatusOptions, UntrackedMode};

/// What `pre-` hooks made of a candidate they let pass.
#[derive(Debug, Clone)]
pub struct Passed {
    pub tree: TreeId,
    pub runs: Vec<RunRecord>,
}

/// What it takes to run the hooks of a `post-` event, now or after a crash.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct PendingEvent {
    pub event: String,
    pub branch: Option<String>,
    pub source: Option<String>,
    pub base: Option<String>,
    pub commit: String,
    /// The tree whose `mlv.yaml` counts.
    pub definitions: String,
}

/// Returns what hooks are told of a commit, or of one to be.
pub fn event_context(
    context: &Context,
    event: Event,
    commit: &Commit,
    base: Option<CommitId>,
    branch: Option<&str>,
    source: Option<&str>,
) -> Result<EventContext, OpsError> {
    let branch = branch.map(str::to_owned);
    let root = context.repo.root().to_owned();
    let mut told = EventContext::new(event, root, commit.time);
    told.target_branch = branch.clone().filter(|_| source.is_some());
    told.source_branch = source.map(str::to_owned);
    told.branch = branch;
    told.tree = Some(commit.tree);
    told.base_commit = base;
    told.parents.clone_from(&commit.parents);
    told.message = Some(commit.message.clone());
    let author = commit.author.clone();
    told.author = Some(Author { name: author.name, email: author.email });
    told.meta.clone_from(&commit.meta);
    let code = commit.code.clone();
    told.git = code.map(|code| GitState { commit: code.commit, dirty: code.dirty });
    let before = context.repo.tree_of(base)?;
    for change in tree_changes(context.repo.objects(), before, commit.tree, &RepoPath::root()) {
        told.changes.push(told_change(change?));
    }
    Ok(told)
}

fn told_change(change: TreeChange) -> Change {
    let kind = match (&change.old, &change.new) {
        (None, _) => ChangeKind::Added,
        (_, None) => ChangeKind::Deleted,
        (Some(old), Some(new)) if old.same_type(new) => ChangeKind::Modified,
        _ => ChangeKind::TypeChange,
    };
    Change { path: change.path, change: kind }
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
        return Ok(Passed { tree, runs: Vec::new() });
    }
    if checked_out {
        refuse_outputs_in_the_way(context, &plan)?;
    }
    let base = context.repo.tree_of(told.base_commit)?;
    let (tree, runs) = carry_out(context, &plan, told, tree, base)?;
    if let Some(refused) = refusal(&runs) {
        return Err(OpsError::Refused {
            event: told.event.name().to_owned(),
            hook: refused.hook.to_string(),
            unchanged: branch.map_or("`HEAD` is".to_owned(), |name| format!("`{name}` is")),
            runs,
        });
    }
    Ok(Passed { tree, runs })
}

/// Tells whether these hooks may run. Those of a protected branch are never passed over.
fn may_run(context: &Context, spec: &Spec, told: &EventContext) -> Result<bool, OpsError> {
    if is_trusted(context, spec)? {
        return Ok(true);
    }
    let branch = told.branch.as_deref();
    if let Some(branch) = branch.filter(|name| told.event.may_refuse() && spec.protects(name)) {
        return Err(OpsError::Untrusted { branch: branch.to_owned() });
    }
    context.progress.notice(&format!(
        "the {} hooks were not run: nobody has trusted them here yet (`mlv hooks trust`)",
        told.event
    ));
    Ok(false)
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

fn carry_out(
    context: &Context,
    plan: &Plan<'_>,
    told: &EventContext,
    tree: TreeId,
    base: TreeId,
) -> Result<(TreeId, Vec<RunRecord>), OpsError> {
    let mut host = RepoHost::new(context, told, tree, base)?;
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
    Ok((host.tree(), runs))
}

/// Returns what is to be noted, in the transaction that moves the ref, so that the hooks of a
/// `post-` event run even after a crash; nothing where none would.
pub fn note_post(
    context: &Context,
    spec: &Spec,
    told: &EventContext,
    definitions: TreeId,
) -> Result<Option<PendingEvent>, OpsError> {
    let changed: Vec<_> = told.changes.iter().map(|change| change.path.clone()).collect();
    let trigger = Trigger { event: told.event, branch: told.branch.as_deref(), changed: &changed };
    if plan(spec, &trigger).is_empty() || !may_run(context, spec, told)? {
        return Ok(None);
    }
    Ok(Some(PendingEvent {
        event: told.event.name().to_owned(),
        branch: told.branch.clone(),
        source: told.source_branch.clone(),
        base: told.base_commit.map(CommitId::to_hex),
        commit: told.commit.map(CommitId::to_hex).unwrap_or_default(),
        definitions: definitions.to_hex(),
    }))
}

/// Runs the hooks of a noted event, and strikes it from the list. How they end changes nothing that
/// was done: it is recorded and told.
pub fn run_post(
    context: &Context,
    number: i64,
    pending: &PendingEvent,
) -> Result<Vec<RunRecord>, OpsError> {
    let unreadable = |reason: &str| OpsError::Unsupported {
        what: format!("a noted event cannot be run: {reason}"),
    };
    let event = Event::parse(&pending.event).map_err(|error| unreadable(&error.to_string()))?;
    let id: CommitId = pending.commit.parse().map_err(|_| unreadable("its commit"))?;
    let parse = |text: &String| text.parse::<CommitId>().map_err(|_| unreadable("its base"));
    let base = pending.base.as_ref().map(parse).transpose()?;
    let definitions_tree: TreeId =
        pending.definitions.parse().map_err(|_| unreadable("its definitions"))?;
    let commit = context.repo.objects().commit(id)?;
    let (branch, source) = (pending.branch.as_deref(), pending.source.as_deref());
    let mut told = event_context(context, event, &commit, base, branch, source)?;
    told.commit = Some(id);
    let mut runs = Vec::new();
    if let Some(spec) = definitions(context, definitions_tree)? {
        let changed: Vec<_> = told.changes.iter().map(|change| change.path.clone()).collect();
        let plan = plan(&spec, &Trigger { event, branch, changed: &changed });
        let base = context.repo.tree_of(base)?;
        runs = carry_out(context, &plan, &told, commit.tree, base)?.1;
    }
    context.repo.transact(|connection| Ok(journal::remove_pending(connection, number)?))?;
    Ok(runs)
}

/// Returns the name of this process for the journal, announcing it where it was not yet.
pub fn owner(context: &Context) -> Result<&Owner, OpsError> {
    context.owner(|| {
        Ok(Owner::announce(&context.repo.layout().runs()).map_err(crate::repo::RepoError::from)?)
    })
}
