//! What an import changes of the staged tree: decided from a listing, nothing of it read.

use std::collections::{BTreeMap, BTreeSet};

use crate::base::{RepoPath, TreeId, interrupt};
use crate::object::{Entry, ObjectError, Reference, TreeEntry};
use crate::ops::import::ImportOptions;
use crate::ops::{Context, OpsError};
use crate::remote::RemoteUrl;
use crate::remote::elsewhere::{Listing, Skipped, difference};

/// How what was found stands to what is staged.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum State {
    New,
    Changed,
    Unchanged,
}

/// A reference to be staged.
#[derive(Debug, Clone)]
pub(super) struct Planned {
    pub path: RepoPath,
    pub reference: Reference,
    pub state: State,
}

/// What an import will do.
#[derive(Debug, Clone, Default)]
pub(super) struct Plan {
    pub found: Vec<Planned>,
    /// Staged references to what is no longer there.
    pub gone: Vec<RepoPath>,
    pub skipped: Vec<Skipped>,
}

/// Returns where the import goes: one file to a path, all others below a directory.
pub(super) fn target(
    context: &Context,
    staged: TreeId,
    options: &ImportOptions,
    url: &RemoteUrl,
    listing: &Listing,
) -> Result<RepoPath, OpsError> {
    let place = if url.path().is_empty() { url.bucket() } else { url.path() };
    let name = place.rsplit('/').next().unwrap_or(place);
    let inside = |directory: RepoPath| {
        let child = directory.child(name.as_bytes());
        child.map_err(|rule| ObjectError::Path { path: directory, rule })
    };
    let Some(named) = &options.path else { return Ok(inside(context.standing())?) };
    let path = context.path(named)?;
    let is_directory = path.is_root()
        || named.as_encoded_bytes().ends_with(b"/")
        || context.repo.root().join(path.as_path()).is_dir()
        || matches!(
            context.repo.objects().tree_entry(staged, &path)?,
            Some(TreeEntry::Directory(_))
        );
    Ok(if listing.is_single && is_directory { inside(path)? } else { path })
}

/// Decides what becomes of what was found, and of the references of before.
pub(super) fn plan(
    context: &Context,
    staged: TreeId,
    target: &RepoPath,
    listing: Listing,
) -> Result<Plan, OpsError> {
    refuse_files_above(context, staged, target, &listing)?;
    let rows = context.repo.objects().walk_tree(staged, target);
    let before: BTreeMap<RepoPath, Entry> = rows.collect::<Result<_, _>>()?;
    let mut plan = Plan { skipped: listing.skipped, ..Plan::default() };
    let mut still_there = BTreeSet::new();
    for (below, reference) in listing.found {
        interrupt::check()?;
        let path = target.join(&below);
        still_there.insert(path.clone());
        match decide(context, &before, target, &path, reference) {
            Ok((state, reference)) => plan.found.push(Planned { path, reference, state }),
            Err(reason) => {
                let reason = reason.to_owned();
                plan.skipped.push(Skipped { name: path.to_string(), reason });
            }
        }
    }
    if !listing.is_single {
        let is_gone = |path: &RepoPath, entry: &Entry| {
            entry.as_reference().is_some_and(|it| it.url.starts_with(&listing.base))
                && !still_there.contains(path)
        };
        let gone = before.iter().filter(|(path, entry)| is_gone(path, entry));
        plan.gone = gone.map(|(path, _)| path.clone()).collect();
    }
    Ok(plan)
}

/// Returns what becomes of one that was found, or why it is passed over.
fn decide(
    context: &Context,
    before: &BTreeMap<RepoPath, Entry>,
    target: &RepoPath,
    path: &RepoPath,
    found: Reference,
) -> Result<(State, Reference), &'static str> {
    match before.get(path) {
        Some(Entry::Reference(old)) if old.url == found.url => {
            return Ok(match difference(&found, old) {
                None => (State::Unchanged, old.as_ref().clone()),
                Some(_) => (State::Changed, found),
            });
        }
        Some(Entry::Reference(_)) => return Ok((State::Changed, found)),
        Some(_) => return Err("a file is versioned at its path"),
        None => {}
    }
    let above = std::iter::successors(path.parent(), RepoPath::parent);
    let mut above = above.take_while(|above| above.starts_with(target));
    if above.any(|above| before.get(&above).is_some_and(Entry::is_on_disk)) {
        return Err("a file is versioned where its directory is to be");
    }
    let mut below = before.range(path.clone()..).take_while(|(other, _)| other.starts_with(path));
    if below.any(|(_, entry)| entry.is_on_disk()) {
        return Err("files are versioned below its path");
    }
    let place = context.repo.root().join(path.as_path());
    if place.symlink_metadata().is_ok_and(|found| !found.is_dir()) {
        return Err("a file is at its path in the working copy");
    }
    Ok((State::New, found))
}

/// Refuses where a file stands at the directory that is imported to, or above.
fn refuse_files_above(
    context: &Context,
    staged: TreeId,
    target: &RepoPath,
    listing: &Listing,
) -> Result<(), OpsError> {
    let first = if listing.is_single { target.parent() } else { Some(target.clone()) };
    for directory in std::iter::successors(first, RepoPath::parent) {
        let entry = context.repo.objects().tree_entry(staged, &directory)?;
        let is_file = context.repo.root().join(directory.as_path()).symlink_metadata();
        if matches!(entry, Some(TreeEntry::Leaf(_))) || is_file.is_ok_and(|found| !found.is_dir()) {
            return Err(OpsError::PathExists { path: directory.to_string() });
        }
    }
    Ok(())
}
