//! All packs of a store and what they hold, whoever wrote them.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};
use std::sync::{Mutex, PoisonError, RwLock, RwLockReadGuard, RwLockWriteGuard};
use std::time::{Duration, SystemTime};

use crate::base::Hash;
use crate::base::fs::PathError;
use crate::store::index::build::rows_of;
use crate::store::index::recent::{Location, Recent};
use crate::store::index::segment::{Segment, SegmentError};
use crate::store::index::source::PackSource;
use crate::store::layout::{Layout, children};
use crate::store::pack::{BlobEntry, PackName};
use crate::store::{BlobId, BlobKind, StoreError};

/// A directory changed less than this ago may change again without showing it.
const RACY: Duration = Duration::from_millis(50);

/// The index of a set of packs.
#[derive(Debug)]
pub struct Index {
    source: Box<dyn PackSource>,
    /// The directory of the segments.
    pub(super) dir: PathBuf,
    pub(super) tmp: PathBuf,
    pub(super) state: RwLock<State>,
    /// What the source looked like when its packs were last listed.
    seen: Mutex<Option<Vec<SystemTime>>>,
}

/// Where the entries of a pack are to be found.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Home {
    /// In its own footer.
    Unread,
    Recent,
    /// In the segment of this number.
    Segment(usize),
}

#[derive(Debug, Default)]
pub(super) struct State {
    /// Every pack there is.
    pub packs: BTreeMap<PackName, Home>,
    pub unread: BTreeSet<PackName>,
    pub recent: Recent,
    pub segments: Vec<Segment>,
}

impl Index {
    /// Returns the index of the packs of a store that are there now; reads no footer yet.
    pub fn open(layout: &Layout) -> Result<Self, StoreError> {
        Self::over(Box::new(layout.clone()), layout.index(), layout.tmp())
    }

    /// Returns the index of the packs of a source, with its segments in `dir`.
    pub fn over(
        source: Box<dyn PackSource>,
        dir: PathBuf,
        tmp: PathBuf,
    ) -> Result<Self, StoreError> {
        let (state, seen) = (RwLock::default(), Mutex::default());
        let index = Self { source, dir, tmp, state, seen };
        index.relist()?;
        Ok(index)
    }

