//! Rewriting one directory's map: each level in turn, only the nodes that a change touches, until
//! the new boundaries meet the old ones again. The nodes replaced are the changes of the level above.

use std::cmp::Ordering;
use std::collections::BTreeMap;
use std::sync::Arc;

use crate::base::TreeId;
use crate::object::tree::Summary;
use crate::object::tree::build::{Builder, Cutter, Draft};
use crate::object::tree::cursor::{Cursor, Directory, Pointer};
use crate::object::tree::edit::Editor;
use crate::object::tree::node::Node;
use crate::object::tree::shape::Shape;
use crate::object::{ObjectDb, ObjectError};

/// Takes the name, the bytes and the sum of an item.
type Push<'a> = dyn FnMut(&[u8], &[u8], Summary) -> Result<(), ObjectError> + 'a;

/// What is to happen to one name of one level.
pub(super) trait Change {
    /// Returns the name.
    fn name(&self) -> &[u8];

    /// Appends the new item to `out` and returns what it sums up, or nothing if the name vanishes;
    /// `old` is the present item.
    fn apply(
        &self,
        editor: &Editor<'_>,
        old: Option<(&Node, usize)>,
        out: &mut Vec<u8>,
    ) -> Result<Option<Summary>, ObjectError>;
}

/// A directory after its rewriting.
#[derive(Debug)]
pub(super) enum Content {
    Empty,
    /// One node of level 0, not stored.
    Leaf(Draft),
    Stored {
        id: TreeId,
        summary: Summary,
    },
}

/// Nodes of a level that come or go: a change of the level above.
#[derive(Debug)]
struct Splice {
    last: Vec<u8>,
    new: Option<(Vec<u8>, Summary)>,
}

impl Change for Splice {
    fn name(&self) -> &[u8] {
        &self.last
    }

    fn apply(
        &self,
        _editor: &Editor<'_>,
        _old: Option<(&Node, usize)>,
        out: &mut Vec<u8>,
    ) -> Result<Option<Summary>, ObjectError> {
        Ok(self.new.as_ref().map(|(raw, summary)| {
            out.extend_from_slice(raw);
            *summary
        }))
    }
}

