//! A lock on a file, held by one process at a time and released by the kernel when it dies.

use std::fs::{File, OpenOptions, TryLockError};
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use crate::base::fs::{IoContext, PathError};

/// Why a lock was not had.
#[derive(Debug, thiserror::Error)]
pub enum LockError {
    #[error("another mlv process holds `{path}` (waited {seconds} s)")]
    Held { path: PathBuf, seconds: u64 },
    #[error(transparent)]
    Path(#[from] PathError),
}

/// A held lock; dropping it lets go.
#[derive(Debug)]
pub struct FileLock {
    file: File,
}

/// Whether others may hold the lock too.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum LockKind {
    Shared,
    Exclusive,
}

impl FileLock {
    /// Takes the lock at `path`, which is created where missing; waits for it up to `patience`.
    pub fn acquire(path: &Path, kind: LockKind, patience: Duration) -> Result<Self, LockError> {
        let file = OpenOptions::new()
            .read(true)
            .append(true)
            .create(true)
            .open(path)
            .context("open lock", path)?;
        let start = Instant::now();
        loop {
            let attempt = match kind {
                LockKind::Shared => file.try_lock_shared(),
                LockKind::Exclusive => file.try_lock(),
            };
            match attempt {
                Ok(()) => return Ok(Self { file }),
                Err(TryLockError::WouldBlock) if start.elapsed() < patience => {
                    std::thread::sleep(Duration::from_millis(5));
                }
                Err(TryLockError::WouldBlock) => {
                    return Err(LockError::Held {
                        path: path.to_owned(),
                        seconds: patience.as_secs(),
                    });
                }
                Err(TryLockError::Error(error)) => {
                    return Err(PathError::new("lock", path, error).into());
                }
            }
        }
    }
}

impl Drop for FileLock {
    fn drop(&mut self) {
        // Closing is not enough: a child process between fork and exec holds the file open too. Where
        // this fails the kernel lets go with the last of them.
        let _ = self.file.unlock();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_held_lock_is_refused_to_others_and_freed_on_drop() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("lock");
        let held = FileLock::acquire(&path, LockKind::Exclusive, Duration::ZERO).unwrap();
        for kind in [LockKind::Shared, LockKind::Exclusive] {
            let refused = FileLock::acquire(&path, kind, Duration::from_millis(10));
            assert!(matches!(refused, Err(LockError::Held { .. })));
        }
        drop(held);
        let first = FileLock::acquire(&path, LockKind::Shared, Duration::ZERO).unwrap();
        let second = FileLock::acquire(&path, LockKind::Shared, Duration::ZERO).unwrap();
        drop((first, second));
    }
}
