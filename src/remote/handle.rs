//! `Remote`: one remote as this process works with it: its log read up to the head, the index of its
//! packs, and what of both is kept here between commands.

use std::collections::{BTreeMap, BTreeSet, HashSet};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use crate::base::fs::{atomic_write, create_dirs, read_if_exists};
use crate::base::{CommitId, Progress, Timestamp};
use crate::refs::{RefName, RefValue};
use crate::remote::log::{
    Appended, Draft, Entry, EntryId, PackMeta, RefLog, RemoteId, State, last_seen, probe,
};
use crate::remote::transfer::{
    Download, Fetch, Fetched, Part, RemoteIndex, Upload, UploadPlan, to_push,
};
use crate::remote::{Backend, RemoteError, Stored, key, wait};
use crate::repo::Repo;
use crate::repo::reach::Roots;
use crate::store::{BlobId, LocalStore, PackName};

/// So often a fetch plans again because a collection at the remote took packs away meanwhile.
const PLANS: u32 = 8;

/// A remote, read up to the head of its log.
#[derive(Debug)]
pub struct Remote {
    log: RefLog,
    index: RemoteIndex,
    dir: PathBuf,
    /// The number of the entry whose state this process has kept in `dir` last.
    kept: AtomicU64,
}

/// Refs of a remote with what they are to hold; nothing where one is to go.
pub type RefEdits = Vec<(RefName, Option<RefValue>)>;

/// What is to be noted with an entry of the log.
#[derive(Debug, Clone)]
pub struct Note {
    /// The id of the entry, by which it is known again.
    pub id: EntryId,
    pub time: Timestamp,
    pub author: String,
    pub command: String,
}

/// What a push came to.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Pushed {
    /// The number of the entry; nothing where nothing was to be done.
    pub entry: Option<u64>,
    pub packs: u64,
    pub bytes: u64,
}

impl Remote {
    /// Opens a remote, if there is one at this place; what is known of it is kept in `dir`.
    pub fn open(backend: &Backend, dir: &Path) -> Result<Option<Self>, RemoteError> {
        let saved = read_if_exists(&dir.join("state"))?;
        let log = wait(RefLog::open(backend, saved.as_deref()))?;
        log.map(|log| Self::of(log, dir)).transpose()
    }

    /// Makes a remote, or opens the one that is there, of a place that proves to keep writers apart.
    pub fn create(backend: &Backend, dir: &Path) -> Result<Self, RemoteError> {
        let remote = match Self::open(backend, dir)? {
            // Whoever made it may have died before the place was proven.
            Some(remote) if remote.state().number == 0 => remote,
            Some(remote) => return Ok(remote),
            None => Self::of(wait(RefLog::create(backend))?, dir)?,
        };
        match remote.probe() {
            Err(error @ RemoteError::NoConditionalCreate { .. }) => {
                // Nothing is to be taken for a remote that cannot be one. After any other error it
                // stays: somebody may have pushed to it meanwhile.
                wait(backend.delete(key::FORMAT))?;
                Err(error)
            }
            proven => proven.map(|()| remote),
        }
    }

    /// Returns what is known in `dir` of the packs of a remote; nobody is asked.
    pub fn last_seen(dir: &Path) -> Result<RemoteIndex, RemoteError> {
        let index = RemoteIndex::open(dir)?;
        let saved = read_if_exists(&dir.join("state"))?;
        if let Some(state) = saved.as_deref().and_then(last_seen) {
            index.recall(&state.packs)?;
        }
        Ok(index)
    }

    /// Finds out whether the place keeps two writers apart.
    pub fn probe(&self) -> Result<(), RemoteError> {
        wait(probe(self.backend()))
    }

    /// Returns the remote whose log was read; what is known of it is kept in `dir`.
    pub fn of(log: RefLog, dir: &Path) -> Result<Self, RemoteError> {
        create_dirs(dir)?;
        let index = RemoteIndex::open(dir)?;
        Ok(Self { log, index, dir: dir.to_owned(), kept: AtomicU64::new(u64::MAX) })
    }

