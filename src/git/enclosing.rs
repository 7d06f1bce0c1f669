//! The Git repository whose work tree holds the root of ours, found by looking upwards and opened
//! when first asked something. Git's own environment (`GIT_DIR`, …) is not obeyed: it tells where
//! Git works, and we ask where our root lies.

use std::path::{Path, PathBuf};
use std::sync::OnceLock;

use gix::ThreadSafeRepository;
use gix::discover::upwards;

use crate::base::RepoPath;
use crate::base::fs::IoContext;
use crate::git::GitError;
use crate::object::CodeRevision;

/// The Git repository around a root of ours.
#[derive(Debug)]
pub struct Enclosing {
    work_tree: PathBuf,
    /// Where our root lies in the work tree; the empty path where they are the same.
    prefix: RepoPath,
    trust: gix::sec::Trust,
    opened: OnceLock<ThreadSafeRepository>,
}

impl Enclosing {
    /// Returns the Git repository whose work tree holds `root`; nothing where there is none, or a
    /// bare one. A linked worktree or a submodule counts as a repository of its own.
    pub fn discover(root: &Path) -> Result<Option<Self>, GitError> {
        let root = root.canonicalize().context("resolve", root)?;
        let (found, trust) = match gix::discover::upwards(&root) {
            Ok(found) => found,
            Err(error) if is_absence(&error) => return Ok(None),
            Err(source) => return Err(GitError::Discover { dir: root, source }),
        };
        let (_, Some(work_tree)) = found.into_repository_and_work_tree_directories() else {
            return Ok(None);
        };
        let work_tree = work_tree.canonicalize().context("resolve", &work_tree)?;
        let prefix = root.strip_prefix(&work_tree).ok();
        let Some(prefix) = prefix.and_then(|path| RepoPath::from_relative(path).ok()) else {
            return Ok(None);
        };
        Ok(Some(Self { work_tree, prefix, trust, opened: OnceLock::new() }))
    }

    /// Returns the top of Git's work tree, with no symbolic links in it.
    pub fn work_tree(&self) -> &Path {
        &self.work_tree
    }

    /// Returns where our root lies in the work tree.
    pub fn prefix(&self) -> &RepoPath {
        &self.prefix
    }

    /// Returns the commit that is checked out, and whether tracked files differ from it, staged or
    /// not. Untracked files do not count: data beside the code would make every revision dirty.
    /// Where the difference cannot be told, the revision counts as dirty. Nothing before the first
    /// commit.
    pub fn revision(&self) -> Result<Option<CodeRevision>, GitError> {
        let repository = self.repository()?;
        let in_head = |source| GitError::Head { work_tree: self.work_tree.clone(), source };
        let head = repository.head().map_err(in_head)?;
        Ok(head.id().map(|id| CodeRevision {
            commit: id.to_string(),
            dirty: has_changes(&repository).unwrap_or(true),
        }))
    }

    /// Returns the repository, opened once and cheap to ask for again.
    pub(super) fn repository(&self) -> Result<gix::Repository, GitError> {
        if let Some(opened) = self.opened.get() {
            return Ok(opened.to_thread_local());
        }
        let options = gix::sec::trust::Mapping::<gix::open::Options>::default();
        let options = options.into_value_by_level(self.trust).with(self.trust);
        let opened = ThreadSafeRepository::open_opts(&self.work_tree, options)
            .map_err(|source| GitError::Open { work_tree: self.work_tree.clone(), source })?;
        Ok(self.opened.get_or_init(|| opened).to_thread_local())
    }
}

fn is_absence(error: &gix::Error) -> bool {
    use upwards::Error as Discovery;
    matches!(
        error.downcast_any_ref(),
        Some(
            Discovery::NoGitRepository { .. }
                | Discovery::NoGitRepositoryWithinCeiling { .. }
                | Discovery::NoGitRepositoryWithinFs { .. }
        )
    )
}

/// Tells whether the index differs from HEAD, or tracked files from the index. Stops at the first.
fn has_changes(repository: &gix::Repository) -> gix::Result<bool> {
    let submodules = gix::status::Submodule::AsConfigured { check_dirty: true };
    let mut changes = repository
        .status(gix::progress::Discard)?
        .index_worktree_rewrites(None)
        .index_worktree_submodules(submodules)
        .tree_index_track_renames(gix::status::tree_index::TrackRenames::Disabled)
        .index_worktree_options_mut(|options| options.dirwalk_options = None)
        .into_iter(None)?;
    changes.next().transpose().map(|change| change.is_some())
}
