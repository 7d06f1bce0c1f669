//! Opening a store: make its directories, sweep up after dead processes, look at packs that a
//! power cut may have hurt.

use std::fs::File;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use crate::base::fs::{
    IoContext, PathError, create_dirs, parent_of, remove_file_if_exists, sync_dir,
};
use crate::base::lock::{FileLock, LockError, LockKind};
use crate::store::index::Index;
use crate::store::layout::{Layout, children, packs_in, subdirectories};
use crate::store::local::damage::KnownDamage;
use crate::store::local::handles::Handles;
use crate::store::local::write::Writing;
use crate::store::verify::verify_file;
use crate::store::{LocalStore, StoreError};

/// What opening a store brought to light.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct OpenReport {
    /// The machine went down before these packs were on the disk, and they are damaged: they were
    /// moved to where this says. No commit needs them, but what was staged may.
    pub damaged: Vec<PathBuf>,
    /// The store cannot be written to, and why not.
    pub read_only: Option<String>,
}

/// How long a garbage collection under way is waited for.
const PATIENCE: Duration = Duration::from_secs(30);

impl LocalStore {
    /// Opens the store in `root`, which is made where missing. Waits for a garbage collection.
    pub fn open(root: &Path) -> Result<Self, StoreError> {
        Self::open_layout(Layout::new(root))
    }

    pub(in crate::store) fn open_layout(layout: Layout) -> Result<Self, StoreError> {
        let mut report = OpenReport::default();
        let share = match prepare(&layout) {
            Ok(share) => Some(share),
            Err(LockError::Path(error)) if is_read_only(&error) && layout.packs().is_dir() => {
                report.read_only = Some(error.to_string());
                None
            }
            Err(error) => return Err(error.into()),
        };
        if share.is_some() {
            sweep(&layout.tmp())?;
            report.damaged = settle_old_boots(&layout)?;
        }
        Ok(Self {
            index: Index::open(&layout)?,
            handles: Handles::default(),
            damage: KnownDamage::open(layout.known_damage()),
            writing: Writing::new(),
            share: Mutex::new(share),
            layout,
            report,
        })
    }
}

impl LocalStore {
    /// Lets go of the shared lock, so that this handle can take it alone.
    pub(in crate::store) fn release(&self) {
        *self.share.lock().unwrap_or_else(PoisonError::into_inner) = None;
    }

    /// Takes the shared lock again.
    pub(in crate::store) fn share(&self) {
        let lock = FileLock::acquire(&self.layout.gc_lock(), LockKind::Shared, PATIENCE).ok();
        *self.share.lock().unwrap_or_else(PoisonError::into_inner) = lock;
    }
}

fn is_read_only(error: &PathError) -> bool {
    matches!(error.kind(), io::ErrorKind::PermissionDenied | io::ErrorKind::ReadOnlyFilesystem)
}

/// Makes the directories and takes the shared lock.
fn prepare(layout: &Layout) -> Result<FileLock, LockError> {
    let made = !layout.packs().is_dir();
    let dirs = [layout.packs(), layout.tmp(), layout.index(), layout.fresh_root()];
    for dir in dirs.into_iter().chain(layout.fresh()) {
        create_dirs(&dir)?;
    }
    if made {
        sync_dir(layout.root())?;
        sync_dir(parent_of(layout.root()))?;
    }
    FileLock::acquire(&layout.gc_lock(), LockKind::Shared, PATIENCE)
}

/// Removes temporary files whose owner is dead: the kernel let go of its lock.
pub fn sweep(tmp: &Path) -> Result<(), PathError> {
    for path in children(tmp)? {
        match File::options().write(true).open(&path) {
            Ok(file) if file.try_lock().is_ok() => remove_file_if_exists(&path)?,
            _ => {}
        }
    }
    Ok(())
}

/// Verifies the packs that were not known to be on the disk when the machine went down; the sound
/// ones are made durable, the others set aside. Returns where the others went.
fn settle_old_boots(layout: &Layout) -> Result<Vec<PathBuf>, StoreError> {
    let mut damaged = Vec::new();
    for dir in subdirectories(&layout.fresh_root())? {
        if Some(&dir) == layout.fresh().as_ref() {
            continue;
        }
        for name in packs_in(&dir)? {
            let path = dir.join(name.file_name());
            let sound = verify_file(&path, name)?;
            let target_dir = if sound { layout.packs() } else { layout.damaged() };
            let target = target_dir.join(name.file_name());
            create_dirs(&target_dir)?;
            move_durably(&path, &target)?;
            if !sound {
                damaged.push(target);
            }
        }
        // Not empty where a process that shares the directory from another machine still writes.
        let _ = std::fs::remove_dir(&dir);
    }
    Ok(damaged)
}

/// Moves a pack once its bytes are on the disk; another process may have done so.
pub fn move_durably(from: &Path, to: &Path) -> Result<(), PathError> {
    let gone = |error: &io::Error| error.kind() == io::ErrorKind::NotFound;
    match File::open(from).and_then(|file| file.sync_all()) {
        Err(error) if gone(&error) => return Ok(()),
        result => result.context("sync", from)?,
    }
    match std::fs::rename(from, to) {
        Err(error) if gone(&error) => Ok(()),
        result => result.context("rename to", to),
    }
}
