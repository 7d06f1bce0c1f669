//! What can go wrong in the store.

use std::path::PathBuf;

use crate::base::fs::PathError;
use crate::base::interrupt::Interrupted;
use crate::base::lock::LockError;
use crate::store::{BlobId, PackName};

/// What went wrong in the store.
#[derive(Debug, thiserror::Error)]
pub enum StoreError {
    #[error("{id} is missing from the store")]
    Missing { id: BlobId },
    #[error("{id} is damaged{}: {reason}", place(pack.as_ref()))]
    Damaged { id: BlobId, pack: Option<PathBuf>, reason: String },
    #[error("`{path}` is damaged: {reason}")]
    DamagedPack { path: PathBuf, reason: String },
    #[error("what `{pack}` holds is no longer known here: the index was damaged")]
    NotIndexed { pack: PackName },
    #[error("`{path}` is of format {found}; this mlv reads up to {supported}")]
    NewerFormat { path: PathBuf, found: u32, supported: u32 },
    #[error("{id} has {len} bytes, more than a blob may have")]
    TooLong { id: BlobId, len: u64 },
    #[error("it is only in the remote `{remote}`, which cannot be read: {source}")]
    NotFetched { remote: String, source: Box<dyn std::error::Error + Send + Sync> },
    #[error("the store cannot be written to: {reason}")]
    ReadOnly { reason: String },
    #[error(transparent)]
    Path(#[from] PathError),
    #[error(transparent)]
    Lock(#[from] LockError),
    #[error(transparent)]
    Interrupted(#[from] Interrupted),
}

fn place(pack: Option<&PathBuf>) -> String {
    pack.map(|path| format!(" in `{}`", path.display())).unwrap_or_default()
}
