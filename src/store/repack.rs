//! Garbage collection: which packs to remove or rewrite, decided first, then done in an order that
//! a crash at any point leaves sound.

use std::collections::{BTreeMap, BTreeSet};

use crate::store::index::Location;
use crate::store::pack::{PackClass, PackName};
use crate::store::{BlobId, LocalStore, LostPlace, PackInfo, StoreError};

mod decide;
mod session;

pub use decide::{RepackLimits, RepackPlan, Tally, decide};
pub use session::{GcSession, RepackOutcome};

/// Tells which blobs must stay.
pub type Live<'a> = &'a dyn Fn(&BlobId) -> bool;

impl LocalStore {
    /// Returns what a garbage collection that keeps the `live` blobs would do. `live` must not ask
    /// the store.
    pub fn plan_repack(&self, live: Live, limits: RepackLimits) -> Result<RepackPlan, StoreError> {
        self.index.relist()?;
        let superseded = self.superseded()?;
        let empty = |info: PackInfo| (info.name, Tally::of(info.len, info));
        let mut tallies: BTreeMap<PackName, Tally<PackInfo>> =
            self.packs()?.into_iter().map(empty).collect();
        self.index.each(&mut |place| count(&mut tallies, &place, live, &superseded))?;
        Ok(decide(tallies.into_values().collect(), limits))
    }
}

fn count(
    tallies: &mut BTreeMap<PackName, Tally<PackInfo>>,
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

#[cfg(test)]
mod tests;
