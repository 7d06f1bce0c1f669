//! One sorted file of the index: the entries of some packs, in buckets that are found by the first
//! bits of a hash and verified one by one. `docs/format.md` has the picture.

use std::fs::File;
use std::io;
use std::os::unix::fs::FileExt;
use std::path::{Path, PathBuf};
use std::sync::OnceLock;

use crate::base::{Hash, PackId};
use crate::store::BlobId;
use crate::store::index::filter::Filter;
use crate::store::pack::{BlobEntry, ENTRY_LEN, PackName, checksum, hash_at, u32_at};

pub const MAGIC: [u8; 8] = *b"mlvINDX\x01";
/// The bytes of an entry: as in a footer, then the number of the pack.
pub const ROW_LEN: usize = ENTRY_LEN + 4;
/// The bytes of the name of a pack.
pub const PACK_LEN: usize = 40;
/// The bytes of a bucket: the number of its last row plus one, and the checksum of its rows.
pub const BUCKET_LEN: usize = 12;
pub const TRAILER_LEN: usize = 56;

/// Why a segment is of no use; it can be made anew from the packs.
#[derive(Debug, thiserror::Error)]
pub enum SegmentError {
    #[error("it is damaged")]
    Damaged,
    #[error(transparent)]
    Io(io::Error),
}

impl From<io::Error> for SegmentError {
    fn from(error: io::Error) -> Self {
        match error.kind() {
            io::ErrorKind::UnexpectedEof => Self::Damaged,
            _ => Self::Io(error),
        }
    }
}

/// The lengths of the parts of a segment, which follow each other from the start of the file:
/// magic, rows, packs, buckets, filter, trailer.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Shape {
    pub rows: u32,
    pub packs: u32,
    /// How many bits of a hash choose its bucket.
    pub bits: u32,
    pub filter_len: u32,
}

impl Shape {
    pub fn packs_start(&self) -> u64 {
        MAGIC.len() as u64 + u64::from(self.rows) * ROW_LEN as u64
    }

    pub fn lookup_start(&self) -> u64 {
        self.packs_start() + u64::from(self.packs) * PACK_LEN as u64
    }

    pub fn buckets_len(&self) -> u64 {
        (1u64 << self.bits) * BUCKET_LEN as u64
    }

    pub fn trailer_start(&self) -> u64 {
        self.lookup_start() + self.buckets_len() + u64::from(self.filter_len)
    }
}

/// An open segment.
#[derive(Debug)]
pub struct Segment {
    path: PathBuf,
    file: File,
    shape: Shape,
    packs: Vec<PackName>,
    lookup_checksum: [u8; 8],
    /// Read at the first question.
    lookup: OnceLock<Lookup>,
}

#[derive(Debug)]
struct Lookup {
    buckets: Vec<u8>,
    filter: Filter,
}

impl Segment {
    /// Opens a segment: reads which packs it covers, and nothing that grows with their blobs.
    pub fn open(path: &Path) -> Result<Self, SegmentError> {
        let file = File::open(path)?;
        let len = file.metadata()?.len();
        let start = len.checked_sub(TRAILER_LEN as u64).ok_or(SegmentError::Damaged)?;
        let mut trailer = [0; TRAILER_LEN];
        file.read_exact_at(&mut trailer, start)?;
        let mut magic = MAGIC;
        file.read_exact_at(&mut magic, 0)?;
        let shape = Shape {
            rows: u32_at(&trailer, 8),
            packs: u32_at(&trailer, 12),
            bits: u32_at(&trailer, 16),
            filter_len: u32_at(&trailer, 20),
        };
        let intact = magic == MAGIC
            && trailer[..8] == MAGIC
            && trailer[48..] == checksum(&trailer[..48])
            && trailer[40..48] == [0; 8]
            && shape.bits <= 24
            && shape.trailer_start() == start;
        if !intact {
            return Err(SegmentError::Damaged);
        }
        let mut names = vec![0; shape.packs as usize * PACK_LEN];
        file.read_exact_at(&mut names, shape.packs_start())?;
        if checksum(&names) != trailer[24..32] {
            return Err(SegmentError::Damaged);
        }
        let packs = names.chunks_exact(PACK_LEN).map(pack_name).collect();
        let mut lookup_checksum = [0; 8];
        lookup_checksum.copy_from_slice(&trailer[32..40]);
        let (path, lookup) = (path.to_owned(), OnceLock::new());
        Ok(Self { path, file, shape, packs, lookup_checksum, lookup })
    }

