//! The deed: remove, then write, many files at a time, and no waiting for the disk.

use std::collections::BTreeSet;
use std::time::Duration;

use rayon::prelude::*;

use crate::base::interrupt::{self, Interrupted};
use crate::base::lock::{FileLock, LockKind};
use crate::base::progress::Unit;
use crate::base::{Hash, NoProgress, Progress, RepoPath};
use crate::object::{ObjectError, TreeEdit};
use crate::store::Durability;
use crate::workspace::cache::NewRow;
use crate::workspace::checkout::journal::{Journal, temporary};
use crate::workspace::checkout::recover::{Direction, Recovery, Strange};
use crate::workspace::checkout::write::{remove_step, write_step};
use crate::workspace::checkout::{CheckoutPlan, Step};
use crate::workspace::content::{Content, Deed};
use crate::workspace::disk::{Cursor, FileKind};
use crate::workspace::error::WorkspaceError;
use crate::workspace::handle::Workspace;
use crate::workspace::status::same_bytes;

/// Asked before each step whether to go on.
pub trait Pace: Sync {
    fn before_step(&self) -> Result<(), Interrupted>;
}

/// Goes on until the user asks to stop.
#[derive(Debug, Clone, Copy)]
pub struct UntilInterrupted;

impl Pace for UntilInterrupted {
    fn before_step(&self) -> Result<(), Interrupted> {
        interrupt::check()
    }
}

/// Goes on to the end: for the way back.
#[derive(Debug, Clone, Copy)]
pub(super) struct ToTheEnd;

impl Pace for ToTheEnd {
    fn before_step(&self) -> Result<(), Interrupted> {
        Ok(())
    }
}

/// How many files are written before the stat cache is told of them. Tests see many such parts.
const REMEMBERED: usize = if cfg!(test) { 4 } else { 1 << 15 };

/// How many steps share a cursor.
const BATCH: usize = 64;

/// A checkout that happened and can still be taken back. To be finished once it is recorded that it
/// happened; one that is dropped is decided about at the next start.
#[must_use = "an unfinished checkout has to be recovered at the next start"]
#[derive(Debug)]
pub struct AppliedCheckout<'a> {
    workspace: &'a Workspace,
    journal: Journal,
    saved: Vec<TreeEdit>,
    before: Vec<TreeEdit>,
    _lock: FileLock,
}

impl AppliedCheckout<'_> {
    /// Returns the edits of the tree it started from that hold the work it overwrote.
    pub fn saved(&self) -> &[TreeEdit] {
        &self.saved
    }

    /// Returns the edits that turn the tree it started from into what the files held.
    pub fn before(&self) -> &[TreeEdit] {
        &self.before
    }

    /// Returns how many paths changed.
    pub fn changed(&self) -> usize {
        self.journal.steps.len()
    }

    /// Forgets the way back.
    pub fn finish(self) -> Result<(), WorkspaceError> {
        Ok(self.workspace.retire(&self.journal)?)
    }

    /// Takes it back. What somebody else wrote meanwhile is left, and named.
    pub fn roll_back(self, progress: &dyn Progress) -> Result<Recovery, WorkspaceError> {
        let recovery = self.workspace.settle(
            &self.journal,
            Direction::Back,
            Strange::Leave,
            &ToTheEnd,
            progress,
        )?;
        self.finish()?;
        Ok(recovery)
    }
}