    /// Returns what the remote holds, as far as its log was read.
    pub fn state(&self) -> &State {
        self.log.state()
    }

    pub fn backend(&self) -> &Backend {
        self.log.backend()
    }

    /// Returns what tells this remote from all others.
    pub fn id(&self) -> RemoteId {
        self.log.id()
    }

    pub fn log(&mut self) -> &mut RefLog {
        &mut self.log
    }

    pub fn index(&self) -> &RemoteIndex {
        &self.index
    }

    /// Returns the branch that a clone stands on.
    pub fn head(&self) -> Option<RefName> {
        self.state().refs.get(&RefName::head())?.branch()
    }

    /// Returns what a ref of the remote holds.
    pub fn get(&self, name: &RefName) -> Option<&RefValue> {
        self.state().refs.get(name)
    }

    /// Reads up to the head of the log, and returns the new entries.
    pub fn refresh(&mut self) -> Result<Vec<Entry>, RemoteError> {
        wait(self.log.refresh())
    }

    /// Keeps here what is known of the remote, and brings the index up to date with it.
    pub fn learn(&self) -> Result<(), RemoteError> {
        wait(async { self.index.update(self.backend(), &self.state().packs).await.map(|_| ()) })?;
        let number = self.state().number;
        if self.kept.load(Ordering::Relaxed) != number {
            atomic_write(&self.dir.join("state"), &self.log.save())?;
            self.kept.store(number, Ordering::Relaxed);
        }
        Ok(())
    }

