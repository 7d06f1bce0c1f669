//! Garbage collection of a remote. The mark is an entry of its log, so a push that is under way sees
//! it: nothing that a ref leads to is ever removed, however many push meanwhile.

use std::collections::{BTreeMap, BTreeSet, HashSet};
use std::time::Duration;

use crate::base::progress::Unit;
use crate::ops::sync::connect::{Connection, connect};
use crate::ops::sync::metadata::reachable;
use crate::ops::sync::note::note;
use crate::ops::{Context, OpsError};
use crate::remote::log::{Appended, Draft, GcPlan, PackMeta, PackUse, delete_leavings};
use crate::remote::{RemoteError, wait};
use crate::store::{BlobId, PackName, RepackLimits, pack_len};

/// So often a collection is planned again because somebody pushed meanwhile.
const PLANS: usize = 16;
/// What an interrupted write left behind is nobody's after this time.
const LEFT: Duration = Duration::from_hours(24);

/// What a collection did or, with `dry_run`, would do.
#[derive(Debug, Clone, Default, PartialEq, Eq, serde::Serialize)]
pub struct CollectReport {
    pub remote: String,
    pub dry_run: bool,
    pub packs_removed: u64,
    pub packs_rewritten: u64,
    /// Packs that were uploaded long ago and that no push ever named.
    pub orphans_removed: u64,
    pub bytes_freed: u64,
    /// Unused bytes that stay, as moving what lies beside them is not worth it yet.
    pub bytes_unused: u64,
    /// Files of packs that were deleted now, those of earlier collections among them.
    pub files_deleted: u64,
    /// Files of claims and probes that were left behind and that nobody needs; a dry run counts none.
    pub leftovers_removed: u64,
    /// The entry of the log that is the mark; nothing where there was nothing to mark.
    pub entry: Option<u64>,
}

/// Frees what no ref of a remote leads to, or tells what it would free.
pub fn collect(context: &Context, remote: &str, dry_run: bool) -> Result<CollectReport, OpsError> {
    let mut connection = connect(context, remote)?;
    for _ in 0..PLANS {
        let live = reachable(context, &mut connection)?;
        let plan = plan(context, &mut connection, &live)?;
        let report = report(&connection, &plan, dry_run);
        if dry_run {
            return Ok(report);
        }
        let Some(entry) = mark(context, &mut connection, &plan, &live)? else { continue };
        context.progress.phase("deleting", None, Unit::Time);
        let log = connection.remote.log();
        let swept = wait(log.sweep())?;
        wait(log.backend().sweep(LEFT))?;
        let leftovers_removed = wait(delete_leavings(log.backend()))?;
        connection.remote.learn()?;
        let (files_deleted, entry) = (swept.packs, entry.number);
        return Ok(CollectReport { files_deleted, leftovers_removed, entry, ..report });
    }
    Err(RemoteError::Restless { remote: connection.place.url.to_string() }.into())
}

fn plan(
    context: &Context,
    connection: &mut Connection,
    live: &HashSet<BlobId>,
) -> Result<GcPlan, OpsError> {
    let usage = usage(connection, live)?;
    let of =
        |pack: &PackName| usage.get(pack).copied().unwrap_or(PackUse { live: 0, dead_blobs: 0 });
    let now = context.now()?;
    Ok(wait(connection.remote.log().plan_gc(&of, RepackLimits::default(), now))?)
}

/// Returns what of each pack is in use. Of a blob that several packs hold, one copy is.
fn usage(
    connection: &Connection,
    live: &HashSet<BlobId>,
) -> Result<BTreeMap<PackName, PackUse>, OpsError> {
    let mut usage: BTreeMap<PackName, PackUse> = BTreeMap::new();
    let mut counted = HashSet::new();
    connection.remote.index().each(&mut |place| {
        let pack = usage.entry(place.pack).or_insert(PackUse { live: 0, dead_blobs: 0 });
        if live.contains(&place.entry.id) && counted.insert(place.entry.id) {
            pack.live += pack_len(&[place.entry]) - pack_len(&[]);
        } else {
            pack.dead_blobs += 1;
        }
    })?;
    Ok(usage)
}

/// A mark that landed.
struct Marked {
    number: Option<u64>,
}

/// Moves what is in use of packs that go, and appends the entry that removes them; nothing where
/// somebody else was first.
fn mark(
    context: &Context,
    connection: &mut Connection,
    plan: &GcPlan,
    live: &HashSet<BlobId>,
) -> Result<Option<Marked>, OpsError> {
    let note = note(context)?;
    let state = connection.remote.state();
    let mut draft = Draft::new(state, note.time, &note.author, &note.command);
    plan.mark(&mut draft);
    if !plan.packs.rewrite.is_empty() {
        let made: Vec<(PackName, PackMeta)> =
            rewrite(context, connection, plan, live)?.into_iter().collect();
        plan.mark_rewritten(&mut draft, &made);
    }
    if draft.remove.is_empty() && draft.forget.is_empty() {
        return Ok(Some(Marked { number: None }));
    }
    match wait(connection.remote.log().append(&draft))? {
        Appended::Won(number) => Ok(Some(Marked { number: Some(number) })),
        Appended::Lost(_) => Ok(None),
    }
}

/// Uploads what is in use of the packs to be rewritten, in new packs.
fn rewrite(
    context: &Context,
    connection: &mut Connection,
    plan: &GcPlan,
    live: &HashSet<BlobId>,
) -> Result<BTreeMap<PackName, PackMeta>, OpsError> {
    let going: BTreeSet<PackName> =
        plan.packs.rewrite.iter().chain(&plan.packs.remove).copied().collect();
    let mut places = Vec::new();
    connection.remote.index().each(&mut |place| {
        if going.contains(&place.pack) && live.contains(&place.entry.id) {
            places.push(place.entry.id);
        }
    })?;
    let mut moving = HashSet::new();
    for id in places {
        let copies = connection.remote.index().find_all(id)?;
        if copies.iter().all(|copy| going.contains(&copy.pack)) {
            moving.insert(id);
        }
    }
    context.progress.phase("moving what is in use", None, Unit::Bytes);
    let (store, progress) = (context.repo.store(), context.progress.as_ref());
    connection.remote.fetch_blobs(&moving.iter().copied().collect(), store, progress)?;
    Ok(connection.remote.upload_again(&context.repo, moving, &going, progress)?)
}

fn report(connection: &Connection, plan: &GcPlan, dry_run: bool) -> CollectReport {
    CollectReport {
        remote: connection.place.shown().to_owned(),
        dry_run,
        packs_removed: plan.packs.remove.len() as u64,
        packs_rewritten: plan.packs.rewrite.len() as u64,
        orphans_removed: plan.orphans.len() as u64,
        bytes_freed: plan.packs.freed,
        bytes_unused: plan.packs.unused,
        files_deleted: 0,
        leftovers_removed: 0,
        entry: None,
    }
}
