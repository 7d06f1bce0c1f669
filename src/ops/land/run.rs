//! The story of a landing. The lock of the working copy is held while the candidate is made and
//! while the branch moves, not while hooks run: they may take hours, and nobody waits for them.

use crate::base::lock::FileLock;
use crate::base::{CommitId, Timestamp, TreeId};
use crate::hook::context::EventContext;
use crate::hook::event::Around;
use crate::hook::runner::RunRecord;
use crate::hook::spec::Spec;
use crate::object::Commit;
use crate::ops::hooks::{self, Exempt, Moving, PendingEvent, Verdicts};
use crate::ops::land::advance::{Way, advance};
use crate::ops::land::types::{Candidate, Landed, Landing};
use crate::ops::{Context, OpsError};
use crate::refs::RefName;
use crate::store::{ChunkStore, Durability};

/// The key of a commit's meta that says that no hook judged it.
const NO_VERIFY_MARK: &str = "mlv.no-verify";

/// Makes the commit and moves the branch, or changes nothing. `lock` is that under which the
/// candidate was made.
pub fn land(
    context: &Context,
    lock: Option<FileLock>,
    candidate: Candidate,
    landing: Landing,
) -> Result<Landed, OpsError> {
    let now = context.now()?;
    let planned = candidate.tree;
    let commit = draft(context, candidate, now)?;
    hooks::check_spec_change(context, landing.base, commit.tree)?;
    let spec = hooks::definitions(context, landing.definitions)?;
    if landing.own {
        spec.iter().try_for_each(|spec| hooks::trust_own(context, landing.base, spec))?;
    }
    let (judgement, lock) = judge(context, lock, &landing, spec.as_deref(), commit)?;
    check_required(context, &landing, &judgement)?;
    let Judgement { commit, runs, verdicts } = judgement;
    let (id, commit, fast_forward) = write(context, &landing, commit, planned)?;
    let judged = verdicts.judged(context, Some(id))?;
    context.repo.store().flush(Durability::Durable)?;
    tracing::debug!(commit = %id, tree = %commit.tree, fast_forward, "stored the commit");

    let after = EventContext { commit: Some(id), ..told(context, &landing, &commit)? };
    let noted = note(context, &landing, spec.as_deref(), &after)?;
    let way = Way { id, planned, tree: commit.tree };
    let lock = lock.map_or_else(|| context.lock_patiently(), Ok)?;
    let numbers = advance(context, &landing, &way, now, &noted, judged)?;
    drop(lock);
    let mut landed = Landed {
        id,
        tree: commit.tree,
        parents: commit.parents,
        files_changed: after.changes.len() as u64,
        fast_forward,
        runs,
        message: commit.message,
    };
    landed.runs.extend(hooks::run_noted(context, &numbers, &noted));
    Ok(landed)
}

/// Returns the commit before any hook has seen it.
fn draft(context: &Context, candidate: Candidate, now: Timestamp) -> Result<Commit, OpsError> {
    let committer = context.signature()?;
    let (author, time) = candidate.author.unwrap_or_else(|| (committer.clone(), now));
    Ok(Commit {
        tree: candidate.tree,
        parents: candidate.parents,
        author,
        time,
        committer,
        commit_time: now,
        message: candidate.message,
        meta: candidate.meta,
        code: context.code_revision()?,
    })
}

/// Returns what the hooks of the last event, the one of every such commit, are told.
fn told(context: &Context, landing: &Landing, commit: &Commit) -> Result<EventContext, OpsError> {
    let event = landing.around.last().expect("a landing has events").pre;
    let branch = landing.branch.as_ref().map(RefName::short);
    let source = landing.source.as_deref();
    let told = hooks::event_context(context, event, commit, landing.base, branch, source)?;
    Ok(EventContext { definitions: Some(landing.definitions), ..told })
}

/// What the `pre-` hooks made of a commit that they let pass.
struct Judgement {
    commit: Commit,
    runs: Vec<RunRecord>,
    verdicts: Verdicts,
}

