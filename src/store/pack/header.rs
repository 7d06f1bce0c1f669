//! The header before each blob of a pack, and the entry that lists it in the footer.

use crate::base::Hash;
use crate::store::compress::Scheme;
use crate::store::{BlobId, BlobKind};

/// The first bytes of a pack: what it is, and the version of the format.
pub const PREAMBLE: [u8; 8] = *b"mlvPACK\x01";
/// The bytes before each payload.
pub const HEADER_LEN: usize = 56;
/// The bytes of an entry in the footer.
pub const ENTRY_LEN: usize = 48;
/// How a header starts; a scanner looks for it.
pub const MAGIC: [u8; 4] = *b"mlvB";

/// Where a blob lies in a pack, and how.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct BlobEntry {
    pub id: BlobId,
    pub scheme: Scheme,
    /// Where the header starts.
    pub offset: u32,
    /// The length of the payload.
    pub stored: u32,
    /// The length of the blob.
    pub plain: u32,
}

impl BlobEntry {
    #[cfg(test)]
    /// Returns the entry of a blob that is stored as it is.
    pub fn at(id: BlobId, offset: u32, stored: u32) -> Self {
        Self { id, scheme: Scheme::RAW, offset, stored, plain: stored }
    }

    /// Returns the key that entries are sorted by.
    pub fn key(&self) -> (Hash, BlobKind) {
        (self.id.hash, self.id.kind)
    }

    /// Returns where the payload starts.
    pub fn payload(&self) -> u64 {
        u64::from(self.offset) + HEADER_LEN as u64
    }

    /// Returns where the next header starts.
    pub fn end(&self) -> u64 {
        self.payload() + u64::from(self.stored)
    }

    /// Returns the bytes that stand before the payload.
    pub fn header(&self) -> [u8; HEADER_LEN] {
        let mut bytes = [0; HEADER_LEN];
        bytes[..4].copy_from_slice(&MAGIC);
        bytes[4] = self.id.kind as u8;
        bytes[5] = self.scheme.0;
        bytes[8..12].copy_from_slice(&self.plain.to_le_bytes());
        bytes[12..16].copy_from_slice(&self.stored.to_le_bytes());
        bytes[16..48].copy_from_slice(&self.id.hash.0);
        let checksum = checksum(&bytes[..48]);
        bytes[48..].copy_from_slice(&checksum);
        bytes
    }

    /// Returns what the header at `offset` says, or nothing where it is none.
    pub fn from_header(bytes: &[u8], offset: u32) -> Option<Self> {
        let bytes = bytes.get(..HEADER_LEN)?;
        if bytes[..4] != MAGIC || bytes[48..] != checksum(&bytes[..48]) || bytes[6..8] != [0, 0] {
            return None;
        }
        let kind = BlobKind::from_byte(bytes[4])?;
        Some(Self {
            id: BlobId { kind, hash: hash_at(bytes, 16) },
            scheme: Scheme(bytes[5]),
            offset,
            stored: u32_at(bytes, 12),
            plain: u32_at(bytes, 8),
        })
    }

    /// Returns the entry as the footer and the index hold it.
    pub fn to_bytes(self) -> [u8; ENTRY_LEN] {
        let mut bytes = [0; ENTRY_LEN];
        bytes[..32].copy_from_slice(&self.id.hash.0);
        bytes[32] = self.id.kind as u8;
        bytes[33] = self.scheme.0;
        bytes[36..40].copy_from_slice(&self.offset.to_le_bytes());
        bytes[40..44].copy_from_slice(&self.stored.to_le_bytes());
        bytes[44..48].copy_from_slice(&self.plain.to_le_bytes());
        bytes
    }

    /// Returns the entry of these bytes, or nothing where they are none.
    pub fn from_bytes(bytes: &[u8]) -> Option<Self> {
        let bytes = bytes.get(..ENTRY_LEN)?;
        if bytes[34..36] != [0, 0] {
            return None;
        }
        Some(Self {
            id: BlobId { kind: BlobKind::from_byte(bytes[32])?, hash: hash_at(bytes, 0) },
            scheme: Scheme(bytes[33]),
            offset: u32_at(bytes, 36),
            stored: u32_at(bytes, 40),
            plain: u32_at(bytes, 44),
        })
    }
}

/// Returns the first eight bytes of the BLAKE3 of `bytes`: against accidents, not against malice.
pub fn checksum(bytes: &[u8]) -> [u8; 8] {
    let mut short = [0; 8];
    short.copy_from_slice(&Hash::of(bytes).0[..8]);
    short
}

/// Returns the little-endian number at `start`, which the caller knows to be within.
pub fn u32_at(bytes: &[u8], start: usize) -> u32 {
    let mut word = [0; 4];
    word.copy_from_slice(&bytes[start..start + 4]);
    u32::from_le_bytes(word)
}

/// Returns the hash at `start`, which the caller knows to be within.
pub fn hash_at(bytes: &[u8], start: usize) -> Hash {
    let mut hash = [0; 32];
    hash.copy_from_slice(&bytes[start..start + 32]);
    Hash(hash)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn sample() -> BlobEntry {
        let id = BlobId::of(BlobKind::Tree, b"x");
        BlobEntry { id, scheme: Scheme::ZSTD, offset: 8, stored: 3, plain: 9 }
    }

    #[test]
    fn a_header_and_an_entry_survive_the_way_through_bytes() {
        let entry = sample();
        assert_eq!(BlobEntry::from_header(&entry.header(), 8), Some(entry));
        assert_eq!(BlobEntry::from_bytes(&entry.to_bytes()), Some(entry));
    }

    proptest! {
        #[test]
        fn a_flipped_bit_in_a_header_is_noticed(bit in 0usize..HEADER_LEN * 8) {
            let mut bytes = sample().header();
            bytes[bit / 8] ^= 1 << (bit % 8);
            prop_assert_eq!(BlobEntry::from_header(&bytes, 8), None);
        }
    }
}
