//! The blobs of the packs that no segment covers yet.

use std::collections::HashMap;

use crate::store::BlobId;
use crate::store::index::build::{Row, key};
use crate::store::pack::{BlobEntry, PackName};

/// Where a blob lies.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Location {
    pub pack: PackName,
    pub entry: BlobEntry,
}

/// Blobs by their name; few enough for memory.
#[derive(Debug, Default)]
pub struct Recent {
    blobs: HashMap<BlobId, Location>,
    /// Second and further copies of a blob.
    copies: Vec<Location>,
}

impl Recent {
    pub fn add(&mut self, pack: PackName, entries: &[BlobEntry]) {
        for entry in entries {
            let location = Location { pack, entry: *entry };
            if let Some(copy) = self.blobs.insert(entry.id, location) {
                self.copies.push(copy);
            }
        }
    }

    pub fn get(&self, id: BlobId) -> Option<Location> {
        self.blobs.get(&id).copied()
    }

    pub fn all(&self) -> impl Iterator<Item = Location> {
        self.blobs.values().chain(&self.copies).copied()
    }

    /// Returns how many places are known.
    pub fn len(&self) -> usize {
        self.blobs.len() + self.copies.len()
    }

    /// Returns all places in the order of a segment.
    pub fn rows(&self) -> Vec<Row> {
        let mut rows: Vec<Row> = self.all().map(|place| (place.pack, place.entry)).collect();
        rows.sort_unstable_by_key(key);
        rows
    }

    /// Forgets the blobs of packs that are gone.
    pub fn retain(&mut self, kept: impl Fn(&PackName) -> bool) {
        if self.all().all(|place| kept(&place.pack)) {
            return;
        }
        let places: Vec<Location> = self.all().filter(|place| kept(&place.pack)).collect();
        *self = Self::default();
        for place in places {
            self.add(place.pack, &[place.entry]);
        }
    }
}