/// Lets the `pre-` hooks judge and amend the commit; returns what they made of it, and the lock
/// unless it was let go for them.
fn judge(
    context: &Context,
    lock: Option<FileLock>,
    landing: &Landing,
    spec: Option<&Spec>,
    commit: Commit,
) -> Result<(Judgement, Option<FileLock>), OpsError> {
    let mut judged = Judgement { commit, runs: Vec::new(), verdicts: Verdicts::default() };
    let Some(spec) = spec else { return Ok((judged, lock)) };
    if landing.no_verify {
        let meta = &mut judged.commit.meta;
        meta.push((NO_VERIFY_MARK.to_owned(), "true".to_owned()));
        meta.sort();
        meta.dedup_by(|a, b| a.0 == b.0);
        return Ok((judged, lock));
    }
    let mut lock = lock;
    for (at, Around { pre, .. }) in landing.around.iter().enumerate() {
        let earlier = landing.around[..at].iter().map(|around| around.pre);
        let exempt = Exempt::new(earlier, &landing.chain);
        if !exempt.leaves_any(spec, *pre) {
            continue;
        }
        lock = None;
        let told = EventContext { event: *pre, ..told(context, landing, &judged.commit)? };
        match hooks::run_pre(context, spec, &told, &exempt, landing.checked_out) {
            Ok(passed) => {
                judged.runs.extend(passed.runs);
                judged.verdicts.extend(passed.verdicts);
                judged.commit.tree = passed.tree;
            }
            Err(refusal) => {
                judged.verdicts.record(context)?;
                return Err(preceded(refusal, &judged.runs));
            }
        }
    }
    hooks::check_spec_change(context, landing.base, judged.commit.tree)?;
    Ok((judged, lock))
}

/// Refuses what the rules of the branch miss a verdict on. What was found is kept all the same.
fn check_required(
    context: &Context,
    landing: &Landing,
    judgement: &Judgement,
) -> Result<(), OpsError> {
    let Some(branch) = &landing.branch else { return Ok(()) };
    let moving = Moving {
        branch,
        from: landing.base.filter(|_| !landing.is_new_branch),
        commit: &judgement.commit,
        id: None,
        event: landing.around.last().expect("a landing has events").pre,
        source: landing.source.as_deref(),
        verdicts: &judgement.verdicts,
        runs: &judgement.runs,
    };
    hooks::check_required(context, &moving).or_else(|missing| {
        judgement.verdicts.record(context)?;
        Err(missing)
    })
}

/// Returns a refusal with the runs that came before it.
fn preceded(error: OpsError, earlier: &[RunRecord]) -> OpsError {
    match error {
        OpsError::Refused { event, hook, outcome, runs } => {
            let runs = earlier.iter().cloned().chain(runs).collect();
            OpsError::Refused { event, hook, outcome, runs }
        }
        error => error,
    }
}

/// Returns what is to be noted of the `post-` hooks, the least specific event first.
fn note(
    context: &Context,
    landing: &Landing,
    spec: Option<&Spec>,
    after: &EventContext,
) -> Result<Vec<PendingEvent>, OpsError> {
    let mut noted = Vec::new();
    for (at, Around { post, .. }) in landing.around.iter().enumerate().rev() {
        let Some(spec) = spec else { break };
        let others = landing.around[..at].iter().map(|around| around.post);
        let seen = landing.seen.clone();
        let exempt = Exempt { seen, ..Exempt::new(others, &landing.chain) };
        let told = EventContext { event: *post, ..after.clone() };
        noted.extend(hooks::note_post(context, spec, &told, exempt, landing.definitions)?);
    }
    Ok(noted)
}

/// Writes the commit: the drafted one, or that which the branch can simply move to; a move past the
/// hooks needs a commit that says so.
fn write(
    context: &Context,
    landing: &Landing,
    draft: Commit,
    planned: TreeId,
) -> Result<(CommitId, Commit, bool), OpsError> {
    let objects = context.repo.objects();
    let is_marked = draft.meta.iter().any(|(key, _)| key == NO_VERIFY_MARK);
    let forward = landing.fast_forward.filter(|_| draft.tree == planned && !is_marked);
    Ok(match forward {
        Some(id) => (id, objects.commit(id)?, true),
        None => (objects.write_commit(&draft)?, draft, false),
    })
}
