//! Whether a tree is the one that its content calls for: the same files could be stored in nodes cut
//! elsewhere, each sound in itself, and then would not have the same id.

use std::collections::HashMap;

use crate::base::{RepoPath, TreeId};
use crate::object::tree::build::Draft;
use crate::object::tree::node::Node;
use crate::object::tree::shape::Shape;

/// Where a node stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Stand {
    /// At the top of a whole tree.
    Tree,
    /// At the top of a directory that another holds.
    Directory,
    /// In a level, with others behind it.
    Inner,
    /// At the end of a level.
    Last,
}

/// A node that no writer would have made there.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Irregular {
    pub node: TreeId,
    /// The directory that it is of.
    pub directory: RepoPath,
    pub reason: &'static str,
}

/// What is wrong with a node, whatever it is asked about; nothing where it may stand there.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
struct Faults {
    anywhere: bool,
    as_inner: bool,
    as_top: bool,
    as_directory: bool,
}

const RUNS_ON: &str = "it goes on behind the place where a node ends";
const CUT_SHORT: &str = "it ends where no node ends";
const NEEDLESS: &str = "it stands above a single node";
const SMALL: &str = "it is small enough to be kept in its parent";

impl Faults {
    fn of(node: &Node, shape: Shape) -> Self {
        let mut size = 0;
        let mut ends = false;
        let mut anywhere = false;
        for index in 0..node.len() {
            anywhere |= ends;
            let length = node.raw(index).len() as u64;
            size += length;
            ends = shape.ends_node(node.level(), index + 1, node.name(index), size, length);
        }
        let as_top = node.level() > 0 && node.len() < 2;
        let as_directory = node.level() == 0 && Draft::of(node).may_be_inside(shape);
        Self { anywhere, as_inner: !ends, as_top, as_directory }
    }

    fn reason(self, stand: Stand) -> Option<&'static str> {
        let is_top = matches!(stand, Stand::Tree | Stand::Directory);
        match self {
            Self { anywhere: true, .. } => Some(RUNS_ON),
            Self { as_inner: true, .. } if stand == Stand::Inner => Some(CUT_SHORT),
            Self { as_top: true, .. } if is_top => Some(NEEDLESS),
            Self { as_directory: true, .. } if stand == Stand::Directory => Some(SMALL),
            _ => None,
        }
    }
}

/// Looks at the nodes of trees for those that are not cut by the rule.
#[derive(Debug)]
pub struct RegularityCheck {
    shape: Shape,
    /// Nodes that may not stand everywhere: about one for each level of each directory.
    known: HashMap<TreeId, Faults>,
    limit: usize,
    found: Vec<Irregular>,
    count: u64,
}

impl RegularityCheck {
    /// Returns a check that lists up to `limit` findings, and counts all.
    pub fn new(limit: usize) -> Self {
        Self::of_shape(Shape::STANDARD, limit)
    }

    pub(super) fn of_shape(shape: Shape, limit: usize) -> Self {
        Self { shape, known: HashMap::new(), limit, found: Vec::new(), count: 0 }
    }

    /// Looks at a node that was just read.
    pub(super) fn meet(&mut self, id: TreeId, node: &Node, stand: Stand, directory: &RepoPath) {
        let faults = Faults::of(node, self.shape);
        if faults != Faults::default() {
            self.known.insert(id, faults);
        }
        self.judge(id, faults, stand, directory);
    }

    /// Looks at a node that was met before, perhaps where it may stand.
    pub(super) fn meet_again(&mut self, id: TreeId, stand: Stand, directory: &RepoPath) {
        if let Some(faults) = self.known.get(&id).filter(|faults| !faults.anywhere) {
            self.judge(id, *faults, stand, directory);
        }
    }

    fn judge(&mut self, id: TreeId, faults: Faults, stand: Stand, directory: &RepoPath) {
        let Some(reason) = faults.reason(stand) else { return };
        self.count += 1;
        if self.found.len() < self.limit {
            self.found.push(Irregular { node: id, directory: directory.clone(), reason });
        }
    }

    /// Returns what was found since this was asked last, as far as it is listed.
    pub fn take_found(&mut self) -> Vec<Irregular> {
        let found = std::mem::take(&mut self.found);
        self.limit -= found.len();
        found
    }

    /// Returns how many findings there were.
    pub fn count(&self) -> u64 {
        self.count
    }
}
