//! Removing a whole directory, whatever modes were put on what is in it.

use std::fs;
use std::io::ErrorKind;
use std::os::unix::fs::PermissionsExt;
use std::path::Path;

use crate::base::fs::{IoContext, PathError};

/// Removes the directory at `path` with all that is in it; links are removed, never followed.
pub fn remove_all(path: &Path) -> Result<(), PathError> {
    match fs::remove_dir_all(path) {
        Err(error) if error.kind() == ErrorKind::PermissionDenied => {
            make_writable(path)?;
            fs::remove_dir_all(path).context("remove directory", path)
        }
        Err(error) if error.kind() == ErrorKind::NotADirectory => {
            fs::remove_file(path).context("remove", path)
        }
        Err(error) if error.kind() != ErrorKind::NotFound => {
            Err(PathError::new("remove directory", path, error))
        }
        _ => Ok(()),
    }
}

/// Gives the owner every right on the directory and those below.
fn make_writable(path: &Path) -> Result<(), PathError> {
    let mut pending = vec![path.to_owned()];
    while let Some(dir) = pending.pop() {
        let all = fs::Permissions::from_mode(0o700);
        fs::set_permissions(&dir, all).context("set mode of", &dir)?;
        for item in fs::read_dir(&dir).context("read directory", &dir)? {
            let item = item.context("read directory", &dir)?;
            if item.file_type().is_ok_and(|kind| kind.is_dir()) {
                pending.push(item.path());
            }
        }
    }
    Ok(())
}
