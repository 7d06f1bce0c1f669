//! Walking a tree: all its files and links in the order of their paths, one node of each level of
//! each open directory in memory.

use crate::base::{RepoPath, TreeId};
use crate::object::tree::cursor::{Cursor, Slot};
use crate::object::{Entry, ObjectDb, ObjectError};

impl ObjectDb {
    /// Returns the files and links below a path, or the one at the path, in order; each node is
    /// read when it is reached. After an error nothing follows.
    pub fn walk_tree(
        &self,
        tree: TreeId,
        below: &RepoPath,
    ) -> impl Iterator<Item = Result<(RepoPath, Entry), ObjectError>> + use<> {
        Walk { db: self.clone(), start: Some((tree, below.clone())), open: Vec::new() }
    }
}

struct Walk {
    db: ObjectDb,
    start: Option<(TreeId, RepoPath)>,
    open: Vec<(RepoPath, Cursor)>,
}

impl Walk {
    fn step(&mut self) -> Result<Option<(RepoPath, Entry)>, ObjectError> {
        if let Some((tree, path)) = self.start.take()
            && let Some(slot) = self.db.slot(tree, &path)?
            && let Some(leaf) = self.enter(path, slot)?
        {
            return Ok(Some(leaf));
        }
        while let Some((directory, cursor)) = self.open.last_mut() {
            let Some((name, slot)) = cursor.next_slot()? else {
                self.open.pop();
                continue;
            };
            let path = directory.child(&name).expect("names in nodes were checked");
            if let Some(leaf) = self.enter(path, slot)? {
                return Ok(Some(leaf));
            }
        }
        Ok(None)
    }

    /// Returns a leaf; opens a directory.
    fn enter(
        &mut self,
        path: RepoPath,
        slot: Slot,
    ) -> Result<Option<(RepoPath, Entry)>, ObjectError> {
        match slot {
            Slot::Leaf(entry) => Ok(Some((path, entry))),
            Slot::Directory(directory) => {
                self.open.push((path, Cursor::open(&self.db, &directory)?));
                Ok(None)
            }
        }
    }
}

impl Iterator for Walk {
    type Item = Result<(RepoPath, Entry), ObjectError>;

    fn next(&mut self) -> Option<Self::Item> {
        let next = self.step().transpose();
        if !matches!(next, Some(Ok(_))) {
            (self.start, self.open) = (None, Vec::new());
        }
        next
    }
}
