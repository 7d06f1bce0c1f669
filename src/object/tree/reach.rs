//! Everything a tree leads to, for those who must know what is in use or whole. Nodes come from the
//! store itself, never from the cache, so that a lost or damaged one is seen.

use std::sync::Arc;

use crate::base::{RepoPath, TreeId};
use crate::object::tree::cursor::{Directory, Slot};
use crate::object::tree::node::{Expected, Node, blob_id};
use crate::object::tree::regular::{RegularityCheck, Stand};
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

/// A node that is still to be looked into.
struct Pending {
    id: TreeId,
    expected: Option<Expected>,
    stand: Stand,
    directory: Arc<RepoPath>,
}

impl ObjectDb {
    /// Shows `visit` every node and entry that a tree leads to, depth first; where it answers
    /// `false` to a node, the node is not read.
    pub fn reach_tree(
        &self,
        tree: TreeId,
        visit: &mut dyn FnMut(Reached<'_>) -> bool,
    ) -> Result<(), ObjectError> {
        self.reach_tree_with(tree, None, visit)
    }

    /// As [`Self::reach_tree`], with a check of how the nodes are cut. A node that is not read must
    /// have been met by the same check before.
    pub fn reach_tree_with(
        &self,
        tree: TreeId,
        mut check: Option<&mut RegularityCheck>,
        visit: &mut dyn FnMut(Reached<'_>) -> bool,
    ) -> Result<(), ObjectError> {
        let (stand, directory) = (Stand::Tree, Arc::default());
        let mut pending = vec![Pending { id: tree, expected: None, stand, directory }];
        while let Some(Pending { id, expected, stand, directory }) = pending.pop() {
            if !visit(Reached::Node(blob_id(id))) {
                if let Some(check) = &mut check {
                    check.meet_again(id, stand, &directory);
                }
                continue;
            }
            let node = self.read_node(id)?;
            if let Some(expected) = &expected {
                node.check(id, expected)?;
            }
            if let Some(check) = &mut check {
                check.meet(id, &node, stand, &directory);
            }
            let first = pending.len();
            let after = expected.and_then(|expected| expected.place?.after);
            reach_node(Arc::new(node), stand, directory, &mut pending, visit);
            // What the first node below must stand after, only the nodes above know.
            if let Some(Pending { expected: Some(Expected { place: Some(place), .. }), .. }) =
                pending.get_mut(first)
            {
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
    stand: Stand,
    directory: Arc<RepoPath>,
    pending: &mut Vec<Pending>,
    visit: &mut dyn FnMut(Reached<'_>) -> bool,
) {
    let mut nodes = vec![(node, directory)];
    while let Some((node, directory)) = nodes.pop() {
        let below = |index| {
            let path = directory.child(node.name(index));
            Arc::new(path.expect("names in nodes were checked"))
        };
        for index in 0..node.len() {
            if let Some((id, expected)) = node.pointer(index) {
                let is_last = stand != Stand::Inner && index + 1 == node.len();
                let (stand, directory) = match node.level() {
                    0 => (Stand::Directory, below(index)),
                    _ if is_last => (Stand::Last, directory.clone()),
                    _ => (Stand::Inner, directory.clone()),
                };
                pending.push(Pending { id, expected: Some(expected), stand, directory });
            } else {
                match node.slot(index) {
                    Slot::Leaf(entry) => _ = visit(Reached::Entry(&entry)),
                    Slot::Directory(Directory::Inline(inner)) => nodes.push((inner, below(index))),
                    Slot::Directory(Directory::Stored { .. }) => {}
                }
            }
        }
    }
}
