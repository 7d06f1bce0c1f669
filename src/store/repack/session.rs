//! A garbage collection under way: no other process can begin to rely on a blob meanwhile.

use std::io::ErrorKind;
use std::time::Duration;

use crate::base::fs::{PathError, remove_file_if_exists, sync_dir};
use crate::base::lock::{FileLock, LockKind};
use crate::base::{Progress, interrupt};
use crate::store::index::Location;
use crate::store::pack::{self, BlobEntry, FooterError, PackClass, PackName};
use crate::store::repack::{Live, RepackLimits, RepackPlan};
use crate::store::{ChunkStore, Durability, LocalStore, PackInfo, StoreError};

/// The right to remove blobs. Find out what is live *within* the session: before it, another
/// process may still have made a blob live.
#[derive(Debug)]
pub struct GcSession<'s> {
    store: &'s LocalStore,
    lock: Option<FileLock>,
}

/// What a garbage collection did.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct RepackOutcome {
    /// The packs that went.
    pub removed: Vec<PackName>,
    pub removed_bytes: u64,
    /// The blobs of theirs that nobody needs.
    pub removed_blobs: u64,
    pub written_bytes: u64,
    /// Whether the disk was too full to move all that was to be moved; the rest stays as it was.
    pub out_of_room: bool,
    /// Packs that stayed because they are damaged: someone may yet want to salvage from them.
    pub kept: Vec<PackName>,
}

/// What was done about the blobs of a pack.
#[derive(Debug, Clone, Copy, Default)]
struct Moved {
    bytes: u64,
    /// How many nobody needs.
    dead: u64,
    /// Whether the pack must stay.
    stays: bool,
}

fn is_out_of_room(error: &StoreError) -> bool {
    matches!(error, StoreError::Path(error) if error.kind() == ErrorKind::StorageFull)
}

impl LocalStore {
    /// Waits up to `patience` until no other process uses the store, and keeps them out. Must not
    /// be called while other threads write to this handle.
    pub fn exclusive(&self, patience: Duration) -> Result<GcSession<'_>, StoreError> {
        if let Some(reason) = &self.report().read_only {
            return Err(StoreError::ReadOnly { reason: reason.clone() });
        }
        self.flush(Durability::Visible)?;
        self.release();
        // From here on the session restores the shared lock, whatever happens.
        let mut session = GcSession { store: self, lock: None };
        let path = self.layout.gc_lock();
        session.lock = Some(FileLock::acquire(&path, LockKind::Exclusive, patience)?);
        self.index.relist()?;
        Ok(session)
    }
}

impl Drop for GcSession<'_> {
    fn drop(&mut self) {
        self.lock = None;
        self.store.share();
    }
}

