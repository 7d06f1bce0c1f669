//! What can go wrong in the working copy.

use std::path::PathBuf;

use crate::base::fs::PathError;
use crate::base::interrupt::Interrupted;
use crate::base::lock::LockError;
use crate::base::{PathRule, RepoPath};
use crate::object::ObjectError;
use crate::workspace::checkout::Blocked;

/// Why an operation on the working copy did not happen.
#[derive(Debug, thiserror::Error)]
pub enum WorkspaceError {
    #[error("`{text}` matches no file")]
    NoMatch { text: String },
    #[error("`{text}` is no valid path: {rule}")]
    BadPath { text: String, rule: PathRule },
    #[error("`{text}` lies outside of the repository")]
    Outside { text: String },
    #[error("`{text}` is no valid pattern: {reason}")]
    BadPattern { text: String, reason: String },
    #[error("{} ignored by `.mlvignore`", listed(paths))]
    Ignored { paths: Vec<RepoPath> },
    #[error("unsaved work is in the way: {}", counted(blocked.len()))]
    Blocked { blocked: Vec<Blocked> },
    #[error("`{path}` was changed by somebody else during the checkout")]
    ChangedMeanwhile { path: RepoPath },
    #[error("`{path}` is a repository of its own")]
    NestedRepository { path: RepoPath },
    #[error("an interrupted checkout has to be recovered first")]
    Unrecovered,
    #[error("the sandbox `{}` was removed or replaced", path.display())]
    SandboxGone { path: PathBuf },
    #[error("the checkout journal `{}` is damaged: {reason}", path.display())]
    DamagedJournal { path: PathBuf, reason: String },
    #[error(transparent)]
    Lock(#[from] LockError),
    #[error(transparent)]
    Path(#[from] PathError),
    #[error(transparent)]
    Object(#[from] ObjectError),
    #[error(transparent)]
    Interrupted(#[from] Interrupted),
}

fn counted(paths: usize) -> String {
    if paths == 1 { "1 path".to_owned() } else { format!("{paths} paths") }
}

fn listed(paths: &[RepoPath]) -> String {
    match paths {
        [one] => format!("`{one}` is"),
        _ => format!("{} paths are", paths.len()),
    }
}
