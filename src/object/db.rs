//! The typed object database: encodes and decodes what the store keeps as bytes.

use std::collections::BTreeSet;
use std::sync::{Arc, OnceLock, PoisonError, RwLock};

use crate::base::{CommitId, codec};
use crate::object::tree::NodeCache;
use crate::object::{Commit, Elsewhere, ObjectError};
use crate::store::{BlobId, BlobKind, ChunkStore};

/// A typed view of a store; cheap to clone.
#[derive(Debug, Clone)]
pub struct ObjectDb {
    store: Arc<dyn ChunkStore>,
    nodes: Arc<NodeCache>,
    shallow: Arc<Shallow>,
    elsewhere: Arc<OnceLock<Arc<dyn Elsewhere>>>,
}

/// The commits at which history ends here, though they have parents.
#[derive(Debug, Default)]
struct Shallow(RwLock<BTreeSet<CommitId>>);

impl Shallow {
    fn contains(&self, id: CommitId) -> bool {
        self.0.read().unwrap_or_else(PoisonError::into_inner).contains(&id)
    }
}

impl ObjectDb {
    pub fn new(store: Arc<dyn ChunkStore>) -> Self {
        Self { store, nodes: Arc::default(), shallow: Arc::default(), elsewhere: Arc::default() }
    }

    /// Returns the same view of another store.
    pub fn over(&self, store: Arc<dyn ChunkStore>) -> Self {
        Self {
            shallow: self.shallow.clone(),
            elsewhere: self.elsewhere.clone(),
            ..Self::new(store)
        }
    }

    /// Says who reads what references point to; the first one stays.
    pub fn set_elsewhere(&self, elsewhere: Arc<dyn Elsewhere>) {
        let _ = self.elsewhere.set(elsewhere);
    }

    pub(in crate::object) fn elsewhere(&self) -> Option<&Arc<dyn Elsewhere>> {
        self.elsewhere.get()
    }

    /// Tells whether history ends at a commit, though it has parents.
    pub fn is_shallow(&self, id: CommitId) -> bool {
        self.shallow.contains(id)
    }

    /// Ends history at these commits, as if they had no parents, and at no others.
    pub fn set_shallow(&self, commits: BTreeSet<CommitId>) {
        *self.shallow.0.write().unwrap_or_else(PoisonError::into_inner) = commits;
    }

    /// Returns the store below.
    pub fn store(&self) -> &Arc<dyn ChunkStore> {
        &self.store
    }

    pub(in crate::object) fn nodes(&self) -> &NodeCache {
        &self.nodes
    }

    /// Returns a commit; one at which a shallow history ends has no parents.
    pub fn commit(&self, id: CommitId) -> Result<Commit, ObjectError> {
        let mut commit = self.commit_as_stored(id)?;
        if self.shallow.contains(id) {
            commit.parents.clear();
        }
        Ok(commit)
    }

    /// Returns a commit with all its parents, be they here or not.
    pub fn commit_as_stored(&self, id: CommitId) -> Result<Commit, ObjectError> {
        let id = BlobId { kind: BlobKind::Commit, hash: id.0 };
        let bytes = self.store.read(id)?;
        let commit: Commit =
            codec::decode(&bytes).map_err(|source| ObjectError::Undecodable { id, source })?;
        let sorted = commit.meta.windows(2).all(|pair| pair[0].0 < pair[1].0);
        if !sorted {
            let reason = "its meta keys are not in order".to_owned();
            return Err(ObjectError::Invalid { id, reason });
        }
        Ok(commit)
    }

    /// Stores a commit and returns its id.
    pub fn write_commit(&self, commit: &Commit) -> Result<CommitId, ObjectError> {
        let bytes = codec::encode(commit);
        let id = BlobId::of(BlobKind::Commit, &bytes);
        self.store.write(id, &bytes)?;
        Ok(CommitId(id.hash))
    }
}
