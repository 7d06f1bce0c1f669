//! Who is alive: each process that runs hooks holds a lock on a file of its own, which the kernel
//! lets go of when the process dies, however it dies.

use std::path::{Path, PathBuf};
use std::time::Duration;

use crate::base::fs::{PathError, create_dirs, remove_file_if_exists};
use crate::base::lock::{FileLock, LockError, LockKind};

/// This process, as others can tell whether it lives.
#[derive(Debug)]
pub struct Owner {
    pub name: String,
    path: PathBuf,
    _lock: FileLock,
}

fn path_of(runs: &Path, name: &str) -> PathBuf {
    runs.join(format!("{name}.alive"))
}

impl Owner {
    /// Announces this process in the directory of runs.
    pub fn announce(runs: &Path) -> Result<Self, LockError> {
        create_dirs(runs)?;
        let time = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH);
        let nanos = time.map(|since| since.as_nanos()).unwrap_or_default();
        let name = format!("{}-{nanos:x}", std::process::id());
        let path = path_of(runs, &name);
        let lock = FileLock::acquire(&path, LockKind::Exclusive, Duration::ZERO)?;
        Ok(Self { name, path, _lock: lock })
    }
}

impl Drop for Owner {
    fn drop(&mut self) {
        // What stays behind is swept by the next who looks.
        let _ = remove_file_if_exists(&self.path);
    }
}

/// Tells whether the process of this name is dead, and sweeps up after it.
pub fn is_dead(runs: &Path, name: &str) -> Result<bool, PathError> {
    let path = path_of(runs, name);
    if name.contains('/') || !path.exists() {
        return Ok(true);
    }
    match FileLock::acquire(&path, LockKind::Exclusive, Duration::ZERO) {
        Ok(_lock) => remove_file_if_exists(&path).map(|()| true),
        Err(LockError::Held { .. }) => Ok(false),
        Err(LockError::Path(error)) => Err(error),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_owner_lives_until_it_is_dropped() {
        let dir = tempfile::tempdir().unwrap();
        let owner = Owner::announce(dir.path()).unwrap();
        assert!(!is_dead(dir.path(), &owner.name).unwrap());
        let name = owner.name.clone();
        drop(owner);
        assert!(is_dead(dir.path(), &name).unwrap());
        assert!(is_dead(dir.path(), "nobody").unwrap());
    }
}
