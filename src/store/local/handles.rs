//! Open pack files, a bounded number of them.

use std::collections::HashMap;
use std::fs::File;
use std::path::PathBuf;
use std::sync::{Arc, Mutex, PoisonError};

use crate::base::fs::PathError;
use crate::store::layout::Layout;
use crate::store::pack::PackName;

/// How many packs are kept open.
const LIMIT: usize = 128;

/// An open pack, and where it was found.
#[derive(Debug)]
pub struct Handle {
    pub file: File,
    pub path: PathBuf,
}

/// The open packs of a store.
#[derive(Debug, Default)]
pub struct Handles {
    open: Mutex<HashMap<PackName, Arc<Handle>>>,
}

impl Handles {
    /// Returns the open pack of this name.
    pub fn get(&self, layout: &Layout, name: PackName) -> Result<Arc<Handle>, PathError> {
        let mut open = self.open.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(handle) = open.get(&name) {
            return Ok(Arc::clone(handle));
        }
        let (file, path) = layout.open_pack(name)?;
        let handle = Arc::new(Handle { file, path });
        if open.len() >= LIMIT {
            let victim = open.keys().next().copied();
            victim.map(|name| open.remove(&name));
        }
        open.insert(name, Arc::clone(&handle));
        Ok(handle)
    }

    /// Closes a pack.
    pub fn forget(&self, name: PackName) {
        self.open.lock().unwrap_or_else(PoisonError::into_inner).remove(&name);
    }
}
