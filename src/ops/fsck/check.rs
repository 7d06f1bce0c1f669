//! Reads everything: the database, the packs, the index, then all that is reachable.

use std::collections::{BTreeMap, BTreeSet, HashSet};

use rayon::prelude::*;

use crate::base::progress::Unit;
use crate::base::{Progress, interrupt};
use crate::object::ObjectError;
use crate::ops::fsck::report::{FsckReport, IrregularTree, Need, Problem};
use crate::ops::fsck::trace::trace;
use crate::ops::{Context, OpsError, roots};
use crate::repo::reach::{IrregularNode, Walk};
use crate::store::{
    BlobId, BlobKind, ChunkStore, Damage, LocalStore, LostPlace, PackInfo, StoreError,
};

/// How many findings are listed; all are counted.
pub const LISTED: usize = 100;

/// Objects that cannot be read, and why.
pub type LostObjects = BTreeMap<BlobId, String>;

/// Proves that the repository is whole, or finds what is not.
pub fn fsck(context: &Context) -> Result<FsckReport, OpsError> {
    let mut report = FsckReport::default();
    context.progress.phase("checking the database", None, Unit::Steps);
    for reason in context.repo.verify_database() {
        add(&mut report, ".mlv/repo.db".to_owned(), reason);
    }
    let (unreadable, mut places) = packs(context, &mut report)?;
    report.index_rebuilt = context.repo.store().verify_index()? as u64;
    let lost = reachable(context, unreadable, &mut report)?;
    places.extend(lost.keys().map(|id| (*id, None)));
    // Only advice for `add`: where it cannot be written, the finding is told all the same.
    let _ = context.repo.store().note_damage(places);
    report.lost_count = lost.len() as u64;
    report.lost = trace(context, &lost, LISTED)?;
    report.ok = report.problem_count + report.lost_count + report.irregular_count == 0;
    Ok(report)
}

fn add(report: &mut FsckReport, file: String, reason: String) {
    report.problem_count += 1;
    if report.problems.len() < LISTED {
        report.problems.push(Problem { file, reason });
    }
}

fn add_superseded(report: &mut FsckReport, file: String, reason: String) {
    report.superseded_count += 1;
    if report.superseded.len() < LISTED {
        report.superseded.push(Problem { file, reason });
    }
}

/// Reads all packs whole. Returns the blobs that some pack has damaged, and where.
fn packs(
    context: &Context,
    report: &mut FsckReport,
) -> Result<(LostObjects, BTreeSet<LostPlace>), OpsError> {
    let store = context.repo.store();
    let packs = store.packs()?;
    report.packs = packs.len() as u64;
    report.bytes = packs.iter().map(|pack| pack.len).sum();
    context.progress.phase("reading all data", Some(report.bytes), Unit::Bytes);
    let found = read_all(store, &packs, context.progress.as_ref())?;
    let (mut unreadable, mut places) = (LostObjects::new(), BTreeSet::new());
    for (pack, damages) in packs.iter().zip(found) {
        let path = pack.path.strip_prefix(context.repo.root()).unwrap_or(&pack.path);
        for damage in damages {
            let (file, reason) = (path.display().to_string(), said(&damage));
            match damage {
                Damage::Blob { id, .. } if store.read(id).is_ok() => {
                    places.insert((id, Some(pack.name)));
                    add_superseded(report, file, reason);
                }
                // Its content is no better.
                Damage::Header { id } if places.contains(&(id, Some(pack.name))) => {}
                Damage::Blob { id, reason: why } => {
                    places.insert((id, Some(pack.name)));
                    unreadable.insert(id, why);
                    add(report, file, reason);
                }
                _ => add(report, file, reason),
            }
        }
    }
    Ok((unreadable, places))
}

/// Returns what is damaged in each pack.
fn read_all(
    store: &LocalStore,
    packs: &[PackInfo],
    progress: &dyn Progress,
) -> Result<Vec<Vec<Damage>>, StoreError> {
    let read = |pack: &PackInfo| {
        let mut damages = Vec::new();
        store.verify_pack(pack, progress, &mut |damage| damages.push(damage))?;
        Ok(damages)
    };
    packs.par_iter().with_max_len(1).map(read).collect()
}

