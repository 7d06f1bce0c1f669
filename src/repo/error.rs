//! What can go wrong with a repository as a whole.

use std::path::PathBuf;

use crate::base::fs::PathError;
use crate::base::lock::LockError;
use crate::object::ObjectError;
use crate::refs::RefError;
use crate::store::StoreError;

/// What went wrong with a repository.
#[derive(Debug, thiserror::Error)]
pub enum RepoError {
    #[error("no mlv repository in `{}` or above it", start.display())]
    NotFound { start: PathBuf },
    #[error("`{}` is a repository already", root.display())]
    Exists { root: PathBuf },
    #[error("`{}` is a clone that was interrupted", root.display())]
    HalfCloned { root: PathBuf },
    #[error("`{}` is missing, though there is a repository around it", path.display())]
    NoFormat { path: PathBuf },
    #[error("`{}` says `{found}`; this mlv reads format {supported}", path.display())]
    UnknownFormat { path: PathBuf, found: String, supported: u32 },
    #[error("`{}` has schema {found}; this mlv knows up to {supported}", path.display())]
    NewerDatabase { path: PathBuf, found: i64, supported: i64 },
    #[error("`{}` is damaged: `{line}` is no commit", path.display())]
    BadShallow { path: PathBuf, line: String },
    #[error("`{}` is busy: another mlv process is writing to it", path.display())]
    Busy { path: PathBuf },
    #[error("`{}`: {source}", path.display())]
    Database { path: PathBuf, source: rusqlite::Error },
    #[error(transparent)]
    Path(#[from] PathError),
    #[error(transparent)]
    Lock(#[from] LockError),
    #[error(transparent)]
    Ref(#[from] RefError),
    #[error(transparent)]
    Object(#[from] ObjectError),
    #[error(transparent)]
    Store(#[from] StoreError),
}
