//! What is fetched how: whole packs, or runs of blobs that lie close to each other.

use std::collections::BTreeMap;
use std::ops::Range;

use crate::base::interrupt;
use crate::remote::RemoteError;
use crate::remote::log::PackMeta;
use crate::remote::transfer::Download;
use crate::remote::transfer::download::Downloaded;
use crate::store::{BlobEntry, BlobId, PackClass, PackName};

/// A pack is taken whole where at least this percentage of its bytes is wanted.
const WHOLE_FROM: u64 = 70;
/// Bytes that nobody wants are fetched with what is around them up to this length.
const LARGEST_GAP: u64 = 128 << 10;
/// No request is longer, except for one blob.
const LONGEST_RUN: u64 = 8 << 20;

/// What has to travel from a remote.
#[derive(Debug, Default)]
pub struct DownloadPlan {
    /// Packs that are taken whole, with their lengths.
    pub(super) whole: Vec<(PackName, u64)>,
    pub(super) runs: Vec<Run>,
    /// How many blobs travel that are wanted.
    pub blobs: u64,
    /// How many bytes travel.
    pub bytes: u64,
}

/// Blobs of a pack that one request brings.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Run {
    pub pack: PackName,
    pub range: Range<u64>,
    pub entries: Vec<BlobEntry>,
}

impl DownloadPlan {
    /// Tells whether nothing has to travel.
    pub fn is_empty(&self) -> bool {
        self.whole.is_empty() && self.runs.is_empty()
    }

    fn take_whole(&mut self, name: PackName, len: u64) {
        self.bytes += len;
        self.whole.push((name, len));
    }

    fn add(&mut self, name: PackName, meta: PackMeta, wanted: Vec<BlobEntry>) {
        let len = meta.len;
        self.blobs += wanted.len() as u64;
        let bytes: u64 = wanted.iter().map(|entry| entry.end() - u64::from(entry.offset)).sum();
        let metadata = meta.class == PackClass::Metadata && len <= meta.class.most_len();
        if metadata || bytes * 100 >= len * WHOLE_FROM {
            return self.take_whole(name, len);
        }
        let runs = runs(name, wanted);
        self.bytes += runs.iter().map(|run| run.range.end - run.range.start).sum::<u64>();
        self.runs.extend(runs);
    }
}

/// Puts blobs of a pack together where a request for both is better than one for each.
fn runs(pack: PackName, mut wanted: Vec<BlobEntry>) -> Vec<Run> {
    wanted.sort_unstable_by_key(|entry| entry.offset);
    let mut runs: Vec<Run> = Vec::new();
    for entry in wanted {
        let (start, end) = (u64::from(entry.offset), entry.end());
        match runs.last_mut() {
            Some(run)
                if start <= run.range.end + LARGEST_GAP && end - run.range.start <= LONGEST_RUN =>
            {
                run.range.end = end;
                run.entries.push(entry);
            }
            _ => runs.push(Run { pack, range: start..end, entries: vec![entry] }),
        }
    }
    runs
}

impl Download<'_> {
    /// Returns what has to travel so that the store has these blobs, none of which it has. One that
    /// the remote has not is an error.
    pub fn plan(
        &self,
        wanted: impl IntoIterator<Item = BlobId>,
    ) -> Result<DownloadPlan, RemoteError> {
        let mut places: BTreeMap<PackName, Vec<BlobEntry>> = BTreeMap::new();
        for id in wanted {
            interrupt::check()?;
            let place = self.index.find(id)?.ok_or_else(|| self.no_blob(id))?;
            places.entry(place.pack).or_default().push(place.entry);
        }
        let mut plan = DownloadPlan::default();
        for (name, wanted) in places {
            plan.add(name, self.pack(name)?, wanted);
        }
        Ok(plan)
    }

    /// Brings the blobs that the store has not, and makes them durable.
    pub async fn fetch(
        &self,
        ids: impl IntoIterator<Item = BlobId>,
    ) -> Result<Downloaded, RemoteError> {
        let absent = self.store.absent(ids)?;
        if absent.is_empty() {
            return Ok(Downloaded::default());
        }
        self.carry_out(self.plan(absent)?).await
    }

    /// Brings whole packs.
    pub async fn fetch_packs(
        &self,
        names: impl IntoIterator<Item = PackName>,
    ) -> Result<Downloaded, RemoteError> {
        let mut plan = DownloadPlan::default();
        for name in names {
            plan.take_whole(name, self.pack(name)?.len);
        }
        if plan.is_empty() { Ok(Downloaded::default()) } else { self.carry_out(plan).await }
    }

    fn pack(&self, pack: PackName) -> Result<PackMeta, RemoteError> {
        let gone = || RemoteError::PackGone { remote: self.backend.url().to_string(), pack };
        self.packs.get(&pack).copied().ok_or_else(gone)
    }

    fn no_blob(&self, id: BlobId) -> RemoteError {
        RemoteError::NoBlob { remote: self.backend.url().to_string(), id }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::base::{Hash, PackId};
    use crate::store::BlobKind;
    use proptest::prelude::*;

    const NAME: PackName = PackName { id: PackId(Hash([7; 32])), nonce: 1 };

    fn entry(kind: BlobKind, offset: u64, stored: u32) -> BlobEntry {
        let id = BlobId { kind, hash: Hash::of(&offset.to_le_bytes()) };
        BlobEntry::at(id, offset as u32, stored)
    }

    #[test]
    fn metadata_is_taken_by_the_pack_and_a_few_chunks_are_not() {
        let mut plan = DownloadPlan::default();
        let pack = |len, class| PackMeta { len, class };
        plan.add(NAME, pack(4 << 20, PackClass::Metadata), vec![entry(BlobKind::Tree, 8, 100)]);
        assert_eq!((plan.whole.len(), plan.bytes), (1, 4 << 20));
        plan.add(NAME, pack(64 << 20, PackClass::Data), vec![entry(BlobKind::Chunk, 8, 100)]);
        assert_eq!((plan.whole.len(), plan.runs.len()), (1, 1));
        plan.add(NAME, pack(1_000_000, PackClass::Data), vec![entry(BlobKind::Chunk, 8, 800_000)]);
        assert_eq!((plan.whole.len(), plan.runs.len()), (2, 1));
    }

    proptest! {
        #[test]
        fn runs_hold_each_blob_once_and_stay_short(
            lens in proptest::collection::vec((0u64..300_000, 1u32..300_000), 1..60),
        ) {
            let mut end = 8;
            let mut wanted = Vec::new();
            for (gap, stored) in lens {
                wanted.push(entry(BlobKind::Chunk, end + gap, stored));
                end = wanted[wanted.len() - 1].end();
            }
            let runs = runs(NAME, wanted.iter().rev().copied().collect());
            let held: Vec<BlobEntry> = runs.iter().flat_map(|run| run.entries.clone()).collect();
            prop_assert_eq!(held, wanted);
            for run in &runs {
                prop_assert!(run.range.end - run.range.start <= LONGEST_RUN);
                let inside = |e: &BlobEntry| {
                    u64::from(e.offset) >= run.range.start && e.end() <= run.range.end
                };
                prop_assert!(run.entries.iter().all(inside));
                for pair in run.entries.windows(2) {
                    prop_assert!(u64::from(pair[1].offset) - pair[0].end() <= LARGEST_GAP);
                }
            }
        }
    }
}
