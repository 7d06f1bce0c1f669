//! Two streams of changes since a common base, joined path by path: a merge costs what changed.

use std::cmp::Ordering;
use std::iter::Peekable;

use crate::base::RepoPath;
use crate::diff::TreeChange;
use crate::object::{Entry, ObjectError};

/// A path that at least one side changed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct ThreeWay {
    pub path: RepoPath,
    pub base: Option<Entry>,
    pub ours: Option<Entry>,
    pub theirs: Option<Entry>,
}

impl ThreeWay {
    fn by_ours(change: TreeChange) -> Self {
        let TreeChange { path, old, new } = change;
        Self { path, base: old.clone(), ours: new, theirs: old }
    }

    fn by_theirs(change: TreeChange) -> Self {
        let TreeChange { path, old, new } = change;
        Self { path, base: old.clone(), ours: old, theirs: new }
    }

    /// Tells whether ours put something here, or changed it.
    pub fn set_by_ours(&self) -> bool {
        self.ours.is_some() && self.ours != self.base
    }

    /// Tells whether theirs put something here, or changed it.
    pub fn set_by_theirs(&self) -> bool {
        self.theirs.is_some() && self.theirs != self.base
    }
}

/// A changed path, with the changed paths below it where one side alone made it a file.
#[derive(Debug)]
pub(super) struct Group {
    pub head: ThreeWay,
    pub below: Vec<ThreeWay>,
}

impl Group {
    /// Tells whether the path is a file on one side while the other put something below it.
    pub fn is_file_and_directory(&self) -> bool {
        let by_other =
            if self.head.ours.is_some() { ThreeWay::set_by_theirs } else { ThreeWay::set_by_ours };
        self.below.iter().any(by_other)
    }
}

/// Joins two streams of changes, each in the order of its paths.
pub(super) struct Join<O: Iterator, T: Iterator> {
    ours: Peekable<O>,
    theirs: Peekable<T>,
}

type Changed = Result<TreeChange, ObjectError>;

impl<O: Iterator<Item = Changed>, T: Iterator<Item = Changed>> Join<O, T> {
    pub fn new(ours: O, theirs: T) -> Self {
        Self { ours: ours.peekable(), theirs: theirs.peekable() }
    }

    /// Returns the next changed path and what hangs on it.
    fn next_group(&mut self) -> Result<Option<Group>, ObjectError> {
        let Some(head) = self.next_path()? else { return Ok(None) };
        let mut below = Vec::new();
        let is_file_on_one_side = (head.set_by_ours() && head.theirs.is_none())
            || (head.set_by_theirs() && head.ours.is_none());
        while is_file_on_one_side && self.is_next_below(&head.path) {
            below.extend(self.next_path()?);
        }
        Ok(Some(Group { head, below }))
    }

    /// Returns the next groups, up to `limit`.
    pub fn next_groups(&mut self, limit: usize) -> Result<Vec<Group>, ObjectError> {
        std::iter::from_fn(|| self.next_group().transpose()).take(limit).collect()
    }

    fn next_path(&mut self) -> Result<Option<ThreeWay>, ObjectError> {
        let order = match (self.ours.peek(), self.theirs.peek()) {
            (None, None) => return Ok(None),
            (Some(Ok(ours)), Some(Ok(theirs))) => ours.path.cmp(&theirs.path),
            (Some(Err(_)), _) | (Some(_), None) => Ordering::Less,
            (None, Some(_)) | (_, Some(Err(_))) => Ordering::Greater,
        };
        let ours = if order.is_le() { self.ours.next().transpose()? } else { None };
        let theirs = if order.is_ge() { self.theirs.next().transpose()? } else { None };
        Ok(match (ours, theirs) {
            (Some(ours), Some(theirs)) => {
                Some(ThreeWay { theirs: theirs.new, ..ThreeWay::by_ours(ours) })
            }
            (ours, theirs) => {
                ours.map(ThreeWay::by_ours).or_else(|| theirs.map(ThreeWay::by_theirs))
            }
        })
    }

    fn is_next_below(&mut self, path: &RepoPath) -> bool {
        let is_below = |change: Option<&Changed>| match change {
            Some(Ok(change)) => change.path.starts_with(path),
            Some(Err(_)) => true,
            None => false,
        };
        is_below(self.ours.peek()) || is_below(self.theirs.peek())
    }
}
