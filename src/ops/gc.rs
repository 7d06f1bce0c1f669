//! `gc`: frees what nobody can reach any more. What must stay is found out while no other process
//! can make anything reachable; a store that is not whole is left alone.

use std::collections::{BTreeSet, HashSet};
use std::path::Path;
use std::time::Duration;

use crate::base::fs::IoContext;
use crate::base::lock::LockError;
use crate::base::progress::Unit;
use crate::base::{Timestamp, interrupt};
use crate::hook::runner::Status;
use crate::object::ObjectError;
use crate::ops::fsck::named;
use crate::ops::hooks::is_dead;
use crate::ops::{Context, OpsError, heal, hooks, roots};
use crate::refs::{RefError, operation};
use crate::repo::reach::Walk;
use crate::repo::{RepoError, is_out_of_room, journal};
use crate::store::{BlobId, PackInfo, RepackLimits, RepackOutcome, RepackPlan, StoreError};
use crate::workspace::remove_all;

/// What a collection did or, with `dry_run`, would do.
#[derive(Debug, Clone, Default, PartialEq, Eq, serde::Serialize)]
pub struct GcReport {
    pub dry_run: bool,
    pub packs_removed: u64,
    pub packs_rewritten: u64,
    pub blobs_freed: u64,
    pub bytes_freed: u64,
    /// Unused bytes that stay, as moving what lies beside them is not worth it yet.
    pub bytes_unused: u64,
    /// Operations too old to be undone any more.
    pub operations_forgotten: u64,
    /// Sandboxes, logs and half-written files of processes that are gone. A dry run cannot tell them
    /// from those in use, and counts none.
    pub leftovers_removed: u64,
    /// Damaged packs, which are kept as they are.
    pub damaged: Vec<String>,
    /// Whether the disk was too full to do all of it; what was freed is freed.
    pub out_of_room: bool,
}

/// How long other processes that use the store are waited for.
const PATIENCE: Duration = Duration::from_secs(30);

/// Frees what nobody can reach any more, or tells what it would free.
pub fn gc(context: &Context, dry_run: bool) -> Result<GcReport, OpsError> {
    if dry_run {
        let expired = expired(context)?;
        let live = reachable(context, &expired)?;
        let plan = plan(context, &live)?;
        return Ok(report(&plan, None, &expired, 0));
    }
    // What a crash left behind may need blobs that no ref leads to.
    drop(context.lock()?);
    let store = context.repo.store();
    let session = store.exclusive(PATIENCE).map_err(in_use)?;
    heal::settle_files(context)?;
    let mut expired = expired(context)?;
    hooks::prune(context)?;
    let mut live = reachable(context, &expired)?;
    let forgotten = forget(context, &expired)?;
    if !forgotten {
        expired.clear();
        live = reachable(context, &expired)?;
    }
    let is_live = |id: &BlobId| live.contains(id);
    let plan = session.plan(&is_live, RepackLimits::default())?;
    context.progress.phase("moving what is in use", Some(plan.moved), Unit::Bytes);
    let outcome = session.execute(&plan, &is_live, context.progress.as_ref())?;
    // No other process uses the repository: whatever lies about is nobody's.
    let leftovers = leftovers(context)?;
    leftovers.iter().try_for_each(|path| remove_all(path))?;
    let mut report = report(&plan, Some(&outcome), &expired, leftovers.len());
    report.out_of_room |= !forgotten;
    Ok(report)
}

/// Forgets operations; tells whether the disk had room for that.
fn forget(context: &Context, operations: &BTreeSet<i64>) -> Result<bool, OpsError> {
    let ids: Vec<i64> = operations.iter().copied().collect();
    if ids.is_empty() {
        return Ok(true);
    }
    match context.repo.transact(|connection| Ok(operation::forget(connection, &ids)?)) {
        Err(
            RepoError::Database { ref source, .. } | RepoError::Ref(RefError::Sqlite(ref source)),
        ) if is_out_of_room(source) => Ok(false),
        outcome => Ok(outcome.map(|()| true)?),
    }
}

fn in_use(error: StoreError) -> OpsError {
    match error {
        StoreError::Lock(LockError::Held { seconds, .. }) => OpsError::StoreInUse { seconds },
        error => error.into(),
    }
}

/// Returns the operations that lie outside of what `undo.keep_days` and `undo.keep_operations` keep.
fn expired(context: &Context) -> Result<BTreeSet<i64>, OpsError> {
    let setting = |key| context.config.integer(key).unwrap_or(i64::MAX);
    let seconds = setting("undo.keep_days").saturating_mul(86_400);
    let before = Timestamp::from_seconds(context.now()?.seconds.saturating_sub(seconds));
    let keep = setting("undo.keep_operations") as u64;
    let expired = operation::expired(&context.repo.connection(), before, keep)?;
    Ok(expired.into_iter().collect())
}

