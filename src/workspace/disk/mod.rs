//! The working copy's directory, reached by descriptors: no path leaves the root, no symbolic link
//! is followed on the way.

mod clock;
mod cursor;
mod lease;
mod list;
mod remove;
mod share;
mod stat;
#[cfg(test)]
mod tests;

pub use clock::{present, set_aside};
pub use cursor::Cursor;
pub use lease::Lease;
pub use list::{Names, list};
pub use remove::remove_all;
pub use share::share_bytes;
pub use stat::{FileKind, Stat};

use std::os::fd::{AsFd, BorrowedFd, OwnedFd};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use rustix::fs::{Mode, OFlags};

use crate::base::RepoPath;
use crate::base::fs::{IoContext, PathError};

/// How temporary files of a checkout begin; a scan never shows them.
pub const TEMPORARY_PREFIX: &[u8] = b".mlv-write-";

/// A handle on the root directory; cheap to clone.
#[derive(Debug, Clone)]
pub struct Disk {
    root: Arc<Root>,
}

#[derive(Debug)]
struct Root {
    fd: OwnedFd,
    path: PathBuf,
}

impl Disk {
    /// Opens the directory at `path` as a root.
    pub fn open(path: &Path) -> Result<Self, PathError> {
        let flags = OFlags::RDONLY | OFlags::DIRECTORY | OFlags::CLOEXEC;
        let fd = rustix::fs::open(path, flags, Mode::empty()).context("open directory", path)?;
        Ok(Self { root: Arc::new(Root { fd, path: path.to_owned() }) })
    }

    /// Returns where the root lies.
    pub fn path(&self) -> &Path {
        &self.root.path
    }

    /// Returns the operating-system path of `path`, for messages.
    pub fn full_path(&self, path: &RepoPath) -> PathBuf {
        if path.is_root() { self.root.path.clone() } else { self.root.path.join(path.as_path()) }
    }

    /// Returns a cursor, which finds neighbouring paths quickly.
    pub fn cursor(&self) -> Cursor {
        Cursor::new(self.clone())
    }

    /// Makes everything written below the root durable, in one call.
    pub fn sync(&self) -> Result<(), PathError> {
        #[cfg(any(target_os = "linux", target_os = "android"))]
        rustix::fs::syncfs(&self.root.fd).context("sync", self.path())?;
        #[cfg(not(any(target_os = "linux", target_os = "android")))]
        rustix::fs::sync();
        Ok(())
    }
}

impl AsFd for Disk {
    fn as_fd(&self) -> BorrowedFd<'_> {
        self.root.fd.as_fd()
    }
}

/// Opens one directory below another, never through a link.
pub(super) fn open_directory(parent: BorrowedFd<'_>, name: &[u8]) -> rustix::io::Result<OwnedFd> {
    let flags = OFlags::RDONLY | OFlags::DIRECTORY | OFlags::NOFOLLOW | OFlags::CLOEXEC;
    rustix::fs::openat(parent, name, flags, Mode::empty())
}
