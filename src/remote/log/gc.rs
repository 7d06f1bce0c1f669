//! Garbage collection of a remote: a plan, an entry that marks what goes, and only then the deed.
//! Whoever appends has read the mark before, and relies on nothing that it names.

use futures_util::{StreamExt as _, TryStreamExt as _, stream};

use crate::base::Timestamp;
use crate::remote::log::{Draft, PackMeta, RefLog, State, checkpoint};
use crate::remote::{RemoteError, Stored, key};
use crate::store::{PackName, RepackLimits, RepackPlan, Tally, decide};

/// A file that no entry names may be an upload under way for so many seconds.
pub(super) const COURTESY: i64 = 24 * 60 * 60;
/// So many files are deleted at once.
pub(super) const DELETIONS: usize = 8;

/// What of a pack is needed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct PackUse {
    /// The bytes of blobs that somebody needs, with their entries in the footer.
    pub live: u64,
    pub dead_blobs: u64,
}

/// What a garbage collection of a remote would do.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct GcPlan {
    /// What becomes of the packs that the remote holds.
    pub packs: RepackPlan<PackName>,
    /// Files that no entry ever named, for longer than an upload takes.
    pub orphans: Vec<PackName>,
    /// Files of packs that an entry removed before.
    pub leftovers: Vec<PackName>,
    /// Packs that an entry removed before, and whose files are gone.
    pub gone: Vec<PackName>,
}

/// What was deleted.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Swept {
    pub packs: u64,
    pub bytes: u64,
}

impl GcPlan {
    /// Decides what goes. The files must have been listed after the state was read: what is removed
    /// and not listed counts as gone for good.
    pub fn new(
        state: &State,
        files: &[Stored],
        usage: &dyn Fn(&PackName) -> PackUse,
        limits: RepackLimits,
        now: Timestamp,
    ) -> Self {
        let tally = |(pack, meta): (&PackName, &PackMeta)| {
            let PackUse { live, dead_blobs } = usage(pack);
            Tally { live, dead_blobs, class: meta.class, ..Tally::of(meta.len, *pack) }
        };
        let mut plan = Self {
            packs: decide(state.packs.iter().map(tally).collect(), limits),
            orphans: Vec::new(),
            leftovers: Vec::new(),
            gone: Vec::new(),
        };
        let mut gone = state.removed.clone();
        for (pack, file) in files.iter().filter_map(|file| Some((key::pack_of(&file.key)?, file))) {
            if gone.remove(&pack) {
                plan.leftovers.push(pack);
            } else if !state.packs.contains_key(&pack)
                && file.modified.seconds_until(now) > COURTESY
            {
                plan.orphans.push(pack);
            }
        }
        plan.gone.extend(gone);
        plan
    }

    /// Writes into a draft what goes without anything having been rewritten.
    pub fn mark(&self, draft: &mut Draft) {
        draft.remove.extend(self.packs.remove.iter().chain(&self.orphans));
        draft.forget.extend(&self.gone);
    }

    /// Writes into a draft that the packs to be rewritten go, and what was made of them comes.
    pub fn mark_rewritten(&self, draft: &mut Draft, made: &[(PackName, PackMeta)]) {
        draft.remove.extend(&self.packs.rewrite);
        draft.add.extend(made.iter().copied());
    }
}

impl RefLog {
    /// Returns what a garbage collection would do, given what is needed of each pack.
    pub async fn plan_gc(
        &self,
        usage: &dyn Fn(&PackName) -> PackUse,
        limits: RepackLimits,
        now: Timestamp,
    ) -> Result<GcPlan, RemoteError> {
        let files = self.backend().list(key::PACKS).await?;
        Ok(GcPlan::new(self.state(), &files, usage, limits, now))
    }

    /// Deletes the files of packs that entries of the log removed: no entry adds them ever again, so
    /// a log that was read is all the leave it takes. Old checkpoints go with them.
    pub async fn sweep(&self) -> Result<Swept, RemoteError> {
        let files = self.backend().list(key::PACKS).await?;
        let is_removed = |file: &Stored| {
            key::pack_of(&file.key).is_some_and(|pack| self.state().removed.contains(&pack))
        };
        let swept = stream::iter(files.into_iter().filter(is_removed))
            .map(async |file| self.backend().delete(&file.key).await.map(|()| file.len))
            .buffer_unordered(DELETIONS)
            .try_fold(Swept::default(), async |swept, len| {
                Ok(Swept { packs: swept.packs + 1, bytes: swept.bytes + len })
            })
            .await?;
        checkpoint::sweep(self.backend()).await?;
        Ok(swept)
    }
}

#[cfg(test)]
mod tests;
