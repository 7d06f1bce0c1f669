//! A cursor: keeps the directories on the way to the last path open, so that a sorted run of paths
//! costs one system call each. Links on the way end the way.

use std::fs::File;
use std::io;
use std::os::fd::{AsFd, BorrowedFd, OwnedFd};
use std::time::{Duration, Instant};

use rustix::fs::{AtFlags, Mode, OFlags};
use rustix::io::Errno;

use crate::base::RepoPath;
use crate::base::fs::{IoContext, PathError};
use crate::workspace::disk::{Disk, Stat, open_directory};

/// How many directories a cursor keeps open at the most.
const MAX_OPEN: usize = 48;

/// How long a file with a lease on it is waited for; Linux ends a lease sooner.
const PATIENCE: Duration = Duration::from_mins(1);

/// A reader and writer of paths below the root.
#[derive(Debug)]
pub struct Cursor {
    disk: Disk,
    /// The path that `open` leads to.
    place: Vec<u8>,
    /// Some of the directories on the way to `place`: the length of their path, and the handle.
    open: Vec<(usize, OwnedFd)>,
    /// The last directory that was found missing.
    missing: Option<RepoPath>,
}

impl Cursor {
    pub(super) fn new(disk: Disk) -> Self {
        Self { disk, place: Vec::new(), open: Vec::new(), missing: None }
    }

