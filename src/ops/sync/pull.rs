//! `pull`: what a remote has of a branch comes here and is merged into the one that is checked out.

use std::ffi::OsString;

use crate::base::{CommitId, RepoPath};
use crate::hook::runner::RunRecord;
use crate::merge::{History, Side};
use crate::object::Entry;
use crate::ops::hooks::Deed;
use crate::ops::merge::{MergeReport, MergeRequest, MergeResult, merge};
use crate::ops::sync::connect::{connect, default_remote};
use crate::ops::sync::fetch::{FetchReport, FetchRequest, fetch_with};
use crate::ops::upstream::{remotes, upstream_of};
use crate::ops::{Context, OpsError, hooks, import, sparse};
use crate::refs::RefName;
use crate::repo::Update;

/// What to pull.
#[derive(Debug, Clone, Default)]
pub struct PullRequest {
    /// The usual remote where it is nothing.
    pub remote: Option<String>,
    /// What the checked-out branch follows, where it is nothing.
    pub branch: Option<String>,
    /// Only move the branch forward, never merge.
    pub fast_forward_only: bool,
    /// Whose side wins where both changed a path.
    pub strategy: Option<Side>,
}

/// What was pulled.
#[derive(Debug, Clone)]
pub struct PullReport {
    pub fetched: FetchReport,
    pub merged: MergeReport,
    /// The runs of the hooks around it; those of the merge are there.
    pub hooks: Vec<RunRecord>,
}

/// Pulls.
pub fn pull(context: &Context, request: &PullRequest) -> Result<PullReport, OpsError> {
    let head = context.repo.head()?;
    let branch = head.branch().cloned().ok_or(OpsError::Detached)?;
    let (remote, theirs) = followed(context, request, &branch)?;
    let mut connection = connect(context, &remote)?;
    let fetched = fetch_with(context, &FetchRequest::default(), &mut connection)?;
    let source = format!("{remote}/{theirs}");
    let tracking = RefName::remote(&source)?;
    let tip = context.repo.get(&tracking)?.and_then(|value| value.commit());
    let Some(tip) = tip else {
        let candidates = connection.remote.state().refs.keys().filter(|name| name.is_branch());
        let candidates = candidates.map(|name| name.short().to_owned()).collect();
        return Err(OpsError::NotOnRemote { name: theirs, remote, candidates });
    };
    if request.fast_forward_only {
        refuse_merging(context, &branch, head.commit(), tip)?;
    }
    let here = head.commit();
    let deed = Deed::pull(&remote, branch.short(), &source, tip, here);
    let mut history = History::of(context.repo.objects());
    let is_new = match here {
        Some(here) => !history.is_ancestor(tip, here)?,
        None => true,
    };
    let deeds = if is_new { vec![deed] } else { Vec::new() };
    let merging = MergeRequest { source, strategy: request.strategy, ..MergeRequest::default() };
    let mut merged = None;
    let (_, hooks) = hooks::around(context, &deeds, None, |lock, noted| {
        drop(lock);
        let report = merge(context, &merging)?;
        let is_done = report.result != MergeResult::Conflicts;
        merged = Some(report);
        let mut update = Update::new(&context.command, context.now()?, Vec::new());
        update.pending = if is_done { noted } else { Vec::new() };
        Ok(context.repo.update(&update)?)
    })?;
    let merged = merged.ok_or(OpsError::NothingTo { verb: "pull" })?;
    Ok(PullReport { fetched, merged, hooks })
}

/// Returns the remote and its branch that a branch takes in.
fn followed(
    context: &Context,
    request: &PullRequest,
    branch: &RefName,
) -> Result<(String, String), OpsError> {
    let upstream = upstream_of(context, branch)?;
    let remote = match (&request.remote, &upstream) {
        (Some(remote), _) => remote.clone(),
        (None, Some(upstream)) => upstream.remote.clone(),
        (None, None) => default_remote(context)?,
    };
    let same = upstream.filter(|upstream| upstream.remote == remote);
    let theirs = match (&request.branch, same) {
        (Some(named), _) => named.clone(),
        (None, Some(upstream)) => upstream.branch,
        (None, None) => branch.short().to_owned(),
    };
    Ok((remote, theirs))
}

fn refuse_merging(
    context: &Context,
    branch: &RefName,
    here: Option<CommitId>,
    tip: CommitId,
) -> Result<(), OpsError> {
    let Some(here) = here else { return Ok(()) };
    let mut history = History::of(context.repo.objects());
    if history.is_ancestor(here, tip)? || history.is_ancestor(tip, here)? {
        return Ok(());
    }
    Err(OpsError::Diverged { branch: branch.short().to_owned() })
}

/// Files that were brought into the working copy.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize)]
pub struct Pulled {
    pub paths: Vec<RepoPath>,
    pub files: u64,
    /// How many files below the paths lie elsewhere, and stay there.
    pub references: u64,
}

/// Brings the files below some paths into the working copy, where it holds only a part of the tree;
/// elsewhere it brings their contents. What is only referred to stays at its source: to copy it is a
/// change of the tree, which is what `import --fetch` makes.
pub fn pull_paths(context: &Context, arguments: &[OsString]) -> Result<Pulled, OpsError> {
    let paths = arguments.iter().map(|argument| context.path(argument));
    let paths = paths.collect::<Result<Vec<_>, _>>()?;
    let staged = context.repo.staged()?;
    for (path, argument) in paths.iter().zip(arguments) {
        if !path.is_root() && context.repo.objects().tree_entry(staged, path)?.is_none() {
            let name = argument.to_string_lossy().into_owned();
            return Err(OpsError::NotToPull { name, candidates: remotes(context) });
        }
    }
    let references = import::references(context.repo.objects(), staged, &paths)?;
    let held = sparse::read(&context.repo)?;
    if !held.is_everything() {
        let done = sparse::add(context, paths.clone())?;
        return Ok(Pulled { paths, files: done.files, references });
    }
    let mut entries = Vec::new();
    for path in &paths {
        for item in context.repo.objects().walk_tree(staged, path) {
            entries.push(item?);
        }
    }
    context.repo.objects().prefetch(entries.iter().map(|(path, entry)| (path, entry)))?;
    let files = entries.iter().filter(|(_, entry)| matches!(entry, Entry::File { .. })).count();
    Ok(Pulled { paths, files: files as u64, references })
}
