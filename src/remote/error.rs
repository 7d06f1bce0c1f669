//! What can go wrong with a remote, as facts.

use crate::base::CommitId;
use crate::base::fs::PathError;
use crate::base::interrupt::Interrupted;
use crate::object::ObjectError;
use crate::remote::log::EntryFault;
use crate::repo::RepoError;
use crate::store::{BlobId, PackName, StoreError};

/// Why something could not be done with a remote. `remote` is its address, without secrets.
#[derive(Debug, thiserror::Error)]
pub enum RemoteError {
    #[error("`{scheme}://` is no scheme that mlv knows")]
    UnknownScheme { scheme: String },
    #[error("`{remote}` cannot be reached: {reason}")]
    Unreachable { remote: String, reason: String },
    #[error("`{remote}` has no `{key}`")]
    Missing { remote: String, key: String },
    #[error("`{key}` of `{remote}` is damaged: {reason}")]
    Damaged { remote: String, key: String, reason: String },
    /// A garbage collection took it: what the log says now is to be read, and a new plan made.
    #[error("`{remote}` has no pack `{pack}` any more")]
    PackGone { remote: String, pack: PackName },
    #[error("no pack of `{remote}` has {id}")]
    NoBlob { remote: String, id: BlobId },
    /// Its parents are neither here nor, as far as its refs tell, there.
    #[error("the history of {commit} is not here")]
    Shallow { commit: CommitId },
    #[error("`{remote}` can only be read")]
    ReadOnly { remote: String },
    #[error("the file on its way to or from `{key}` of `{remote}`: {reason}")]
    LocalFile { remote: String, key: String, reason: String },
    #[error("no threads for the network: {reason}")]
    NoThreads { reason: String },
    #[error("`{remote}` holds no mlv repository")]
    NotARepository { remote: String },
    #[error("`{remote}` holds something else: `{key}`")]
    Foreign { remote: String, key: String },
    #[error("`{remote}` has format {version}, which this mlv does not know")]
    NewerFormat { remote: String, version: u64 },
    #[error("`{remote}` lets two writers create the same object")]
    NoConditionalCreate { remote: String },
    #[error("whether `{remote}` took `{key}` is not known: {reason}")]
    Unsettled { remote: String, key: String, reason: String },
    #[error("the log takes no such entry: {0}")]
    Entry(#[from] EntryFault),
    #[error(transparent)]
    Path(#[from] PathError),
    #[error(transparent)]
    Store(#[from] StoreError),
    #[error(transparent)]
    Object(#[from] ObjectError),
    #[error(transparent)]
    Repo(#[from] RepoError),
    #[error(transparent)]
    Interrupted(#[from] Interrupted),
}

impl RemoteError {
    /// Tells whether the same again may succeed: the network, a busy server, a lost answer.
    pub fn is_passing(&self) -> bool {
        matches!(self, Self::Unreachable { .. })
    }
}