    /// Brings what `tips` lead to; what `known` leads to is here. `jobs` requests run at a time.
    pub fn fetch(
        &mut self,
        repo: &Repo,
        (tips, known): (&Roots, &Roots),
        (part, depth): (Part<'_>, Option<u32>),
        progress: &dyn Progress,
    ) -> Result<Fetched, RemoteError> {
        // What is missing must show: this is what brings it.
        let objects = repo.local_objects();
        for _ in 1..PLANS {
            let fetched = self.learn().and_then(|()| {
                let download = self.download(repo.store(), progress);
                let fetch = Fetch { download, objects: &objects, part, depth };
                wait(fetch.run(tips, known))
            });
            match fetched {
                Err(RemoteError::PackGone { pack, .. }) => self.read_on_without(pack)?,
                fetched => return fetched,
            }
        }
        Err(self.restless())
    }

    /// Brings those of some blobs that a store has not; one that the remote has not is passed over.
    pub fn fetch_blobs(
        &mut self,
        ids: &BTreeSet<BlobId>,
        into: &Arc<LocalStore>,
        progress: &dyn Progress,
    ) -> Result<(), RemoteError> {
        for _ in 1..PLANS {
            let fetched = self.learn().and_then(|()| {
                let mut there = Vec::new();
                for id in ids {
                    there.extend(self.index.contains(*id)?.then_some(*id));
                }
                wait(self.download(into, progress).fetch(there))
            });
            match fetched {
                Err(RemoteError::PackGone { pack, .. }) => self.read_on_without(pack)?,
                fetched => return fetched.map(|_| ()),
            }
        }
        Err(self.restless())
    }

    /// Uploads blobs that are here and that only packs which are `going` have there.
    pub fn upload_again(
        &self,
        repo: &Repo,
        blobs: HashSet<BlobId>,
        going: &BTreeSet<PackName>,
        progress: &dyn Progress,
    ) -> Result<BTreeMap<PackName, PackMeta>, RemoteError> {
        let state = self.log.state();
        let staying = state.packs.iter().filter(|(name, _)| !going.contains(name));
        let staying = staying.map(|(name, meta)| (*name, *meta)).collect();
        let (backend, store, index) = (self.backend(), repo.store(), &self.index);
        let removed = &state.removed;
        let upload = Upload { backend, store, index, removed, jobs: backend.jobs(), progress };
        wait(async {
            index.update(backend, &staying).await?;
            let plan = upload.plan(blobs).await?;
            upload.carry_out(plan).await
        })
    }

    /// Returns the packs whose files are there, with their lengths.
    pub async fn listed(&self) -> Result<BTreeMap<PackName, u64>, RemoteError> {
        let files = self.backend().list(key::PACKS).await?;
        let pack = |file: &Stored| Some((key::pack_of(&file.key)?, file.len));
        Ok(files.iter().filter_map(pack).collect())
    }

    /// Reads why a pack is gone; nobody may take one away that the log has not removed before.
    fn read_on_without(&mut self, pack: PackName) -> Result<(), RemoteError> {
        self.refresh()?;
        if self.state().packs.contains_key(&pack) {
            return Err(self.backend().damaged(&key::pack(pack), "it is not there"));
        }
        Ok(())
    }

    fn restless(&self) -> RemoteError {
        RemoteError::Restless { remote: self.backend().url().to_string() }
    }

    fn download<'a>(
        &'a self,
        store: &'a Arc<LocalStore>,
        progress: &'a dyn Progress,
    ) -> Download<'a> {
        let (backend, index, packs) = (self.backend(), &self.index, &self.state().packs);
        Download { backend, store, index, packs, jobs: backend.jobs(), progress }
    }

    /// Moves refs of the remote to what is here, and brings before what they lead to. `decide` says
    /// which, for what the remote holds; it is asked again where somebody else was first. After
    /// `Unsettled` the refs may have moved; after any other error they have not.
    pub fn push<E: From<RemoteError>>(
        &mut self,
        repo: &Repo,
        note: &Note,
        progress: &dyn Progress,
        decide: &mut dyn FnMut(&mut Self) -> Result<RefEdits, E>,
    ) -> Result<Pushed, E> {
        let mut pushed = Pushed::default();
        loop {
            let edits = decide(self)?;
            if edits.is_empty() {
                return Ok(pushed);
            }
            self.learn()?;
            let uploaded = self.upload(repo, &edits, progress, &mut pushed)?;
            let state = self.log.state();
            let mut draft = Draft::new(state, note.time, &note.author, &note.command);
            draft.id = Some(note.id);
            for (name, value) in edits {
                draft.set(state, name, value);
            }
            draft.add.extend(uploaded);
            if let Appended::Won(number) = wait(self.log.append(&draft))? {
                pushed.entry = Some(number);
                // Only saves work later: what was asked for is done.
                if let Err(error) = self.learn() {
                    tracing::debug!(%error, "what is known of the remote was not kept");
                }
                return Ok(pushed);
            }
        }
    }

    /// Uploads what the new values of refs lead to and the remote lacks, and counts it.
    fn upload(
        &self,
        repo: &Repo,
        edits: &RefEdits,
        progress: &dyn Progress,
        pushed: &mut Pushed,
    ) -> Result<BTreeMap<PackName, PackMeta>, RemoteError> {
        let (mut tips, mut known) = (Roots::default(), Roots::default());
        edits.iter().filter_map(|(_, value)| value.as_ref()).for_each(|value| tips.add(value));
        self.state().refs.values().for_each(|value| known.add(value));
        // What the remote has of trees alone may not be here.
        let objects = repo.local_objects();
        known.trees.retain(|tree| objects.tree_summary(*tree).is_ok());
        let wanted = to_push(&objects, &tips, &known)?;
        let (backend, store, index) = (self.backend(), repo.store(), &self.index);
        let removed = &self.state().removed;
        let upload = Upload { backend, store, index, removed, jobs: backend.jobs(), progress };
        wait(async {
            let plan: UploadPlan = upload.plan(wanted).await?;
            pushed.packs += plan.packs() as u64;
            pushed.bytes += plan.bytes;
            upload.carry_out(plan).await
        })
    }

    /// Returns the commits that the refs of the remote name.
    pub fn commits(&self) -> impl Iterator<Item = CommitId> {
        self.state().refs.values().filter_map(RefValue::commit)
    }
}
