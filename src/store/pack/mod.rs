//! Pack files: many blobs in one file, each behind a header from which a scanner can find its way
//! again after damage, with a footer that lists them all. `docs/format.md` has the picture.

use minicbor::{Decode, Encode};

use crate::store::BlobKind;
use crate::store::compress::MAX_BLOB;

mod footer;
mod header;
mod name;
mod reader;
mod scan;
mod writer;

pub use footer::{FooterError, TRAILER_LEN, decode_footer, footer_len, pack_len, read_footer};
pub use header::{BlobEntry, ENTRY_LEN, HEADER_LEN, PREAMBLE, checksum, hash_at, u32_at};
pub use name::{PackName, fresh_nonce};
pub use reader::{BlobError, check_blob, read_blob, read_blob_into, read_both};
pub use scan::scan;
pub use writer::{Batch, FinishedPack, PackWriter, PendingFile};

/// What a pack holds: data and metadata are kept apart, so that history is read without data.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Encode, Decode)]
#[cbor(index_only)]
pub enum PackClass {
    #[n(0)]
    Data,
    #[n(1)]
    Metadata,
}

impl PackClass {
    pub const ALL: [Self; 2] = [Self::Data, Self::Metadata];

    /// Returns where blobs of a kind go.
    pub fn of(kind: BlobKind) -> Self {
        if kind.is_metadata() { Self::Metadata } else { Self::Data }
    }

    /// Returns a length beyond which no pack of the class that was written here goes.
    pub fn most_len(self) -> u64 {
        2 * self.target_len() + MAX_BLOB as u64
    }

    /// Returns the length at which a pack is sealed.
    pub fn target_len(self) -> u64 {
        match self {
            Self::Data => 64 << 20,
            Self::Metadata => 8 << 20,
        }
    }
}

#[cfg(test)]
mod tests;
#[cfg(test)]
pub use tests::{from_hex, to_hex};
