//! Changes between trees as a status tells them.

use std::collections::HashSet;

use crate::base::RepoPath;
use crate::diff::rename::renames;
use crate::diff::tree::TreeChange;
use crate::object::Entry;
use crate::workspace::status::{Change, ChangeKind};

/// Returns the changes between two trees, which come in the order of paths, with renames found.
pub(super) fn with_renames(changes: Vec<TreeChange>) -> Vec<Change> {
    let mut sources = renames(&changes);
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
    use crate::base::Hash;
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
