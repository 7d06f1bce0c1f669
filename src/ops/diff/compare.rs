//! Which paths differ, and from what to what.

use std::collections::{BTreeMap, HashSet};
use std::ffi::OsString;

use crate::base::{CommitId, RepoPath, TreeId};
use crate::diff::rename::renames;
use crate::diff::tree::{TreeChange, tree_changes};
use crate::merge::History;
use crate::object::{Entry, TreeEntry};
use crate::ops::{Context, OpsError, heal};
use crate::refs::Revision;
use crate::workspace::Pathspecs;

/// What to compare.
#[derive(Debug, Clone, Default)]
pub struct DiffOptions {
    /// One revision or two, or `A..B`, or `A...B` for B with where it left A.
    pub revisions: Vec<String>,
    /// The staged tree in place of the files.
    pub staged: bool,
    pub paths: Vec<OsString>,
}

/// A path that differs.
#[derive(Debug, Clone)]
pub struct FileChange {
    pub path: RepoPath,
    /// Where the content was before, for a rename.
    pub from: Option<RepoPath>,
    pub old: Option<Entry>,
    pub new: Option<Entry>,
    /// Whether the new content is only in the working copy.
    pub unstored: bool,
}

/// What was compared, and what differs.
#[derive(Debug)]
pub struct Comparison {
    /// A commit id, a tree id, `staged` or `files`.
    pub from: String,
    pub to: String,
    pub changes: Vec<FileChange>,
    /// What was passed over, in words.
    pub notices: Vec<String>,
}

/// One side of a comparison.
enum Place {
    Commit(CommitId),
    Staged,
    Files,
}

impl Place {
    fn name(&self) -> String {
        match self {
            Self::Commit(id) => id.to_hex(),
            Self::Staged => "staged".to_owned(),
            Self::Files => "files".to_owned(),
        }
    }

    /// Returns the tree of the side; for the files, the one they are compared through.
    fn tree(&self, context: &Context) -> Result<TreeId, OpsError> {
        Ok(match self {
            Self::Commit(id) => context.repo.objects().commit(*id)?.tree,
            Self::Staged | Self::Files => context.repo.staged()?,
        })
    }
}

/// Compares what the options say.
pub fn compare(context: &Context, options: &DiffOptions) -> Result<Comparison, OpsError> {
    let paths = context.pathspecs(&options.paths)?;
    let (from, to) = places(context, options)?;
    if !context.has_working_copy() && !matches!(to, Place::Commit(_)) {
        return Err(OpsError::NoFiles);
    }
    if matches!(to, Place::Files) {
        heal::settle_checkout(context)?;
    }
    let old = match &from {
        Some(place) => place.tree(context)?,
        None => context.repo.head_tree()?,
    };
    let mut changes = changes(context, old, to.tree(context)?, &paths)?;
    let (mut notices, mut unstored) = (Vec::new(), HashSet::new());
    if matches!(to, Place::Files) {
        let staged = to.tree(context)?;
        let found = context.workspace()?.changes_from(staged, &paths, context.progress.as_ref())?;
        notices.extend(found.notices.iter().map(ToString::to_string));
        unstored.extend(found.changes.iter().map(|change| change.path.clone()));
        changes = on_top(context, old, changes, found.changes)?;
    }
    let changes = with_renames(changes, &unstored);
    let from = from.map_or_else(|| old.to_hex(), |place| place.name());
    Ok(Comparison { from, to: to.name(), changes, notices })
}

/// Returns the two sides; nothing stands for the tree of a `HEAD` without a commit.
fn places(context: &Context, options: &DiffOptions) -> Result<(Option<Place>, Place), OpsError> {
    let resolve = |text: &str| {
        let text = if text.is_empty() { "HEAD" } else { text };
        context.resolve(&Revision::parse(text)?)
    };
    Ok(match (options.revisions.as_slice(), options.staged) {
        ([], false) => (Some(Place::Staged), Place::Files),
        ([], true) => (context.repo.head()?.commit().map(Place::Commit), Place::Staged),
        ([one], false) => match one.split_once("..") {
            None => (Some(Place::Commit(resolve(one)?)), Place::Files),
            Some((from, to)) => {
                let (from, to) = match to.strip_prefix('.') {
                    None => (resolve(from)?, resolve(to)?),
                    Some(to) => base(context, resolve(from)?, resolve(to)?)?,
                };
                (Some(Place::Commit(from)), Place::Commit(to))
            }
        },
        ([one], true) => (Some(Place::Commit(resolve(one)?)), Place::Staged),
        ([from, to, ..], _) => (Some(Place::Commit(resolve(from)?)), Place::Commit(resolve(to)?)),
    })
}