    /// Returns a handle on a directory, or the error of the component that is none.
    pub fn directory(&mut self, dir: &RepoPath) -> rustix::io::Result<BorrowedFd<'_>> {
        self.walk_to(dir, false)
    }

    /// Returns a handle on a directory, which is made where missing, with its parents.
    pub fn make_directory(&mut self, dir: &RepoPath) -> Result<BorrowedFd<'_>, PathError> {
        let full = self.disk.full_path(dir);
        self.missing = None;
        self.walk_to(dir, true).context("create directory", full)
    }

    fn walk_to(&mut self, dir: &RepoPath, make: bool) -> rustix::io::Result<BorrowedFd<'_>> {
        if self.missing.as_ref().is_some_and(|missing| dir.starts_with(missing)) {
            return Err(Errno::NOENT);
        }
        let target = dir.as_bytes();
        while self.open.last().is_some_and(|(len, _)| !leads_to(&self.place[..*len], target)) {
            self.open.pop();
        }
        let mut at = self.open.last().map_or(0, |(len, _)| *len);
        self.place = target.to_vec();
        while at < target.len() {
            let start = if at == 0 { 0 } else { at + 1 };
            let rest = &target[start..];
            let end = start + rest.iter().position(|b| *b == b'/').unwrap_or(rest.len());
            self.step(start, end, make).inspect_err(|error| {
                if *error == Errno::NOENT {
                    self.missing = RepoPath::from_bytes(&target[..end]).ok();
                }
            })?;
            at = end;
        }
        Ok(self.open.last().map_or(self.disk.as_fd(), |(_, fd)| fd.as_fd()))
    }

    /// Opens the component `start..end` of the place.
    fn step(&mut self, start: usize, end: usize, make: bool) -> rustix::io::Result<()> {
        let parent = self.open.last().map_or(self.disk.as_fd(), |(_, fd)| fd.as_fd());
        let name = &self.place[start..end];
        let fd = match open_directory(parent, name) {
            Err(Errno::NOENT) if make => {
                match rustix::fs::mkdirat(parent, name, Mode::from_raw_mode(0o777)) {
                    Ok(()) | Err(Errno::EXIST) => open_directory(parent, name)?,
                    Err(error) => return Err(error),
                }
            }
            other => other?,
        };
        if self.open.len() == MAX_OPEN {
            self.open.remove(MAX_OPEN / 2);
        }
        self.open.push((end, fd));
        Ok(())
    }

    /// Forgets what was open: for after directories were removed or replaced.
    pub fn forget(&mut self) {
        self.open.clear();
        self.missing = None;
    }

    /// Returns a handle on the directory of `path`, and the last component.
    fn parent<'a>(
        &'a mut self,
        path: &'a RepoPath,
    ) -> rustix::io::Result<(BorrowedFd<'a>, &'a [u8])> {
        let parent = path.parent().ok_or(Errno::ISDIR)?;
        let name = path.file_name().ok_or(Errno::ISDIR)?;
        Ok((self.directory(&parent)?, name))
    }

    /// Does `deed` with the handle on the directory of `path` and its last component.
    fn at<T>(
        &mut self,
        action: &'static str,
        path: &RepoPath,
        deed: impl FnOnce(BorrowedFd<'_>, &[u8]) -> rustix::io::Result<T>,
    ) -> Result<T, PathError> {
        let result = self.parent(path).and_then(|(parent, name)| deed(parent, name));
        result.map_err(|error| {
            PathError::new(action, self.disk.full_path(path), io::Error::from(error))
        })
    }

    /// Returns what is at `path` itself, or nothing where there is nothing or no way to it.
    pub fn stat(&mut self, path: &RepoPath) -> Result<Option<Stat>, PathError> {
        if path.is_root() {
            let stat = rustix::fs::fstat(&self.disk).context("look at", self.disk.path())?;
            return Ok(Some(stat.into()));
        }
        let result = self.at("look at", path, |parent, name| {
            match rustix::fs::statat(parent, name, AtFlags::SYMLINK_NOFOLLOW) {
                Ok(stat) => Ok(Some(stat.into())),
                Err(Errno::NOENT) => Ok(None),
                Err(error) => Err(error),
            }
        });
        match result {
            Err(error) if is_no_way(&error.source) => Ok(None),
            other => other,
        }
    }

    /// Returns the nearest ancestor of `path` that exists and is no directory.
    pub fn obstacle(&mut self, path: &RepoPath) -> Result<Option<RepoPath>, PathError> {
        let Some(parent) = path.parent() else {
            return Ok(None);
        };
        match self.directory(&parent) {
            Err(Errno::NOTDIR | Errno::LOOP) => {}
            _ => return Ok(None),
        }
        let mut ancestors: Vec<RepoPath> =
            std::iter::successors(Some(parent), RepoPath::parent).collect();
        ancestors.reverse();
        for ancestor in ancestors.into_iter().filter(|path| !path.is_root()) {
            let stat = self.stat(&ancestor)?;
            if stat.is_some_and(|stat| stat.kind() != super::FileKind::Directory) {
                return Ok(Some(ancestor));
            }
        }
        Ok(None)
    }

    /// Opens a regular file for reading; anything else is an error, and never waited for. One that
    /// another process has a lease on opens when that is over.
    pub fn open_file(&mut self, path: &RepoPath) -> Result<File, PathError> {
        let start = Instant::now();
        loop {
            match self.open(path, OFlags::RDONLY) {
                Err(error)
                    if error.kind() == io::ErrorKind::WouldBlock && start.elapsed() < PATIENCE =>
                {
                    std::thread::sleep(Duration::from_millis(5));
                }
                other => return other,
            }
        }
    }

    /// Opens a regular file for reading and writing; it keeps what it holds.
    pub fn open_to_write(&mut self, path: &RepoPath) -> Result<File, PathError> {
        self.open(path, OFlags::RDWR)
    }

    fn open(&mut self, path: &RepoPath, access: OFlags) -> Result<File, PathError> {
        let flags = access | OFlags::NOFOLLOW | OFlags::NONBLOCK | OFlags::CLOEXEC;
        let fd = self.at("open", path, |parent, name| {
            rustix::fs::openat(parent, name, flags, Mode::empty())
        })?;
        Ok(File::from(fd))
    }

    /// Returns where a symbolic link points to.
    pub fn read_link(&mut self, path: &RepoPath) -> Result<Vec<u8>, PathError> {
        self.at("read link", path, |parent, name| {
            rustix::fs::readlinkat(parent, name, Vec::new()).map(std::ffi::CString::into_bytes)
        })
    }

    /// Creates a file that was not there, in a directory that is.
    pub fn create_file(&mut self, path: &RepoPath, mode: u32) -> Result<File, PathError> {
        let flags =
            OFlags::RDWR | OFlags::CREATE | OFlags::EXCL | OFlags::NOFOLLOW | OFlags::CLOEXEC;
        let fd = self.at("create", path, |parent, name| {
            rustix::fs::openat(parent, name, flags, Mode::from_raw_mode(mode as _))
        })?;
        Ok(File::from(fd))
    }

    /// Creates a symbolic link that was not there.
    pub fn create_link(&mut self, path: &RepoPath, target: &[u8]) -> Result<(), PathError> {
        self.at("create link", path, |parent, name| rustix::fs::symlinkat(target, parent, name))
    }

    /// Renames `from` to its neighbour `to`, whatever file is there. As two steps where it can: over
    /// an old file, ext4 takes a renaming as the wish to write all of the new one to the disk at once.
    pub fn rename_over(&mut self, from: &RepoPath, to: &RepoPath) -> Result<(), PathError> {
        let from_name = from.file_name().unwrap_or_default();
        self.at("rename to", to, |parent, name| {
            let (source, target) = ((parent, from_name), (parent, name));
            match swap(source, target) {
                Ok(()) => rustix::fs::unlinkat(parent, from_name, AtFlags::empty())
                    // What came there meanwhile is no file.
                    .or_else(|error| swap(source, target).and(Err(error))),
                Err(Errno::INVAL | Errno::NOSYS | Errno::NOTSUP | Errno::NOENT) => {
                    rustix::fs::renameat(parent, from_name, parent, name)
                }
                Err(error) => Err(error),
            }
        })
    }

    /// Renames `from` to its neighbour `to`, where nothing may be.
    pub fn rename_new(&mut self, from: &RepoPath, to: &RepoPath) -> Result<(), PathError> {
        let from_name = from.file_name().unwrap_or_default();
        self.at("rename to", to, |parent, name| rename_new((parent, from_name), (parent, name)))
    }

    /// Renames `from` to `to`, which `destination` leads to and where nothing may be.
    pub fn rename_across(
        &mut self,
        from: &RepoPath,
        destination: &mut Self,
        to: &RepoPath,
    ) -> Result<(), PathError> {
        let full = self.disk.full_path(from);
        let source = self.parent(from).context("rename", full)?;
        destination.at("rename to", to, |parent, name| rename_new(source, (parent, name)))
    }

    /// Removes a file or link; one that is gone already is no error.
    pub fn remove_file(&mut self, path: &RepoPath) -> Result<(), PathError> {
        gone_is_fine(self.at("remove", path, |parent, name| {
            rustix::fs::unlinkat(parent, name, AtFlags::empty())
        }))
        .map(drop)
    }

    /// Removes a directory where it is empty; tells whether it is gone now.
    pub fn remove_empty_directory(&mut self, path: &RepoPath) -> Result<bool, PathError> {
        let result = self.at("remove directory", path, |parent, name| {
            rustix::fs::unlinkat(parent, name, AtFlags::REMOVEDIR)
        });
        match gone_is_fine(result) {
            Ok(()) => Ok(true),
            Err(error)
                if matches!(
                    error.kind(),
                    io::ErrorKind::DirectoryNotEmpty
                        | io::ErrorKind::AlreadyExists
                        | io::ErrorKind::ResourceBusy
                ) =>
            {
                Ok(false)
            }
            Err(error) => Err(error),
        }
    }

    /// Returns the disk that the cursor moves on.
    pub fn disk(&self) -> &Disk {
        &self.disk
    }
}