/// Returns all that must stay; refuses where some of it is missing.
fn reachable(context: &Context, expired: &BTreeSet<i64>) -> Result<HashSet<BlobId>, OpsError> {
    context.progress.phase("finding what is in use", None, Unit::Objects);
    // What is promised leads to nothing that is only here, and is not fetched to be kept.
    let objects = context.repo.local_objects();
    let (mut walk, mut broken) = (Walk::new(&objects), None);
    let is_promised = |error: &ObjectError| match named(error) {
        Some(id) => context.repo.promises(id),
        None => Ok(false),
    };
    walk.visit(&roots::all(context, expired)?, &mut |error| {
        if broken.is_none() && !is_promised(&error).unwrap_or(false) {
            broken = Some(error);
        }
    })?;
    if let Some(error) = broken {
        return Err(OpsError::NotWhole { reason: error.to_string() });
    }
    let live = walk.into_seen();
    for id in &live {
        interrupt::check()?;
        if !context.repo.has(*id)? {
            return Err(OpsError::NotWhole { reason: StoreError::Missing { id: *id }.to_string() });
        }
    }
    Ok(live)
}

fn plan(context: &Context, live: &HashSet<BlobId>) -> Result<RepackPlan, OpsError> {
    Ok(context.repo.store().plan_repack(&|id| live.contains(id), RepackLimits::default())?)
}

fn report(
    plan: &RepackPlan,
    outcome: Option<&RepackOutcome>,
    expired: &BTreeSet<i64>,
    leftovers: usize,
) -> GcReport {
    let kept = outcome.map(|outcome| outcome.kept.as_slice()).unwrap_or_default();
    let gone = |packs: &[PackInfo]| {
        let is_gone = |pack: &&PackInfo| outcome.is_none_or(|it| it.removed.contains(&pack.name));
        packs.iter().filter(is_gone).count() as u64
    };
    GcReport {
        dry_run: outcome.is_none(),
        packs_removed: gone(&plan.remove),
        packs_rewritten: gone(&plan.rewrite),
        blobs_freed: outcome.map_or(plan.blobs, |outcome| outcome.removed_blobs),
        bytes_freed: outcome.map_or(plan.freed, |outcome| {
            outcome.removed_bytes.saturating_sub(outcome.written_bytes)
        }),
        bytes_unused: plan.unused,
        operations_forgotten: expired.len() as u64,
        leftovers_removed: leftovers as u64,
        damaged: kept.iter().map(|name| name.file_name()).collect(),
        out_of_room: outcome.is_some_and(|outcome| outcome.out_of_room),
    }
}

/// Returns what dead processes left in `tmp/`, and the logs of runs that are too old, or that the
/// journal does not know. What it knows of a run stays.
fn leftovers(context: &Context) -> Result<Vec<std::path::PathBuf>, OpsError> {
    let layout = context.repo.layout();
    let mut found = children(&layout.temporary())?;
    for path in children(&layout.runs())? {
        let name = path.file_name().and_then(|name| name.to_str()).unwrap_or_default();
        let (stem, ending) = name.split_once('.').unwrap_or((name, ""));
        let is_left = match ending {
            "log" | "log.zst" => is_spent(context, stem, &path)?,
            "alive" => is_dead(&layout.runs(), stem)?,
            _ => false,
        };
        found.extend(is_left.then_some(path));
    }
    Ok(found)
}

/// Tells whether nobody will ask for a log any more, or for what is left of it.
fn is_spent(context: &Context, run_id: &str, path: &Path) -> Result<bool, OpsError> {
    let Some(row) = journal::get(&context.repo.connection(), run_id)? else { return Ok(true) };
    let limit = context.config.duration("hooks.log_age").unwrap_or(Duration::MAX);
    let modified = path.metadata().and_then(|file| file.modified()).context("look at", path)?;
    let age = modified.elapsed().unwrap_or_default();
    Ok(Status::parse(&row.status).is_none_or(Status::is_final) && age > limit)
}

fn children(dir: &std::path::Path) -> Result<Vec<std::path::PathBuf>, OpsError> {
    let entries = match std::fs::read_dir(dir) {
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(Vec::new()),
        entries => entries.context("list", dir)?,
    };
    let paths = entries.map(|entry| Ok(entry.context("list", dir)?.path()));
    paths.collect()
}
