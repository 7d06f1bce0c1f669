//! Everything a tree leads to, for those who must know what is in use or whole. Nodes come from the
//! store itself, never from the cache, so that a lost or damaged one is seen.

use std::sync::Arc;

use crate::base::TreeId;
use crate::object::tree::cursor::{Directory, Slot};
use crate::object::tree::node::{Expected, Node, blob_id};
use crate::object::{Entry, ObjectDb, ObjectError};
use crate::store::BlobId;

/// A thing that a tree leads to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Reached<'a> {
    /// A node. Answer whether to look into it.
    Node(BlobId),
    /// A file or a link; what is answered does not matter.
    Entry(&'a Entry),
}

impl ObjectDb {
    /// Shows `visit` every node and entry that a tree leads to, depth first; where it answers
    /// `false` to a node, the node is not read.
    pub fn reach_tree(
        &self,
        tree: TreeId,
        visit: &mut dyn FnMut(Reached<'_>) -> bool,
    ) -> Result<(), ObjectError> {
        let mut pending = vec![(tree, None::<Expected>)];
        while let Some((id, expected)) = pending.pop() {
            if !visit(Reached::Node(blob_id(id))) {
                continue;
            }
            let node = self.read_node(id)?;
            if let Some(expected) = &expected {
                node.check(id, expected)?;
            }
            let first = pending.len();
            let after = expected.and_then(|expected| expected.place?.after);
            reach_node(Arc::new(node), &mut pending, visit);
            // What the first node below must stand after, only the nodes above know.
            if let Some((_, Some(Expected { place: Some(place), .. }))) = pending.get_mut(first) {
                place.after = after;
            }
            pending[first..].reverse();
        }
        Ok(())
    }
}

/// Shows the entries of a node and of the directories kept in it; notes the nodes it points to.
fn reach_node(
    node: Arc<Node>,
    pending: &mut Vec<(TreeId, Option<Expected>)>,
    visit: &mut dyn FnMut(Reached<'_>) -> bool,
) {
    let mut nodes = vec![node];
    while let Some(node) = nodes.pop() {
        for index in 0..node.len() {
            if let Some((id, expected)) = node.pointer(index) {
                pending.push((id, Some(expected)));
            } else {
                match node.slot(index) {
                    Slot::Leaf(entry) => _ = visit(Reached::Entry(&entry)),
                    Slot::Directory(Directory::Inline(inner)) => nodes.push(inner),
                    Slot::Directory(Directory::Stored { .. }) => {}
                }
            }
        }
    }
}
