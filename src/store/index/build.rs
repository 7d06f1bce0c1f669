//! Writes a segment from rows in order, and merges segments into one.

use std::collections::BTreeMap;
use std::fs::File;
use std::io::{self, BufWriter, Write};
use std::path::{Path, PathBuf};

use crate::base::fs::{IoContext, PathError};
use crate::store::index::filter::Filter;
use crate::store::index::segment::{MAGIC, Segment, SegmentError, Shape, bucket_of};
use crate::store::pack::{BlobEntry, PackName, checksum};

/// How many rows a bucket holds on average, at most.
const BUCKET_ROWS: usize = 64;

/// A row: where a blob lies.
pub type Row = (PackName, BlobEntry);

/// Rows in the order of a segment, from wherever they come.
pub trait Rows: Iterator<Item = Result<Row, SegmentError>> {}

impl<T: Iterator<Item = Result<Row, SegmentError>>> Rows for T {}

/// Returns the key that rows are sorted by.
pub fn key(row: &Row) -> impl Ord + use<> {
    (row.1.key(), row.0)
}

/// Returns the rows of a segment that `wanted` packs have, in order.
pub fn rows_of<'s>(
    segment: &'s Segment,
    wanted: impl Fn(&PackName) -> bool + 's,
) -> impl Rows + 's {
    let buckets = (0..segment.buckets()).flat_map(|number| match segment.bucket(number) {
        Ok(rows) => rows.into_iter().map(Ok).collect(),
        Err(error) => vec![Err(error)],
    });
    buckets.filter(move |row| row.as_ref().map_or(true, |(pack, _)| wanted(pack)))
}

/// Returns the rows of several sources as one, in order.
pub fn merge<'s>(sources: Vec<Box<dyn Rows + 's>>) -> impl Rows + 's {
    let mut sources: Vec<_> = sources.into_iter().map(Iterator::peekable).collect();
    std::iter::from_fn(move || {
        // An error goes before every row, so that it ends the merge.
        let first = sources.iter_mut().enumerate().filter_map(|(number, source)| {
            let head = source.peek()?;
            Some((head.as_ref().ok().map(key), number))
        });
        let (_, number) = first.min()?;
        sources[number].next()
    })
}

/// Writes rows, which must be in order, as a segment at `path`. `count` is about how many.
pub fn write(
    path: &Path,
    tmp: &Path,
    packs: &[PackName],
    count: usize,
    rows: impl Rows,
    durable: bool,
) -> Result<(), BuildError> {
    let temporary = tempfile::Builder::new()
        .prefix("index-")
        .suffix(".tmp")
        .tempfile_in(tmp)
        .context("create a file in", tmp)?;
    temporary.as_file().lock().context("lock", temporary.path())?;
    let mut writer = Writer::new(temporary.as_file(), packs, count);
    let place = || PathBuf::from(temporary.path());
    let written = |result: io::Result<()>| result.context("write", place());
    written(writer.out.write_all(&MAGIC))?;
    for row in rows {
        written(writer.push(row?))?;
    }
    written(writer.finish(packs))?;
    if durable {
        temporary.as_file().sync_all().context("sync", temporary.path())?;
    }
    temporary.persist(path).map_err(|failed| PathError::new("rename to", path, failed.error))?;
    Ok(())
}

/// Why a segment could not be written.
#[derive(Debug, thiserror::Error)]
pub enum BuildError {
    #[error(transparent)]
    Source(#[from] SegmentError),
    #[error(transparent)]
    Path(#[from] PathError),
}

struct Writer<'f> {
    out: BufWriter<&'f File>,
    numbers: BTreeMap<PackName, u32>,
    filter: Filter,
    bits: u32,
    rows: u32,
    last: Option<Row>,
    /// The bucket that is being filled, and its rows.
    bucket: usize,
    open: Vec<u8>,
    buckets: Vec<u8>,
}

impl<'f> Writer<'f> {
    fn new(file: &'f File, packs: &[PackName], count: usize) -> Self {
        Self {
            out: BufWriter::with_capacity(1 << 20, file),
            numbers: packs.iter().zip(0..).map(|(pack, number)| (*pack, number)).collect(),
            filter: Filter::for_count(count),
            bits: count.div_ceil(BUCKET_ROWS).next_power_of_two().ilog2().min(24),
            rows: 0,
            last: None,
            bucket: 0,
            open: Vec::new(),
            buckets: Vec::new(),
        }
    }

    fn push(&mut self, row: Row) -> io::Result<()> {
        let number = self.numbers.get(&row.0).copied();
        let Some(number) = number.filter(|_| self.last != Some(row)) else {
            return Ok(());
        };
        let hash = row.1.id.hash;
        while self.bucket < bucket_of(&hash, self.bits) {
            self.close_bucket()?;
        }
        self.filter.insert(&hash);
        self.open.extend_from_slice(&row.1.to_bytes());
        self.open.extend_from_slice(&number.to_le_bytes());
        self.rows += 1;
        self.last = Some(row);
        Ok(())
    }

    fn close_bucket(&mut self) -> io::Result<()> {
        self.out.write_all(&self.open)?;
        self.buckets.extend_from_slice(&self.rows.to_le_bytes());
        self.buckets.extend_from_slice(&checksum(&self.open));
        self.open.clear();
        self.bucket += 1;
        Ok(())
    }

    fn finish(mut self, packs: &[PackName]) -> io::Result<()> {
        while self.bucket < 1 << self.bits {
            self.close_bucket()?;
        }
        let mut names = Vec::new();
        for pack in packs {
            names.extend_from_slice(&pack.id.0.0);
            names.extend_from_slice(&pack.nonce.to_le_bytes());
        }
        let filter = self.filter.to_bytes();
        let mut lookup = self.buckets;
        lookup.extend_from_slice(&filter);
        let shape = Shape {
            rows: self.rows,
            packs: packs.len() as u32,
            bits: self.bits,
            filter_len: filter.len() as u32,
        };
        self.out.write_all(&names)?;
        self.out.write_all(&lookup)?;
        self.out.write_all(&trailer(shape, &names, &lookup))?;
        self.out.flush()
    }
}

fn trailer(shape: Shape, names: &[u8], lookup: &[u8]) -> Vec<u8> {
    let mut bytes = MAGIC.to_vec();
    for number in [shape.rows, shape.packs, shape.bits, shape.filter_len] {
        bytes.extend_from_slice(&number.to_le_bytes());
    }
    bytes.extend_from_slice(&checksum(names));
    bytes.extend_from_slice(&checksum(lookup));
    bytes.extend_from_slice(&[0; 8]);
    let checksum = checksum(&bytes);
    bytes.extend_from_slice(&checksum);
    bytes
}