/// Returns where two lines of history parted, and the second.
fn base(context: &Context, a: CommitId, b: CommitId) -> Result<(CommitId, CommitId), OpsError> {
    let bases = History::of(context.repo.objects()).merge_bases(a, b)?;
    Ok((bases.first().copied().unwrap_or(a), b))
}

/// Compares a commit with its first parent.
pub fn compare_commit(
    context: &Context,
    id: CommitId,
    paths: &[OsString],
) -> Result<Comparison, OpsError> {
    let commit = context.repo.objects().commit(id)?;
    let parent = commit.parents.first().copied();
    let old = context.repo.tree_of(parent)?;
    let changes = compare_trees(context, old, commit.tree, &context.pathspecs(paths)?)?;
    let from = parent.map_or_else(|| old.to_hex(), CommitId::to_hex);
    Ok(Comparison { from, to: id.to_hex(), changes, notices: Vec::new() })
}

/// Compares two trees.
pub fn compare_trees(
    context: &Context,
    old: TreeId,
    new: TreeId,
    paths: &Pathspecs,
) -> Result<Vec<FileChange>, OpsError> {
    Ok(with_renames(changes(context, old, new, paths)?, &HashSet::new()))
}

fn changes(
    context: &Context,
    old: TreeId,
    new: TreeId,
    paths: &Pathspecs,
) -> Result<Vec<TreeChange>, OpsError> {
    let mut changes = Vec::new();
    for start in paths.starts() {
        for change in tree_changes(context.repo.objects(), old, new, &start) {
            crate::base::interrupt::check()?;
            let change = change?;
            if paths.matches(&change.path) {
                changes.push(change);
            }
        }
    }
    Ok(changes)
}

/// Returns the changes from `old` to the files: those from `old` to the staged tree with those from
/// there to the files on top.
fn on_top(
    context: &Context,
    old: TreeId,
    below: Vec<TreeChange>,
    above: Vec<TreeChange>,
) -> Result<Vec<TreeChange>, OpsError> {
    let mut changes: BTreeMap<RepoPath, TreeChange> =
        below.into_iter().map(|change| (change.path.clone(), change)).collect();
    for change in above {
        let before = match changes.remove(&change.path) {
            Some(below) => below.old,
            None => match context.repo.objects().tree_entry(old, &change.path)? {
                Some(TreeEntry::Leaf(entry)) => Some(entry),
                _ => None,
            },
        };
        let same = match (&before, &change.new) {
            (Some(before), Some(new)) => same_bytes(before, new),
            (before, new) => before.is_none() && new.is_none(),
        };
        if !same {
            changes.insert(change.path.clone(), TreeChange { old: before, ..change });
        }
    }
    Ok(changes.into_values().collect())
}

fn same_bytes(a: &Entry, b: &Entry) -> bool {
    let runs = |entry: &Entry| matches!(entry, Entry::File { executable: true, .. });
    a.same_type(b) && a.content() == b.content() && runs(a) == runs(b)
}

/// Makes one change of a file that went and the same content that came.
fn with_renames(changes: Vec<TreeChange>, unstored: &HashSet<RepoPath>) -> Vec<FileChange> {
    let sources = renames(&changes);
    let moved: HashSet<RepoPath> = sources.values().cloned().collect();
    let gone: BTreeMap<RepoPath, Option<Entry>> = changes
        .iter()
        .filter(|change| moved.contains(&change.path))
        .map(|change| (change.path.clone(), change.old.clone()))
        .collect();
    changes
        .into_iter()
        .filter(|change| !moved.contains(&change.path))
        .map(|TreeChange { path, old, new }| {
            let from = sources.get(&path).cloned();
            let before = from.as_ref().and_then(|from| gone.get(from).cloned().flatten());
            let unstored = unstored.contains(&path);
            FileChange { path, from, old: old.or(before), new, unstored }
        })
        .collect()
}
