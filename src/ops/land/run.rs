//! The story of a landing. The lock of the working copy is held while the candidate is made and
//! while the branch moves, not while hooks run: they may take hours, and nobody waits for them.

use crate::base::lock::FileLock;
use crate::base::{CommitId, Timestamp, TreeId};
use crate::hook::context::EventContext;
use crate::hook::event::Event;
use crate::hook::runner::RunRecord;
use crate::hook::spec::Spec;
use crate::object::Commit;
use crate::ops::hooks::{self, Moving, Verdicts};
use crate::ops::land::advance::{Way, advance};
use crate::ops::land::types::{Candidate, Landed, Landing};
use crate::ops::{Context, OpsError};
use crate::refs::RefName;
use crate::repo::Judged;
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
    let (passed, lock) = judge(context, lock, &landing, spec.as_ref(), commit)?;
    let Judgement { commit, runs, verdicts } = passed;
    check_required(context, &landing, &commit, &runs, &verdicts)?;
    let (id, commit, fast_forward, judged) = store(context, &landing, commit, planned, &verdicts)?;
    tracing::debug!(commit = %id, tree = %commit.tree, fast_forward, "stored the commit");

    let mut after = told(context, &landing, landing.post, &commit)?;
    after.commit = Some(id);
    let noted = match &spec {
        Some(spec) => hooks::note_post(context, spec, &after, landing.definitions)?,
        None => None,
    };
    let way = Way { id, planned, tree: commit.tree };
    let lock = lock.map_or_else(|| context.lock_patiently(), Ok)?;
    let number = advance(context, &landing, &way, now, noted.as_ref(), judged)?;
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
    if let (Some(number), Some(noted)) = (number, &noted) {
        landed.runs.extend(follow_up(context, number, noted));
    }
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

fn told(
    context: &Context,
    landing: &Landing,
    event: Event,
    commit: &Commit,
) -> Result<EventContext, OpsError> {
    let branch = landing.branch.as_ref().map(RefName::short);
    let source = landing.source.as_deref();
    hooks::event_context(context, event, commit, landing.base, branch, source)
}

/// What the `pre-` hooks made of a commit that they let pass.
struct Judgement {
    commit: Commit,
    runs: Vec<RunRecord>,
    verdicts: Verdicts,
}

impl Judgement {
    /// Returns a commit that no hook has looked at.
    fn of_none(commit: Commit) -> Self {
        Self { commit, runs: Vec::new(), verdicts: Verdicts::default() }
    }
}

/// Lets the `pre-` hooks judge and amend the commit; returns what they made of it, and the lock
/// unless it was let go for them.
fn judge(
    context: &Context,
    lock: Option<FileLock>,
    landing: &Landing,
    spec: Option<&Spec>,
    mut commit: Commit,
) -> Result<(Judgement, Option<FileLock>), OpsError> {
    let Some(spec) = spec else { return Ok((Judgement::of_none(commit), lock)) };
    if landing.no_verify {
        commit.meta.push((NO_VERIFY_MARK.to_owned(), "true".to_owned()));
        commit.meta.sort();
        commit.meta.dedup_by(|a, b| a.0 == b.0);
        return Ok((Judgement::of_none(commit), lock));
    }
    drop(lock);
    let told = told(context, landing, landing.pre, &commit)?;
    let passed = hooks::run_pre(context, spec, &told, landing.checked_out)?;
    hooks::check_spec_change(context, landing.base, passed.tree)?;
    commit.tree = passed.tree;
    Ok((Judgement { commit, runs: passed.runs, verdicts: passed.verdicts }, None))
}

/// Refuses what the rules of the branch miss a verdict on. What was found is kept all the same.
fn check_required(
    context: &Context,
    landing: &Landing,
    commit: &Commit,
    runs: &[RunRecord],
    verdicts: &Verdicts,
) -> Result<(), OpsError> {
    let Some(branch) = &landing.branch else { return Ok(()) };
    let moving = Moving {
        branch,
        from: landing.base,
        commit,
        id: None,
        event: landing.pre,
        source: landing.source.as_deref(),
        verdicts,
        runs,
    };
    hooks::check_required(context, &moving).or_else(|missing| {
        verdicts.record(context)?;
        Err(missing)
    })
}

/// Makes the commit durable: the drafted one, or that which the branch can simply move to; and with
/// it what hooks found of it.
fn store(
    context: &Context,
    landing: &Landing,
    draft: Commit,
    planned: TreeId,
    verdicts: &Verdicts,
) -> Result<(CommitId, Commit, bool, Judged), OpsError> {
    let objects = context.repo.objects();
    let (id, commit, fast_forward) = match landing.fast_forward.filter(|_| draft.tree == planned) {
        Some(id) => (id, objects.commit(id)?, true),
        None => (objects.write_commit(&draft)?, draft, false),
    };
    let judged = verdicts.judged(context, Some(id))?;
    context.repo.store().flush(Durability::Durable)?;
    Ok((id, commit, fast_forward, judged))
}

/// Runs the hooks of what is done; whatever goes wrong cannot take it back, and is told.
fn follow_up(context: &Context, number: i64, noted: &hooks::PendingEvent) -> Vec<RunRecord> {
    hooks::run_post(context, number, noted).unwrap_or_else(|error| {
        let message = format!(
            "the {} hooks could not be run: {error}; the next command tries again",
            noted.event
        );
        context.progress.notice(&message);
        Vec::new()
    })
}
