//! Renames: a file that went from one path and the same content that came to another.

use std::collections::{HashMap, HashSet, VecDeque};
use std::hash::Hash as Key;

use crate::base::{Hash, RepoPath};
use crate::diff::tree::TreeChange;
use crate::object::Entry;

/// Returns where files that came with these changes, which are in the order of paths, were before.
/// Only equal content counts; among several the one of the same file name, then the first.
pub fn renames(changes: &[TreeChange]) -> HashMap<RepoPath, RepoPath> {
    let mut sources = HashMap::new();
    pair(changes, &mut sources, |path, content| (content, path.file_name().map(<[u8]>::to_vec)));
    pair(changes, &mut sources, |_, content| content);
    sources
}

/// Pairs what is still unpaired and agrees in `key`; `sources` maps new paths to old ones.
fn pair<K: Key + Eq>(
    changes: &[TreeChange],
    sources: &mut HashMap<RepoPath, RepoPath>,
    key: impl Fn(&RepoPath, Hash) -> K,
) {
    let taken: HashSet<RepoPath> = sources.values().cloned().collect();
    let mut gone: HashMap<K, VecDeque<&RepoPath>> = HashMap::new();
    for TreeChange { path, old, new } in changes {
        if let (Some(content), None) = (movable(old.as_ref()), new)
            && !taken.contains(path)
        {
            gone.entry(key(path, content)).or_default().push_back(path);
        }
    }
    for TreeChange { path, old, new } in changes {
        if let (None, Some(content)) = (old, movable(new.as_ref()))
            && !sources.contains_key(path)
            && let Some(from) = gone.get_mut(&key(path, content)).and_then(VecDeque::pop_front)
        {
            sources.insert(path.clone(), from.clone());
        }
    }
}

/// Returns the content by which an entry is known again; an empty file is like any other, and what
/// lies elsewhere is known by what is recorded of it.
fn movable(entry: Option<&Entry>) -> Option<Hash> {
    match entry {
        Some(Entry::File { file, .. }) if file.size > 0 => Some(file.content),
        Some(reference @ Entry::Reference(_)) => Some(reference.content()),
        _ => None,
    }
}
