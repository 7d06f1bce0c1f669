//! Garbage collection: which packs to remove or rewrite, decided first, then done in an order that
//! a crash at any point leaves sound.

use std::collections::{BTreeMap, BTreeSet};

use crate::store::index::Location;
use crate::store::pack::{PackClass, PackName};
use crate::store::{BlobId, LocalStore, LostPlace, PackInfo, StoreError};

mod session;

pub use session::{GcSession, RepackOutcome};

/// Tells which blobs must stay.
pub type Live<'a> = &'a dyn Fn(&BlobId) -> bool;

/// How much waste may stay, and how much work may be done about it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct RepackLimits {
    /// The percentage of the store that may be unused bytes.
    pub max_unused: u64,
    /// The percentage of the store that may be rewritten, or `min_rewrite` where that is more.
    pub max_rewrite: u64,
    pub min_rewrite: u64,
}

impl Default for RepackLimits {
    fn default() -> Self {
        Self { max_unused: 5, max_rewrite: 10, min_rewrite: 256 << 20 }
    }
}

/// What a garbage collection would do.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct RepackPlan {
    /// Packs without a live blob.
    pub remove: Vec<PackInfo>,
    /// Packs whose live blobs move to new packs.
    pub rewrite: Vec<PackInfo>,
    /// The bytes that the removed and rewritten packs waste now.
    pub freed: u64,
    /// The blobs that nobody needs among those of the removed and rewritten packs.
    pub blobs: u64,
    /// The bytes of live blobs to be moved.
    pub moved: u64,
    /// The unused bytes that stay.
    pub unused: u64,
}

/// So many small packs of a class are too many; what counts as small is this part of the target.
const SMALL_PACKS: usize = 16;
const SMALL_PART: u64 = 16;

/// What a pack holds for whom.
#[derive(Debug, Clone)]
struct Tally {
    info: PackInfo,
    live: u64,
    dead_blobs: u64,
    class: PackClass,
    /// Whether it holds the damaged copy of a blob that another pack has sound.
    superseded: bool,
}

impl Tally {
    fn of(info: PackInfo) -> Self {
        Self { info, live: 0, dead_blobs: 0, class: PackClass::Data, superseded: false }
    }

    fn unused(&self) -> u64 {
        self.info.len.saturating_sub(self.live)
    }

    fn is_small(&self) -> bool {
        self.info.len < self.class.target_len() / SMALL_PART
    }
}

impl LocalStore {
    /// Returns what a garbage collection that keeps the `live` blobs would do. `live` must not ask
    /// the store.
    pub fn plan_repack(&self, live: Live, limits: RepackLimits) -> Result<RepackPlan, StoreError> {
        self.index.relist()?;
        let superseded = self.superseded()?;
        let empty = |info: PackInfo| (info.name, Tally::of(info));
        let mut tallies: BTreeMap<PackName, Tally> = self.packs()?.into_iter().map(empty).collect();
        self.index.each(&mut |place| count(&mut tallies, &place, live, &superseded))?;
        Ok(decide(tallies.into_values().collect(), limits))
    }
}

fn count(
    tallies: &mut BTreeMap<PackName, Tally>,
    place: &Location,
    live: Live,
    superseded: &BTreeSet<LostPlace>,
) {
    if let Some(tally) = tallies.get_mut(&place.pack) {
        let is_superseded = superseded.contains(&(place.entry.id, Some(place.pack)));
        tally.superseded |= is_superseded;
        tally.class = PackClass::of(place.entry.id.kind);
        if live(&place.entry.id) && !is_superseded {
            // The entry in the footer is as much in use as the blob.
            tally.live += place.entry.end() - u64::from(place.entry.offset) + 48;
        } else {
            tally.dead_blobs += 1;
        }
    }
}

fn decide(tallies: Vec<Tally>, limits: RepackLimits) -> RepackPlan {
    let mut plan = RepackPlan::default();
    let (dead, mut used): (Vec<Tally>, Vec<Tally>) =
        tallies.into_iter().partition(|tally| tally.live == 0);
    // Measured by what stays: large dead packs are no excuse for waste in the others.
    let total: u64 = used.iter().map(|tally| tally.info.len).sum();
    plan.freed = dead.iter().map(|tally| tally.info.len).sum();
    plan.blobs = dead.iter().map(|tally| tally.dead_blobs).sum();
    plan.remove = dead.into_iter().map(|tally| tally.info).collect();
    plan.unused = used.iter().map(Tally::unused).sum();
    let small = |class| used.iter().filter(|t| t.class == class && t.is_small()).count();
    let crowded = |class| small(class) > SMALL_PACKS;
    let (data, metadata) = (crowded(PackClass::Data), crowded(PackClass::Metadata));
    // The most wasteful first.
    used.sort_by_key(|tally| std::cmp::Reverse(tally.unused() * 1000 / tally.info.len.max(1)));
    let budget = (total / 100 * limits.max_rewrite).max(limits.min_rewrite);
    for tally in used {
        let crowd = if tally.class == PackClass::Data { data } else { metadata };
        let wasteful = tally.dead_blobs > 0 && plan.unused > total / 100 * limits.max_unused;
        let affordable = plan.moved + tally.live <= budget;
        if tally.superseded || (crowd && tally.is_small()) || (wasteful && affordable) {
            plan.unused -= tally.unused();
            plan.freed += tally.unused();
            plan.moved += tally.live;
            plan.blobs += tally.dead_blobs;
            plan.rewrite.push(tally.info);
        }
    }
    plan
}

#[cfg(test)]
mod tests;
