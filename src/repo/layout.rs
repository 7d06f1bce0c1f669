//! Where things lie under `.mlv/`.

use std::path::{Path, PathBuf};

use crate::base::fs::{IoContext, atomic_write, create_dirs, read_if_exists};
use crate::repo::RepoError;

/// The name of the directory that makes a directory a repository.
pub const DOT_DIR: &str = ".mlv";
/// The version of everything under it.
pub const FORMAT: u32 = 1;

/// The paths of one repository.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Layout {
    root: PathBuf,
}

impl Layout {
    /// Returns the layout of the repository whose working copy is `root`, which need not exist.
    pub fn at(root: impl Into<PathBuf>) -> Self {
        Self { root: root.into() }
    }

    /// Finds the repository that `start` lies in.
    pub fn discover(start: &Path) -> Result<Self, RepoError> {
        let absolute = start.canonicalize().context("open", start)?;
        let found = absolute.ancestors().find(|dir| dir.join(DOT_DIR).join("format").is_file());
        match found {
            Some(root) => Ok(Self::at(root)),
            None => Err(Self::unfinished(&absolute)
                .unwrap_or_else(|| RepoError::NotFound { start: start.to_owned() })),
        }
    }

    /// Returns why the `.mlv` directory that `start` lies below is no repository, where there is one.
    fn unfinished(start: &Path) -> Option<RepoError> {
        let layout = start.ancestors().map(Self::at).find(|layout| layout.dot_dir().is_dir())?;
        if layout.clone_lock().exists() {
            return Some(RepoError::HalfCloned { root: layout.root });
        }
        layout.database().exists().then(|| RepoError::NoFormat { path: layout.format() })
    }

    /// Creates the directories; refuses where there is a repository, or half of a clone.
    pub fn create(&self) -> Result<(), RepoError> {
        self.refuse_occupied()?;
        self.create_dirs()
    }

    fn refuse_occupied(&self) -> Result<(), RepoError> {
        if self.format().exists() {
            return Err(RepoError::Exists { root: self.root.clone() });
        }
        if self.clone_lock().exists() {
            return Err(RepoError::HalfCloned { root: self.root.clone() });
        }
        Ok(())
    }

    /// Creates the directories that are missing.
    pub fn create_dirs(&self) -> Result<(), RepoError> {
        for dir in [self.dot_dir(), self.store(), self.runs(), self.temporary()] {
            create_dirs(&dir)?;
        }
        Ok(())
    }

    /// Writes the format file, the last step of making a repository.
    pub fn seal(&self) -> Result<(), RepoError> {
        Ok(atomic_write(&self.format(), format!("mlv repository {FORMAT}\n").as_bytes())?)
    }

    /// Refuses a repository of another format.
    pub fn check_format(&self) -> Result<(), RepoError> {
        let path = self.format();
        let text = read_if_exists(&path)?;
        let text = text.ok_or_else(|| RepoError::NotFound { start: self.root.clone() })?;
        let text = String::from_utf8_lossy(&text);
        let version = text.trim_end().strip_prefix("mlv repository ");
        match version.and_then(|version| version.parse::<u32>().ok()) {
            Some(FORMAT) => Ok(()),
            _ => Err(RepoError::UnknownFormat {
                path,
                found: text.trim_end().chars().take(80).collect(),
                supported: FORMAT,
            }),
        }
    }

    /// Returns the root of the working copy.
    pub fn root(&self) -> &Path {
        &self.root
    }

    pub fn dot_dir(&self) -> PathBuf {
        self.root.join(DOT_DIR)
    }

    pub fn format(&self) -> PathBuf {
        self.dot_dir().join("format")
    }

    /// Refs, operations and the journal.
    pub fn database(&self) -> PathBuf {
        self.dot_dir().join("repo.db")
    }

    pub fn config(&self) -> PathBuf {
        self.dot_dir().join("config.toml")
    }

    /// The commits at which history ends here, though they have parents.
    pub fn shallow(&self) -> PathBuf {
        self.dot_dir().join("shallow")
    }

    /// Returns where caches of what a remote holds lie; they may be deleted.
    pub fn remote(&self, name: &str) -> PathBuf {
        self.dot_dir().join("remotes").join(name)
    }

    /// What was found out about files that lie elsewhere; may be deleted.
    pub fn references(&self) -> PathBuf {
        self.dot_dir().join("references")
    }

    /// Packs and their index.
    pub fn store(&self) -> PathBuf {
        self.dot_dir().join("store")
    }

    /// Logs of hook runs.
    pub fn runs(&self) -> PathBuf {
        self.dot_dir().join("runs")
    }

    /// What deployments keep of an environment.
    pub fn deployments(&self, env: &str) -> PathBuf {
        self.dot_dir().join("deploy").join(env)
    }

    /// Sandboxes and files being written; swept when nobody uses them.
    pub fn temporary(&self) -> PathBuf {
        self.dot_dir().join("tmp")
    }

    /// Held by the process that makes this repository as a clone; there until the clone is whole.
    pub fn clone_lock(&self) -> PathBuf {
        self.dot_dir().join("clone.lock")
    }

    /// Held by the one process that changes the working copy or the staged tree.
    pub fn worktree_lock(&self) -> PathBuf {
        self.dot_dir().join("worktree.lock")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_repository_is_found_from_below_and_nowhere_else() {
        let dir = tempfile::tempdir().unwrap();
        let root = dir.path().canonicalize().unwrap();
        let layout = Layout::at(&root);
        assert!(matches!(Layout::discover(&root), Err(RepoError::NotFound { .. })));
        layout.create().unwrap();
        layout.seal().unwrap();
        let below = root.join("a/b");
        std::fs::create_dir_all(&below).unwrap();
        assert_eq!(Layout::discover(&below).unwrap(), layout);
        assert!(matches!(layout.create(), Err(RepoError::Exists { .. })));
    }

    #[test]
    fn a_format_of_the_future_is_refused() {
        let dir = tempfile::tempdir().unwrap();
        let layout = Layout::at(dir.path());
        layout.create().unwrap();
        atomic_write(&layout.format(), b"mlv repository 2\n").unwrap();
        assert!(matches!(layout.check_format(), Err(RepoError::UnknownFormat { .. })));
    }
}