    pub fn path(&self) -> &Path {
        &self.path
    }

    /// Returns the packs that it covers.
    pub fn packs(&self) -> &[PackName] {
        &self.packs
    }

    /// Returns how many entries it has.
    pub fn len(&self) -> usize {
        self.shape.rows as usize
    }

    /// Calls `found` for every place that the segment knows for a blob.
    pub fn find(
        &self,
        id: BlobId,
        found: &mut dyn FnMut(PackName, BlobEntry),
    ) -> Result<(), SegmentError> {
        let lookup = self.lookup()?;
        if !lookup.filter.may_contain(&id.hash) {
            return Ok(());
        }
        let bucket = bucket_of(&id.hash, self.shape.bits);
        for (pack, entry) in self.bucket(bucket)? {
            if entry.id == id {
                found(pack, entry);
            }
        }
        Ok(())
    }

    /// Returns how many buckets there are; their rows follow each other in the order of hashes.
    pub fn buckets(&self) -> usize {
        1 << self.shape.bits
    }

    /// Returns the bucket that holds the hashes starting as `hash` does.
    pub fn bucket_of(&self, hash: &Hash) -> usize {
        bucket_of(hash, self.shape.bits)
    }

    /// Returns the rows of a bucket, verified.
    pub fn bucket(&self, number: usize) -> Result<Vec<(PackName, BlobEntry)>, SegmentError> {
        let buckets = &self.lookup()?.buckets;
        let end_of = |number: usize| u32_at(buckets, number * BUCKET_LEN);
        let start = if number == 0 { 0 } else { end_of(number - 1) };
        let end = end_of(number);
        if start > end || end > self.shape.rows {
            return Err(SegmentError::Damaged);
        }
        let mut rows = vec![0; (end - start) as usize * ROW_LEN];
        let offset = MAGIC.len() as u64 + u64::from(start) * ROW_LEN as u64;
        self.file.read_exact_at(&mut rows, offset)?;
        if checksum(&rows) != buckets[number * BUCKET_LEN + 4..][..8] {
            return Err(SegmentError::Damaged);
        }
        let rows = rows.chunks_exact(ROW_LEN).map(|row| self.decode(row));
        rows.collect::<Option<_>>().ok_or(SegmentError::Damaged)
    }

    fn decode(&self, row: &[u8]) -> Option<(PackName, BlobEntry)> {
        let pack = *self.packs.get(u32_at(row, ENTRY_LEN) as usize)?;
        Some((pack, BlobEntry::from_bytes(row)?))
    }

    fn lookup(&self) -> Result<&Lookup, SegmentError> {
        if let Some(lookup) = self.lookup.get() {
            return Ok(lookup);
        }
        let len = self.shape.trailer_start() - self.shape.lookup_start();
        let mut bytes = vec![0; len as usize];
        self.file.read_exact_at(&mut bytes, self.shape.lookup_start())?;
        if checksum(&bytes) != self.lookup_checksum {
            return Err(SegmentError::Damaged);
        }
        let filter = bytes.split_off(self.shape.buckets_len() as usize);
        let filter = Filter::from_bytes(&filter).ok_or(SegmentError::Damaged)?;
        Ok(self.lookup.get_or_init(|| Lookup { buckets: bytes, filter }))
    }

    /// Reads all of it; an error where a bit is not as it was written.
    pub fn verify(&self) -> Result<(), SegmentError> {
        (0..self.buckets()).try_for_each(|number| self.bucket(number).map(|_| ()))
    }
}

fn pack_name(bytes: &[u8]) -> PackName {
    let mut nonce = [0; 8];
    nonce.copy_from_slice(&bytes[32..40]);
    PackName { id: PackId(hash_at(bytes, 0)), nonce: u64::from_le_bytes(nonce) }
}

/// Returns the first `bits` bits of a hash.
pub fn bucket_of(hash: &Hash, bits: u32) -> usize {
    let first = u32_at(&hash.0, 0).swap_bytes();
    if bits == 0 { 0 } else { (first >> (32 - bits)) as usize }
}
