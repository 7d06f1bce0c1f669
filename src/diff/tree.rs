//! What differs between two trees: both are walked side by side, and what has the same id in both,
//! a directory or a node of a map, is passed over unread.

use std::cmp::Ordering;
use std::sync::Arc;

use crate::base::{RepoPath, TreeId};
use crate::object::tree::{Cursor, Directory, Node, Slot};
use crate::object::{Entry, ObjectDb, ObjectError};

/// A path that holds something else in the new tree. At least one side holds something.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TreeChange {
    pub path: RepoPath,
    pub old: Option<Entry>,
    pub new: Option<Entry>,
}

/// Returns what differs at and below a path, in order, found while it is asked for. Where a file
/// became a directory, the file is removed and what lies below it is added. After an error nothing
/// follows.
pub fn tree_changes(
    db: &ObjectDb,
    old: TreeId,
    new: TreeId,
    below: &RepoPath,
) -> impl Iterator<Item = Result<TreeChange, ObjectError>> + use<> {
    let start = Some(Start { old, new, path: below.clone() });
    Changes { db: db.clone(), start, open: Vec::new() }
}

struct Start {
    old: TreeId,
    new: TreeId,
    path: RepoPath,
}

struct Changes {
    db: ObjectDb,
    start: Option<Start>,
    open: Vec<Pair>,
}

/// A directory that stands in one tree or both.
struct Pair {
    path: RepoPath,
    old: Option<Cursor>,
    new: Option<Cursor>,
}

impl Changes {
    fn step(&mut self) -> Result<Option<TreeChange>, ObjectError> {
        if let Some(Start { old, new, path }) = self.start.take()
            && old != new
        {
            let (old, new) = (self.db.slot(old, &path)?, self.db.slot(new, &path)?);
            if let Some(change) = self.compare(path, old, new)? {
                return Ok(Some(change));
            }
        }
        while let Some(pair) = self.open.last_mut() {
            let Some(Difference { name, old, new }) = pair.next()? else {
                self.open.pop();
                continue;
            };
            let path = pair.path.child(&name).expect("names in nodes were checked");
            if let Some(change) = self.compare(path, old, new)? {
                return Ok(Some(change));
            }
        }
        Ok(None)
    }

    /// Returns what differs at the path itself; what differs below it comes next.
    fn compare(
        &mut self,
        path: RepoPath,
        old: Option<Slot>,
        new: Option<Slot>,
    ) -> Result<Option<TreeChange>, ObjectError> {
        let (old, old_directory) = split(old);
        let (new, new_directory) = split(new);
        let id = |side: &Option<Directory>| side.as_ref().and_then(Directory::id);
        let same = id(&old_directory).is_some() && id(&old_directory) == id(&new_directory);
        if !same && (old_directory.is_some() || new_directory.is_some()) {
            let open = |side: Option<Directory>| {
                side.map(|directory| Cursor::open(&self.db, &directory)).transpose()
            };
            let pair =
                Pair { path: path.clone(), old: open(old_directory)?, new: open(new_directory)? };
            self.open.push(pair);
        }
        Ok((old != new).then_some(TreeChange { path, old, new }))
    }
}

impl Iterator for Changes {
    type Item = Result<TreeChange, ObjectError>;

    fn next(&mut self) -> Option<Self::Item> {
        let next = self.step().transpose();
        if !matches!(next, Some(Ok(_))) {
            (self.start, self.open) = (None, Vec::new());
        }
        next
    }
}

fn split(slot: Option<Slot>) -> (Option<Entry>, Option<Directory>) {
    match slot {
        None => (None, None),
        Some(Slot::Leaf(entry)) => (Some(entry), None),
        Some(Slot::Directory(directory)) => (None, Some(directory)),
    }
}

/// A name of a directory with what it stands for on both sides.
struct Difference {
    name: Vec<u8>,
    old: Option<Slot>,
    new: Option<Slot>,
}

impl Pair {
    /// Returns the next name whose items differ.
    fn next(&mut self) -> Result<Option<Difference>, ObjectError> {
        loop {
            let (old, new) = match (here(&mut self.old), here(&mut self.new)) {
                (None, None) => return Ok(None),
                (Some(cursor), None) => return removed(cursor),
                (None, Some(cursor)) => return added(cursor),
                (Some(old), Some(new)) => (old, new),
            };
            if pass_same_node(old, new) || approach(old, new)? {
                continue;
            }
            let ((old_node, i), (new_node, j)) = (entry(old), entry(new));
            match old_node.name(i).cmp(new_node.name(j)) {
                Ordering::Less => return removed(old),
                Ordering::Greater => return added(new),
                Ordering::Equal => {}
            }
            old.advance();
            new.advance();
            if old_node.raw(i) != new_node.raw(j) {
                let name = old_node.name(i).to_vec();
                let (old, new) = (Some(old_node.slot(i)), Some(new_node.slot(j)));
                return Ok(Some(Difference { name, old, new }));
            }
        }
    }
}

/// Returns the cursor unless it is at the end.
fn here(side: &mut Option<Cursor>) -> Option<&mut Cursor> {
    side.as_mut().filter(|cursor| cursor.here().is_some())
}

fn entry(cursor: &Cursor) -> (Arc<Node>, usize) {
    let (node, index) = cursor.here().expect("the cursor is not at the end");
    (node.clone(), index)
}

/// Passes a node that both sides are at the beginning of.
fn pass_same_node(old: &mut Cursor, new: &mut Cursor) -> bool {
    if let Some(id) = old.pointed()
        && new.skip_from_start(id)
    {
        old.advance();
        return true;
    }
    if let Some(id) = new.pointed()
        && old.skip_from_start(id)
    {
        new.advance();
        return true;
    }
    false
}

/// Moves the side that stands higher down a level, or both where they stand equally high; tells
/// whether anything moved.
fn approach(old: &mut Cursor, new: &mut Cursor) -> Result<bool, ObjectError> {
    let (high, low) = (old.level(), new.level());
    if high >= low && high > Some(0) {
        old.descend()?;
    }
    if low >= high && low > Some(0) {
        new.descend()?;
    }
    Ok(high > Some(0) || low > Some(0))
}

fn removed(cursor: &mut Cursor) -> Result<Option<Difference>, ObjectError> {
    let next = cursor.next_slot()?;
    Ok(next.map(|(name, slot)| Difference { name, old: Some(slot), new: None }))
}

fn added(cursor: &mut Cursor) -> Result<Option<Difference>, ObjectError> {
    let next = cursor.next_slot()?;
    Ok(next.map(|(name, slot)| Difference { name, old: None, new: Some(slot) }))
}

#[cfg(test)]
mod tests;