/// A name in an open directory.
type Place<'a> = (BorrowedFd<'a>, &'a [u8]);

/// Renames to a place where nothing may be; file systems that cannot look and rename in one step do
/// it in two.
fn rename_new(from: Place<'_>, to: Place<'_>) -> rustix::io::Result<()> {
    match rename_exclusively(from, to) {
        Err(Errno::INVAL | Errno::NOSYS | Errno::NOTSUP) => {
            match rustix::fs::statat(to.0, to.1, AtFlags::SYMLINK_NOFOLLOW) {
                Err(Errno::NOENT) => rustix::fs::renameat(from.0, from.1, to.0, to.1),
                Ok(_) => Err(Errno::EXIST),
                Err(error) => Err(error),
            }
        }
        other => other,
    }
}

#[cfg(any(target_os = "linux", target_os = "android", target_vendor = "apple"))]
fn rename_exclusively(from: Place<'_>, to: Place<'_>) -> rustix::io::Result<()> {
    rustix::fs::renameat_with(from.0, from.1, to.0, to.1, rustix::fs::RenameFlags::NOREPLACE)
}

/// Exchanges what two names stand for.
#[cfg(any(target_os = "linux", target_os = "android", target_vendor = "apple"))]
fn swap(one: Place<'_>, other: Place<'_>) -> rustix::io::Result<()> {
    rustix::fs::renameat_with(one.0, one.1, other.0, other.1, rustix::fs::RenameFlags::EXCHANGE)
}

#[cfg(not(any(target_os = "linux", target_os = "android", target_vendor = "apple")))]
fn swap(_: Place<'_>, _: Place<'_>) -> rustix::io::Result<()> {
    Err(Errno::NOSYS)
}

#[cfg(not(any(target_os = "linux", target_os = "android", target_vendor = "apple")))]
fn rename_exclusively(_: Place<'_>, _: Place<'_>) -> rustix::io::Result<()> {
    Err(Errno::NOSYS)
}

/// Tells whether the directory `dir` is `target` or on the way to it.
fn leads_to(dir: &[u8], target: &[u8]) -> bool {
    target.starts_with(dir) && matches!(target.get(dir.len()), None | Some(b'/'))
}

/// Tells whether an error says that nothing can be at a path.
fn is_no_way(error: &io::Error) -> bool {
    matches!(
        error.raw_os_error().map(Errno::from_raw_os_error),
        Some(Errno::NOENT | Errno::NOTDIR | Errno::LOOP)
    )
}

fn gone_is_fine(result: Result<(), PathError>) -> Result<(), PathError> {
    match result {
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(()),
        other => other,
    }
}
