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
    verified(read_payload(file, entry)?, entry)
}

/// Returns the stored and the plain bytes of a blob, verified against its hash.
pub fn read_both(file: &File, entry: &BlobEntry) -> Result<(Vec<u8>, Vec<u8>), BlobError> {
    let stored = read_payload(file, entry)?;
    let plain = verified(stored.clone(), entry)?;
    Ok((stored, plain))
}

fn read_payload(file: &File, entry: &BlobEntry) -> Result<Vec<u8>, BlobError> {
    if entry.stored as usize > MAX_BLOB {
        return Err(DecodeError::TooLong { plain: u64::from(entry.stored) }.into());
    }
    let mut stored = vec![0; entry.stored as usize];
    file.read_exact_at(&mut stored, entry.payload())?;
    Ok(stored)
}

fn verified(stored: Vec<u8>, entry: &BlobEntry) -> Result<Vec<u8>, BlobError> {
    let plain = decode(entry.scheme, stored, entry.plain as usize)?;
    if entry.id.kind.hash(&plain) == entry.id.hash { Ok(plain) } else { Err(BlobError::WrongHash) }
}
