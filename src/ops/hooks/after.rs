//! Hooks after an operation: `post-` ones are noted in the transaction that moves the ref and run
//! afterwards, at least once.

use serde::{Deserialize, Serialize};

use crate::base::{CommitId, TreeId};
use crate::hook::context::EventContext;
use crate::hook::event::Event;
use crate::hook::plan::{Trigger, plan};
use crate::hook::runner::RunRecord;
use crate::hook::spec::Spec;
use crate::ops::hooks::carry_out::{may_run, owner};
use crate::ops::hooks::definitions::definitions;
use crate::ops::hooks::exempt::Exempt;
use crate::ops::hooks::follow_up::carry_out_after;
use crate::ops::hooks::told::event_context;
use crate::ops::{Context, OpsError};
use crate::repo::journal;

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
    #[serde(default)]
    pub tag: Option<String>,
    /// The message of a tag.
    #[serde(default)]
    pub message: Option<String>,
    #[serde(default)]
    pub exempt: Exempt,
}

/// Returns what is to be noted, in the transaction that moves the ref, so that the hooks of a
/// `post-` event run even after a crash; nothing where none would.
pub fn note_post(
    context: &Context,
    spec: &Spec,
    told: &EventContext,
    exempt: Exempt,
    definitions: TreeId,
) -> Result<Option<PendingEvent>, OpsError> {
    let changed: Vec<_> = told.changes.iter().map(|change| change.path.clone()).collect();
    let trigger = Trigger { event: told.event, branch: told.branch.as_deref(), changed: &changed };
    if plan(&exempt.of(spec), &trigger).is_empty() || !may_run(context, spec, told)? {
        return Ok(None);
    }
    Ok(Some(PendingEvent {
        event: told.event.name().to_owned(),
        branch: told.branch.clone(),
        source: told.source_branch.clone(),
        base: told.base_commit.map(CommitId::to_hex),
        commit: told.commit.map(CommitId::to_hex).unwrap_or_default(),
        definitions: definitions.to_hex(),
        tag: told.tag.clone(),
        message: told.tag.as_ref().and(told.message.clone()),
        exempt,
    }))
}

/// Returns noted events as a transaction takes them.
pub fn pending_rows(
    context: &Context,
    noted: &[PendingEvent],
) -> Result<Vec<(String, String)>, OpsError> {
    let text = |event| serde_json::to_string(event).expect("a noted event has a JSON form");
    if noted.is_empty() {
        return Ok(Vec::new());
    }
    let me = &owner(context)?.name;
    Ok(noted.iter().map(|event| (me.clone(), text(event))).collect())
}

/// Runs the hooks of what is done, event by event; whatever goes wrong cannot take it back, and is
/// told.
pub fn run_noted(context: &Context, numbers: &[i64], noted: &[PendingEvent]) -> Vec<RunRecord> {
    let mut runs = Vec::new();
    for (number, event) in numbers.iter().zip(noted) {
        match run_post(context, *number, event) {
            Ok(done) => runs.extend(done),
            Err(error) => context.progress.notice(&format!(
                "the {} hooks could not be run: {error}; the next command tries again",
                event.event
            )),
        }
    }
    runs
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
    told.tag.clone_from(&pending.tag);
    if pending.message.is_some() {
        told.message.clone_from(&pending.message);
    }
    let mut runs = Vec::new();
    if let Some(spec) = definitions(context, definitions_tree)? {
        let changed: Vec<_> = told.changes.iter().map(|change| change.path.clone()).collect();
        let hooks = pending.exempt.of(&spec);
        let plan = plan(&hooks, &Trigger { event, branch, changed: &changed });
        runs = carry_out_after(context, &plan, &told, &pending.exempt.chain)?;
    }
    context.repo.transact(|connection| Ok(journal::remove_pending(connection, number)?))?;
    Ok(runs)
}
