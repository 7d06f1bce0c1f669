//! What a repository stands on at a moment: `HEAD`, its commit, the staged tree.

use crate::base::{CommitId, TreeId};
use crate::refs::{RefName, RefValue, table};
use crate::repo::{Repo, RepoError};

/// What is checked out.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Head {
    /// A branch, which may have no commit yet.
    Branch { name: RefName, commit: Option<CommitId> },
    /// A commit, on no branch.
    Detached(CommitId),
}

impl Head {
    pub fn commit(&self) -> Option<CommitId> {
        match self {
            Self::Branch { commit, .. } => *commit,
            Self::Detached(commit) => Some(*commit),
        }
    }

    pub fn branch(&self) -> Option<&RefName> {
        match self {
            Self::Branch { name, .. } => Some(name),
            Self::Detached(_) => None,
        }
    }
}

impl Repo {
    /// Returns what a ref holds.
    pub fn get(&self, name: &RefName) -> Result<Option<RefValue>, RepoError> {
        Ok(table::get(&self.connection(), name)?)
    }

    /// Returns the refs whose full names start with `prefix`, sorted.
    pub fn list(&self, prefix: &str) -> Result<Vec<(RefName, RefValue)>, RepoError> {
        Ok(table::list(&self.connection(), prefix)?)
    }

    /// Returns what is checked out.
    pub fn head(&self) -> Result<Head, RepoError> {
        let connection = self.connection();
        let value = table::get(&connection, &RefName::head())?;
        if let Some(commit) = value.as_ref().and_then(RefValue::commit) {
            return Ok(Head::Detached(commit));
        }
        let name = match value.as_ref().and_then(RefValue::branch) {
            Some(name) => name,
            None => RefName::branch("main")?,
        };
        let commit = table::get(&connection, &name)?.and_then(|value| value.commit());
        Ok(Head::Branch { name, commit })
    }

    /// Returns the tree of the checked-out commit, or the empty tree before the first.
    pub fn head_tree(&self) -> Result<TreeId, RepoError> {
        self.tree_of(self.head()?.commit())
    }

    /// Returns the tree of a commit, or the empty tree for none.
    pub fn tree_of(&self, commit: Option<CommitId>) -> Result<TreeId, RepoError> {
        match commit {
            Some(id) => Ok(self.objects().commit(id)?.tree),
            None => Ok(self.objects().empty_tree()?),
        }
    }

    /// Returns the tree that the next commit will hold.
    pub fn staged(&self) -> Result<TreeId, RepoError> {
        match self.get(&RefName::staged())?.and_then(|value| value.tree()) {
            Some(tree) => Ok(tree),
            None => self.head_tree(),
        }
    }
}
