//! What can go wrong with the enclosing Git repository.

use std::path::PathBuf;

use crate::base::fs::PathError;

/// What went wrong with the enclosing Git repository. None of it is a reason not to version data.
#[derive(Debug, thiserror::Error)]
pub enum GitError {
    #[error("cannot look for a Git repository around `{}`: {source}", dir.display())]
    Discover { dir: PathBuf, source: gix::Error },
    #[error("cannot open the Git repository of `{}`: {source}", work_tree.display())]
    Open { work_tree: PathBuf, source: gix::Error },
    #[error("cannot read the index of the Git repository of `{}`: {source}", work_tree.display())]
    Index { work_tree: PathBuf, source: gix::Error },
    #[error("cannot resolve HEAD of the Git repository of `{}`: {source}", work_tree.display())]
    Head { work_tree: PathBuf, source: gix::Error },
    #[error("cannot read {object} of the Git repository of `{}`: {source}", work_tree.display())]
    Object { work_tree: PathBuf, object: String, source: gix::Error },
    #[error(transparent)]
    Path(#[from] PathError),
}
