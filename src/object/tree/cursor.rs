//! A place in a directory's map that can move by whole nodes; edits, walks and diffs stand on it.

use std::sync::Arc;

use crate::base::TreeId;
use crate::object::tree::Summary;
use crate::object::tree::node::{Expected, Node, invalid};
use crate::object::{Entry, ObjectDb, ObjectError};

/// A directory, by its root node or as read from inside its parent.
#[derive(Debug, Clone)]
pub(crate) enum Directory {
    Stored { id: TreeId, summary: Option<Summary> },
    Inline(Arc<Node>),
}

/// What a name of a directory stands for.
#[derive(Debug, Clone)]
pub(crate) enum Slot {
    Leaf(Entry),
    Directory(Directory),
}

/// An item that points to a node of the level below.
#[derive(Debug)]
pub(super) struct Pointer {
    pub last: Vec<u8>,
    pub raw: Vec<u8>,
}

impl Directory {
    /// Returns the root of a whole tree.
    pub fn root(id: TreeId) -> Self {
        Self::Stored { id, summary: None }
    }

    /// Returns the id of the root node, where it has one.
    pub fn id(&self) -> Option<TreeId> {
        match self {
            Self::Stored { id, .. } => Some(*id),
            Self::Inline(_) => None,
        }
    }

    /// Returns the root node.
    pub(super) fn open(&self, db: &ObjectDb) -> Result<Arc<Node>, ObjectError> {
        match self {
            Self::Inline(node) => Ok(node.clone()),
            Self::Stored { id, summary } => {
                let node = db.root_node(*id)?;
                if let Some(summary) = *summary {
                    node.check(*id, &Expected { summary, place: None })?;
                }
                Ok(node)
            }
        }
    }
}

#[derive(Debug, Clone)]
struct Frame {
    /// The node's id, where it has one.
    id: Option<TreeId>,
    node: Arc<Node>,
    index: usize,
}

/// A place at an item of some level. Past the last item it is at the end.
#[derive(Debug)]
pub(crate) struct Cursor {
    db: ObjectDb,
    root: Frame,
    frames: Vec<Frame>,
}

impl Cursor {
    /// Returns the place of the first item of the root node.
    pub fn open(db: &ObjectDb, directory: &Directory) -> Result<Self, ObjectError> {
        let root = Frame { id: directory.id(), node: directory.open(db)?, index: 0 };
        let mut cursor = Self { db: db.clone(), frames: vec![root.clone()], root };
        cursor.leave_finished();
        Ok(cursor)
    }

    /// Returns the node of the present item and its place therein; nothing at the end.
    pub fn here(&self) -> Option<(&Arc<Node>, usize)> {
        self.frames.last().map(|frame| (&frame.node, frame.index))
    }

    /// Returns the level of the present item: 0 for an entry; nothing at the end.
    pub fn level(&self) -> Option<u8> {
        self.frames.last().map(|frame| frame.node.level())
    }

    /// Returns the next entry and moves past it.
    pub fn next_slot(&mut self) -> Result<Option<(Vec<u8>, Slot)>, ObjectError> {
        self.descend_to(0)?;
        let Some((node, index)) = self.here() else {
            return Ok(None);
        };
        let next = (node.name(index).to_vec(), node.slot(index));
        self.advance();
        Ok(Some(next))
    }

    /// Moves past the present item and all below it.
    pub fn advance(&mut self) {
        if let Some(frame) = self.frames.last_mut() {
            frame.index += 1;
        }
        self.leave_finished();
    }

    /// Returns the item by which the level above points to the present node.
    pub(super) fn pointer(&self) -> Option<Pointer> {
        let above = self.frames.iter().rev().nth(1)?;
        let (last, raw) = (above.node.name(above.index), above.node.raw(above.index));
        Some(Pointer { last: last.to_vec(), raw: raw.to_vec() })
    }

    /// Moves past the present node.
    pub(super) fn advance_node(&mut self) {
        self.frames.pop();
        self.advance();
    }

    fn leave_finished(&mut self) {
        while let Some(frame) = self.frames.last()
            && frame.index >= frame.node.len()
        {
            self.frames.pop();
            if let Some(above) = self.frames.last_mut() {
                above.index += 1;
            }
        }
    }

    /// Moves to the first item of the node that the present item points to.
    pub fn descend(&mut self) -> Result<(), ObjectError> {
        let frame = self.frames.last().expect("the cursor is not at the end");
        let (id, node) = self.db.child_node(&frame.node, frame.index)?;
        let above_previous = self.previous_name().is_none_or(|name| name < node.name(0));
        if !above_previous {
            return Err(invalid(id, "its names are not above those of the node before it"));
        }
        self.frames.push(Frame { id: Some(id), node, index: 0 });
        Ok(())
    }

    pub(super) fn descend_to(&mut self, level: u8) -> Result<(), ObjectError> {
        while self.level().is_some_and(|here| here > level) {
            self.descend()?;
        }
        Ok(())
    }

    /// Returns the greatest name before the present item.
    fn previous_name(&self) -> Option<&[u8]> {
        let frame = self.frames.iter().rev().find(|frame| frame.index > 0)?;
        Some(frame.node.name(frame.index - 1))
    }

    /// Moves to the start of the node of `level` where `name` is or belongs.
    pub(super) fn seek_node(&mut self, name: &[u8], level: u8) -> Result<(), ObjectError> {
        self.frames.clear();
        self.frames.push(self.root.clone());
        while let Some(frame) = self.frames.last_mut()
            && frame.node.level() > level
        {
            frame.index = frame.node.position(name).min(frame.node.len() - 1);
            self.descend()?;
        }
        Ok(())
    }

    /// Returns the id of the node that the present item points to, above level 0.
    pub fn pointed(&self) -> Option<TreeId> {
        let frame = self.frames.last().filter(|frame| frame.node.level() > 0)?;
        frame.node.pointer(frame.index).map(|(id, _)| id)
    }

    /// Moves past the node called `id` if the cursor stands at its very beginning.
    pub fn skip_from_start(&mut self, id: TreeId) -> bool {
        if self.pointed() == Some(id) {
            self.advance();
            return true;
        }
        let started = self.frames.iter().rev().take_while(|frame| frame.index == 0);
        let Some(height) = started.enumerate().find(|(_, frame)| frame.id == Some(id)) else {
            return false;
        };
        let keep = self.frames.len() - height.0;
        self.frames.truncate(keep);
        self.advance_node();
        true
    }
}
