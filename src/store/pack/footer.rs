//! The footer of a pack: all entries, sorted by hash, and a trailer that seals them. Its hash names
//! the pack, and with the hashes of the blobs in it, every byte that matters.

use std::fs::File;
use std::io;
use std::os::unix::fs::FileExt;

use crate::base::{Hash, PackId};
use crate::store::pack::header::{BlobEntry, ENTRY_LEN, hash_at, u32_at};
use crate::store::pack::{HEADER_LEN, PREAMBLE};

/// The bytes at the very end of a pack: count, zero, magic, id.
pub const TRAILER_LEN: usize = 48;
const MAGIC: [u8; 8] = *b"mlvFOOT\x01";

/// Why a footer cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum FooterError {
    #[error("its footer is damaged: {0}")]
    Damaged(&'static str),
    #[error(transparent)]
    Io(#[from] io::Error),
}

/// Returns the footer of these entries, which it sorts, and the id of the pack.
pub fn encode(entries: &mut [BlobEntry]) -> (Vec<u8>, PackId) {
    entries.sort_unstable_by_key(BlobEntry::key);
    let mut bytes = Vec::with_capacity(entries.len() * ENTRY_LEN + TRAILER_LEN);
    bytes.extend(entries.iter().flat_map(|entry| entry.to_bytes()));
    bytes.extend_from_slice(&(entries.len() as u32).to_le_bytes());
    bytes.extend_from_slice(&[0; 4]);
    bytes.extend_from_slice(&MAGIC);
    let id = pack_id(&bytes);
    bytes.extend_from_slice(&id.0.0);
    (bytes, id)
}

/// Returns the id of the pack whose footer, without the id at its end, is `bytes`.
pub fn pack_id(bytes: &[u8]) -> PackId {
    PackId(Hash(blake3::derive_key("mlv 1 pack", bytes)))
}

/// Returns the entries of a pack, sorted by hash, and the id that its footer has.
pub fn read_footer(file: &File) -> Result<(Vec<BlobEntry>, PackId), FooterError> {
    let len = file.metadata()?.len();
    let damaged = FooterError::Damaged;
    let body_end = len.checked_sub(TRAILER_LEN as u64).ok_or(damaged("it is too short"))?;
    let mut trailer = [0; TRAILER_LEN];
    file.read_exact_at(&mut trailer, body_end)?;
    if trailer[8..16] != MAGIC {
        return Err(damaged("there is none"));
    }
    let entries_len = u64::from(u32_at(&trailer, 0)) * ENTRY_LEN as u64;
    let start = body_end.checked_sub(entries_len).filter(|s| *s >= PREAMBLE.len() as u64);
    let start = start.ok_or(damaged("it claims too much"))?;
    let mut bytes = vec![0; entries_len as usize + 16];
    file.read_exact_at(&mut bytes, start)?;
    let id = pack_id(&bytes);
    if id.0 != hash_at(&trailer, 16) {
        return Err(damaged("its checksum does not match"));
    }
    decode_entries(&bytes[..entries_len as usize], start).map(|entries| (entries, id))
}

fn decode_entries(bytes: &[u8], body_end: u64) -> Result<Vec<BlobEntry>, FooterError> {
    let entry = |bytes| BlobEntry::from_bytes(bytes).filter(|entry| entry.end() <= body_end);
    let entries: Option<Vec<BlobEntry>> = bytes.chunks_exact(ENTRY_LEN).map(entry).collect();
    entries
        .filter(|all| all.windows(2).all(|pair| pair[0].key() < pair[1].key()))
        .filter(|all| {
            let blobs: u64 = all.iter().map(|e| HEADER_LEN as u64 + u64::from(e.stored)).sum();
            PREAMBLE.len() as u64 + blobs == body_end
        })
        .ok_or(FooterError::Damaged("an entry makes no sense"))
}