fn said(damage: &Damage) -> String {
    match damage {
        Damage::Preamble => "its first bytes are not those of a pack".to_owned(),
        Damage::Footer { reason } => format!("its list of blobs is damaged: {reason}"),
        Damage::Name => "its name is not that of its content".to_owned(),
        Damage::Header { id } => format!("the header of {id} is damaged, its content is whole"),
        Damage::Blob { id, reason } => format!("{id} is damaged: {reason}"),
        Damage::Gap { offset, len } => format!("{len} bytes at {offset} belong to nothing"),
    }
}

/// Walks over all that is needed. Returns what of it no copy is left of.
fn reachable(
    context: &Context,
    unreadable: LostObjects,
    report: &mut FsckReport,
) -> Result<LostObjects, OpsError> {
    context.progress.phase("following history", None, Unit::Objects);
    let mut lost = LostObjects::new();
    let objects = context.repo.local_objects();
    let mut walk = Walk::checking(&objects, LISTED);
    let roots = match roots::all(context, &BTreeSet::new()) {
        Ok(roots) => roots,
        // The database was found damaged; what the refs still say is looked at all the same.
        Err(_) if report.problem_count > 0 => context.repo.ref_roots().unwrap_or_default(),
        Err(error) => return Err(error),
    };
    let mut strange = Vec::new();
    walk.visit(&roots, &mut |error| match named(&error) {
        Some(id) => _ = lost.insert(id, error.to_string()),
        None => strange.push(error.to_string()),
    })?;
    for reason in strange {
        add(report, ".mlv/store".to_owned(), reason);
    }
    irregular(context, walk.take_irregular(), report)?;
    report.references = walk.references();
    let needed = walk.into_seen();
    report.objects = needed.len() as u64;
    report.commits = needed.iter().filter(|id| id.kind == BlobKind::Commit).count() as u64;
    absent(context, &needed, unreadable, &mut lost)?;
    let promised = promised(context, &lost)?;
    lost.retain(|id, _| !promised.contains(id));
    report.promised = promised.len() as u64;
    Ok(lost)
}

/// Says of trees that are not cut by the rule what needs them.
fn irregular(
    context: &Context,
    (nodes, count): (Vec<IrregularNode>, u64),
    report: &mut FsckReport,
) -> Result<(), OpsError> {
    report.irregular_count = count;
    for IrregularNode { commit, tree, found } in nodes {
        let refs = if commit.is_none() { context.repo.list("")? } else { Vec::new() };
        let holder = refs.into_iter().find(|(_, value)| value.tree() == Some(tree));
        let name = holder.map(|(name, _)| name.to_string());
        report.irregular.push(IrregularTree {
            id: found.node.0,
            reason: found.reason.to_owned(),
            needed_by: Need { commit, name, path: Some(found.directory) },
        });
    }
    Ok(())
}

/// Returns those of the objects that a remote has.
fn promised(context: &Context, lost: &LostObjects) -> Result<HashSet<BlobId>, OpsError> {
    let mut promised = HashSet::new();
    for id in lost.keys() {
        if context.repo.promises(*id)? {
            promised.insert(*id);
        }
    }
    Ok(promised)
}

/// Finds what is needed and is in no pack, or only damaged.
fn absent(
    context: &Context,
    needed: &HashSet<BlobId>,
    unreadable: LostObjects,
    lost: &mut LostObjects,
) -> Result<(), OpsError> {
    let store = context.repo.store();
    for (id, reason) in unreadable {
        if needed.contains(&id) && store.read(id).is_err() {
            lost.entry(id).or_insert(reason);
        }
    }
    for id in needed {
        interrupt::check()?;
        if !store.contains(*id)? {
            lost.entry(*id).or_insert_with(|| "it is in no pack".to_owned());
        }
    }
    Ok(())
}

/// Returns the object that an error is about.
pub fn named(error: &ObjectError) -> Option<BlobId> {
    match error {
        ObjectError::Undecodable { id, .. }
        | ObjectError::Invalid { id, .. }
        | ObjectError::Store(StoreError::Missing { id } | StoreError::Damaged { id, .. }) => {
            Some(*id)
        }
        _ => None,
    }
}
