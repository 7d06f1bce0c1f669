//! What a path of a tree holds.

use crate::base::{Hash, ManifestId};
use crate::object::Reference;

/// The content of a file: where it fits in one chunk, the chunk is named by `content` itself (an
/// empty file has none); otherwise `manifest` lists the chunks.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct FileRef {
    pub size: u64,
    /// BLAKE3 of all bytes of the file, as `b3sum` prints it.
    pub content: Hash,
    pub manifest: Option<ManifestId>,
}

impl FileRef {
    /// Returns the content of an empty file.
    pub fn empty() -> Self {
        Self { size: 0, content: Hash::of(b""), manifest: None }
    }
}

/// A file, a symbolic link, or a file that lies elsewhere. Directories are there because of what they
/// hold.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub enum Entry {
    File {
        file: FileRef,
        executable: bool,
    },
    Symlink {
        target: Vec<u8>,
    },
    /// The working copy holds no file for it.
    Reference(Box<Reference>),
}

impl Entry {
    /// Returns how many bytes it has; for a link, those of its target.
    pub fn size(&self) -> u64 {
        match self {
            Self::File { file, .. } => file.size,
            Self::Symlink { target } => target.len() as u64,
            Self::Reference(reference) => reference.size,
        }
    }

    /// Returns a hash that two entries of one kind share only where their bytes are the same: the
    /// BLAKE3 of the bytes; for a link, of its target; for a reference, of what is recorded of it.
    pub fn content(&self) -> Hash {
        match self {
            Self::File { file, .. } => file.content,
            Self::Symlink { target } => Hash::of(target),
            Self::Reference(reference) => reference.identity(),
        }
    }

    /// Returns the BLAKE3 of the bytes; for a link, of its target; nothing where the bytes lie elsewhere
    /// and were never read.
    pub fn hash_of_bytes(&self) -> Option<Hash> {
        match self {
            Self::Reference(reference) => reference.content,
            entry => Some(entry.content()),
        }
    }

    /// Returns what is recorded of a file that lies elsewhere.
    pub fn as_reference(&self) -> Option<&Reference> {
        match self {
            Self::Reference(reference) => Some(reference),
            _ => None,
        }
    }

    /// Tells whether two entries are of the same kind: both files, both links, both references.
    pub fn same_type(&self, other: &Self) -> bool {
        std::mem::discriminant(self) == std::mem::discriminant(other)
    }

    /// Tells whether a checkout writes a file or link for it.
    pub fn is_on_disk(&self) -> bool {
        !matches!(self, Self::Reference(_))
    }
}