    pub(super) fn state(&self) -> RwLockReadGuard<'_, State> {
        self.state.read().unwrap_or_else(PoisonError::into_inner)
    }

    pub(super) fn state_mut(&self) -> RwLockWriteGuard<'_, State> {
        self.state.write().unwrap_or_else(PoisonError::into_inner)
    }

    /// Takes note of packs that came or went, where the directories show that some did.
    pub fn refresh(&self) -> Result<(), StoreError> {
        let now = SystemTime::now();
        let times = self.source.times();
        let settled = times.iter().all(|time| now.duration_since(*time).is_ok_and(|d| d > RACY));
        let seen = self.seen.lock().unwrap_or_else(PoisonError::into_inner).clone();
        if settled && seen.as_ref() == Some(&times) { Ok(()) } else { self.relist() }
    }

    /// Lists the packs, and the segments where there are packs that none is known to cover.
    pub fn relist(&self) -> Result<(), StoreError> {
        let times = self.source.times();
        let found = self.source.packs()?;
        let mut state = self.state_mut();
        state.packs.retain(|name, _| found.contains(name));
        let State { packs, recent, unread, .. } = &mut *state;
        recent.retain(|name| packs.contains_key(name));
        unread.retain(|name| packs.contains_key(name));
        if found.len() > state.packs.len() {
            for name in found {
                state.packs.entry(name).or_insert(Home::Unread);
            }
            self.load_segments(&mut state)?;
        }
        drop(state);
        *self.seen.lock().unwrap_or_else(PoisonError::into_inner) = Some(times);
        Ok(())
    }

    /// Opens segments that are new here. A damaged one is as good as none.
    fn load_segments(&self, state: &mut State) -> Result<(), StoreError> {
        let known: BTreeSet<PathBuf> = state.segments.iter().map(|s| s.path().to_owned()).collect();
        for path in children(&self.dir)? {
            if path.extension().is_none_or(|ending| ending != "idx") || known.contains(&path) {
                continue;
            }
            match Segment::open(&path) {
                Ok(segment) => state.segments.push(segment),
                Err(SegmentError::Damaged) => discard(&path),
                Err(SegmentError::Io(error)) if error.kind() == std::io::ErrorKind::NotFound => {}
                Err(SegmentError::Io(error)) => {
                    return Err(PathError::new("read", path, error).into());
                }
            }
        }
        state.assign();
        Ok(())
    }

    /// Takes note of a pack that was just sealed.
    pub fn add(&self, name: PackName, entries: &[BlobEntry]) {
        let mut state = self.state_mut();
        // Another thread may have come upon the file before its writer told.
        state.unread.remove(&name);
        if state.packs.insert(name, Home::Recent) != Some(Home::Recent) {
            state.recent.add(name, entries);
        }
    }

    /// Leaves out the packs whose footers were not read, as if they were not there; returns them.
    pub fn pass_over_unread(&self) -> Vec<PackName> {
        let mut state = self.state_mut();
        let unread = std::mem::take(&mut state.unread);
        state.packs.retain(|name, _| !unread.contains(name));
        unread.into_iter().collect()
    }

    /// Tells whether something is known that no segment has.
    pub fn has_recent(&self) -> bool {
        self.state().recent.len() > 0
    }

    /// Takes note of packs that were removed.
    pub fn remove(&self, names: &[PackName]) {
        let mut state = self.state_mut();
        state.packs.retain(|name, _| !names.contains(name));
        let State { packs, recent, unread, .. } = &mut *state;
        recent.retain(|name| packs.contains_key(name));
        unread.retain(|name| packs.contains_key(name));
    }

    /// Returns where a blob lies, as far as this process knows.
    pub fn find(&self, id: BlobId) -> Result<Option<Location>, StoreError> {
        self.with_healed(|state| state.find(id))
    }

    /// Returns every place where a blob lies.
    pub fn find_all(&self, id: BlobId) -> Result<Vec<Location>, StoreError> {
        self.with_healed(|state| {
            let mut places = state.recent.all().filter(|p| p.entry.id == id).collect::<Vec<_>>();
            state.in_segments(id, &mut |place| places.push(place))?;
            Ok(places)
        })
    }

    /// Returns up to `limit` names of a kind whose hex digits start with `prefix`, sorted.
    pub fn find_prefix(
        &self,
        kind: BlobKind,
        prefix: &str,
        limit: usize,
    ) -> Result<Vec<BlobId>, StoreError> {
        let Some((first, last)) = range_of(prefix) else {
            return Ok(Vec::new());
        };
        self.with_healed(|state| {
            let mut found = BTreeSet::new();
            let mut keep = |place: Location| {
                let id = place.entry.id;
                if id.kind == kind && (first..=last).contains(&id.hash) {
                    found.insert(id);
                    if found.len() > limit {
                        found.pop_last();
                    }
                }
            };
            state.recent.all().for_each(&mut keep);
            for segment in &state.segments {
                for number in segment.bucket_of(&first)..=segment.bucket_of(&last) {
                    let rows = segment.bucket(number)?.into_iter();
                    let rows = rows.filter(|(pack, _)| state.packs.contains_key(pack));
                    rows.for_each(|(pack, entry)| keep(Location { pack, entry }));
                }
            }
            Ok(found.into_iter().collect())
        })
    }

    /// Calls `visit` for every blob of every pack, once for each pack that has it.
    pub fn each(&self, visit: &mut dyn FnMut(Location)) -> Result<(), StoreError> {
        self.verify_segments()?;
        self.with_healed(|state| {
            state.recent.all().for_each(&mut *visit);
            for (number, segment) in state.segments.iter().enumerate() {
                let home = Some(Home::Segment(number));
                for row in rows_of(segment, |pack| state.packs.get(pack).copied() == home) {
                    let (pack, entry) = row?;
                    visit(Location { pack, entry });
                }
            }
            Ok(())
        })
    }

    /// Drops segments that are not as they were written; returns how many were not.
    pub fn verify_segments(&self) -> Result<usize, StoreError> {
        let mut dropped = 0;
        self.with_healed(|state| {
            let damaged =
                |segment: &Segment| matches!(segment.verify(), Err(SegmentError::Damaged));
            dropped = state.segments.iter().filter(|segment| damaged(segment)).count();
            Ok(())
        })?;
        if dropped > 0 {
            self.heal()?;
        }
        Ok(dropped)
    }

    /// Answers a question with all footers read. Where a segment turns out to be damaged, it is
    /// dropped, its packs are read instead, and the question is asked again.
    fn with_healed<T>(
        &self,
        mut ask: impl FnMut(&State) -> Result<T, SegmentError>,
    ) -> Result<T, StoreError> {
        loop {
            let state = self.state();
            if !state.unread.is_empty() {
                drop(state);
                self.read_footers()?;
                continue;
            }
            match ask(&state) {
                Ok(answer) => return Ok(answer),
                Err(SegmentError::Damaged) => {
                    drop(state);
                    self.heal()?;
                }
                Err(SegmentError::Io(error)) => {
                    return Err(PathError::new("read", &self.dir, error).into());
                }
            }
        }
    }

    pub(super) fn read_footers(&self) -> Result<(), StoreError> {
        let mut state = self.state_mut();
        while let Some(name) = state.unread.first().copied() {
            if let Some(entries) = self.source.entries(name)? {
                state.packs.insert(name, Home::Recent);
                state.recent.add(name, &entries);
            } else {
                state.packs.remove(&name);
            }
            state.unread.remove(&name);
        }
        Ok(())
    }

    /// Drops every damaged segment.
    fn heal(&self) -> Result<(), StoreError> {
        let mut state = self.state_mut();
        let segments = std::mem::take(&mut state.segments);
        for segment in segments {
            match segment.verify() {
                Ok(()) => state.segments.push(segment),
                Err(SegmentError::Damaged) => discard(segment.path()),
                Err(SegmentError::Io(error)) => {
                    return Err(PathError::new("read", segment.path(), error).into());
                }
            }
        }
        state.assign();
        Ok(())
    }
}

