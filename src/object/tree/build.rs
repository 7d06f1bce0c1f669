//! Making nodes of a run of items: levels grow until one node holds everything.

use crate::base::TreeId;
use crate::object::tree::Summary;
use crate::object::tree::codec;
use crate::object::tree::node::Node;
use crate::object::tree::shape::{INLINE_DEPTH, Shape};
use crate::object::{ObjectDb, ObjectError};
use crate::store::{BlobId, BlobKind};

/// A node that is not stored yet.
#[derive(Debug, Clone, Default)]
pub(super) struct Draft {
    pub level: u8,
    pub count: u64,
    pub items: Vec<u8>,
    pub summary: Summary,
    pub last: Vec<u8>,
}

impl Draft {
    fn at(level: u8) -> Self {
        Self { level, ..Self::default() }
    }

    /// Returns the node as one to be stored again or kept inside a parent.
    pub fn of(node: &Node) -> Self {
        Self {
            level: node.level(),
            count: node.len() as u64,
            items: node.raw_items().to_vec(),
            summary: node.summary(),
            last: node.last_name().unwrap_or_default().to_vec(),
        }
    }

    pub fn encode(&self) -> Vec<u8> {
        codec::write_node(self.level, self.count, &self.items)
    }

    /// Tells whether a directory that is this one node is kept in its parent.
    pub fn may_be_inside(&self, shape: Shape) -> bool {
        self.items.len() <= shape.inline && {
            let node = Node::decode(self.encode()).expect("what was just encoded is canonical");
            node.nesting() < INLINE_DEPTH
        }
    }

    /// Stores the node.
    pub fn write(&self, db: &ObjectDb) -> Result<TreeId, ObjectError> {
        let bytes = self.encode();
        let id = BlobId::of(BlobKind::Tree, &bytes);
        db.store().write(id, &bytes)?;
        Ok(TreeId(id.hash))
    }

    /// Returns the item by which a node of the level above points to this one.
    pub fn pointer(&self, id: TreeId) -> Vec<u8> {
        let mut raw = Vec::with_capacity(self.last.len() + 56);
        codec::write_child(&self.last, id, self.summary, &mut raw);
        raw
    }
}

/// Cuts the items of one level into nodes.
#[derive(Debug)]
pub(super) struct Cutter {
    shape: Shape,
    open: Draft,
}

impl Cutter {
    pub fn new(shape: Shape, level: u8) -> Self {
        Self { shape, open: Draft::at(level) }
    }

    /// Tells whether the next item starts a node.
    pub fn at_start(&self) -> bool {
        self.open.count == 0
    }

    /// Adds an item; returns the node that it ends.
    pub fn push(&mut self, name: &[u8], raw: &[u8], summary: Summary) -> Option<Draft> {
        let open = &mut self.open;
        open.items.extend_from_slice(raw);
        open.count += 1;
        open.summary = open.summary.plus(summary);
        let (size, length) = (open.items.len() as u64, raw.len() as u64);
        let count = open.count as usize;
        self.shape.ends_node(open.level, count, name, size, length).then(|| self.take(name))
    }

    /// Returns what is left behind the last boundary, where `last` is the last name pushed.
    pub fn finish(&mut self, last: &[u8]) -> Option<Draft> {
        (!self.at_start()).then(|| self.take(last))
    }

    fn take(&mut self, last: &[u8]) -> Draft {
        let room = self.open.items.len();
        let mut next = Draft::at(self.open.level);
        next.items.reserve(room);
        let mut draft = std::mem::replace(&mut self.open, next);
        draft.last = last.to_vec();
        draft
    }
}

/// Builds all levels from some level up; nodes are stored, but for the topmost.
#[derive(Debug)]
pub(super) struct Builder<'a> {
    db: &'a ObjectDb,
    shape: Shape,
    levels: Vec<Level>,
}

#[derive(Debug)]
struct Level {
    cutter: Cutter,
    last: Vec<u8>,
    /// The only node so far, which is the top one if no other follows.
    only: Option<Draft>,
    several: bool,
}

impl<'a> Builder<'a> {
    pub fn new(db: &'a ObjectDb, shape: Shape, level: u8) -> Self {
        let mut builder = Self { db, shape, levels: Vec::new() };
        builder.add_level(level);
        builder
    }

    fn add_level(&mut self, level: u8) {
        let cutter = Cutter::new(self.shape, level);
        self.levels.push(Level { cutter, last: Vec::new(), only: None, several: false });
    }

    /// Adds an item to the lowest level.
    pub fn push(&mut self, name: &[u8], raw: &[u8], summary: Summary) -> Result<(), ObjectError> {
        self.push_to(0, name, raw, summary)
    }

    fn push_to(
        &mut self,
        height: usize,
        name: &[u8],
        raw: &[u8],
        summary: Summary,
    ) -> Result<(), ObjectError> {
        let level = &mut self.levels[height];
        level.last.clear();
        level.last.extend_from_slice(name);
        match level.cutter.push(name, raw, summary) {
            Some(draft) => self.add_node(height, draft),
            None => Ok(()),
        }
    }

    fn add_node(&mut self, height: usize, draft: Draft) -> Result<(), ObjectError> {
        let level = &mut self.levels[height];
        if !level.several && level.only.is_none() {
            level.only = Some(draft);
            return Ok(());
        }
        level.several = true;
        if let Some(first) = level.only.take() {
            self.add_level(first.level + 1);
            self.store(height, &first)?;
        }
        self.store(height, &draft)
    }

    fn store(&mut self, height: usize, draft: &Draft) -> Result<(), ObjectError> {
        let raw = draft.pointer(draft.write(self.db)?);
        self.push_to(height + 1, &draft.last, &raw, draft.summary)
    }

    /// Returns the node that holds everything, not stored yet; nothing if there were no items.
    pub fn finish(mut self) -> Result<Option<Draft>, ObjectError> {
        let mut height = 0;
        while height < self.levels.len() {
            let level = &mut self.levels[height];
            if let Some(draft) = level.cutter.finish(&level.last) {
                self.add_node(height, draft)?;
            }
            if let Some(only) = self.levels[height].only.take() {
                return Ok(Some(only));
            }
            height += 1;
        }
        Ok(None)
    }
}
