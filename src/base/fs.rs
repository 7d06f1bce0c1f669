//! Durable file writes, and errors that say what was being done to which path.

use std::fs::{self, File};
use std::io::{self, Write};
use std::path::{Path, PathBuf};

/// What went wrong on the disk, with the path and the deed.
#[derive(Debug, thiserror::Error)]
#[error("cannot {action} `{}`: {source}", path.display())]
pub struct PathError {
    pub action: &'static str,
    pub path: PathBuf,
    #[source]
    pub source: io::Error,
}

impl PathError {
    pub fn new(action: &'static str, path: impl Into<PathBuf>, source: io::Error) -> Self {
        Self { action, path: path.into(), source }
    }

    pub fn kind(&self) -> io::ErrorKind {
        self.source.kind()
    }
}

/// Adds the deed and the path to an I/O error.
pub trait IoContext<T> {
    fn context(self, action: &'static str, path: impl Into<PathBuf>) -> Result<T, PathError>;
}

impl<T, E: Into<io::Error>> IoContext<T> for Result<T, E> {
    fn context(self, action: &'static str, path: impl Into<PathBuf>) -> Result<T, PathError> {
        self.map_err(|error| PathError::new(action, path, error.into()))
    }
}

/// Returns the content of a file, or nothing where there is none.
pub fn read_if_exists(path: &Path) -> Result<Option<Vec<u8>>, PathError> {
    match fs::read(path) {
        Ok(bytes) => Ok(Some(bytes)),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
        Err(error) => Err(PathError::new("read", path, error)),
    }
}

/// Creates a directory and its parents.
pub fn create_dirs(path: &Path) -> Result<(), PathError> {
    fs::create_dir_all(path).context("create directory", path)
}

/// Makes the names in a directory durable.
pub fn sync_dir(path: &Path) -> Result<(), PathError> {
    File::open(path).and_then(|dir| dir.sync_all()).context("sync directory", path)
}

/// Removes a file; one that is gone already is no error.
pub fn remove_file_if_exists(path: &Path) -> Result<(), PathError> {
    match fs::remove_file(path) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => {
            Err(PathError::new("remove", path, error))
        }
        _ => Ok(()),
    }
}

/// Renames a file over another and makes the new name durable.
pub fn rename_durably(from: &Path, to: &Path) -> Result<(), PathError> {
    fs::rename(from, to).context("rename to", to)?;
    sync_dir(parent_of(to))
}

/// Replaces a file by `bytes`: after a crash it holds the old bytes or the new, never a mixture.
pub fn atomic_write(path: &Path, bytes: &[u8]) -> Result<(), PathError> {
    let dir = parent_of(path);
    let mut temporary = tempfile::Builder::new()
        .prefix(".mlv-write-")
        .tempfile_in(dir)
        .context("create a file in", dir)?;
    temporary.write_all(bytes).context("write", path)?;
    if let Ok(old) = fs::metadata(path) {
        temporary.as_file().set_permissions(old.permissions()).context("set mode of", path)?;
    } else {
        use std::os::unix::fs::PermissionsExt;
        let plain = fs::Permissions::from_mode(0o644);
        temporary.as_file().set_permissions(plain).context("set mode of", path)?;
    }
    temporary.as_file().sync_all().context("sync", path)?;
    temporary.persist(path).map_err(|failed| PathError::new("rename to", path, failed.error))?;
    sync_dir(dir)
}

/// Returns the directory a path lies in, `.` for a bare name.
pub fn parent_of(path: &Path) -> &Path {
    match path.parent() {
        Some(parent) if !parent.as_os_str().is_empty() => parent,
        _ => Path::new("."),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_atomic_write_replaces_and_leaves_nothing_beside() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("file");
        atomic_write(&path, b"one").unwrap();
        atomic_write(&path, b"two").unwrap();
        assert_eq!(fs::read(&path).unwrap(), b"two");
        assert_eq!(fs::read_dir(dir.path()).unwrap().count(), 1);
    }

    #[test]
    fn an_error_names_the_deed_and_the_path() {
        let error = atomic_write(Path::new("/nowhere/file"), b"").unwrap_err();
        assert!(error.to_string().starts_with("cannot create a file in `/nowhere`"), "{error}");
        assert_eq!(read_if_exists(Path::new("/nowhere/file")).unwrap(), None);
    }
}
