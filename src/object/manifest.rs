//! The list of the chunks of a file, as a tree of nodes of bounded size. Where a node ends follows
//! from the hashes in it, so that an insertion into a huge file rewrites few nodes.

use minicbor::{Decode, Encode};

use crate::base::{Hash, ManifestId, codec};
use crate::object::ObjectError;
use crate::store::chunker::MAX_CHUNK;
use crate::store::{BlobId, BlobKind, ChunkStore};

/// No node has more children.
const MAX_CHILDREN: usize = 4096;
/// A node ends after a child whose hash starts with ten zero bits: one in 1024.
const BOUNDARY_MASK: u16 = 0x03ff;
/// More levels than the longest possible file needs.
const MAX_LEVEL: u8 = 12;

/// A child of a node: a chunk at level 0, another node above.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Encode, Decode)]
pub struct Child {
    #[n(0)]
    pub hash: Hash,
    /// The bytes of the file that it covers.
    #[n(1)]
    pub len: u64,
}

/// A node of a manifest.
#[derive(Debug, Clone, PartialEq, Eq, Encode, Decode)]
pub struct Node {
    #[n(0)]
    pub level: u8,
    #[n(1)]
    pub children: Vec<Child>,
}

impl Node {
    /// Reads the node and checks that it covers `len` bytes at `level`, or any level for a root.
    pub fn read(
        store: &dyn ChunkStore,
        id: ManifestId,
        level: Option<u8>,
        len: u64,
    ) -> Result<Self, ObjectError> {
        let id = blob_id(id);
        let bytes = store.read(id)?;
        let node: Self =
            codec::decode(&bytes).map_err(|source| ObjectError::Undecodable { id, source })?;
        node.check(level, len)
            .map_err(|reason| ObjectError::Invalid { id, reason: reason.to_owned() })?;
        Ok(node)
    }

    fn check(&self, level: Option<u8>, len: u64) -> Result<(), &'static str> {
        let sum = self.children.iter().try_fold(0u64, |sum, child| sum.checked_add(child.len));
        let longest = if self.level == 0 { MAX_CHUNK as u64 } else { u64::MAX };
        if self.level > MAX_LEVEL || level.is_some_and(|level| level != self.level) {
            Err("it is of another level than its place asks for")
        } else if self.children.is_empty() || self.children.len() > MAX_CHILDREN {
            Err("it has too many children, or none")
        } else if self.children.iter().any(|child| child.len == 0 || child.len > longest) {
            Err("a child has an impossible length")
        } else if sum != Some(len) {
            Err("its children do not add up to its length")
        } else {
            Ok(())
        }
    }
}

/// Returns the name under which the store has a manifest.
pub fn blob_id(id: ManifestId) -> BlobId {
    BlobId { kind: BlobKind::Manifest, hash: id.0 }
}

/// Builds a manifest from the chunks of a file, in order, with one open node per level.
#[derive(Debug)]
pub struct Builder<'s> {
    /// Where nodes are stored; nowhere where only their names are wanted.
    store: Option<&'s dyn ChunkStore>,
    levels: Vec<Vec<Child>>,
}

impl<'s> Builder<'s> {
    pub fn new(store: Option<&'s dyn ChunkStore>) -> Self {
        Self { store, levels: vec![Vec::new()] }
    }

    /// Adds the next chunk of the file.
    pub fn push(&mut self, chunk: Child) -> Result<(), ObjectError> {
        let (mut child, mut level) = (chunk, 0);
        loop {
            if level == self.levels.len() {
                self.levels.push(Vec::new());
            }
            let open = &mut self.levels[level];
            open.push(child);
            if !ends_node(&child.hash) && open.len() < MAX_CHILDREN {
                return Ok(());
            }
            child = self.close(level)?;
            level += 1;
        }
    }

    /// Stores the open node of a level and returns it as a child of the level above.
    fn close(&mut self, level: usize) -> Result<Child, ObjectError> {
        let children = std::mem::take(&mut self.levels[level]);
        let len = children.iter().map(|child| child.len).sum();
        let bytes = codec::encode(&Node { level: level as u8, children });
        let id = BlobId::of(BlobKind::Manifest, &bytes);
        if let Some(store) = self.store {
            store.write(id, &bytes)?;
        }
        Ok(Child { hash: id.hash, len })
    }

    /// Closes every open node and returns the root. At least one chunk must have been added.
    pub fn finish(mut self) -> Result<ManifestId, ObjectError> {
        let mut level = 0;
        loop {
            let top = level + 1 == self.levels.len();
            // A single node at the top is the root itself.
            if top && level > 0 && self.levels[level].len() == 1 {
                return Ok(ManifestId(self.levels[level][0].hash));
            }
            if !self.levels[level].is_empty() {
                let child = self.close(level)?;
                if top {
                    return Ok(ManifestId(child.hash));
                }
                self.levels[level + 1].push(child);
            }
            level += 1;
        }
    }
}

fn ends_node(hash: &Hash) -> bool {
    u16::from_le_bytes([hash.0[0], hash.0[1]]) & BOUNDARY_MASK == 0
}

#[cfg(test)]
mod tests;
