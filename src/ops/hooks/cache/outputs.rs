//! What a hook made, as one tree that `gc` keeps: `made/` holds its files, and `gone/` an empty file
//! for each path that it removed.

use crate::base::{RepoPath, TreeId};
use crate::object::{Entry, FileRef, TreeEdit, TreeValue};
use crate::ops::OpsError;
use crate::repo::Repo;
use crate::repo::reach::{Roots, Walk};
use crate::store::{ChunkStore, Durability};

fn made() -> RepoPath {
    RepoPath::from_bytes("made").expect("a plain name is a valid path")
}

fn gone() -> RepoPath {
    RepoPath::from_bytes("gone").expect("a plain name is a valid path")
}

/// Stores what a hook made; nothing where it made nothing.
pub fn keep(repo: &Repo, edits: &[TreeEdit]) -> Result<Option<TreeId>, OpsError> {
    if edits.is_empty() {
        return Ok(None);
    }
    let mark = || Entry::File { file: FileRef::empty(), executable: false };
    let kept = edits.iter().map(|edit| match &edit.value {
        value @ (TreeValue::Set(_) | TreeValue::Graft(_)) => {
            TreeEdit { path: made().join(&edit.path), value: value.clone() }
        }
        TreeValue::Remove => {
            TreeEdit { path: gone().join(&edit.path), value: TreeValue::Set(mark()) }
        }
    });
    let tree = repo.objects().edit_tree(repo.objects().empty_tree()?, kept.collect())?;
    repo.store().flush(Durability::Visible)?;
    Ok(Some(tree))
}

/// Returns what a hook made; nothing where some of it is not there any more, as after a power cut.
pub fn restore(repo: &Repo, tree: TreeId) -> Result<Option<Vec<TreeEdit>>, OpsError> {
    if !is_whole(repo, tree)? {
        return Ok(None);
    }
    let mut edits = Vec::new();
    for (place, removes) in [(made(), false), (gone(), true)] {
        for item in repo.objects().walk_tree(tree, &place) {
            let (path, entry) = item?;
            let Some(path) = path.strip_prefix(&place) else { continue };
            let value = if removes { TreeValue::Remove } else { TreeValue::Set(entry) };
            edits.push(TreeEdit { path, value });
        }
    }
    Ok(Some(edits))
}

fn is_whole(repo: &Repo, tree: TreeId) -> Result<bool, OpsError> {
    let mut walk = Walk::new(repo.objects());
    let mut broken = false;
    let roots = Roots { commits: Vec::new(), trees: vec![tree] };
    walk.visit(&roots, &mut |_| broken = true)?;
    if broken {
        return Ok(false);
    }
    for id in walk.into_seen() {
        if !repo.has(id)? {
            return Ok(false);
        }
    }
    Ok(true)
}