impl Workspace {
    /// Carries out a plan. `note` is given back by [`Workspace::interrupted_checkout`] should the
    /// process die, to decide by. What fails midway is rolled back.
    pub fn apply_checkout(
        &self,
        plan: CheckoutPlan,
        note: &[u8],
        pace: &dyn Pace,
        progress: &dyn Progress,
    ) -> Result<AppliedCheckout<'_>, WorkspaceError> {
        if !plan.blocked.is_empty() {
            return Err(WorkspaceError::Blocked { blocked: plan.blocked });
        }
        let lock = self.lock_checkout()?;
        let path = Journal::path_in(&self.dot_dir);
        if path.exists() {
            return Err(WorkspaceError::Unrecovered);
        }
        if !plan.steps.is_empty() {
            self.settle_unsynced(&plan.steps)?;
        }
        self.bring(&plan.steps)?;
        self.save(&plan)?;
        let (saved, before) = (plan.saved(), plan.before());
        let CheckoutPlan { from, to, steps, right, .. } = plan;
        let journal = Journal {
            nonce: nonce(),
            from,
            to,
            note: note.to_vec(),
            boot: self.boot.clone(),
            steps,
        };
        if !journal.steps.is_empty() {
            journal.write(&path)?;
        }
        let done = self.run(&journal.steps, journal.nonce, pace, progress);
        if let Err(error) = done {
            if let WorkspaceError::ChangedMeanwhile { path } = &error {
                // Its facts may say nothing of it.
                self.cache.update(&[], std::slice::from_ref(path));
            }
            // Where the way back fails as well, the journal stays for the next start.
            if self.settle(&journal, Direction::Back, Strange::Leave, &ToTheEnd, progress).is_ok() {
                self.retire(&journal)?;
            }
            return Err(error);
        }
        self.cache.update(&right, &[]);
        Ok(AppliedCheckout { workspace: self, journal, saved, before, _lock: lock })
    }

    /// Brings what the files shall hold, and for the way back what they held, before the first is
    /// touched; durably, as the recovery after a power cut may have nobody to ask.
    fn bring(&self, steps: &[Step]) -> Result<(), WorkspaceError> {
        if !self.objects.store().is_partial() {
            return Ok(());
        }
        let new = steps.iter().filter_map(|step| Some((&step.path, step.new.as_deref()?)));
        let old = steps.iter().filter_map(|step| Some((&step.path, &step.old.as_ref()?.entry)));
        self.objects.prefetch(new.chain(old))?;
        Ok(self.objects.store().flush(Durability::Durable).map_err(ObjectError::from)?)
    }

    /// Takes the lock that a running checkout holds.
    pub(super) fn lock_checkout(&self) -> Result<FileLock, WorkspaceError> {
        let path = self.dot_dir.join("checkout.lock");
        Ok(FileLock::acquire(&path, LockKind::Exclusive, Duration::from_secs(5))?)
    }

    /// Puts the work that is about to be overwritten into the store, durably; what is staged is
    /// there already, but perhaps not on the disk.
    pub(super) fn save(&self, plan: &CheckoutPlan) -> Result<(), WorkspaceError> {
        if plan.steps.iter().all(|step| step.old.is_none()) {
            return Ok(());
        }
        plan.unsaved.par_iter().try_for_each_init(
            || self.disk.cursor(),
            |cursor, path| {
                let content = self.read_content(cursor, path, Deed::Store, &NoProgress)?;
                let index = plan.steps.binary_search_by(|step| step.path.cmp(path));
                let held = index.ok().and_then(|index| plan.steps[index].old.as_ref());
                match (content, held) {
                    (Content::Known { entry, stat }, Some(held))
                        if stat == held.stat && same_bytes(&entry, &held.entry) =>
                    {
                        Ok(())
                    }
                    _ => Err(WorkspaceError::ChangedMeanwhile { path: path.clone() }),
                }
            },
        )?;
        self.objects.store().flush(Durability::Durable).map_err(ObjectError::from)?;
        Ok(())
    }

    /// Carries out steps: removals first, so that a directory can take the place of a file and a
    /// file that of a directory.
    pub(super) fn run(
        &self,
        steps: &[Step],
        nonce: u64,
        pace: &dyn Pace,
        progress: &dyn Progress,
    ) -> Result<(), WorkspaceError> {
        if steps.is_empty() {
            return Ok(());
        }
        let present = self.present();
        progress.phase("writing files", Some(steps.len() as u64), Unit::Files);
        let (removals, writes): (Vec<&Step>, Vec<&Step>) =
            steps.iter().partition(|step| step.new.is_none());
        self.in_batches(&removals, |cursor, step| {
            pace.before_step()?;
            progress.advance(1);
            remove_step(cursor, step).map(|()| None)
        })?;
        pace.before_step()?;
        self.prune(removals.iter().map(|step| &step.path))?;
        for some in writes.chunks(REMEMBERED) {
            let rows = self.in_batches(some, |cursor, step| {
                pace.before_step()?;
                progress.advance(1);
                let temporary = temporary(nonce, &step.path);
                write_step(&self.objects, cursor, step, &temporary, present)
            })?;
            pace.before_step()?;
            if self.boot.is_none() {
                // Nobody could tell later whether they had reached the disk.
                self.disk.sync()?;
            }
            self.cache.update(&rows, &[]);
        }
        for some in removals.chunks(REMEMBERED) {
            let gone: Vec<RepoPath> = some.iter().map(|step| step.path.clone()).collect();
            self.cache.update(&[], &gone);
        }
        Ok(())
    }

    fn in_batches(
        &self,
        steps: &[&Step],
        deed: impl Fn(&mut Cursor, &Step) -> Result<Option<NewRow>, WorkspaceError> + Sync,
    ) -> Result<Vec<NewRow>, WorkspaceError> {
        let batches = steps.par_chunks(BATCH).map(|batch| {
            let mut cursor = self.disk.cursor();
            let rows = batch.iter().filter_map(|step| deed(&mut cursor, step).transpose());
            rows.collect::<Result<Vec<_>, _>>()
        });
        let rows: Vec<Vec<NewRow>> = batches.collect::<Result<_, _>>()?;
        Ok(rows.into_iter().flatten().collect())
    }

    /// Removes the directories that removed files leave empty.
    pub(super) fn prune<'p>(
        &self,
        removed: impl Iterator<Item = &'p RepoPath>,
    ) -> Result<(), WorkspaceError> {
        let mut parents = BTreeSet::new();
        removed.filter_map(RepoPath::parent).for_each(|parent| _ = parents.insert(parent));
        let mut cursor = self.disk.cursor();
        // From the last in order to the first: a directory comes after those below it.
        while let Some(dir) = parents.pop_last().filter(|dir| !dir.is_root()) {
            let is_gone = match cursor.stat(&dir)?.map(|stat| stat.kind()) {
                Some(FileKind::Directory) => cursor.remove_empty_directory(&dir)?,
                Some(_) => false,
                None => true,
            };
            if is_gone {
                cursor.forget();
                parents.extend(dir.parent());
            }
        }
        Ok(())
    }
}

/// Returns a number that no other checkout of this working copy has at the same time.
fn nonce() -> u64 {
    let now = std::time::SystemTime::UNIX_EPOCH.elapsed().unwrap_or_default().as_nanos();
    let seed = [now.to_le_bytes(), u128::from(std::process::id()).to_le_bytes()].concat();
    Hash::of(&seed).0.iter().take(8).fold(0, |number, byte| (number << 8) | u64::from(*byte))
}
