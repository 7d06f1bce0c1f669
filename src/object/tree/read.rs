//! Looking into a tree: one path, one directory.

use crate::base::{RepoPath, TreeId};
use crate::object::tree::Summary;
use crate::object::tree::build::Draft;
use crate::object::tree::cursor::{Cursor, Directory, Slot};
use crate::object::{Entry, ObjectDb, ObjectError};

/// What a path of a tree is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum TreeEntry {
    Leaf(Entry),
    Directory(Summary),
}

impl Directory {
    /// Returns what lies below the directory.
    pub(super) fn summary(&self, db: &ObjectDb) -> Result<Summary, ObjectError> {
        match self {
            Self::Stored { summary: Some(summary), .. } => Ok(*summary),
            _ => Ok(self.open(db)?.summary()),
        }
    }

    /// Returns what a name of the directory stands for.
    fn find(&self, db: &ObjectDb, name: &[u8]) -> Result<Option<Slot>, ObjectError> {
        let mut node = self.open(db)?;
        loop {
            let index = node.position(name);
            if index == node.len() {
                return Ok(None);
            }
            if node.level() == 0 {
                return Ok((node.name(index) == name).then(|| node.slot(index)));
            }
            (_, node) = db.child_node(&node, index)?;
        }
    }
}

impl Slot {
    fn entry(self, db: &ObjectDb) -> Result<TreeEntry, ObjectError> {
        match self {
            Self::Leaf(entry) => Ok(TreeEntry::Leaf(entry)),
            Self::Directory(directory) => Ok(TreeEntry::Directory(directory.summary(db)?)),
        }
    }
}

impl ObjectDb {
    /// Returns what a path stands for.
    pub(crate) fn slot(&self, tree: TreeId, path: &RepoPath) -> Result<Option<Slot>, ObjectError> {
        let mut slot = Slot::Directory(Directory::root(tree));
        for name in path.components() {
            let Slot::Directory(directory) = slot else {
                return Ok(None);
            };
            let Some(found) = directory.find(self, name)? else {
                return Ok(None);
            };
            slot = found;
        }
        Ok(Some(slot))
    }

    fn directory(&self, tree: TreeId, path: &RepoPath) -> Result<Option<Directory>, ObjectError> {
        Ok(match self.slot(tree, path)? {
            Some(Slot::Directory(directory)) => Some(directory),
            _ => None,
        })
    }

    /// Returns what a path is; the root is a directory.
    pub fn tree_entry(
        &self,
        tree: TreeId,
        path: &RepoPath,
    ) -> Result<Option<TreeEntry>, ObjectError> {
        self.slot(tree, path)?.map(|slot| slot.entry(self)).transpose()
    }

    /// Returns a directory as a tree of its own, stored if it was kept inside its parent.
    pub fn subtree(&self, tree: TreeId, dir: &RepoPath) -> Result<Option<TreeId>, ObjectError> {
        self.directory(tree, dir)?
            .map(|directory| match directory {
                Directory::Stored { id, .. } => Ok(id),
                Directory::Inline(node) => Draft::of(&node).write(self),
            })
            .transpose()
    }

    /// Returns how much a tree holds.
    pub fn tree_summary(&self, tree: TreeId) -> Result<Summary, ObjectError> {
        Directory::root(tree).summary(self)
    }

    /// Returns the names of a directory in order and what they are, read while they are asked for;
    /// nothing where there is no directory.
    pub fn list_tree(
        &self,
        tree: TreeId,
        dir: &RepoPath,
    ) -> Result<Option<impl Iterator<Item = ListItem> + use<>>, ObjectError> {
        let Some(directory) = self.directory(tree, dir)? else { return Ok(None) };
        let mut cursor = Some(Cursor::open(self, &directory)?);
        let db = self.clone();
        Ok(Some(std::iter::from_fn(move || {
            let next = next_entry(&db, cursor.as_mut()?).transpose();
            if !matches!(next, Some(Ok(_))) {
                cursor = None;
            }
            next
        })))
    }
}

/// A name of a directory and what it is.
type ListItem = Result<(Vec<u8>, TreeEntry), ObjectError>;

fn next_entry(
    db: &ObjectDb,
    cursor: &mut Cursor,
) -> Result<Option<(Vec<u8>, TreeEntry)>, ObjectError> {
    let Some((name, slot)) = cursor.next_slot()? else {
        return Ok(None);
    };
    Ok(Some((name, slot.entry(db)?)))
}
