//! Reads one blob of a pack and verifies it.

use std::cell::Cell;
use std::fs::File;
use std::io;
use std::os::unix::fs::FileExt;

use crate::store::compress::{DecodeError, MAX_BLOB, Scheme, check_length, decode, decode_into};
use crate::store::pack::{BlobEntry, HEADER_LEN};

thread_local! {
    static SCRATCH: Cell<Vec<u8>> = const { Cell::new(Vec::new()) };
}

/// Why a blob of a pack cannot be had.
#[derive(Debug, thiserror::Error)]
pub enum BlobError {
    #[error(transparent)]
    Decode(#[from] DecodeError),
    #[error("its bytes do not match its hash")]
    WrongHash,
    #[error("its header is not what its pack says of it")]
    WrongHeader,
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

/// Returns the stored bytes of a blob, whose header and payload `bytes` must be, and verifies them
/// against its hash.
pub fn check_blob<'b>(bytes: &'b [u8], entry: &BlobEntry) -> Result<&'b [u8], BlobError> {
    let Some((header, stored)) = bytes.split_at_checked(HEADER_LEN) else {
        return Err(BlobError::Truncated);
    };
    if header != entry.header() {
        return Err(BlobError::WrongHeader);
    }
    check_length(stored.len(), entry.stored as usize)?;
    verified(stored.to_vec(), entry)?;
    Ok(stored)
}

/// Fills `out` with the plain bytes of a blob, verified against its hash; they must be as many.
pub fn read_blob_into(file: &File, entry: &BlobEntry, out: &mut [u8]) -> Result<(), BlobError> {
    if entry.scheme == Scheme::RAW {
        check_length(entry.stored as usize, out.len())?;
        file.read_exact_at(out, entry.payload())?;
    } else {
        let mut stored = SCRATCH.take();
        let read = read_payload_into(file, entry, &mut stored);
        let decoded = read.and_then(|()| Ok(decode_into(entry.scheme, &stored, out)?));
        SCRATCH.set(stored);
        decoded?;
    }
    if entry.id.kind.hash(out) == entry.id.hash { Ok(()) } else { Err(BlobError::WrongHash) }
}

fn read_payload(file: &File, entry: &BlobEntry) -> Result<Vec<u8>, BlobError> {
    let mut stored = Vec::new();
    read_payload_into(file, entry, &mut stored)?;
    Ok(stored)
}

/// Makes `stored` hold the stored bytes of a blob.
fn read_payload_into(
    file: &File,
    entry: &BlobEntry,
    stored: &mut Vec<u8>,
) -> Result<(), BlobError> {
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
