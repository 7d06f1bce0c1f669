//! From a stream of bytes to a file: one pass that cuts, hashes, compresses and stores. Small files
//! never leave the calling thread; large ones use every core, a bounded number of them at a time.

mod block;
mod budget;
mod earlier;

use std::cell::Cell;
use std::io::{self, Read};

use rayon::prelude::*;

use crate::base::{Hash, NoProgress, Progress, interrupt};
use crate::object::manifest::{Builder, Child};
use crate::object::{ChunkSpans, FileRef, ObjectDb, ObjectError};
use crate::store::chunker::{Cutter, MAX_CHUNK, candidates};
use crate::store::{BlobId, BlobKind, ChunkStore, StoreError};
use block::Block;
pub(in crate::object) use budget::Permit;
use budget::both;
use earlier::{Earlier, Piece};

/// How much of a large file is worked on at a time where it has the cores to itself.
const PIPELINED: usize = 8 << 20;
/// And where other large files have them.
const SERIAL: usize = 1 << 20;
/// How much of a block one core scans.
const SCAN: usize = 1 << 20;

thread_local! {
    static SCRATCH: Cell<Vec<u8>> = const { Cell::new(Vec::new()) };
}

impl ObjectDb {
    /// Stores what `source` gives until its end.
    pub fn ingest(
        &self,
        source: impl Read + Send,
        progress: &dyn Progress,
    ) -> Result<FileRef, ObjectError> {
        ingest(Some(self.store().as_ref()), source, &[], None, progress)
    }

    /// As [`Self::ingest`], and faster where much is as in a version `before`.
    pub fn ingest_again(
        &self,
        before: &FileRef,
        source: impl Read + Send,
        progress: &dyn Progress,
    ) -> Result<FileRef, ObjectError> {
        let before = Some(self.chunk_spans(before));
        ingest(Some(self.store().as_ref()), source, &[], before, progress)
    }

    /// As [`hash_source`], and faster where much is as in a version `before`.
    pub fn hash_again(
        &self,
        before: &FileRef,
        source: impl Read + Send,
    ) -> Result<FileRef, ObjectError> {
        ingest(None, source, &[], Some(self.chunk_spans(before)), &NoProgress)
    }

    /// As [`Self::ingest`], with cuts forced at `hints`: ascending offsets at which the format of
    /// the file has its own boundaries.
    pub fn ingest_hinted(
        &self,
        source: impl Read + Send,
        hints: &[u64],
        progress: &dyn Progress,
    ) -> Result<FileRef, ObjectError> {
        ingest(Some(self.store().as_ref()), source, hints, None, progress)
    }

    /// Stores these bytes as a file.
    pub fn ingest_bytes(&self, bytes: &[u8]) -> Result<FileRef, ObjectError> {
        self.ingest(bytes, &NoProgress)
    }
}

/// Returns what [`ObjectDb::ingest`] would return, and stores nothing.
pub fn hash_source(source: impl Read + Send) -> Result<FileRef, ObjectError> {
    ingest(None, source, &[], None, &NoProgress)
}

fn ingest(
    store: Option<&dyn ChunkStore>,
    mut source: impl Read + Send,
    hints: &[u64],
    before: Option<ChunkSpans<'_>>,
    progress: &dyn Progress,
) -> Result<FileRef, ObjectError> {
    let mut scratch = SCRATCH.take();
    scratch.resize(MAX_CHUNK + 1, 0);
    let filled = fill(&mut source, &mut scratch).map_err(ObjectError::Source)?;
    let result = if filled <= MAX_CHUNK {
        progress.advance(filled as u64);
        ingest_small(store, &scratch[..filled])
    } else {
        let (cutter, earlier) = (Cutter::new(hints), before.map(Earlier::new));
        Large { store, progress, cutter, earlier, offset: 0 }.run(&scratch, source)
    };
    SCRATCH.set(scratch);
    result
}

fn ingest_small(store: Option<&dyn ChunkStore>, bytes: &[u8]) -> Result<FileRef, ObjectError> {
    let file = FileRef { size: bytes.len() as u64, content: Hash::of(bytes), manifest: None };
    if let (Some(store), false) = (store, bytes.is_empty()) {
        store.write(BlobId::chunk(file.content), bytes)?;
    }
    Ok(file)
}

/// Reads until `buffer` is full or the source ends; returns how much was read.
fn fill(source: &mut impl Read, buffer: &mut [u8]) -> io::Result<usize> {
    let mut filled = 0;
    while filled < buffer.len() {
        match source.read(&mut buffer[filled..]) {
            Ok(0) => break,
            Ok(count) => filled += count,
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            Err(error) => return Err(error),
        }
    }
    Ok(filled)
}

