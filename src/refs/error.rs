//! What can go wrong with names.

use crate::base::CommitId;
use crate::object::ObjectError;
use crate::refs::{NameRule, RefName, RefValue};

/// What went wrong with a ref, a revision or the operation log.
#[derive(Debug, thiserror::Error)]
pub enum RefError {
    #[error("`{name}` is no valid name for a branch or tag: {rule}")]
    BadName { name: String, rule: NameRule },
    #[error("no branch, tag or commit is called `{name}`")]
    NoSuchRevision { name: String, candidates: Vec<String> },
    #[error("`{prefix}` is the beginning of several commit ids")]
    AmbiguousPrefix { prefix: String, candidates: Vec<CommitId> },
    #[error("commit {} has no parent number {number}", commit.short())]
    NoParent { commit: CommitId, number: usize },
    #[error("`{name}` has moved only {moves} times; there is no `{name}@{{{wanted}}}`")]
    NoOlderValue { name: String, moves: usize, wanted: usize },
    #[error("`{revision}` cannot be read: {reason}")]
    Syntax { revision: String, reason: String },
    #[error("`{}` has no commit yet", branch.short())]
    Unborn { branch: RefName },
    #[error("`{}` moved meanwhile", name.short())]
    Moved { name: RefName, found: Option<Box<RefValue>> },
    #[error("`{}` exists already", name.short())]
    Exists { name: RefName },
    #[error("no operation has the number {id}")]
    NoSuchOperation { id: i64 },
    #[error("`{name}` in the repository's database cannot be decoded: {reason}")]
    Undecodable { name: String, reason: String },
    #[error("the repository's database: {0}")]
    Sqlite(#[from] rusqlite::Error),
    #[error(transparent)]
    Object(#[from] ObjectError),
}
