//! What would be deployed: a commit, and the files of it that make the release.

use crate::base::{CommitId, RepoPath, TreeId};
use crate::merge::History;
use crate::object::Entry;
use crate::object::tree::TreeEntry;
use crate::ops::data::DataView;
use crate::ops::deploy::DeployError;
use crate::ops::deploy::code::Code;
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

/// Where the bytes of a file come from.
#[derive(Debug, Clone)]
pub enum Content {
    /// From the tree of the commit.
    Stored(Entry),
    /// From the commit of Git that holds the code: the bytes, or the target of a symbolic link.
    Code(Vec<u8>),
}

/// A file of the release to be.
#[derive(Debug, Clone)]
pub struct Planned {
    pub path: RepoPath,
    pub content: Content,
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
    let recorded = context.repo.objects().commit(commit)?;
    let tree = recorded.tree;
    let branch = match (request.branch, named.filter(RefName::is_branch)) {
        (Some(branch), _) => Some(RefName::branch(branch)?),
        (None, Some(branch)) => Some(branch),
        (None, None) => branch_of(context, commit)?,
    };
    let mut files = Vec::new();
    let place = |path: &RepoPath| {
        let (revision, path) = (revision.to_string(), path.clone());
        Place { revision, tree, path }
    };
    let artifact = place(&spec.artifact);
    if !files_at(context, &artifact, &mut files)? {
        return Err(no_such_path(context, &artifact));
    }
    let mut code = None;
    for path in &spec.include {
        let place = place(path);
        let is_there = files_at(context, &place, &mut files)?;
        if is_there && is_file(context, &place)? {
            continue;
        }
        let code = match &code {
            Some(code) => code,
            None => code.insert(Code::of(context, recorded.code.clone())?),
        };
        code.add(&place, is_there, &mut files)?;
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

/// Adds what the tree holds at a path; returns whether it holds anything.
fn files_at(context: &Context, place: &Place, files: &mut Vec<Planned>) -> Result<bool, OpsError> {
    let before = files.len();
    for item in context.repo.objects().walk_tree(place.tree, &place.path) {
        let (path, entry) = item?;
        let file = released(&path, &entry)?;
        files.push(Planned { path, content: Content::Stored(entry), file });
    }
    Ok(files.len() > before)
}

fn is_file(context: &Context, place: &Place) -> Result<bool, OpsError> {
    let found = context.repo.objects().tree_entry(place.tree, &place.path)?;
    Ok(matches!(found, Some(TreeEntry::Leaf(_))))
}

/// Returns the name that a file has in a release, where it can have one.
pub fn name_of(path: &RepoPath) -> Result<String, DeployError> {
    let text = std::str::from_utf8(path.as_bytes()).ok();
    let text = text.filter(|text| !text.contains(char::is_control) && *text != MANIFEST);
    text.map(str::to_owned).ok_or_else(|| DeployError::OddName { path: path.clone() })
}

fn released(path: &RepoPath, entry: &Entry) -> Result<ReleasedFile, DeployError> {
    let name = name_of(path)?;
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
        path: name,
        size: entry.size(),
        hash: entry.content(),
        kind: kind.to_owned(),
    })
}
