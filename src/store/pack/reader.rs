//! Reads one blob of a pack and verifies it.

use std::fs::File;
use std::io;
use std::os::unix::fs::FileExt;

use crate::store::compress::{DecodeError, MAX_BLOB, decode};
use crate::store::pack::BlobEntry;

/// Why a blob of a pack cannot be had.
#[derive(Debug, thiserror::Error)]
pub enum BlobError {
    #[error(transparent)]
    Decode(#[from] DecodeError),
    #[error("its bytes do not match its hash")]
    WrongHash,
    #[error("the pack ends within it")]
    Truncated,
    #[error(transparent)]
    Io(io::Error),
}

impl From<io::Error> for BlobError {
    fn from(error: io::Error) -> Self {
        match error.kind() {
            io::ErrorKind::UnexpectedEof => Self::Truncated,
            _ => Self::Io(error),
        }
    }
}

/// Returns the plain bytes of a blob, verified against its hash.
pub fn read_blob(file: &File, entry: &BlobEntry) -> Result<Vec<u8>, BlobError> {
    let mut plain = Vec::new();
    read_blob_into(file, entry, &mut plain)?;
    Ok(plain)
}

/// As [`read_blob`], into `plain`, whose memory is used again where the blob is stored as it is.
pub fn read_blob_into(
    file: &File,
    entry: &BlobEntry,
    plain: &mut Vec<u8>,
) -> Result<(), BlobError> {
    read_payload(file, entry, plain)?;
    *plain = verified(std::mem::take(plain), entry)?;
    Ok(())
}

/// Returns the stored and the plain bytes of a blob, verified against its hash.
pub fn read_both(file: &File, entry: &BlobEntry) -> Result<(Vec<u8>, Vec<u8>), BlobError> {
    let mut stored = Vec::new();
    read_payload(file, entry, &mut stored)?;
    let plain = verified(stored.clone(), entry)?;
    Ok((stored, plain))
}

fn read_payload(file: &File, entry: &BlobEntry, stored: &mut Vec<u8>) -> Result<(), BlobError> {
    if entry.stored as usize > MAX_BLOB {
        return Err(DecodeError::TooLong { plain: u64::from(entry.stored) }.into());
    }
    stored.resize(entry.stored as usize, 0);
    Ok(file.read_exact_at(stored, entry.payload())?)
}

fn verified(stored: Vec<u8>, entry: &BlobEntry) -> Result<Vec<u8>, BlobError> {
    let plain = decode(entry.scheme, stored, entry.plain as usize)?;
    if entry.id.kind.hash(&plain) == entry.id.hash { Ok(plain) } else { Err(BlobError::WrongHash) }
}
