//! `Chunks`: a source as the parquet reader wants it, which refuses pages that claim too much.

use std::io;
use std::ops::Range;
use std::sync::Arc;

use bytes::{Buf, Bytes};
use parquet::basic::Compression;
use parquet::errors::{ParquetError, Result};
use parquet::file::metadata::{ColumnChunkMetaData, ParquetMetaData, RowGroupMetaData};
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
pub struct Chunks {
    source: Arc<dyn Source>,
    /// Where the pages of each column lie in each group of rows, in the order of the file, and how many
    /// bytes one byte of them can stand for.
    ratios: Arc<[(Range<u64>, i64)]>,
}

impl Length for Chunks {
    fn len(&self) -> u64 {
        self.source.len()
    }
}

impl ChunkReader for Chunks {
    type T = bytes::buf::Reader<Bytes>;

    /// Returns the header of a page, which is all that is read this way but for the tail of the file.
    fn get_read(&self, start: u64) -> Result<Self::T> {
        if self.source.len().checked_sub(TAIL) == Some(start) {
            return Ok(self.get_bytes(start, TAIL as usize)?.reader());
        }
        for window in WINDOWS {
            let bytes = self.source.read_at(start, window).map_err(external)?;
            if let Some(sizes) = compact::page_sizes(&bytes) {
                check(sizes, self.ratio_at(start))?;
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
        let bytes = self.source.read_at(start, length).map_err(external)?;
        if bytes.len() < length {
            return Err(ParquetError::EOF(format!(
                "the file ends within {length} bytes at {start}"
            )));
        }
        Ok(bytes.into())
    }
}

impl Chunks {
    /// Returns the bytes of a file of which no more is known.
    pub fn new(source: Arc<dyn Source>) -> Self {
        Self { source, ratios: Arc::default() }
    }

    /// Returns them with what the footer says about how they are compressed.
    pub fn described(self, metadata: &ParquetMetaData) -> Self {
        let columns = metadata.row_groups().iter().flat_map(RowGroupMetaData::columns);
        let mut ratios: Vec<(Range<u64>, i64)> = columns.filter_map(ratio_of).collect();
        ratios.sort_by_key(|(range, _)| range.start);
        Self { ratios: ratios.into(), ..self }
    }

    fn ratio_at(&self, at: u64) -> i64 {
        let following = self.ratios.partition_point(|(range, _)| range.start <= at);
        let before = following.checked_sub(1).map(|place| &self.ratios[place]);
        let around = before.filter(|(range, _)| range.contains(&at));
        around.map_or(LARGEST_PAGE, |(_, ratio)| *ratio)
    }

    /// Returns the footer, before it is decoded; nothing where the file has none.
    pub fn footer(&self) -> Result<Option<Bytes>> {
        let Some(tail_at) = self.source.len().checked_sub(TAIL) else { return Ok(None) };
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

/// Returns where a column lies, and how many bytes one of its bytes can stand for at the most.
fn ratio_of(column: &ColumnChunkMetaData) -> Option<(Range<u64>, i64)> {
    // Some writers say 0 where there is no dictionary.
    let dictionary = column.dictionary_page_offset().filter(|at| *at > 0);
    let first =
        dictionary.map_or(column.data_page_offset(), |at| at.min(column.data_page_offset()));
    let start = u64::try_from(first).ok()?;
    let len = u64::try_from(column.compressed_size()).ok()?;
    let ratio = match column.compression() {
        Compression::UNCOMPRESSED => 1,
        // Three bytes of a copy stand for 64.
        Compression::SNAPPY => 22,
        // A byte adds at most 255 to the length of a match.
        Compression::LZ4 | Compression::LZ4_RAW => 256,
        // Two bits stand for 258.
        Compression::GZIP(_) => 1032,
        // A block of four bytes stands for 128 KiB.
        Compression::ZSTD(_) => 1 << 15,
        _ => LARGEST_PAGE,
    };
    Some((start..start.checked_add(len)?, ratio))
}

/// Refuses a page that would take more memory than a page should, or than its bytes can stand for.
fn check(sizes: PageSizes, ratio: i64) -> Result<()> {
    let PageSizes { decompressed, compressed, dictionary_values } = sizes;
    let fits = |size: i64| (0..=LARGEST_PAGE).contains(&size);
    if !fits(decompressed) || !fits(compressed) {
        let mebibytes = LARGEST_PAGE >> 20;
        let reason = format!("a page of {decompressed} bytes; {mebibytes} MiB are the most");
        return Err(ParquetError::General(reason));
    }
    if decompressed > compressed.saturating_mul(ratio) {
        let reason = format!("a page of {decompressed} bytes cannot be made of {compressed}");
        return Err(ParquetError::General(reason));
    }
    // Each value of a dictionary takes a byte at least.
    if !(0..=decompressed).contains(&dictionary_values) {
        let reason = format!("a dictionary of {dictionary_values} values in {decompressed} bytes");
        return Err(ParquetError::General(reason));
    }
    Ok(())
}
