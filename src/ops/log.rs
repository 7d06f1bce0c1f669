//! History: the commits that lead to a revision, newest first.

use std::collections::{BinaryHeap, HashMap, HashSet};

use crate::base::{CommitId, RepoPath, Timestamp, TreeId};
use crate::object::tree::TreeEntry;
use crate::object::{CodeRevision, Commit, Entry, Signature};
use crate::ops::{Context, OpsError};
use crate::refs::Revision;

/// Which commits are wanted.
#[derive(Debug, Clone, Default)]
pub struct LogOptions {
    /// Where to start: `HEAD` where nothing is said.
    pub revision: Option<String>,
    pub limit: Option<usize>,
    /// Only commits that changed one of these paths.
    pub paths: Vec<RepoPath>,
    /// Children strictly before their parents, as a graph needs it.
    pub topological: bool,
}

/// A commit in a listing.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize)]
pub struct LogEntry {
    pub id: CommitId,
    pub parents: Vec<CommitId>,
    pub author: Signature,
    pub time: Timestamp,
    pub message: String,
    #[serde(serialize_with = "as_map")]
    pub meta: Vec<(String, String)>,
    pub tree: TreeId,
    pub code: Option<CodeRevision>,
    /// Branches and tags that stand here.
    pub refs: Vec<String>,
}

/// Writes ordered pairs as a JSON object.
fn as_map<S: serde::Serializer>(pairs: &[(String, String)], s: S) -> Result<S::Ok, S::Error> {
    s.collect_map(pairs.iter().map(|(key, value)| (key, value)))
}

impl LogEntry {
    /// Returns a commit as listings show it.
    pub fn new(id: CommitId, commit: Commit, refs: Vec<String>) -> Self {
        Self {
            id,
            parents: commit.parents,
            author: commit.author,
            time: commit.time,
            message: commit.message,
            meta: commit.meta,
            tree: commit.tree,
            code: commit.code,
            refs,
        }
    }
}

/// Returns the wanted commits, newest first.
pub fn log(context: &Context, options: &LogOptions) -> Result<Vec<LogEntry>, OpsError> {
    let revision = Revision::parse(options.revision.as_deref().unwrap_or("HEAD"))?;
    let start = context.resolve(&revision)?;
    let names = names_by_commit(context)?;
    let limit = options.limit.unwrap_or(usize::MAX);
    let order = if options.topological { topological(context, start)? } else { Vec::new() };
    let mut entries = Vec::new();
    let mut visit = |id: CommitId, commit: Commit| -> Result<bool, OpsError> {
        if touches(context, &commit, &options.paths)? {
            let refs = names.get(&id).cloned().unwrap_or_default();
            entries.push(LogEntry::new(id, commit, refs));
        }
        Ok(entries.len() < limit)
    };
    if limit == 0 {
        return Ok(entries);
    }
    if options.topological {
        for id in order {
            if !visit(id, context.repo.objects().commit(id)?)? {
                break;
            }
        }
    } else {
        by_time(context, start, &mut visit)?;
    }
    Ok(entries)
}

/// Visits commits by falling commit time, without reading more of them than needed.
fn by_time(
    context: &Context,
    start: CommitId,
    visit: &mut dyn FnMut(CommitId, Commit) -> Result<bool, OpsError>,
) -> Result<(), OpsError> {
    let objects = context.repo.objects();
    let mut seen = HashSet::from([start]);
    let mut heap = BinaryHeap::new();
    let mut loaded = HashMap::new();
    let push = |heap: &mut BinaryHeap<_>, loaded: &mut HashMap<_, _>, id| {
        let commit = objects.commit(id)?;
        heap.push((commit.commit_time, std::cmp::Reverse(loaded.len() + heap.len()), id));
        loaded.insert(id, commit);
        Ok::<_, OpsError>(())
    };
    push(&mut heap, &mut loaded, start)?;
    while let Some((_, _, id)) = heap.pop() {
        crate::base::interrupt::check()?;
        let commit = loaded.remove(&id).expect("what is in the heap is loaded");
        for parent in commit.parents.iter().filter(|parent| seen.insert(**parent)) {
            push(&mut heap, &mut loaded, *parent)?;
        }
        if !visit(id, commit)? {
            break;
        }
    }
    Ok(())
}

/// Returns all commits so that every child stands before its parents, the younger branch first.
fn topological(context: &Context, start: CommitId) -> Result<Vec<CommitId>, OpsError> {
    let mut children: HashMap<CommitId, usize> = HashMap::from([(start, 0)]);
    let mut parents: HashMap<CommitId, (Timestamp, Vec<CommitId>)> = HashMap::new();
    let mut pending = vec![start];
    while let Some(id) = pending.pop() {
        crate::base::interrupt::check()?;
        let commit = context.repo.objects().commit(id)?;
        for parent in &commit.parents {
            if !children.contains_key(parent) {
                pending.push(*parent);
            }
            *children.entry(*parent).or_default() += 1;
        }
        parents.insert(id, (commit.commit_time, commit.parents));
    }
    let mut ready = BinaryHeap::from([(parents[&start].0, start)]);
    let mut order = Vec::new();
    while let Some((_, id)) = ready.pop() {
        order.push(id);
        for parent in &parents[&id].1 {
            let waiting = children.get_mut(parent).expect("every parent was counted");
            *waiting -= 1;
            if *waiting == 0 {
                ready.push((parents[parent].0, *parent));
            }
        }
    }
    Ok(order)
}

/// What a path holds, comparable between trees without reading below it.
#[derive(Debug, PartialEq, Eq)]
enum Held {
    Leaf(Entry),
    Directory(TreeId),
}

fn held(context: &Context, tree: TreeId, path: &RepoPath) -> Result<Option<Held>, OpsError> {
    let objects = context.repo.objects();
    Ok(match objects.tree_entry(tree, path)? {
        Some(TreeEntry::Leaf(entry)) => Some(Held::Leaf(entry)),
        Some(TreeEntry::Directory(_)) => objects.subtree(tree, path)?.map(Held::Directory),
        None => None,
    })
}

/// Tells whether a commit differs from each of its parents in one of the paths.
fn touches(context: &Context, commit: &Commit, paths: &[RepoPath]) -> Result<bool, OpsError> {
    if paths.is_empty() {
        return Ok(true);
    }
    let mut before = Vec::new();
    for parent in &commit.parents {
        before.push(context.repo.objects().commit(*parent)?.tree);
    }
    if before.is_empty() {
        before.push(context.repo.objects().empty_tree()?);
    }
    for parent in before {
        let mut differs = false;
        for path in paths {
            differs |= held(context, parent, path)? != held(context, commit.tree, path)?;
        }
        if !differs {
            return Ok(false);
        }
    }
    Ok(true)
}

/// Returns the short names of the branches and tags on each commit.
pub fn names_by_commit(context: &Context) -> Result<HashMap<CommitId, Vec<String>>, OpsError> {
    let mut names: HashMap<CommitId, Vec<String>> = HashMap::new();
    for (name, value) in context.repo.list("refs/")? {
        if let Some(commit) = value.commit() {
            names.entry(commit).or_default().push(name.short().to_owned());
        }
    }
    Ok(names)
}
