//! `ci init`: writes the file with which a forge runs the hooks of merges.

use std::path::PathBuf;

use crate::base::fs::{atomic_write, create_dirs, parent_of};
use crate::ops::{Context, OpsError};
use crate::refs::RefName;

/// Stands in the files for the branch that is merged into.
const BRANCH: &str = "@BRANCH@";

/// A service that runs jobs on merges.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Forge {
    GitHub,
    GitLab,
}

impl Forge {
    /// Returns where the file lies, below the root of the Git work tree.
    pub fn file(self) -> &'static str {
        match self {
            Self::GitHub => ".github/workflows/mlv.yml",
            Self::GitLab => ".gitlab-ci.yml",
        }
    }

    fn text(self) -> &'static str {
        match self {
            Self::GitHub => include_str!("../../ci/github.yml"),
            Self::GitLab => include_str!("../../ci/gitlab.yml"),
        }
    }
}

/// Writes the file of a forge and returns where; one that is there is replaced only by `force`.
pub fn init(
    context: &Context,
    forge: Forge,
    branch: &str,
    force: bool,
) -> Result<PathBuf, OpsError> {
    RefName::branch(branch)?;
    let root = context.git()?.map_or(context.repo.root(), |git| git.work_tree());
    let path = root.join(forge.file());
    if path.symlink_metadata().is_ok() && !force {
        return Err(OpsError::PathExists { path: forge.file().to_owned() });
    }
    create_dirs(parent_of(&path))?;
    atomic_write(&path, forge.text().replace(BRANCH, branch).as_bytes())?;
    Ok(path)
}
