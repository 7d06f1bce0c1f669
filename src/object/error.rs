//! What can go wrong with objects.

use crate::base::codec::CodecError;
use crate::base::{PathRule, RepoPath};
use crate::object::ReferenceError;
use crate::store::{BlobId, StoreError};

/// What went wrong with an object.
#[derive(Debug, thiserror::Error)]
pub enum ObjectError {
    #[error("{id} cannot be decoded: {source}")]
    Undecodable { id: BlobId, source: CodecError },
    #[error("{id} is invalid: {reason}")]
    Invalid { id: BlobId, reason: String },
    #[error("`{path}` is no valid path here: {rule}")]
    Path { path: RepoPath, rule: PathRule },
    #[error("the file has {size} bytes, more than the {limit} that fit here")]
    TooLong { size: u64, limit: u64 },
    #[error("cannot read the data: {0}")]
    Source(#[source] std::io::Error),
    #[error("cannot write the data: {0}")]
    Sink(#[source] std::io::Error),
    #[error("the content of `{path}` is not here: {source}")]
    NotFetched { path: RepoPath, source: StoreError },
    #[error(transparent)]
    Reference(#[from] ReferenceError),
    #[error(transparent)]
    Store(#[from] StoreError),
}

impl ObjectError {
    /// Says of content that could not be fetched which file it is of.
    pub fn about(self, path: &RepoPath) -> Self {
        match self {
            Self::Store(source @ StoreError::NotFetched { .. }) => {
                Self::NotFetched { path: path.clone(), source }
            }
            error => error,
        }
    }
}
