//! What a path of a tree holds.

use crate::base::{Hash, ManifestId};

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

/// A file or a symbolic link of a tree. Directories are there because of what they hold.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub enum Entry {
    File { file: FileRef, executable: bool },
    Symlink { target: Vec<u8> },
}

impl Entry {
    /// Returns the bytes a checkout of this entry holds; for a link, those of its target.
    pub fn size(&self) -> u64 {
        match self {
            Self::File { file, .. } => file.size,
            Self::Symlink { target } => target.len() as u64,
        }
    }

    /// Returns the BLAKE3 of the bytes; for a link, of its target.
    pub fn content(&self) -> Hash {
        match self {
            Self::File { file, .. } => file.content,
            Self::Symlink { target } => Hash::of(target),
        }
    }

    /// Tells whether two entries are of the same kind: both files or both links.
    pub fn same_type(&self, other: &Self) -> bool {
        std::mem::discriminant(self) == std::mem::discriminant(other)
    }
}
