//! What interrupted writes leave behind in a folder: files beside the one that was meant, `NAME#1`.
//! Listings do not show them, and buckets have none.

use std::fs;
use std::path::{Path, PathBuf};
use std::time::{Duration, SystemTime};

use super::Backend;
use crate::remote::{RemoteError, Scheme};

impl Backend {
    /// Deletes the leavings of writes that nobody has gone on with for this long; tells how many.
    pub async fn sweep(&self, age: Duration) -> Result<u64, RemoteError> {
        if self.url.scheme() != Scheme::Folder {
            return Ok(0);
        }
        let (root, remote) = (PathBuf::from(self.url.path()), self.url.to_string());
        let failed =
            |error: std::io::Error| RemoteError::Failed { remote, reason: error.to_string() };
        let sweeping = tokio::task::spawn_blocking(move || {
            let before = SystemTime::now().checked_sub(age);
            before.map_or(Ok(0), |before| sweep(&root, before))
        });
        sweeping.await.map_err(std::io::Error::from).and_then(|swept| swept).map_err(failed)
    }
}

fn sweep(directory: &Path, before: SystemTime) -> std::io::Result<u64> {
    let entries = match fs::read_dir(directory) {
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(0),
        entries => entries?,
    };
    let mut swept = 0;
    for entry in entries {
        let entry = entry?;
        let meta = entry.metadata()?;
        if meta.is_dir() {
            swept += sweep(&entry.path(), before)?;
        } else if is_leaving(&entry.path()) && meta.modified()? < before {
            fs::remove_file(entry.path())?;
            swept += 1;
        }
    }
    Ok(swept)
}

fn is_leaving(path: &Path) -> bool {
    let name = path.file_name().and_then(|name| name.to_str()).unwrap_or_default();
    let number = name.rsplit_once('#').map_or("", |(_, number)| number);
    !number.is_empty() && number.bytes().all(|byte| byte.is_ascii_digit())
}
