//! What would be deployed: a commit, and the files of it that make the release.

use crate::base::{CommitId, RepoPath, TreeId};
use crate::merge::History;
use crate::object::Entry;
use crate::ops::data::DataView;
use crate::ops::deploy::DeployError;
use crate::ops::deploy::find::{self, FoundSpec};
use crate::ops::deploy::release::ReleasedFile;
use crate::ops::deploy::shelf::MANIFEST;
use crate::ops::deploy::spec::Spec;
use crate::ops::inspect::{Place, no_such_path};
use crate::ops::{Context, OpsError};
use crate::refs::{RefName, Revision};

/// What to deploy.
#[derive(Debug, Clone, Copy)]
pub struct DeployRequest<'a> {
    /// An environment, or the path of its file.
    pub wanted: &'a str,
    /// The revision; `HEAD` where it is nothing.
    pub at: Option<&'a str>,
    /// The branch that the commit is taken from, where that is known.
    pub branch: Option<&'a str>,
    /// The candidate of a hook, whose file counts then.
    pub candidate: Option<&'a DataView<'a>>,
    /// The run of the hook that asks for it.
    pub run_id: Option<&'a str>,
}

/// A file of the release to be.
#[derive(Debug, Clone)]
pub struct Planned {
    pub path: RepoPath,
    pub entry: Entry,
    pub file: ReleasedFile,
}

/// The release to be.
#[derive(Debug)]
pub struct Plan {
    pub spec: Spec,
    pub spec_path: RepoPath,
    pub commit: CommitId,
    pub tree: TreeId,
    /// The branch that the commit is taken from.
    pub branch: Option<RefName>,
    pub files: Vec<Planned>,
}

/// Finds out what a request means.
pub fn plan(context: &Context, request: &DeployRequest<'_>) -> Result<Plan, OpsError> {
    let revision = Revision::parse(request.at.unwrap_or("HEAD"))?;
    let (commit, named) = context.resolve_named(&revision)?;
    let FoundSpec { path: spec_path, spec } = match request.candidate {
        Some(view) => find::find(std::slice::from_ref(view), request.wanted)?,
        None => find::find(&find::views(context, request.at)?, request.wanted)?,
    };
    let tree = context.repo.objects().commit(commit)?.tree;
    let branch = match (request.branch, named.filter(RefName::is_branch)) {
        (Some(branch), _) => Some(RefName::branch(branch)?),
        (None, Some(branch)) => Some(branch),
        (None, None) => branch_of(context, commit)?,
    };
    let mut files = Vec::new();
    for path in std::iter::once(&spec.artifact).chain(&spec.include) {
        let place = Place { revision: revision.to_string(), tree, path: path.clone() };
        files_at(context, &place, &mut files)?;
    }
    files.sort_by(|a, b| a.path.cmp(&b.path));
    files.dedup_by(|a, b| a.path == b.path);
    Ok(Plan { spec, spec_path, commit, tree, branch, files })
}

/// Returns the branch that has a commit: the one that is checked out before others.
fn branch_of(context: &Context, commit: CommitId) -> Result<Option<RefName>, OpsError> {
    let head = context.repo.head()?.branch().cloned();
    let mut branches = context.repo.list("refs/heads/")?;
    branches.sort_by_key(|(name, _)| Some(name) != head.as_ref());
    let mut history = History::of(context.repo.objects());
    for (name, value) in branches {
        if let Some(tip) = value.commit()
            && history.is_ancestor(commit, tip)?
        {
            return Ok(Some(name));
        }
    }
    Ok(None)
}

fn files_at(context: &Context, place: &Place, files: &mut Vec<Planned>) -> Result<(), OpsError> {
    let before = files.len();
    for item in context.repo.objects().walk_tree(place.tree, &place.path) {
        let (path, entry) = item?;
        let file = released(&path, &entry)?;
        files.push(Planned { path, entry, file });
    }
    if files.len() == before {
        return Err(no_such_path(context, place));
    }
    Ok(())
}

fn released(path: &RepoPath, entry: &Entry) -> Result<ReleasedFile, DeployError> {
    let text = std::str::from_utf8(path.as_bytes()).ok();
    let text = text.filter(|text| !text.contains(char::is_control) && *text != MANIFEST);
    let text = text.ok_or_else(|| DeployError::OddName { path: path.clone() })?;
    let kind = match entry {
        Entry::File { executable: false, .. } => "file",
        Entry::File { executable: true, .. } => "executable",
        Entry::Symlink { .. } => "symlink",
        // A release is whole wherever it goes, also after its source has changed.
        Entry::Reference(reference) => {
            let url = reference.url.clone();
            return Err(DeployError::Elsewhere { path: path.clone(), url });
        }
    };
    Ok(ReleasedFile {
        path: text.to_owned(),
        size: entry.size(),
        hash: entry.content(),
        kind: kind.to_owned(),
    })
}
