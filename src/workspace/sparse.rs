//! Which part of the trees the working copy holds: files and directories by their paths, with all
//! below them. The trees themselves stay whole.

use minicbor::bytes::ByteVec;

use crate::base::codec::{self, CodecError};
use crate::base::{RepoPath, TreeId, interrupt};
use crate::object::{ObjectDb, ObjectError, TreeEdit, TreeEntry, TreeValue};
use crate::workspace::disk::{FileKind, list};
use crate::workspace::error::WorkspaceError;
use crate::workspace::handle::Workspace;

/// Paths in order, none of them within another. Everything is the root alone.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Sparse(Vec<RepoPath>);

impl Sparse {
    /// Returns the set of all there is.
    pub fn everything() -> Self {
        Self(vec![RepoPath::root()])
    }

    /// Returns the set of these paths and what lies below them.
    pub fn of(paths: impl IntoIterator<Item = RepoPath>) -> Self {
        let mut paths = Vec::from_iter(paths);
        paths.sort();
        paths.dedup_by(|later, kept| later.starts_with(kept));
        Self(paths)
    }

    /// Returns this set and these paths.
    pub fn with(&self, paths: impl IntoIterator<Item = RepoPath>) -> Self {
        Self::of(self.0.iter().cloned().chain(paths))
    }

    pub fn paths(&self) -> &[RepoPath] {
        &self.0
    }

    pub fn is_everything(&self) -> bool {
        self.0.first().is_some_and(RepoPath::is_root)
    }

    /// Tells whether `path` is in the set, with all below it.
    pub fn contains(&self, path: &RepoPath) -> bool {
        let after = self.0.partition_point(|own| own <= path);
        after.checked_sub(1).is_some_and(|index| path.starts_with(&self.0[index]))
    }

    /// Tells whether `path`, or anything below it, is in the set.
    pub fn touches(&self, path: &RepoPath) -> bool {
        let next = self.0.partition_point(|own| own < path);
        self.contains(path) || self.0.get(next).is_some_and(|own| own.starts_with(path))
    }

    /// Returns the part of the set that lies at or below `below`.
    pub fn within(&self, below: &RepoPath) -> Vec<RepoPath> {
        if self.contains(below) {
            return vec![below.clone()];
        }
        self.0.iter().filter(|own| own.starts_with(below)).cloned().collect()
    }

    /// Returns the part of a tree that is in the set, as a tree.
    pub fn part_of(&self, objects: &ObjectDb, tree: TreeId) -> Result<TreeId, ObjectError> {
        if self.is_everything() {
            return Ok(tree);
        }
        let mut edits = Vec::new();
        for path in &self.0 {
            let value = match objects.tree_entry(tree, path)? {
                Some(TreeEntry::Leaf(entry)) => Some(TreeValue::Set(entry)),
                Some(TreeEntry::Directory(_)) => objects.subtree(tree, path)?.map(TreeValue::Graft),
                None => None,
            };
            edits.extend(value.map(|value| TreeEdit { path: path.clone(), value }));
        }
        objects.edit_tree(objects.empty_tree()?, edits)
    }

    /// Returns the canonical encoding.
    pub fn encode(&self) -> Vec<u8> {
        let paths = self.0.iter().map(|path| ByteVec::from(path.as_bytes().to_vec()));
        codec::encode(&(VERSION, paths.collect::<Vec<_>>()))
    }

    /// Returns the set of an encoding.
    pub fn decode(bytes: &[u8]) -> Result<Self, CodecError> {
        let malformed = |reason: String| CodecError::Malformed { position: 0, reason };
        let (version, paths): (u8, Vec<ByteVec>) = codec::decode(bytes)?;
        if version != VERSION {
            return Err(malformed(format!("version {version} is not known")));
        }
        let path = |bytes: ByteVec| RepoPath::from_bytes(Vec::from(bytes));
        let paths = paths.into_iter().map(path).collect::<Result<Vec<_>, _>>();
        Ok(Self::of(paths.map_err(|rule| malformed(rule.to_string()))?))
    }
}

const VERSION: u8 = 1;

/// A list of paths; null where it is everything.
impl serde::Serialize for Sparse {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        (!self.is_everything()).then_some(&self.0).serialize(serializer)
    }
}

impl Workspace {
    /// Says which part of the trees the files hold.
    pub fn set_sparse(&self, sparse: Sparse) {
        *self.sparse.write().unwrap_or_else(std::sync::PoisonError::into_inner) = sparse;
    }

    /// Returns the parts of two trees that the files hold before and after a move from the one to the
    /// other: the sparse set, `also`, and what is there all the same.
    pub fn parts(
        &self,
        from: TreeId,
        to: TreeId,
        also: &[RepoPath],
    ) -> Result<(TreeId, TreeId), WorkspaceError> {
        let held = self.held(&[from, to])?;
        if held.is_everything() {
            return Ok((from, to));
        }
        let held = held.with(also.iter().cloned());
        Ok((held.part_of(&self.objects, from)?, held.part_of(&self.objects, to)?))
    }

    /// Returns what the files hold of some trees: the sparse set, and the files outside of it that
    /// are there all the same, and are treated as any others.
    pub fn held(&self, trees: &[TreeId]) -> Result<Sparse, WorkspaceError> {
        let sparse = self.sparse.read().unwrap_or_else(std::sync::PoisonError::into_inner).clone();
        if sparse.is_everything() {
            return Ok(sparse);
        }
        let strays = self.strays(&sparse, trees)?;
        Ok(sparse.with(strays))
    }

    /// Returns the files on the disk that lie outside of a set and that one of the trees has. Costs
    /// what is on the disk there, which is nothing as a rule.
    fn strays(&self, sparse: &Sparse, trees: &[TreeId]) -> Result<Vec<RepoPath>, WorkspaceError> {
        let (mut cursor, mut strays) = (self.disk.cursor(), Vec::new());
        let mut pending = vec![RepoPath::root()];
        while let Some(dir) = pending.pop() {
            interrupt::check()?;
            // What cannot be read is told by the walk that comes upon it.
            let Ok(names) = cursor.directory(&dir).and_then(list) else { continue };
            for (name, kind) in names.iter() {
                let Ok(path) = dir.child(name) else { continue };
                if sparse.contains(&path) {
                    continue;
                }
                let is_directory = kind == FileKind::Directory;
                if is_directory && sparse.touches(&path) {
                    pending.push(path);
                } else if self.is_in_any(trees, &path, is_directory)? {
                    if is_directory { &mut pending } else { &mut strays }.push(path);
                }
            }
        }
        Ok(strays)
    }

    /// Tells whether one of the trees has a directory, or a file, at a path.
    fn is_in_any(
        &self,
        trees: &[TreeId],
        path: &RepoPath,
        is_directory: bool,
    ) -> Result<bool, WorkspaceError> {
        for tree in trees {
            if let Some(entry) = self.objects.tree_entry(*tree, path)?
                && matches!(entry, TreeEntry::Directory(_)) == is_directory
            {
                return Ok(true);
            }
        }
        Ok(false)
    }
}

#[cfg(test)]
mod tests;