impl Editor<'_> {
    /// Applies changes, sorted by name, to a directory.
    pub(super) fn rewrite<C: Change>(
        &self,
        old: Option<&Directory>,
        changes: &[C],
    ) -> Result<Content, ObjectError> {
        let Some(directory) = old else {
            return self.rewrite_top(None, changes);
        };
        let root = directory.open(self.db)?;
        let Some(id) = directory.id().filter(|_| root.level() > 0) else {
            return self.rewrite_top(Some(&root), changes);
        };
        let mut splices = self.rewrite_level(directory, 0, changes)?;
        for level in 1..root.level() {
            splices = self.rewrite_level(directory, level, &splices)?;
        }
        if splices.is_empty() {
            return Ok(Content::Stored { id, summary: root.summary() });
        }
        self.rewrite_top(Some(&root), &splices)
    }

    /// Rewrites the root node, and builds what levels there now are above it.
    fn rewrite_top<C: Change>(
        &self,
        root: Option<&Arc<Node>>,
        changes: &[C],
    ) -> Result<Content, ObjectError> {
        let level = root.map_or(0, |node| node.level());
        let mut builder = Builder::new(self.db, self.shape, level);
        self.merge(root.map(|node| &**node), changes, &mut |name, raw, summary| {
            builder.push(name, raw, summary)
        })?;
        match builder.finish()? {
            None => Ok(Content::Empty),
            Some(draft) if draft.level > 0 && draft.count == 1 => self.lower(&draft),
            Some(draft) => self.settle(draft),
        }
    }

    /// Returns the root below a top node with one item.
    fn lower(&self, top: &Draft) -> Result<Content, ObjectError> {
        let top = Node::decode(top.encode()).expect("what was just encoded is canonical");
        let mut node = Arc::new(top);
        while node.level() > 0 && node.len() == 1 {
            (_, node) = self.db.child_node(&node, 0)?;
        }
        self.settle(Draft::of(&node))
    }

    fn settle(&self, draft: Draft) -> Result<Content, ObjectError> {
        if draft.level == 0 {
            return Ok(Content::Leaf(draft));
        }
        Ok(Content::Stored { id: draft.write(self.db)?, summary: draft.summary })
    }

    /// Rewrites one level below the root's; returns the nodes of it that came or went.
    fn rewrite_level<C: Change>(
        &self,
        directory: &Directory,
        level: u8,
        changes: &[C],
    ) -> Result<Vec<Splice>, ObjectError> {
        let mut cursor = Cursor::open(self.db, directory)?;
        let mut run = Run::new(self.db, self.shape, level);
        let mut rest = changes;
        while let Some(change) = rest.first() {
            cursor.seek_node(change.name(), level)?;
            while let Some(node) = cursor.here().map(|(node, _)| node.clone()) {
                run.removed.extend(cursor.pointer());
                cursor.advance_node();
                let here = match (cursor.level(), node.last_name()) {
                    (Some(_), Some(last)) => rest.partition_point(|c| c.name() <= last),
                    _ => rest.len(),
                };
                let (now, later) = rest.split_at(here);
                rest = later;
                self.merge(Some(&node), now, &mut |name, raw, summary| {
                    run.push(name, raw, summary)
                })?;
                if run.cutter.at_start() {
                    break;
                }
                cursor.descend_to(level)?;
            }
            run.finish()?;
        }
        Ok(run.splices())
    }

    /// Passes the items of a node with changes applied to `push`, in order.
    fn merge<C: Change>(
        &self,
        node: Option<&Node>,
        changes: &[C],
        push: &mut Push<'_>,
    ) -> Result<(), ObjectError> {
        let count = node.map_or(0, Node::len);
        let mut scratch = Vec::new();
        let (mut index, mut changes) = (0, changes.iter().peekable());
        loop {
            let old = node.filter(|_| index < count);
            let order = match (old, changes.peek()) {
                (None, None) => return Ok(()),
                (Some(_), None) => Ordering::Less,
                (None, Some(_)) => Ordering::Greater,
                (Some(node), Some(change)) => node.name(index).cmp(change.name()),
            };
            if let (Some(node), Ordering::Less) = (old, order) {
                push(node.name(index), node.raw(index), node.value(index).summary())?;
                index += 1;
                continue;
            }
            let change = changes.next().expect("a change was seen");
            let old = old.filter(|_| order == Ordering::Equal).map(|node| (node, index));
            index += usize::from(order == Ordering::Equal);
            scratch.clear();
            if let Some(summary) = change.apply(self, old, &mut scratch)? {
                push(change.name(), &scratch, summary)?;
            }
        }
    }
}

/// The nodes of a level that are taken away, and those put in their place, each by the item that
/// points to it.
struct Run<'a> {
    db: &'a ObjectDb,
    cutter: Cutter,
    last: Vec<u8>,
    removed: Vec<Pointer>,
    added: Vec<(Pointer, Summary)>,
}

impl<'a> Run<'a> {
    fn new(db: &'a ObjectDb, shape: Shape, level: u8) -> Self {
        let cutter = Cutter::new(shape, level);
        Self { db, cutter, last: Vec::new(), removed: Vec::new(), added: Vec::new() }
    }

    fn push(&mut self, name: &[u8], raw: &[u8], summary: Summary) -> Result<(), ObjectError> {
        self.last.clear();
        self.last.extend_from_slice(name);
        self.cutter.push(name, raw, summary).map_or(Ok(()), |draft| self.add(draft))
    }

    fn add(&mut self, draft: Draft) -> Result<(), ObjectError> {
        let raw = draft.pointer(draft.write(self.db)?);
        self.added.push((Pointer { last: draft.last, raw }, draft.summary));
        Ok(())
    }

    fn finish(&mut self) -> Result<(), ObjectError> {
        self.cutter.finish(&self.last).map_or(Ok(()), |draft| self.add(draft))
    }

    /// Returns what differs between the nodes before and after, sorted by their last names.
    fn splices(self) -> Vec<Splice> {
        let mut splices = BTreeMap::new();
        let mut kept = BTreeMap::new();
        for pointer in self.removed {
            kept.insert(pointer.last.clone(), pointer.raw);
            splices.insert(pointer.last, None);
        }
        for (pointer, summary) in self.added {
            if kept.get(&pointer.last) == Some(&pointer.raw) {
                splices.remove(&pointer.last);
            } else {
                splices.insert(pointer.last, Some((pointer.raw, summary)));
            }
        }
        splices.into_iter().map(|(last, new)| Splice { last, new }).collect()
    }
}