impl State {
    /// Settles which segment stands for which pack, the longest first, and which packs are left.
    pub fn assign(&mut self) {
        self.segments.sort_by_key(|segment| std::cmp::Reverse(segment.len()));
        for home in self.packs.values_mut() {
            if *home != Home::Recent {
                *home = Home::Unread;
            }
        }
        for (number, segment) in self.segments.iter().enumerate() {
            for pack in segment.packs() {
                if let Some(home @ Home::Unread) = self.packs.get_mut(pack) {
                    *home = Home::Segment(number);
                }
            }
        }
        let left = self.packs.iter().filter(|(_, home)| **home == Home::Unread);
        self.unread = left.map(|(name, _)| *name).collect();
    }

    fn find(&self, id: BlobId) -> Result<Option<Location>, SegmentError> {
        if let Some(place) = self.recent.get(id) {
            return Ok(Some(place));
        }
        let mut found = None;
        self.in_segments(id, &mut |place| found = Some(place))?;
        Ok(found)
    }

    fn in_segments(&self, id: BlobId, found: &mut dyn FnMut(Location)) -> Result<(), SegmentError> {
        self.segments.iter().try_for_each(|segment| {
            segment.find(id, &mut |pack, entry| {
                if self.packs.contains_key(&pack) {
                    found(Location { pack, entry });
                }
            })
        })
    }
}

/// Removes a segment that is of no use; where that fails, it is ignored again next time.
fn discard(path: &Path) {
    let _ = std::fs::remove_file(path);
}

/// Returns the first and the last hash whose hex digits start with `prefix`.
fn range_of(prefix: &str) -> Option<(Hash, Hash)> {
    let padded =
        |digit: &str| format!("{prefix}{}", digit.repeat(64usize.saturating_sub(prefix.len())));
    Some((padded("0").parse().ok()?, padded("f").parse().ok()?))
}
