//! The directory of a mirror: whose it is, and how large it may grow. All that lies there can be
//! fetched again.

use std::fs;
use std::path::{Path, PathBuf};
use std::time::Duration;

use crate::base::Hash;
use crate::base::fs::{IoContext, PathError, create_dirs};
use crate::base::lock::{FileLock, LockError, LockKind};
use crate::config::{Config, Environment};
use crate::ops::OpsError;
use crate::refs::RefEdit;
use crate::remote::RemoteUrl;
use crate::repo::{Layout, OpenOptions, Repo, RepoError, hook_cache};
use crate::workspace::remove_all;

/// The directory of all mirrors. None of them has a format file, so that nobody takes it for a
/// repository: this name says the format.
const MIRRORS: &str = "remotes-1";

const MEBIBYTE: u64 = 1 << 20;

/// So long one waits for a process that empties the cache.
const PATIENCE: Duration = Duration::from_mins(1);

/// Returns where the mirror of a remote lies.
pub fn layout(environment: &Environment, url: &RemoteUrl) -> Result<Layout, OpsError> {
    let cache = environment.user_cache().ok_or(OpsError::NoCache)?;
    let name = &Hash::of(url.as_str().as_bytes()).to_hex()[..16];
    Ok(Layout::at(cache.join(MIRRORS).join(name)))
}

/// Opens the repository of a mirror, and empties it before where it is larger than `cache.size` and
/// nobody else works with it. As long as the lock is held, it stays as it is.
pub fn open(layout: Layout, config: &Config) -> Result<(Repo, FileLock), OpsError> {
    create_dirs(&layout.dot_dir())?;
    let path = layout.dot_dir().join("mirror.lock");
    if size_of(&layout.store())? > limit(config) {
        match FileLock::acquire(&path, LockKind::Exclusive, Duration::ZERO) {
            Ok(_alone) => empty(&layout)?,
            Err(LockError::Held { .. }) => {}
            Err(error @ LockError::Path(_)) => return Err(RepoError::from(error).into()),
        }
    }
    let shared = FileLock::acquire(&path, LockKind::Shared, PATIENCE).map_err(RepoError::from)?;
    Ok((Repo::open_unsealed(layout, OpenOptions::default())?, shared))
}

fn limit(config: &Config) -> u64 {
    let mebibytes = config.integer("cache.size").and_then(|size| u64::try_from(size).ok());
    mebibytes.map_or(u64::MAX, |size| size.saturating_mul(MEBIBYTE))
}

/// Forgets what leads to the data, then removes the data.
fn empty(layout: &Layout) -> Result<(), OpsError> {
    let repo = Repo::open_unsealed(layout.clone(), OpenOptions::default())?;
    let gone = repo.list("")?.into_iter().map(|(name, _)| RefEdit::delete(name));
    repo.edit_unlogged(&gone.collect::<Vec<_>>())?;
    repo.transact(|connection| Ok(hook_cache::prune(connection, i64::MAX, 0)?))?;
    drop(repo);
    tracing::debug!(path = %layout.store().display(), "emptied the mirror");
    Ok(remove_all(&layout.store())?)
}

/// Returns how many bytes the files below a directory have; those that vanish meanwhile have none.
fn size_of(dir: &Path) -> Result<u64, PathError> {
    let mut waiting: Vec<PathBuf> = vec![dir.to_owned()];
    let mut bytes = 0;
    while let Some(dir) = waiting.pop() {
        let Ok(entries) = fs::read_dir(&dir) else { continue };
        for entry in entries {
            let entry = entry.context("read", &dir)?;
            match entry.metadata() {
                Ok(metadata) if metadata.is_dir() => waiting.push(entry.path()),
                Ok(metadata) => bytes += metadata.len(),
                Err(_) => {}
            }
        }
    }
    Ok(bytes)
}
