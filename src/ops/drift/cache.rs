//! Profiles of columns that were read before, by what the files hold: `.mlv/profiles/`. It may be
//! deleted at any time; what is damaged counts as absent.

use std::fs::{self, File};
use std::io::{Read, Write};
use std::path::{Path, PathBuf};
use std::time::SystemTime;

use crate::base::{Hash, fs::create_dirs};
use crate::check::drift::{Profile, decode, encode};
use crate::format::table::TableOptions;
use crate::ops::Context;
use crate::ops::drift::data::Data;

/// The oldest profiles go when all take more than this.
const MOST_BYTES: u64 = 2 << 30;

/// The profiles of one table.
#[derive(Debug)]
pub(super) struct Cache {
    folder: PathBuf,
    /// A hash of the files and of how they are read.
    table: blake3::Hasher,
}

impl Cache {
    /// Returns the cache of a table; nothing where the content of a file is not known without reading it.
    pub(super) fn of(context: &Context, data: &Data, options: &TableOptions) -> Option<Self> {
        let mut table = blake3::Hasher::new();
        add(&mut table, env!("CARGO_PKG_VERSION").as_bytes());
        for file in &data.files {
            let content = file.content?;
            let format = file.name.rsplit('.').next().unwrap_or_default();
            add(&mut table, format.as_bytes());
            add(&mut table, &content.0);
        }
        add(&mut table, b"");
        for text in &options.null_values {
            add(&mut table, text.as_bytes());
        }
        add(&mut table, options.encoding.as_deref().unwrap_or_default().as_bytes());
        add(&mut table, options.delimiter.as_slice());
        add(&mut table, &[u8::from(options.header)]);
        Some(Self { folder: context.repo.layout().dot_dir().join("profiles"), table })
    }

    fn path(&self, column: &str) -> PathBuf {
        let mut hasher = self.table.clone();
        add(&mut hasher, column.as_bytes());
        self.folder.join(Hash(*hasher.finalize().as_bytes()).to_hex())
    }

    /// Returns the profile of a column, where it was kept and is whole.
    pub(super) fn read(&self, column: &str) -> Option<Profile> {
        let mut file = File::options().read(true).open(self.path(column)).ok()?;
        let mut bytes = Vec::new();
        file.read_to_end(&mut bytes).ok()?;
        let profile = decode(&bytes)?;
        // What is used stays longest; a repository that may not be written keeps its order.
        let _ = file.set_modified(SystemTime::now());
        Some(profile)
    }

    /// Keeps the profile of a column; where that fails, it is read again another time.
    pub(super) fn write(&self, column: &str, profile: &Profile) {
        let write = || -> std::io::Result<()> {
            create_dirs(&self.folder).map_err(std::io::Error::other)?;
            let mut file = tempfile::Builder::new().prefix("new-").tempfile_in(&self.folder)?;
            file.write_all(&encode(profile))?;
            file.persist(self.path(column))?;
            Ok(())
        };
        if let Err(error) = write() {
            tracing::debug!(%error, "a profile is not kept");
        }
    }

    /// Makes room where all profiles take too much.
    pub(super) fn bound(&self) {
        bound(&self.folder, MOST_BYTES);
    }
}

/// Removes the files of a folder that were not used for longest, while all are larger than `most`.
fn bound(folder: &Path, most: u64) {
    let Ok(list) = fs::read_dir(folder) else { return };
    let mut files: Vec<(SystemTime, u64, PathBuf)> = list
        .filter_map(|entry| {
            let entry = entry.ok()?;
            let facts = entry.metadata().ok()?;
            Some((facts.modified().ok()?, facts.len(), entry.path()))
        })
        .collect();
    files.sort();
    let mut total: u64 = files.iter().map(|(_, size, _)| size).sum();
    for (_, size, path) in files {
        if total <= most {
            return;
        }
        // Whoever reads it at this moment has it open.
        let _ = fs::remove_file(path);
        total -= size;
    }
}

/// Adds a text with its length, so that two texts are never taken for two others.
fn add(hasher: &mut blake3::Hasher, bytes: &[u8]) {
    hasher.update(&(bytes.len() as u64).to_le_bytes());
    hasher.update(bytes);
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    #[test]
    fn what_was_not_used_for_longest_makes_room() {
        let dir = tempfile::tempdir().unwrap();
        for (name, age) in [("a", 10), ("b", 30), ("c", 20), ("d", 0)] {
            let mut file = File::create(dir.path().join(name)).unwrap();
            file.write_all(&[0; 100]).unwrap();
            file.set_modified(SystemTime::now() - Duration::from_secs(age)).unwrap();
        }
        bound(dir.path(), 400);
        assert_eq!(fs::read_dir(dir.path()).unwrap().count(), 4);
        bound(dir.path(), 250);
        let kept = ["a", "b", "c", "d"].map(|name| dir.path().join(name).exists());
        assert_eq!(kept, [true, false, false, true]);
        bound(&dir.path().join("none"), 0);
    }
}
