//! Where a shallow history ends: `.mlv/shallow`, a line for each commit whose parents were not fetched.

use std::collections::BTreeSet;
use std::path::Path;

use crate::base::CommitId;
use crate::base::fs::{atomic_write, read_if_exists, remove_file_if_exists};
use crate::repo::{Repo, RepoError};

/// Returns the commits that the file lists; none where there is no file.
pub fn read(path: &Path) -> Result<BTreeSet<CommitId>, RepoError> {
    let bytes = read_if_exists(path)?.unwrap_or_default();
    let text = String::from_utf8_lossy(&bytes);
    let commit = |line: &str| {
        let bad = || RepoError::BadShallow { path: path.to_owned(), line: line.to_owned() };
        line.parse().map_err(|_| bad())
    };
    text.lines().map(commit).collect()
}

impl Repo {
    /// Returns the commits at which history ends here, though they have parents.
    pub fn shallow(&self) -> Result<BTreeSet<CommitId>, RepoError> {
        read(&self.layout().shallow())
    }

    /// Ends history at these commits and at no others, durably. To be done before a ref leads to one
    /// of them, and after the history below those that are left out is whole.
    pub fn set_shallow(&self, commits: BTreeSet<CommitId>) -> Result<(), RepoError> {
        let path = self.layout().shallow();
        if commits.is_empty() {
            remove_file_if_exists(&path)?;
        } else {
            let lines: Vec<String> = commits.iter().map(CommitId::to_string).collect();
            atomic_write(&path, (lines.join("\n") + "\n").as_bytes())?;
        }
        self.objects().set_shallow(commits);
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::base::Hash;
    use crate::repo::OpenOptions;

    #[test]
    fn a_shallow_history_is_so_for_the_next_process_too() {
        let dir = tempfile::tempdir().unwrap();
        let repo = Repo::init(dir.path(), "main", OpenOptions::default()).unwrap();
        let commit = CommitId(Hash::of(b"a commit"));
        repo.set_shallow([commit].into()).unwrap();
        drop(repo);
        let repo = Repo::discover(dir.path(), OpenOptions::default()).unwrap();
        assert!(repo.objects().is_shallow(commit) && repo.local_objects().is_shallow(commit));
        assert_eq!(repo.shallow().unwrap(), [commit].into());
        repo.set_shallow(BTreeSet::new()).unwrap();
        assert!(!repo.local_objects().is_shallow(commit));
        assert!(!repo.layout().shallow().exists());
    }

    #[test]
    fn a_line_that_is_no_commit_is_an_error_that_names_the_file() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("shallow");
        atomic_write(&path, b"not a commit\n").unwrap();
        let error = read(&path).unwrap_err().to_string();
        assert!(error.contains("shallow") && error.contains("not a commit"), "{error}");
    }
}
