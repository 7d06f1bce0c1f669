//! The orders in which history is walked.

use std::cmp::Reverse;
use std::collections::{BinaryHeap, HashMap, HashSet};

use crate::base::{CommitId, Timestamp, interrupt};
use crate::object::{Commit, ObjectDb};
use crate::ops::OpsError;

/// Whether a walk goes on.
pub type GoOn = bool;

/// Visits commits by falling commit time, without reading more of them than needed; those that are
/// hidden, and all before them, are left out.
pub fn by_time<E: From<OpsError>>(
    objects: &ObjectDb,
    start: CommitId,
    hidden: &HashSet<CommitId>,
    visit: &mut dyn FnMut(CommitId, Commit) -> Result<GoOn, E>,
) -> Result<(), E> {
    let mut seen = HashSet::new();
    let mut heap = BinaryHeap::new();
    let mut loaded = HashMap::new();
    let mut found = vec![start];
    loop {
        for id in found.drain(..).filter(|id| !hidden.contains(id)) {
            if seen.insert(id) {
                let commit = objects.commit(id).map_err(OpsError::from)?;
                heap.push((commit.commit_time, Reverse(seen.len()), id));
                loaded.insert(id, commit);
            }
        }
        let Some((_, _, id)) = heap.pop() else { return Ok(()) };
        interrupt::check().map_err(OpsError::from)?;
        let commit = loaded.remove(&id).expect("what is in the heap is loaded");
        found.extend(&commit.parents);
        if !visit(id, commit)? {
            return Ok(());
        }
    }
}

/// What an order needs to know of a commit.
struct Place {
    time: Timestamp,
    parents: Vec<CommitId>,
    /// How many children are still to come.
    waiting: usize,
}

/// Returns all commits that are not hidden, so that every child stands before its parents and the
/// younger line comes first.
pub fn topological(
    objects: &ObjectDb,
    start: CommitId,
    hidden: &HashSet<CommitId>,
) -> Result<Vec<CommitId>, OpsError> {
    let mut places = places(objects, start, hidden)?;
    let mut ready: BinaryHeap<_> =
        places.get(&start).map(|place| (place.time, Reverse(0), start)).into_iter().collect();
    let mut order = Vec::new();
    while let Some((_, _, id)) = ready.pop() {
        order.push(id);
        for parent in places.get(&id).map(|place| place.parents.clone()).unwrap_or_default() {
            let Some(place) = places.get_mut(&parent) else { continue };
            place.waiting -= 1;
            if place.waiting == 0 {
                ready.push((place.time, Reverse(order.len()), parent));
            }
        }
    }
    Ok(order)
}

fn places(
    objects: &ObjectDb,
    start: CommitId,
    hidden: &HashSet<CommitId>,
) -> Result<HashMap<CommitId, Place>, OpsError> {
    let mut places: HashMap<CommitId, Place> = HashMap::new();
    let mut pending = vec![start];
    while let Some(id) = pending.pop() {
        interrupt::check()?;
        if hidden.contains(&id) || places.contains_key(&id) {
            continue;
        }
        let commit = objects.commit(id)?;
        pending.extend(&commit.parents);
        let place = Place { time: commit.commit_time, parents: commit.parents, waiting: 0 };
        places.insert(id, place);
    }
    let parents: Vec<CommitId> = places.values().flat_map(|place| place.parents.clone()).collect();
    for parent in parents {
        if let Some(place) = places.get_mut(&parent) {
            place.waiting += 1;
        }
    }
    Ok(places)
}
