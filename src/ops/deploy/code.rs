//! Files of a release that are not in the tree of its commit: code that the enclosing Git repository
//! tracks, as it was in the code revision which the commit records.

use crate::base::{Hash, RepoPath};
use crate::git::{Committed, CommittedFile, CommittedKind};
use crate::object::CodeRevision;
use crate::object::tree::TreeEntry;
use crate::ops::deploy::DeployError;
use crate::ops::deploy::plan::{Content, Planned, name_of};
use crate::ops::deploy::release::ReleasedFile;
use crate::ops::inspect::{Place, no_such_path};
use crate::ops::{Context, OpsError};

/// How many digits of a commit of Git messages show.
const SHORT: usize = 10;
/// What stands in a commit of Git for a file that Git LFS keeps elsewhere.
const LFS_POINTER: &[u8] = b"version https://git-lfs.github.com/spec/";

/// Why the code of a commit cannot be had.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum NoCode {
    #[error("the commit records no code revision")]
    NotRecorded,
    #[error("there is no Git repository around this one, which should have {commit}")]
    NoRepository { commit: String },
    #[error("{commit} is not in the Git repository")]
    NotThere { commit: String },
}

/// The code that a commit was made with.
#[derive(Debug)]
pub struct Code<'a> {
    context: &'a Context,
    found: Result<Found<'a>, NoCode>,
    /// Whether there is a Git repository at all, or was.
    is_known: bool,
}

#[derive(Debug)]
struct Found<'a> {
    commit: String,
    /// Whether the commit was made with code that no commit of Git holds.
    dirty: bool,
    files: Committed<'a>,
}

impl<'a> Code<'a> {
    /// Looks for the code revision that a commit records.
    pub fn of(context: &'a Context, recorded: Option<CodeRevision>) -> Result<Self, OpsError> {
        let git = context.git()?;
        let is_known = git.is_some() || recorded.is_some();
        let found = match (recorded, git) {
            (None, _) => Err(NoCode::NotRecorded),
            (Some(code), None) => Err(NoCode::NoRepository { commit: short(&code.commit) }),
            (Some(code), Some(git)) => match git.committed(&code.commit)? {
                Some(files) => Ok(Found { commit: short(&code.commit), dirty: code.dirty, files }),
                None => Err(NoCode::NotThere { commit: short(&code.commit) }),
            },
        };
        Ok(Self { context, found, is_known })
    }

    /// Adds what the code has at a path and the tree has not. `is_there` tells whether the tree holds
    /// anything there; a path that is in neither is an error.
    pub fn add(
        &self,
        place: &Place,
        is_there: bool,
        files: &mut Vec<Planned>,
    ) -> Result<(), OpsError> {
        let found = match &self.found {
            Ok(found) => found,
            Err(why) => return self.do_without(place, is_there, why),
        };
        let mut added = Vec::new();
        for file in found.files.files_at(&place.path)? {
            if !self.is_covered(place, &file.path)? {
                added.push(file);
            }
        }
        let (path, name) = (place.path.clone(), place.place_name());
        match added.first() {
            None if is_there => Ok(()),
            None => {
                let candidates = self.candidates(place, found)?;
                let (place, code) = (name, found.commit.clone());
                Err(DeployError::NoSuchInclude { path, place, code, candidates }.into())
            }
            Some(_) if found.dirty => Err(DeployError::DirtyCode { path, place: name }.into()),
            Some(_) => added.into_iter().try_for_each(|file| {
                files.push(planned(&found.files, file)?);
                Ok(())
            }),
        }
    }

    /// Goes on where the code cannot be had: a directory may be in the tree as a whole.
    fn do_without(&self, place: &Place, is_there: bool, why: &NoCode) -> Result<(), OpsError> {
        let (path, name) = (place.path.clone(), place.place_name());
        match (is_there, why) {
            (false, _) if !self.is_known => Err(no_such_path(self.context, place)),
            (false, _) => Err(DeployError::NoCode { path, place: name, why: why.clone() }.into()),
            (true, NoCode::NotRecorded) => Ok(()),
            (true, _) => {
                self.context.progress.notice(&format!(
                    "code that Git may track below `{path}` is not part of the release: {why}"
                ));
                Ok(())
            }
        }
    }

    /// Tells whether the tree has something at a path, or a file above it: where both have a path, it
    /// is ours.
    fn is_covered(&self, place: &Place, path: &RepoPath) -> Result<bool, OpsError> {
        let objects = self.context.repo.objects();
        if objects.tree_entry(place.tree, path)?.is_some() {
            return Ok(true);
        }
        let mut above = path.parent();
        while let Some(directory) = above.filter(|above| !above.is_root()) {
            if matches!(objects.tree_entry(place.tree, &directory)?, Some(TreeEntry::Leaf(_))) {
                return Ok(true);
            }
            above = directory.parent();
        }
        Ok(false)
    }

    /// Returns the paths beside one that is not there, for suggestions.
    fn candidates(&self, place: &Place, found: &Found<'_>) -> Result<Vec<String>, OpsError> {
        let mut names = match no_such_path(self.context, place) {
            OpsError::NoSuchPath { candidates, .. } => candidates,
            error => return Err(error),
        };
        let parent = place.path.parent().unwrap_or_default();
        let beside = found.files.names_in(&parent)?;
        names.extend(beside.iter().map(RepoPath::to_string));
        Ok(names)
    }
}

fn short(commit: &str) -> String {
    commit.chars().take(SHORT).collect()
}

fn planned(code: &Committed<'_>, file: CommittedFile) -> Result<Planned, OpsError> {
    let name = name_of(&file.path)?;
    let bytes = code.read(&file)?;
    if bytes.starts_with(LFS_POINTER) {
        return Err(DeployError::LfsPointer { path: file.path }.into());
    }
    let kind = match file.kind {
        CommittedKind::File => "file",
        CommittedKind::Executable => "executable",
        CommittedKind::Symlink => "symlink",
    };
    let (size, hash) = (bytes.len() as u64, Hash::of(&bytes));
    let released = ReleasedFile { path: name, size, hash, kind: kind.to_owned() };
    Ok(Planned { path: file.path, content: Content::Code(bytes), file: released })
}
