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
    let mut trailer = [0; TRAILER_LEN];
    let start = len.checked_sub(TRAILER_LEN as u64);
    file.read_exact_at(&mut trailer, start.ok_or(FooterError::Damaged("it is too short"))?)?;
    let mut footer = vec![0; footer_len(&trailer, len)? as usize];
    let start = len - footer.len() as u64;
    file.read_exact_at(&mut footer, start)?;
    decode_footer(&footer, len)
}

/// Returns how long the footer is of a pack of `pack_len` bytes that ends with the bytes of `tail`.
pub fn footer_len(tail: &[u8], pack_len: u64) -> Result<u64, FooterError> {
    let trailer = tail.len().checked_sub(TRAILER_LEN).map(|start| &tail[start..]);
    let trailer = trailer.ok_or(FooterError::Damaged("it is too short"))?;
    if trailer[8..16] != MAGIC {
        return Err(FooterError::Damaged("there is none"));
    }
    let len = u64::from(u32_at(trailer, 0)) * ENTRY_LEN as u64 + TRAILER_LEN as u64;
    if len + PREAMBLE.len() as u64 > pack_len {
        return Err(FooterError::Damaged("it claims too much"));
    }
    Ok(len)
}

/// Returns the entries of a pack and the id that its footer has, from a footer in memory.
pub fn decode_footer(
    footer: &[u8],
    pack_len: u64,
) -> Result<(Vec<BlobEntry>, PackId), FooterError> {
    if footer_len(footer, pack_len)? != footer.len() as u64 {
        return Err(FooterError::Damaged("it has another length than it claims"));
    }
    let (named, id) = footer.split_at(footer.len() - 32);
    let found = pack_id(named);
    if found.0 != hash_at(id, 0) {
        return Err(FooterError::Damaged("its checksum does not match"));
    }
    let entries = &footer[..footer.len() - TRAILER_LEN];
    decode_entries(entries, pack_len - footer.len() as u64).map(|entries| (entries, found))
}

/// Returns how long a pack of these entries is.
pub fn pack_len(entries: &[BlobEntry]) -> u64 {
    let footer = entries.len() * ENTRY_LEN + TRAILER_LEN;
    let blobs: u64 = entries.iter().map(|entry| HEADER_LEN as u64 + u64::from(entry.stored)).sum();
    PREAMBLE.len() as u64 + blobs + footer as u64
}

fn decode_entries(bytes: &[u8], body_end: u64) -> Result<Vec<BlobEntry>, FooterError> {
    let entry = |bytes| BlobEntry::from_bytes(bytes).filter(|entry| entry.end() <= body_end);
    let entries: Option<Vec<BlobEntry>> = bytes.chunks_exact(ENTRY_LEN).map(entry).collect();
    entries
        .filter(|all| all.windows(2).all(|pair| pair[0].key() < pair[1].key()))
        .filter(|all| pack_len(all) == body_end + (bytes.len() + TRAILER_LEN) as u64)
        .ok_or(FooterError::Damaged("an entry makes no sense"))
}
