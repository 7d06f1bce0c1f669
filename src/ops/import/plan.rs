//! What an import changes of the staged tree: decided from a listing, nothing of it read.

use std::collections::BTreeSet;

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
    mut listing: Listing,
) -> Result<Plan, OpsError> {
    refuse_files_above(context, staged, target, &listing)?;
    let Before { on_disk, gone, states } = meet(context, staged, target, &mut listing)?;
    let mut plan = Plan { skipped: listing.skipped, gone, ..Plan::default() };
    plan.found.reserve(listing.found.len());
    for ((below, reference), state) in listing.found.into_iter().zip(states) {
        interrupt::check()?;
        let path = target.join(&below);
        let in_the_way = match state {
            State::New => in_the_way(context, &on_disk, target, &path),
            State::Changed | State::Unchanged => None,
        };
        match in_the_way {
            None => plan.found.push(Planned { path, reference, state }),
            Some(reason) => {
                let reason = reason.to_owned();
                plan.skipped.push(Skipped { name: path.to_string(), reason });
            }
        }
    }
    Ok(plan)
}

/// What is staged at and below the target.
struct Before {
    /// Files and links.
    on_disk: BTreeSet<RepoPath>,
    /// References whose sources the listing has no more.
    gone: Vec<RepoPath>,
    /// How each that was found stands to the reference at its path.
    states: Vec<State>,
}

/// Compares what is staged with a listing, which is in the order of paths. What is unchanged becomes
/// what was recorded, with its hash.
fn meet(
    context: &Context,
    staged: TreeId,
    target: &RepoPath,
    listing: &mut Listing,
) -> Result<Before, OpsError> {
    let states = vec![State::New; listing.found.len()];
    let mut before = Before { on_disk: BTreeSet::new(), gone: Vec::new(), states };
    for item in context.repo.objects().walk_tree(staged, target) {
        let (path, entry) = item?;
        let Entry::Reference(old) = entry else {
            before.on_disk.insert(path);
            continue;
        };
        let at = path
            .strip_prefix(target)
            .and_then(|below| listing.found.binary_search_by(|(found, _)| found.cmp(&below)).ok());
        if let Some(at) = at {
            let found = &mut listing.found[at].1;
            let is_same = old.url == found.url && difference(found, &old).is_none();
            before.states[at] = if is_same { State::Unchanged } else { State::Changed };
            if is_same {
                *found = *old;
            }
        } else if !listing.is_single && old.url.starts_with(&listing.base) {
            before.gone.push(path);
        }
    }
    Ok(before)
}

/// Tells what keeps a new reference from its path.
fn in_the_way(
    context: &Context,
    on_disk: &BTreeSet<RepoPath>,
    target: &RepoPath,
    path: &RepoPath,
) -> Option<&'static str> {
    if on_disk.contains(path) {
        return Some("a file is versioned at its path");
    }
    let above = std::iter::successors(path.parent(), RepoPath::parent);
    let mut above = above.take_while(|above| above.starts_with(target));
    if above.any(|above| on_disk.contains(&above)) {
        return Some("a file is versioned where its directory is to be");
    }
    if on_disk.range(path.clone()..).next().is_some_and(|other| other.starts_with(path)) {
        return Some("files are versioned below its path");
    }
    let place = context.repo.root().join(path.as_path());
    let is_there = place.symlink_metadata().is_ok_and(|found| !found.is_dir());
    is_there.then_some("a file is at its path in the working copy")
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
