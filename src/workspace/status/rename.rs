//! Renames: a file that went from one path and the same content that came to another.

use std::collections::{HashMap, HashSet, VecDeque};
use std::hash::Hash as Key;

use crate::base::{Hash, RepoPath};
use crate::diff::tree::TreeChange;
use crate::object::Entry;
use crate::workspace::status::{Change, ChangeKind};

/// Returns the changes between two trees, which come in the order of paths, with renames found. Only
/// equal content counts; among several the one of the same file name, then the first.
pub(super) fn with_renames(changes: Vec<TreeChange>) -> Vec<Change> {
    let mut sources = HashMap::new();
    pair(&changes, &mut sources, |path, content| (content, path.file_name().map(<[u8]>::to_vec)));
    pair(&changes, &mut sources, |_, content| content);
    let moved: HashSet<RepoPath> = sources.values().cloned().collect();
    changes
        .into_iter()
        .filter(|change| !moved.contains(&change.path))
        .map(|change| match sources.remove(&change.path) {
            Some(from) => Change { path: change.path, kind: ChangeKind::Renamed, from: Some(from) },
            None => Change::new(change.path, kind(change.old.as_ref(), change.new.as_ref())),
        })
        .collect()
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

/// Returns the content by which an entry is known again; an empty file is like any other.
fn movable(entry: Option<&Entry>) -> Option<Hash> {
    match entry {
        Some(Entry::File { file, .. }) if file.size > 0 => Some(file.content),
        _ => None,
    }
}

fn kind(old: Option<&Entry>, new: Option<&Entry>) -> ChangeKind {
    match (old, new) {
        (None, _) => ChangeKind::Added,
        (_, None) => ChangeKind::Deleted,
        (Some(old), Some(new)) if !old.same_type(new) => ChangeKind::TypeChange,
        _ => ChangeKind::Modified,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::object::FileRef;

    fn change(path: &str, old: Option<&str>, new: Option<&str>) -> TreeChange {
        let entry = |text: &str| Entry::File {
            file: FileRef {
                size: text.len() as u64,
                content: Hash::of(text.as_bytes()),
                manifest: None,
            },
            executable: false,
        };
        let path = RepoPath::from_bytes(path).unwrap();
        TreeChange { path, old: old.map(entry), new: new.map(entry) }
    }

    fn shown(changes: Vec<TreeChange>) -> Vec<String> {
        let show = |change: Change| match change.from {
            Some(from) => format!("{from} -> {}", change.path),
            None => format!("{:?} {}", change.kind, change.path),
        };
        with_renames(changes).into_iter().map(show).collect()
    }

    #[test]
    fn equal_content_is_a_rename_and_the_same_name_goes_first() {
        let changes = vec![
            change("a/one", Some("x"), None),
            change("a/two", Some("x"), None),
            change("b/three", None, Some("x")),
            change("b/two", None, Some("x")),
            change("c", None, Some("x")),
        ];
        assert_eq!(shown(changes), ["a/one -> b/three", "a/two -> b/two", "Added c"]);
    }

    #[test]
    fn empty_files_and_changed_ones_are_no_renames() {
        let changes = vec![
            change("a", Some(""), None),
            change("b", None, Some("")),
            change("c", Some("1"), Some("2")),
            change("d", None, Some("1")),
        ];
        assert_eq!(shown(changes), ["Deleted a", "Added b", "Modified c", "Added d"]);
    }
}