/// The ingest of a file of many chunks.
struct Large<'a> {
    store: Option<&'a dyn ChunkStore>,
    progress: &'a dyn Progress,
    cutter: Cutter<'a>,
    /// The version before, where there is one and no hints.
    earlier: Option<Earlier<'a>>,
    /// Where in the file the current chunk starts.
    offset: u64,
}

impl Large<'_> {
    /// Reads on from `head`, which has been read already. While a block is cut, hashed and stored,
    /// the next one is read.
    fn run(mut self, head: &[u8], mut source: impl Read + Send) -> Result<FileRef, ObjectError> {
        let permit = Permit::get();
        let parallel = permit.is_some();
        let len = if parallel { PIPELINED } else { SERIAL };
        let (mut current, mut next) = (Block::new(len), Block::new(len));
        let mut content = blake3::Hasher::new();
        let mut manifest = Builder::new(self.store);
        let mut size = 0;
        current.read(head, &mut source).map_err(ObjectError::Source)?;
        loop {
            interrupt::check().map_err(StoreError::from)?;
            let last = current.is_last();
            let (read, (chunks, ())) = both(
                parallel,
                || {
                    if last { Ok(()) } else { next.read(&[], &mut source) }
                },
                || {
                    both(
                        parallel,
                        || self.store_block(&current, parallel),
                        || {
                            content.update(current.fresh());
                        },
                    )
                },
            );
            size += current.fresh().len() as u64;
            self.progress.advance(current.fresh().len() as u64);
            let (chunks, tail) = chunks?;
            chunks.into_iter().try_for_each(|chunk| manifest.push(chunk))?;
            if last {
                let content = Hash(*content.finalize().as_bytes());
                return Ok(FileRef { size, content, manifest: Some(manifest.finish()?) });
            }
            read.map_err(ObjectError::Source)?;
            next.put_before(tail);
            std::mem::swap(&mut current, &mut next);
        }
    }

    /// Stores the chunks that are settled within a block; returns them, and the rest.
    fn store_block<'b>(
        &mut self,
        block: &'b Block,
        parallel: bool,
    ) -> Result<(Vec<Child>, &'b [u8]), StoreError> {
        let bytes = block.bytes();
        let pieces = self.pieces(block, parallel);
        let start = pieces.last().map_or(0, |piece| piece.end);
        self.offset += start as u64;
        let store = self.store;
        let stored = |piece: &Piece| store_chunk(store, &bytes[piece.start..piece.end], piece.hash);
        let chunks = if parallel {
            pieces.par_iter().map(stored).collect::<Result<_, _>>()?
        } else {
            pieces.iter().map(stored).collect::<Result<_, _>>()?
        };
        Ok((chunks, &bytes[start..]))
    }

    /// Cuts a block.
    fn pieces(&mut self, block: &Block, parallel: bool) -> Vec<Piece> {
        let (bytes, offset) = (block.bytes(), self.offset);
        let known = self.earlier.as_mut();
        if let Some(pieces) =
            known.and_then(|known| known.pieces(bytes, offset, block.is_last(), parallel))
        {
            return pieces;
        }
        let found = scan(block, parallel);
        let ends = self.cutter.cut(bytes.len(), &found, block.is_last());
        let mut start = 0;
        let piece = |end| Piece { start: std::mem::replace(&mut start, end), end, hash: None };
        ends.into_iter().map(piece).collect()
    }
}

fn store_chunk(
    store: Option<&dyn ChunkStore>,
    bytes: &[u8],
    hash: Option<Hash>,
) -> Result<Child, StoreError> {
    let id = hash.map_or_else(|| BlobId::of(BlobKind::Chunk, bytes), BlobId::chunk);
    if let Some(store) = store {
        store.write(id, bytes)?;
    }
    Ok(Child { hash: id.hash, len: bytes.len() as u64 })
}

/// Returns the places of a block where the content allows a cut. What was carried over needs no
/// second look: had it held a place far enough from its start, it would have been cut there.
fn scan(block: &Block, parallel: bool) -> Vec<usize> {
    let bytes = block.bytes();
    let range = |start: usize| {
        let mut found = Vec::new();
        candidates(&bytes[..(start + SCAN).min(bytes.len())], start, &mut found);
        found
    };
    let starts: Vec<usize> = (block.carried()..bytes.len()).step_by(SCAN).collect();
    let found: Vec<Vec<usize>> = if parallel {
        starts.into_par_iter().map(range).collect()
    } else {
        starts.into_iter().map(range).collect()
    };
    found.concat()
}

#[cfg(test)]
mod tests;
