//! Uploads that are finished and that no entry of the remote's log names yet: for each a file that
//! holds its footer.

use std::path::PathBuf;

use crate::base::fs::{
    IoContext, atomic_write, create_dirs, read_if_exists, remove_file_if_exists,
};
use crate::remote::RemoteError;
use crate::remote::transfer::footer::named;
use crate::store::{BlobEntry, PackName, decode_footer};

/// The bytes before the footer: the length of the pack.
const HEAD_LEN: usize = 8;

/// The notes, in a directory of their own.
#[derive(Debug)]
pub struct Notes {
    dir: PathBuf,
}

/// A finished upload.
#[derive(Debug)]
pub struct Note {
    pub name: PackName,
    pub len: u64,
    pub entries: Vec<BlobEntry>,
}

impl Notes {
    pub fn new(dir: PathBuf) -> Self {
        Self { dir }
    }

    fn path(&self, name: PackName) -> PathBuf {
        self.dir.join(name.to_string())
    }

    /// Notes an upload, durably.
    pub fn write(&self, name: PackName, len: u64, footer: &[u8]) -> Result<(), RemoteError> {
        create_dirs(&self.dir)?;
        Ok(atomic_write(&self.path(name), &[&len.to_le_bytes(), footer].concat())?)
    }

    /// Returns what a noted pack holds.
    pub fn entries(&self, name: PackName) -> Option<Vec<BlobEntry>> {
        Some(self.read(name)?.entries)
    }

    /// Returns a note; one that is not as it was written is as good as none.
    fn read(&self, name: PackName) -> Option<Note> {
        let bytes = read_if_exists(&self.path(name)).ok()??;
        let (len, footer) = bytes.split_first_chunk::<HEAD_LEN>()?;
        let len = u64::from_le_bytes(*len);
        let entries = named(name, decode_footer(footer, len)).ok()?;
        Some(Note { name, len, entries })
    }

    /// Returns every note.
    pub fn all(&self) -> Result<Vec<Note>, RemoteError> {
        Ok(self.names()?.into_iter().filter_map(|name| self.read(name)).collect())
    }

    /// Removes the notes of these packs.
    pub fn strike(&self, struck: impl Fn(PackName) -> bool) -> Result<(), RemoteError> {
        for name in self.names()?.into_iter().filter(|name| struck(*name)) {
            remove_file_if_exists(&self.path(name))?;
        }
        Ok(())
    }

    fn names(&self) -> Result<Vec<PackName>, RemoteError> {
        let entries = match std::fs::read_dir(&self.dir) {
            Ok(entries) => entries,
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(Vec::new()),
            Err(error) => return Err(error).context("list", &self.dir).map_err(Into::into),
        };
        let mut names = Vec::new();
        for entry in entries {
            let file_name = entry.context("list", &self.dir)?.file_name();
            names.extend(file_name.to_str().and_then(|text| text.parse::<PackName>().ok()));
        }
        Ok(names)
    }
}
