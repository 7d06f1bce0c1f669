//! What was found when references were read whole: their hashes, kept here and nowhere else. All of it
//! may be deleted; then they are read again.

use std::path::{Path, PathBuf};

use crate::base::Hash;
use crate::base::fs::{create_dirs, read_if_exists};
use crate::object::Reference;

/// A directory with a small file for each reference that was read.
#[derive(Debug, Clone)]
pub struct KnownHashes {
    dir: PathBuf,
}

impl KnownHashes {
    pub fn in_directory(dir: PathBuf) -> Self {
        Self { dir }
    }

    fn place(&self, reference: &Reference) -> PathBuf {
        let name = reference.identity().to_hex();
        self.dir.join(&name[..2]).join(&name[2..])
    }

    /// Returns the hash of the bytes that a reference means, recorded or found out.
    pub fn of(&self, reference: &Reference) -> Option<Hash> {
        reference.content.or_else(|| {
            let bytes = read_if_exists(&self.place(reference)).ok().flatten()?;
            bytes.try_into().ok().map(Hash)
        })
    }

    /// Notes what was found. What cannot be noted is found out again.
    pub fn note(&self, reference: &Reference, content: Hash) {
        if self.of(reference) != Some(content) {
            let _ = write(&self.place(reference), content);
        }
    }
}

/// Writes beside and renames: a file that is there is whole, or is believed to be nothing.
fn write(path: &Path, content: Hash) -> std::io::Result<()> {
    use std::io::Write as _;
    let dir = crate::base::fs::parent_of(path);
    create_dirs(dir).map_err(std::io::Error::other)?;
    let mut draft = tempfile::NamedTempFile::new_in(dir)?;
    draft.write_all(&content.0)?;
    draft.persist(path)?;
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_found_is_known_until_the_source_changes() {
        let dir = tempfile::tempdir().unwrap();
        let hashes = KnownHashes::in_directory(dir.path().join("references"));
        let reference = Reference {
            url: "s3://bucket/a".to_owned(),
            size: 1,
            etag: "e".to_owned(),
            version: String::new(),
            modified: 0,
            content: None,
        };
        assert_eq!(hashes.of(&reference), None);
        hashes.note(&reference, Hash::of(b"a"));
        assert_eq!(hashes.of(&reference), Some(Hash::of(b"a")));
        let changed = Reference { etag: "f".to_owned(), ..reference.clone() };
        assert_eq!(hashes.of(&changed), None);
        let recorded = Reference { content: Some(Hash::of(b"b")), ..reference };
        assert_eq!(hashes.of(&recorded), Some(Hash::of(b"b")));
    }
}
