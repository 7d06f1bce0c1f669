//! `Chunks`: a source as the parquet reader wants it, which refuses pages that claim too much.

use std::io;
use std::sync::Arc;

use bytes::{Buf, Bytes};
use parquet::errors::{ParquetError, Result};
use parquet::file::reader::{ChunkReader, Length};

use super::compact::{self, PageSizes};
use crate::format::Source;

/// How many bytes a page may have, compressed and not. Usual ones have 1 MiB.
pub const LARGEST_PAGE: i64 = 256 << 20;

/// How many bytes the footer may have.
const LARGEST_FOOTER: usize = 256 << 20;

/// The magic bytes and the length of what precedes them.
const TAIL: u64 = 8;

/// How many bytes are looked at for the header of a page; statistics in it may be long.
const WINDOWS: [usize; 3] = [4 << 10, 256 << 10, 16 << 20];

/// The bytes of a file.
#[derive(Debug, Clone)]
pub struct Chunks(pub Arc<dyn Source>);

impl Length for Chunks {
    fn len(&self) -> u64 {
        self.0.len()
    }
}

impl ChunkReader for Chunks {
    type T = bytes::buf::Reader<Bytes>;

    /// Returns the header of a page, which is all that is read this way but for the tail of the file.
    fn get_read(&self, start: u64) -> Result<Self::T> {
        if self.0.len().checked_sub(TAIL) == Some(start) {
            return Ok(self.get_bytes(start, TAIL as usize)?.reader());
        }
        for window in WINDOWS {
            let bytes = self.0.read_at(start, window).map_err(external)?;
            if let Some(sizes) = compact::page_sizes(&bytes) {
                check(sizes)?;
                return Ok(Bytes::from(bytes).reader());
            }
            if bytes.len() < window {
                break;
            }
        }
        Err(ParquetError::General(format!("the header of the page at byte {start} is damaged")))
    }

    fn get_bytes(&self, start: u64, length: usize) -> Result<Bytes> {
        if length > LARGEST_FOOTER {
            return Err(ParquetError::General(format!("{length} bytes at once are too many")));
        }
        let bytes = self.0.read_at(start, length).map_err(external)?;
        if bytes.len() < length {
            return Err(ParquetError::EOF(format!(
                "the file ends within {length} bytes at {start}"
            )));
        }
        Ok(bytes.into())
    }
}

impl Chunks {
    /// Returns the footer, before it is decoded; nothing where the file has none.
    pub fn footer(&self) -> Result<Option<Bytes>> {
        let Some(tail_at) = self.0.len().checked_sub(TAIL) else { return Ok(None) };
        let tail = self.get_bytes(tail_at, TAIL as usize)?;
        let Some(len) = tail.strip_suffix(b"PAR1").and_then(|len| len.try_into().ok()) else {
            return Ok(None);
        };
        let len = u32::from_le_bytes(len);
        let Some(start) = tail_at.checked_sub(u64::from(len)) else { return Ok(None) };
        self.get_bytes(start, len as usize).map(Some)
    }
}

fn external(error: io::Error) -> ParquetError {
    ParquetError::External(Box::new(error))
}

/// Refuses a page that would take more memory than a page should.
fn check(sizes: PageSizes) -> Result<()> {
    let PageSizes { decompressed, compressed, dictionary_values } = sizes;
    let fits = |size: i64| (0..=LARGEST_PAGE).contains(&size);
    if !fits(decompressed) || !fits(compressed) {
        let mebibytes = LARGEST_PAGE >> 20;
        let reason = format!("a page of {decompressed} bytes; {mebibytes} MiB are the most");
        return Err(ParquetError::General(reason));
    }
    // Each value of a dictionary takes a byte at least.
    if !(0..=decompressed).contains(&dictionary_values) {
        let reason = format!("a dictionary of {dictionary_values} values in {decompressed} bytes");
        return Err(ParquetError::General(reason));
    }
    Ok(())
}
