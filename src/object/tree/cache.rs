//! Decoded nodes that were used lately, up to a number of bytes.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use crate::base::TreeId;
use crate::object::tree::node::Node;

/// How much memory the newer half of the cache may take.
const HALF_BYTES: usize = 16 << 20;

/// Two halves: what is used moves to the newer one, and a full newer half replaces the older.
#[derive(Debug, Default)]
pub(crate) struct NodeCache {
    halves: Mutex<Halves>,
}

#[derive(Debug, Default)]
struct Halves {
    newer: HashMap<TreeId, Arc<Node>>,
    older: HashMap<TreeId, Arc<Node>>,
    weight: usize,
}

impl NodeCache {
    fn halves(&self) -> MutexGuard<'_, Halves> {
        self.halves.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub fn get(&self, id: TreeId) -> Option<Arc<Node>> {
        let mut halves = self.halves();
        if let Some(node) = halves.newer.get(&id) {
            return Some(node.clone());
        }
        let node = halves.older.remove(&id)?;
        halves.put(id, &node);
        Some(node)
    }

    pub fn put(&self, id: TreeId, node: &Arc<Node>) {
        self.halves().put(id, node);
    }
}

impl Halves {
    fn put(&mut self, id: TreeId, node: &Arc<Node>) {
        if self.newer.insert(id, node.clone()).is_none() {
            self.weight += node.weight();
        }
        if self.weight > HALF_BYTES {
            self.older = std::mem::take(&mut self.newer);
            self.weight = 0;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::base::Hash;
    use crate::object::tree::codec;

    #[test]
    fn a_full_cache_forgets_what_was_not_used() {
        let cache = NodeCache::default();
        let mut items = Vec::new();
        let target = vec![b'x'; 1 << 20];
        codec::write_leaf(b"a", &crate::object::Entry::Symlink { target }, &mut items);
        let node = Arc::new(Node::decode(codec::write_node(0, 1, &items)).unwrap());
        let id = |number: u8| TreeId(Hash::of(&[number]));
        for number in 0..60 {
            cache.put(id(number), &node);
            assert!(cache.get(id(0)).is_some(), "what is used stays");
        }
        assert!(cache.get(id(1)).is_none());
        assert!(cache.get(id(59)).is_some());
    }
}
