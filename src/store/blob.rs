//! What a blob is called: its kind and the hash of its plain bytes.

use std::fmt;

use crate::base::Hash;

/// What a blob holds. The numbers are part of the disk format.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[repr(u8)]
pub enum BlobKind {
    /// A run of bytes of a file.
    Chunk = 1,
    /// A list of the chunks of a file.
    Manifest = 2,
    /// A node of a directory's map.
    Tree = 3,
    /// A commit.
    Commit = 4,
}

impl BlobKind {
    pub const ALL: [Self; 4] = [Self::Chunk, Self::Manifest, Self::Tree, Self::Commit];

    /// Returns the kind of this number.
    pub fn from_byte(byte: u8) -> Option<Self> {
        Self::ALL.into_iter().find(|kind| *kind as u8 == byte)
    }

    /// Tells whether blobs of this kind describe data, rather than are data.
    pub fn is_metadata(self) -> bool {
        self != Self::Chunk
    }

    /// Returns the hash that names these bytes: plain BLAKE3 for a chunk, so that a file of one
    /// chunk is named as `b3sum` names it; BLAKE3 in key-derivation mode for metadata, so that no
    /// file can pass for a commit.
    pub fn hash(self, bytes: &[u8]) -> Hash {
        let context = match self {
            Self::Chunk => return Hash::of(bytes),
            Self::Manifest => "mlv 1 manifest",
            Self::Tree => "mlv 1 tree",
            Self::Commit => "mlv 1 commit",
        };
        Hash(blake3::derive_key(context, bytes))
    }
}

impl fmt::Display for BlobKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Chunk => "chunk",
            Self::Manifest => "manifest",
            Self::Tree => "tree",
            Self::Commit => "commit",
        })
    }
}

/// The name of a blob.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct BlobId {
    pub kind: BlobKind,
    pub hash: Hash,
}

impl BlobId {
    /// Returns the name of these bytes.
    pub fn of(kind: BlobKind, bytes: &[u8]) -> Self {
        Self { kind, hash: kind.hash(bytes) }
    }

    /// Returns the name of the chunk with this hash.
    pub fn chunk(hash: Hash) -> Self {
        Self { kind: BlobKind::Chunk, hash }
    }
}

impl fmt::Display for BlobId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {}", self.kind, self.hash.short())
    }
}
