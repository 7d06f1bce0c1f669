//! Releases as directories: written beside, held against their hashes, then shown under their ids.
//! What has an id is whole.

use std::ffi::OsStr;
use std::fs::{self, File, OpenOptions, Permissions};
use std::io::{Read, Write};
use std::os::unix::ffi::OsStrExt;
use std::os::unix::fs::{OpenOptionsExt, PermissionsExt};
use std::path::{Path, PathBuf};

use crate::base::fs::{IoContext, PathError, atomic_write, create_dirs, parent_of};
use crate::base::fs::{rename_durably, sync_dir};
use crate::base::progress::Unit;
use crate::base::{Hash, interrupt};
use crate::object::{Entry, Prefetch};
use crate::ops::deploy::DeployError;
use crate::ops::deploy::plan::{Content, Planned};
use crate::ops::deploy::release::{Manifest, ReleasedFile};
use crate::ops::{Context, OpsError};

/// What a release says of itself, in its own directory.
pub const MANIFEST: &str = ".mlv-release.json";
/// Where a release is written; the name is no id.
const STAGING: &str = ".staging";

/// A directory of releases.
#[derive(Debug, Clone)]
pub struct Shelf {
    root: PathBuf,
}

impl Shelf {
    pub fn new(root: PathBuf) -> Self {
        Self { root }
    }

    /// Returns the directory of a release.
    pub fn place(&self, release_id: &str) -> PathBuf {
        self.root.join(release_id)
    }

    /// Returns the highest number that a release here has in its id.
    pub fn last_seq(&self) -> u64 {
        let items = fs::read_dir(&self.root).into_iter().flatten().filter_map(Result::ok);
        let numbers = items
            .filter_map(|item| item.file_name().to_str()?.split('-').next()?.parse::<u64>().ok());
        numbers.max().unwrap_or(0)
    }

    /// Writes a release where nobody looks for one: on the disk for sure, held against its hashes, and
    /// read-only. What an earlier attempt left there goes.
    pub fn stage(
        &self,
        context: &Context,
        files: &[Planned],
        manifest: &Manifest,
    ) -> Result<PathBuf, OpsError> {
        self.sweep()?;
        let staged = self.root.join(STAGING);
        create_dirs(&staged)?;
        tracing::debug!("made room for the release");
        let total = files.iter().map(|planned| planned.file.size).sum();
        fetch(context, files)?;
        context.progress.phase("staging the release", Some(total), Unit::Bytes);
        for planned in files {
            interrupt::check()?;
            write(context, planned, &staged.join(&planned.file.path))?;
            tracing::debug!(path = %planned.path, "staged a file");
        }
        let text = serde_json::to_vec_pretty(manifest).expect("a manifest has a JSON form");
        atomic_write(&staged.join(MANIFEST), &text)?;
        fs::set_permissions(staged.join(MANIFEST), Permissions::from_mode(0o444))
            .context("set mode of", staged.join(MANIFEST))?;
        tracing::debug!("staged the manifest");
        let all: Vec<_> = files.iter().map(|planned| planned.file.clone()).collect();
        check(&staged, &manifest.release_id, &all)?;
        tracing::debug!("held the files against their hashes");
        seal(&staged)?;
        sync_dir(&self.root)?;
        tracing::debug!("sealed the release");
        Ok(staged)
    }

    /// Gives what was staged its id.
    pub fn publish(&self, release_id: &str) -> Result<(), OpsError> {
        rename_durably(&self.root.join(STAGING), &self.place(release_id))?;
        tracing::debug!(release_id, "gave the release its id");
        Ok(())
    }

    /// Holds a release against what was released.
    pub fn check(&self, release_id: &str, files: &[ReleasedFile]) -> Result<(), OpsError> {
        let place = self.place(release_id);
        if !place.is_dir() {
            return Err(DeployError::Gone { release_id: release_id.to_owned() }.into());
        }
        check(&place, release_id, files)
    }

    /// Removes a release; one that is gone is no error.
    pub fn remove(&self, release_id: &str) -> Result<(), OpsError> {
        let place = self.place(release_id);
        if !place.exists() {
            return Ok(());
        }
        // Half a release must not have an id.
        let going = self.root.join(format!("{STAGING}-{release_id}"));
        rename_durably(&place, &going)?;
        tracing::debug!(release_id, "took the id of a release away");
        remove_tree(&going)?;
        tracing::debug!(release_id, "removed a release");
        Ok(())
    }

