//! A store on this machine, with its side of a remote.

use std::collections::{BTreeMap, BTreeSet, HashSet};
use std::path::Path;
use std::sync::Arc;

use tempfile::TempDir;

use super::meter::Remote;
use crate::base::{CommitId, NoProgress, RepoPath, Timestamp, TreeId};
use crate::object::{Commit, Entry, ObjectDb, Signature, TreeEdit, TreeEntry, TreeValue};
use crate::remote::log::PackMeta;
use crate::remote::{
    Download, Fetch, Fetched, Part, RemoteError, RemoteIndex, Upload, to_push, wait,
};
use crate::repo::reach::{Roots, Walk};
use crate::store::{BlobId, BlobKind, ChunkStore, Durability, LocalStore, PackName};

type Uploaded = BTreeMap<PackName, PackMeta>;

pub struct Place {
    dir: TempDir,
    remote_dir: std::path::PathBuf,
    pub store: Arc<LocalStore>,
    pub db: ObjectDb,
}

/// Returns bytes that do not compress.
pub fn noise(seed: u64, len: usize) -> Vec<u8> {
    let mut bytes = vec![0; len];
    blake3::Hasher::new().update(&seed.to_le_bytes()).finalize_xof().fill(&mut bytes);
    bytes
}

pub fn roots(commits: &[CommitId]) -> Roots {
    Roots { commits: commits.to_vec(), trees: Vec::new() }
}

impl Place {
    pub fn new() -> Self {
        let dir = tempfile::tempdir().unwrap();
        let store = Arc::new(LocalStore::open(&dir.path().join("store")).unwrap());
        let db = ObjectDb::new(store.clone());
        let remote_dir = dir.path().join("remotes/origin");
        Self { dir, remote_dir, store, db }
    }

    pub fn remote_dir(&self) -> &Path {
        &self.remote_dir
    }

    /// Makes a commit of the tree of its first parent with some files changed.
    pub fn commit(&self, parents: &[CommitId], files: &[(&str, &[u8])]) -> CommitId {
        let before = parents.first().map(|id| self.db.commit(*id).unwrap());
        let tree =
            before.as_ref().map_or_else(|| self.db.empty_tree().unwrap(), |commit| commit.tree);
        let edits = files.iter().map(|(path, bytes)| {
            let file = self.db.ingest_bytes(bytes).unwrap();
            let entry = Entry::File { file, executable: false };
            TreeEdit {
                path: RepoPath::from_bytes(path.as_bytes()).unwrap(),
                value: TreeValue::Set(entry),
            }
        });
        let tree = self.db.edit_tree(tree, edits.collect()).unwrap();
        let seconds = before.map_or(0, |commit| commit.commit_time.seconds) + 60;
        let time = Timestamp::from_seconds(seconds);
        let author = Signature { name: "Ada".to_owned(), email: "ada@example.org".to_owned() };
        let commit = Commit {
            tree,
            parents: parents.to_vec(),
            author: author.clone(),
            time,
            committer: author,
            commit_time: time,
            message: String::new(),
            meta: Vec::new(),
            code: None,
        };
        let id = self.db.write_commit(&commit).unwrap();
        self.store.flush(Durability::Visible).unwrap();
        id
    }

    /// Returns the index of a remote, up to date.
    pub fn index(&self, remote: &Remote) -> RemoteIndex {
        self.try_index(remote).unwrap()
    }

    fn try_index(&self, remote: &Remote) -> Result<RemoteIndex, RemoteError> {
        let index = RemoteIndex::open(self.remote_dir())?;
        wait(index.update(&remote.backend, &remote.packs))?;
        Ok(index)
    }

    /// Returns how many uploads are noted.
    pub fn notes(&self) -> usize {
        std::fs::read_dir(self.remote_dir.join("uploads")).unwrap().count()
    }

    pub fn to_push(&self, tips: &Roots, known: &Roots) -> HashSet<BlobId> {
        to_push(&self.db, tips, known).unwrap()
    }

    pub fn try_upload(
        &self,
        remote: &Remote,
        wanted: HashSet<BlobId>,
    ) -> Result<Uploaded, RemoteError> {
        self.send(remote, &BTreeSet::new(), wanted)
    }

    fn send(
        &self,
        remote: &Remote,
        removed: &BTreeSet<PackName>,
        wanted: HashSet<BlobId>,
    ) -> Result<Uploaded, RemoteError> {
        let index = self.try_index(remote)?;
        let (backend, store, progress) = (&remote.backend, &self.store, &NoProgress);
        let upload = Upload { backend, store, index: &index, removed, jobs: 4, progress };
        wait(async { upload.carry_out(upload.plan(wanted).await?).await })
    }