impl GcSession<'_> {
    /// Returns what to do; see [`LocalStore::plan_repack`].
    pub fn plan(&self, live: Live, limits: RepackLimits) -> Result<RepackPlan, StoreError> {
        self.store.plan_repack(live, limits)
    }

    /// Does it: moves what is live, makes that durable, and only then removes the old packs. Those
    /// of which nothing is moved go first: the disk may be full.
    pub fn execute(
        &self,
        plan: &RepackPlan,
        live: Live,
        progress: &dyn Progress,
    ) -> Result<RepackOutcome, StoreError> {
        let mut outcome = RepackOutcome::default();
        self.store.forget_incoming()?;
        let (dead, used) = (plan.remove.iter(), plan.rewrite.iter());
        self.move_all(dead, plan, live, progress, &mut outcome)?;
        match self.move_all(used, plan, live, progress, &mut outcome) {
            Err(error) if is_out_of_room(&error) => outcome.out_of_room = true,
            moved => moved?,
        }
        sync_dir(&self.store.layout.packs())?;
        if !outcome.out_of_room {
            self.store.forget_damage(&outcome.removed)?;
            self.store.index.fold(true)?;
        }
        Ok(outcome)
    }

    /// Moves the live blobs of packs and removes the packs, so many at a time that little room is
    /// needed for both.
    fn move_all<'p>(
        &self,
        packs: impl Iterator<Item = &'p PackInfo>,
        plan: &RepackPlan,
        live: Live,
        progress: &dyn Progress,
        outcome: &mut RepackOutcome,
    ) -> Result<(), StoreError> {
        let (mut old, mut moved) = (Vec::new(), 0);
        for pack in packs {
            interrupt::check()?;
            let done = self.move_live(pack, plan, live, progress)?;
            moved += done.bytes;
            if done.stays {
                outcome.kept.push(pack.name);
            } else {
                old.push((pack, done));
            }
            if moved >= PackClass::Data.target_len() {
                self.replace(&mut old, std::mem::take(&mut moved), outcome)?;
            }
        }
        self.replace(&mut old, moved, outcome)
    }

    /// Makes durable what was `moved`, if it is anything, and removes the packs it was moved from.
    fn replace(
        &self,
        old: &mut Vec<(&PackInfo, Moved)>,
        moved: u64,
        outcome: &mut RepackOutcome,
    ) -> Result<(), StoreError> {
        if moved > 0 {
            self.store.flush(Durability::Durable)?;
        }
        for (pack, moved) in old.drain(..) {
            self.remove(pack)?;
            outcome.removed.push(pack.name);
            outcome.removed_bytes += pack.len;
            outcome.removed_blobs += moved.dead;
            outcome.written_bytes += moved.bytes;
        }
        Ok(())
    }

    /// Moves the live blobs of a pack. The pack must stay where its list of blobs is damaged, or one
    /// of them is and has no copy.
    fn move_live(
        &self,
        pack: &PackInfo,
        plan: &RepackPlan,
        live: Live,
        progress: &dyn Progress,
    ) -> Result<Moved, StoreError> {
        let (file, path) = self.store.layout.open_pack(pack.name)?;
        let mut entries = match pack::read_footer(&file) {
            Ok((entries, _)) => entries,
            Err(FooterError::Damaged(_)) => return Ok(Moved { stays: true, ..Moved::default() }),
            Err(FooterError::Io(error)) => return Err(PathError::new("read", path, error).into()),
        };
        entries.sort_unstable_by_key(|entry| entry.offset);
        let mut moved = Moved::default();
        for entry in &entries {
            if !live(&entry.id) {
                moved.dead += 1;
                continue;
            }
            progress.advance(u64::from(entry.stored));
            if self.stays_elsewhere(entry, pack.name, plan)? {
                let place = Location { pack: pack.name, entry: *entry };
                moved.dead += u64::from(self.store.damage.has(&place));
                continue;
            }
            if let Ok((stored, _plain)) = pack::read_both(&file, entry) {
                self.store.put_stored(entry, &stored)?;
                moved.bytes += u64::from(entry.stored);
            } else if !self.store.writes(entry.id) {
                moved.stays = true;
                break;
            }
        }
        Ok(moved)
    }

    /// Tells whether a sound copy of a blob lies in a pack that is here to stay, or was moved.
    fn stays_elsewhere(
        &self,
        entry: &BlobEntry,
        pack: PackName,
        plan: &RepackPlan,
    ) -> Result<bool, StoreError> {
        if self.store.writes(entry.id) {
            return Ok(true);
        }
        let goes = |name: PackName| {
            name == pack || plan.remove.iter().chain(&plan.rewrite).any(|old| old.name == name)
        };
        let places = self.store.index.find_all(entry.id)?;
        let mut stays = places.iter().filter(|place| !goes(place.pack));
        Ok(stays.any(|place| self.store.read_at(place).is_ok()))
    }

    fn remove(&self, pack: &PackInfo) -> Result<(), StoreError> {
        self.store.handles.forget(pack.name);
        self.store.index.remove(&[pack.name]);
        // It may have moved from the fresh packs to the durable ones since it was listed.
        let durable = self.store.layout.packs().join(pack.name.file_name());
        remove_file_if_exists(&pack.path)?;
        remove_file_if_exists(&durable)?;
        Ok(())
    }
}
