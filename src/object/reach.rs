//! The blobs that a file leads to, for those who must know what is in use or whole.

use crate::base::ManifestId;
use crate::object::manifest::{Node, blob_id};
use crate::object::{FileRef, ObjectDb, ObjectError};
use crate::store::BlobId;

impl ObjectDb {
    /// Shows `visit` every blob that a file leads to; where it answers `false` to a manifest node,
    /// the node is not read.
    pub fn reach_file(
        &self,
        file: &FileRef,
        visit: &mut dyn FnMut(BlobId) -> bool,
    ) -> Result<(), ObjectError> {
        let Some(manifest) = file.manifest else {
            if file.size > 0 {
                visit(BlobId::chunk(file.content));
            }
            return Ok(());
        };
        let mut pending = vec![(manifest, None, file.size)];
        while let Some((id, level, len)) = pending.pop() {
            if !visit(blob_id(id)) {
                continue;
            }
            let node = Node::read(self.store().as_ref(), id, level, len)?;
            for child in node.children {
                if node.level == 0 {
                    visit(BlobId::chunk(child.hash));
                } else {
                    pending.push((ManifestId(child.hash), Some(node.level - 1), child.len));
                }
            }
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;
    use std::sync::Arc;

    use super::*;
    use crate::store::{BlobKind, ChunkStore, MemoryStore};

    #[test]
    fn a_file_leads_to_exactly_the_blobs_that_storing_it_made() {
        let store = Arc::new(MemoryStore::default());
        let db = ObjectDb::new(store.clone());
        let bytes: Vec<u8> =
            (0..2_000_000u32).flat_map(|n| n.wrapping_mul(n).to_le_bytes()).collect();
        for len in [0, 10, bytes.len()] {
            let file = db.ingest_bytes(&bytes[..len]).unwrap();
            let mut reached = HashSet::new();
            db.reach_file(&file, &mut |id| reached.insert(id)).unwrap();
            assert!(reached.iter().all(|id| store.contains(*id).unwrap()));
            let manifests = reached.iter().filter(|id| id.kind == BlobKind::Manifest).count();
            assert_eq!(manifests > 0, len > 1_000_000);
        }
        assert_eq!(store.totals().0, {
            let mut all = HashSet::new();
            for len in [0, 10, bytes.len()] {
                let file = db.ingest_bytes(&bytes[..len]).unwrap();
                db.reach_file(&file, &mut |id| all.insert(id)).unwrap();
            }
            all.len()
        });
    }
}