    pub fn upload(
        &self,
        remote: &Remote,
        removed: &BTreeSet<PackName>,
        wanted: HashSet<BlobId>,
    ) -> Uploaded {
        self.send(remote, removed, wanted).unwrap()
    }

    /// Pushes, and lets the remote's log name what was brought.
    pub fn push(&self, remote: &mut Remote, tips: &Roots, known: &Roots) -> Uploaded {
        self.try_push(remote, tips, known).unwrap()
    }

    pub fn try_push(
        &self,
        remote: &mut Remote,
        tips: &Roots,
        known: &Roots,
    ) -> Result<Uploaded, RemoteError> {
        let uploaded = self.try_upload(remote, self.to_push(tips, known))?;
        remote.packs.extend(&uploaded);
        self.try_index(remote)?;
        Ok(uploaded)
    }

    /// Pushes until the remote answers no more, and goes away in the middle of it.
    pub fn push_until_stopped(&self, remote: &Remote, tips: &Roots) {
        let index = self.index(remote);
        let wanted = self.to_push(tips, &Roots::default());
        let (backend, store, progress) = (&remote.backend, &self.store, &NoProgress);
        let removed = &BTreeSet::new();
        let upload = Upload { backend, store, index: &index, removed, jobs: 1, progress };
        wait(async {
            let work = std::pin::pin!(async { upload.carry_out(upload.plan(wanted).await?).await });
            let stopped = std::pin::pin!(remote.meter.stopped());
            futures_util::future::select(work, stopped).await;
            Ok(())
        })
        .unwrap();
    }

    pub fn try_fetch(
        &self,
        remote: &Remote,
        tips: &Roots,
        known: &Roots,
        part: Part<'_>,
        depth: Option<u32>,
    ) -> Result<Fetched, RemoteError> {
        let index = self.try_index(remote)?;
        let (backend, store, packs) = (&remote.backend, &self.store, &remote.packs);
        let (index, progress) = (&index, &NoProgress);
        let download = Download { backend, store, index, packs, jobs: 4, progress };
        wait(Fetch { download, objects: &self.db, part, depth }.run(tips, known))
    }

    pub fn fetch(
        &self,
        remote: &Remote,
        tips: &Roots,
        known: &Roots,
        part: Part<'_>,
        depth: Option<u32>,
    ) -> Fetched {
        self.try_fetch(remote, tips, known, part, depth).unwrap()
    }

    /// Returns all that commits lead to, all of which must be here.
    pub fn closure(&self, commits: &[CommitId]) -> BTreeSet<BlobId> {
        let mut walk = Walk::new(&self.db);
        walk.visit(&roots(commits), &mut |error| panic!("{error}")).unwrap();
        let seen = walk.into_seen();
        let absent = self.store.absent(seen.iter().copied()).unwrap();
        assert!(absent.is_empty(), "{absent:?}");
        for id in &seen {
            self.store.read(*id).unwrap();
        }
        seen.into_iter().collect()
    }

    pub fn all_blobs(&self) -> BTreeSet<BlobId> {
        BlobKind::ALL.into_iter().flat_map(|kind| self.store.blobs(kind).unwrap()).collect()
    }

    /// Returns the content of a file, where it is here.
    pub fn read(&self, tree: TreeId, path: &str) -> Option<Vec<u8>> {
        let path = RepoPath::from_bytes(path.as_bytes()).unwrap();
        match self.db.tree_entry(tree, &path).unwrap() {
            Some(TreeEntry::Leaf(Entry::File { file, .. })) => {
                self.db.read_file(&file, u64::MAX).ok()
            }
            other => panic!("{other:?}"),
        }
    }

    /// Flips a bit of the pack that holds these bytes.
    pub fn damage(&self, text: &[u8]) {
        for pack in self.store.packs().unwrap() {
            let mut bytes = std::fs::read(&pack.path).unwrap();
            if let Some(at) = bytes.windows(text.len()).position(|found| found == text) {
                bytes[at] ^= 1;
                let file = std::fs::File::options().write(true).open(&pack.path).unwrap();
                std::os::unix::fs::FileExt::write_all_at(&file, &bytes, 0).unwrap();
            }
        }
    }

    /// Stores bytes that were found to be damaged.
    pub fn write_again(&self, bytes: &[u8]) {
        let id = BlobId::of(BlobKind::Chunk, bytes);
        assert!(self.store.read(id).is_err(), "{:?}", self.dir);
        assert!(self.store.write(id, bytes).unwrap());
    }
}
