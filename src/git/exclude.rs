//! Keeps our data out of Git's sight: a marked block of patterns in `info/exclude`, which is not
//! versioned. Each root of ours has its own block there; all other lines are the user's.

mod block;
mod pattern;

use std::borrow::Borrow;
use std::collections::BTreeSet;
use std::path::PathBuf;

use crate::base::RepoPath;
use crate::base::fs::{atomic_write, create_dirs, parent_of, read_if_exists};
use crate::git::{Enclosing, GitError};

/// What became of the exclude file.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Excluded {
    /// Whether the file was written; it is not where it says the same already.
    pub changed: bool,
    /// Files and directories whose names no pattern can express: Git goes on listing them.
    pub inexpressible: Vec<RepoPath>,
}

impl Enclosing {
    /// Hides `.mlv/` and the `versioned` files from Git. `others` are the files in the working copy
    /// that we do not version: no pattern covers one of them, nor a file that Git tracks. Where a
    /// directory holds none of those, its name alone is excluded, and so is what it will hold.
    ///
    /// Both lists are sorted, and complete: the block is replaced.
    pub fn exclude(
        &self,
        versioned: &[RepoPath],
        others: &[RepoPath],
    ) -> Result<Excluded, GitError> {
        let tracked = self.tracked()?;
        let mut visible = [others, tracked.files(), tracked.submodules()].concat();
        visible.sort_unstable();
        visible.dedup();
        let patterns = pattern::patterns(self.prefix(), versioned, &visible);

        let path = self.exclude_file()?;
        let old = read_if_exists(&path)?.unwrap_or_default();
        let new = block::replace(&old, &self.block_title()?, &patterns.lines);
        let changed = new != old;
        if changed {
            create_dirs(parent_of(&path))?;
            atomic_write(&path, &new)?;
        }
        Ok(Excluded { changed, inexpressible: patterns.inexpressible })
    }

    /// Tells whether the block covers these files already, so that the lists for
    /// [`Self::exclude`] need not be made.
    pub fn excludes<P: Borrow<RepoPath>>(
        &self,
        files: impl IntoIterator<Item = P>,
    ) -> Result<bool, GitError> {
        let text = read_if_exists(&self.exclude_file()?)?.unwrap_or_default();
        let title = self.block_title()?;
        let lines = BTreeSet::from_iter(block::patterns_of(&text, &title));
        let mut files = files.into_iter();
        Ok(files.all(|file| pattern::cover(&lines, self.prefix(), file.borrow())))
    }

    /// Returns the exclude file, which all worktrees of a repository share.
    pub fn exclude_file(&self) -> Result<PathBuf, GitError> {
        let path = self.repository()?.common_dir().join("info/exclude");
        // A link stays a link: the file behind it is the one to replace.
        Ok(path.canonicalize().unwrap_or(path))
    }

    /// Returns what tells the block of this root from those of others.
    fn block_title(&self) -> Result<String, GitError> {
        let root = if self.prefix().is_root() { ".".to_owned() } else { self.prefix().to_string() };
        let repository = self.repository()?;
        let worktree = repository.worktree();
        let name = worktree.as_ref().and_then(|worktree| worktree.id().ok().flatten());
        Ok(match name {
            Some(name) => format!("{root} in worktree {name}"),
            None => root,
        })
    }
}

#[cfg(test)]
mod tests;