    /// Removes what attempts that died left behind.
    pub fn sweep(&self) -> Result<(), OpsError> {
        let items = fs::read_dir(&self.root).into_iter().flatten().filter_map(Result::ok);
        for item in items.filter(|item| item.file_name().as_bytes().starts_with(STAGING.as_bytes()))
        {
            remove_tree(&item.path())?;
            tracing::debug!("removed what was left behind");
        }
        Ok(())
    }
}

/// Brings what is not here, at once.
fn fetch(context: &Context, files: &[Planned]) -> Result<(), OpsError> {
    let objects = context.repo.objects();
    let mut prefetch = Prefetch::new(objects);
    for planned in files {
        if let Content::Stored(entry) = &planned.content {
            prefetch.add(&planned.path, entry)?;
        }
    }
    Ok(prefetch.finish()?)
}

fn link(target: &[u8], path: &Path) -> Result<(), PathError> {
    std::os::unix::fs::symlink(OsStr::from_bytes(target), path).context("create link", path)
}

/// Makes a file that nobody may write to, on the disk for sure.
fn fill(
    path: &Path,
    executable: bool,
    fill: impl FnOnce(&mut File) -> Result<(), OpsError>,
) -> Result<(), OpsError> {
    let mode = if executable { 0o555 } else { 0o444 };
    let mut options = OpenOptions::new();
    let mut out =
        options.write(true).create_new(true).mode(mode).open(path).context("create", path)?;
    fill(&mut out)?;
    out.set_permissions(Permissions::from_mode(mode)).context("set mode of", path)?;
    Ok(out.sync_all().context("sync", path)?)
}

fn write(context: &Context, planned: &Planned, path: &Path) -> Result<(), OpsError> {
    create_dirs(parent_of(path))?;
    match &planned.content {
        Content::Stored(Entry::Symlink { target }) => link(target, path)?,
        Content::Stored(Entry::File { file, executable }) => fill(path, *executable, |out| {
            let copied = context.repo.objects().copy_file(file, out);
            Ok(copied.map_err(|error| error.about(&planned.path)).map(drop)?)
        })?,
        Content::Stored(Entry::Reference(reference)) => {
            let (path, url) = (planned.path.clone(), reference.url.clone());
            return Err(DeployError::Elsewhere { path, url }.into());
        }
        Content::Code(target) if planned.file.kind == "symlink" => link(target, path)?,
        Content::Code(bytes) => fill(path, planned.file.kind == "executable", |out| {
            Ok(out.write_all(bytes).context("write", path)?)
        })?,
    }
    context.progress.advance(planned.file.size);
    Ok(())
}

/// Makes the names below a directory durable, and the directories read-only.
fn seal(directory: &Path) -> Result<(), PathError> {
    for item in fs::read_dir(directory).context("list", directory)? {
        let item = item.context("list", directory)?;
        if item.file_type().context("look at", item.path())?.is_dir() {
            seal(&item.path())?;
        }
    }
    sync_dir(directory)?;
    fs::set_permissions(directory, Permissions::from_mode(0o555)).context("set mode of", directory)
}

fn check(directory: &Path, release_id: &str, files: &[ReleasedFile]) -> Result<(), OpsError> {
    for file in files {
        interrupt::check()?;
        let path = directory.join(&file.path);
        if hash_of(&path, file).ok() != Some(file.hash) {
            let (release_id, file) = (release_id.to_owned(), file.path.clone());
            return Err(DeployError::Damaged { release_id, file }.into());
        }
    }
    Ok(())
}

fn hash_of(path: &Path, file: &ReleasedFile) -> std::io::Result<Hash> {
    if file.kind == "symlink" {
        return Ok(Hash::of(fs::read_link(path)?.as_os_str().as_bytes()));
    }
    let mut open = File::open(path)?;
    let mut hasher = blake3::Hasher::new();
    let mut buffer = vec![0; 1 << 16];
    loop {
        match open.read(&mut buffer)? {
            0 => return Ok(Hash(*hasher.finalize().as_bytes())),
            count => hasher.update(&buffer[..count]),
        };
    }
}

fn remove_tree(directory: &Path) -> Result<(), PathError> {
    make_removable(directory)?;
    fs::remove_dir_all(directory).context("remove", directory)
}

fn make_removable(directory: &Path) -> Result<(), PathError> {
    fs::set_permissions(directory, Permissions::from_mode(0o755))
        .context("set mode of", directory)?;
    for item in fs::read_dir(directory).context("list", directory)? {
        let item = item.context("list", directory)?;
        if item.file_type().context("look at", item.path())?.is_dir() {
            make_removable(&item.path())?;
        }
    }
    Ok(())
}
