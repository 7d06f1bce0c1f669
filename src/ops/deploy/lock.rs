//! The lock of an environment: a file that the kernel lets go of when its holder dies, and beside it
//! who that is.

use std::path::Path;
use std::time::Duration;

use crate::base::fs::{atomic_write, create_dirs, read_if_exists};
use crate::base::lock::{FileLock, LockError, LockKind};
use crate::ops::OpsError;
use crate::ops::deploy::DeployError;
use crate::ops::deploy::target::Held;

const LOCK: &str = ".mlv-deploy.lock";
const HOLDER: &str = ".mlv-deploy.holder";

impl Held for FileLock {}

/// Takes the lock that lies in a directory.
pub fn take(directory: &Path, env: &str, me: &str) -> Result<FileLock, OpsError> {
    create_dirs(directory)?;
    let path = directory.join(LOCK);
    match FileLock::acquire(&path, LockKind::Exclusive, Duration::ZERO) {
        Ok(lock) => {
            atomic_write(&directory.join(HOLDER), me.as_bytes())?;
            Ok(lock)
        }
        Err(LockError::Held { .. }) => {
            let holder = read_if_exists(&directory.join(HOLDER))?.unwrap_or_default();
            let holder = String::from_utf8_lossy(&holder).into_owned();
            Err(DeployError::Locked { env: env.to_owned(), holder }.into())
        }
        Err(LockError::Path(error)) => Err(error.into()),
    }
}
