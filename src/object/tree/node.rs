//! A node of a directory's map, decoded and checked.

use std::sync::Arc;

use crate::base::TreeId;
use crate::base::codec::CodecError;
use crate::object::tree::Summary;
use crate::object::tree::codec::{Item, Reader, Value, nesting, total};
use crate::object::tree::cursor::{Directory, Slot};
use crate::object::{ObjectDb, ObjectError};
use crate::store::{BlobId, BlobKind};

/// More levels than this no map of two or more items per node can have.
const MOST_LEVELS: u64 = 48;

/// A run of items of one level: entries at level 0, nodes of the level below above it.
#[derive(Debug)]
pub(crate) struct Node {
    level: u8,
    summary: Summary,
    bytes: Vec<u8>,
    items: Vec<Item>,
}

/// What the pointer to a node says of it.
#[derive(Debug, Clone)]
pub(super) struct Expected {
    pub summary: Summary,
    /// Where it stands, if a node of the same map points to it.
    pub place: Option<Place>,
}

/// Where a node stands in its map.
#[derive(Debug, Clone)]
pub(super) struct Place {
    pub level: u8,
    /// The last name of the node before it, where there is one and it is known.
    pub after: Option<Vec<u8>>,
    pub last: Vec<u8>,
}

impl Place {
    fn fits(&self, node: &Node) -> bool {
        self.level == node.level
            && node.last_name() == Some(&self.last)
            && self.after.as_ref().is_none_or(|after| after.as_slice() < node.name(0))
    }
}

impl Node {
    /// Returns the node that these bytes encode.
    pub fn decode(bytes: Vec<u8>) -> Result<Self, CodecError> {
        let mut reader = Reader::new(&bytes);
        if reader.array()? != 2 {
            return Err(reader.refuse("a node is an array of two"));
        }
        let level = reader.unsigned()?;
        if level > MOST_LEVELS {
            return Err(reader.refuse("too many levels"));
        }
        let items = reader.items(level as u8)?;
        if level > 0 && items.is_empty() {
            return Err(reader.refuse("a node above level 0 is empty"));
        }
        reader.finish()?;
        Ok(Self { level: level as u8, summary: total(&items), bytes, items })
    }

    /// Returns a directory kept inside its parent as a node of its own; `bytes` are an array of
    /// items.
    fn inside(bytes: Vec<u8>) -> Result<Self, CodecError> {
        let items = Reader::new(&bytes).items(0)?;
        Ok(Self { level: 0, summary: total(&items), bytes, items })
    }

    pub fn level(&self) -> u8 {
        self.level
    }

    pub fn summary(&self) -> Summary {
        self.summary
    }

    /// Returns how many directories lie inside each other in the node, at the deepest place.
    pub fn nesting(&self) -> u8 {
        nesting(&self.items)
    }

    pub fn len(&self) -> usize {
        self.items.len()
    }

    /// Returns about how much memory the node takes.
    pub fn weight(&self) -> usize {
        self.bytes.len() + self.items.len() * size_of::<Item>()
    }

    pub fn name(&self, index: usize) -> &[u8] {
        &self.bytes[self.items[index].name.clone()]
    }

    pub fn last_name(&self) -> Option<&[u8]> {
        self.items.last().map(|item| &self.bytes[item.name.clone()])
    }

    /// Returns the bytes of one item.
    pub fn raw(&self, index: usize) -> &[u8] {
        &self.bytes[self.items[index].raw.clone()]
    }

    /// Returns the bytes of all items.
    pub fn raw_items(&self) -> &[u8] {
        match (self.items.first(), self.items.last()) {
            (Some(first), Some(last)) => &self.bytes[first.raw.start..last.raw.end],
            _ => &[],
        }
    }

    pub(super) fn value(&self, index: usize) -> &Value {
        &self.items[index].value
    }

    /// Returns where the first name that is not below `name` stands.
    pub fn position(&self, name: &[u8]) -> usize {
        self.items.partition_point(|item| &self.bytes[item.name.clone()] < name)
    }

    /// Returns what an item of level 0 holds.
    pub fn slot(&self, index: usize) -> Slot {
        match self.value(index) {
            Value::Leaf(entry) => Slot::Leaf(entry.clone()),
            Value::Node { id, summary } => {
                Slot::Directory(Directory::Stored { id: *id, summary: Some(*summary) })
            }
            Value::Inline { items, .. } => {
                let node = Self::inside(self.bytes[items.clone()].to_vec());
                let node = node.expect("the items were read with the node around them");
                Slot::Directory(Directory::Inline(Arc::new(node)))
            }
        }
    }

    /// Returns the id of the node that an item points to.
    pub fn pointed(&self, index: usize) -> Option<TreeId> {
        match self.value(index) {
            Value::Node { id, .. } => Some(*id),
            _ => None,
        }
    }

    /// Returns the id of the node that an item points to, and what the item says of it.
    pub(super) fn pointer(&self, index: usize) -> Option<(TreeId, Expected)> {
        let Value::Node { id, summary } = self.value(index) else {
            return None;
        };
        let place = (self.level > 0).then(|| Place {
            level: self.level - 1,
            after: index.checked_sub(1).map(|before| self.name(before).to_vec()),
            last: self.name(index).to_vec(),
        });
        Some((*id, Expected { summary: *summary, place }))
    }

    /// Makes sure that the node is what the pointer to it says.
    pub(super) fn check(&self, id: TreeId, expected: &Expected) -> Result<(), ObjectError> {
        let in_place = expected.place.as_ref().is_none_or(|place| place.fits(self));
        if in_place && expected.summary == self.summary {
            return Ok(());
        }
        Err(invalid(id, "it is not what the node above it says"))
    }
}

/// Returns the name a node has in the store.
pub(super) fn blob_id(id: TreeId) -> BlobId {
    BlobId { kind: BlobKind::Tree, hash: id.0 }
}

pub(super) fn invalid(id: TreeId, reason: &str) -> ObjectError {
    ObjectError::Invalid { id: blob_id(id), reason: reason.to_owned() }
}

impl ObjectDb {
    /// Reads a node from the store itself.
    pub(in crate::object) fn read_node(&self, id: TreeId) -> Result<Node, ObjectError> {
        let id = blob_id(id);
        let bytes = self.store().read(id)?;
        Node::decode(bytes).map_err(|source| ObjectError::Undecodable { id, source })
    }

    /// Returns a node, from the cache where it is there.
    pub(crate) fn node(&self, id: TreeId) -> Result<Arc<Node>, ObjectError> {
        if let Some(node) = self.nodes().get(id) {
            return Ok(node);
        }
        let node = Arc::new(self.read_node(id)?);
        self.nodes().put(id, &node);
        Ok(node)
    }

    /// Returns the root node of a map: it has the fewest levels that can hold its items.
    pub(super) fn root_node(&self, id: TreeId) -> Result<Arc<Node>, ObjectError> {
        let node = self.node(id)?;
        if node.level() > 0 && node.len() < 2 {
            return Err(invalid(id, "a root with one node below it"));
        }
        Ok(node)
    }

    /// Returns the node that an item of a node above level 0 points to.
    pub(super) fn child_node(
        &self,
        node: &Node,
        index: usize,
    ) -> Result<(TreeId, Arc<Node>), ObjectError> {
        let (id, expected) = node.pointer(index).expect("nodes above level 0 hold pointers only");
        let child = self.node(id)?;
        child.check(id, &expected)?;
        Ok((id, child))
    }
}
