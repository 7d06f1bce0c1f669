//! Reading files back: their chunks, all of their bytes, or a range.

use std::io::Write;

use rayon::prelude::*;

use crate::base::{Hash, ManifestId};
use crate::object::ingest::Permit;
use crate::object::manifest::{Child, Node, blob_id};
use crate::object::prefetch::Ahead;
use crate::object::{FileRef, ObjectDb, ObjectError};
use crate::store::BlobId;

/// A chunk of a file, and where in the file it lies.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ChunkSpan {
    pub offset: u64,
    pub len: u64,
    pub hash: Hash,
}

impl ChunkSpan {
    /// Returns what is to be said of a chunk that is not as long as the file has it.
    pub(in crate::object) fn wrong_length(&self, found: usize) -> ObjectError {
        let reason = format!("it has {found} bytes where a file has {}", self.len);
        ObjectError::Invalid { id: BlobId::chunk(self.hash), reason }
    }
}

/// How many chunks are read at a time where the cores are free; at most 16 MiB.
const WINDOW: usize = 64;

impl ObjectDb {
    /// Returns the chunks of a file in order, read as they are asked for.
    pub fn chunk_spans(&self, file: &FileRef) -> ChunkSpans<'_> {
        ChunkSpans::from_offset(self, file, 0)
    }

    /// Returns all chunks of a file in order.
    pub fn file_chunks(&self, file: &FileRef) -> Result<Vec<ChunkSpan>, ObjectError> {
        self.chunk_spans(file).collect()
    }

    /// Writes a file to `sink`; every chunk, and the whole, is verified. After an error the sink
    /// may hold a part of the file.
    pub fn copy_file(&self, file: &FileRef, sink: &mut dyn Write) -> Result<(), ObjectError> {
        let Some(manifest) = file.manifest else {
            return match file.size {
                0 => Ok(()),
                _ => sink.write_all(&self.only_chunk(file)?).map_err(ObjectError::Sink),
            };
        };
        let mut content = blake3::Hasher::new();
        self.each_window(file, |chunks| {
            chunks.iter().try_for_each(|chunk| {
                content.update(chunk);
                sink.write_all(chunk).map_err(ObjectError::Sink)
            })
        })?;
        if Hash(*content.finalize().as_bytes()) == file.content {
            return Ok(());
        }
        let reason = "its chunks are not those of the file that names it".to_owned();
        Err(ObjectError::Invalid { id: blob_id(manifest), reason })
    }

    /// Calls `take` with the chunks of a file, some at a time; the next ones are read meanwhile.
    fn each_window(
        &self,
        file: &FileRef,
        mut take: impl FnMut(&[Vec<u8>]) -> Result<(), ObjectError>,
    ) -> Result<(), ObjectError> {
        let permit = Permit::get();
        let parallel = permit.is_some();
        let len = if parallel { WINDOW } else { 1 };
        let mut spans = Ahead::new(self, file);
        let mut ready: Vec<Vec<u8>> = Vec::new();
        loop {
            let window = spans.by_ref().take(len).collect::<Result<Vec<_>, _>>()?;
            let mut next = Ok(Vec::new());
            let taken = if parallel {
                // The sink stays on this thread: it need not be fit to be sent to another.
                rayon::in_place_scope(|scope| {
                    scope.spawn(|_| next = self.read_chunks(&window, parallel));
                    take(&ready)
                })
            } else {
                next = self.read_chunks(&window, parallel);
                take(&ready)
            };
            taken?;
            ready = next?;
            if ready.is_empty() {
                return Ok(());
            }
        }
    }

    fn read_chunks(
        &self,
        spans: &[ChunkSpan],
        parallel: bool,
    ) -> Result<Vec<Vec<u8>>, ObjectError> {
        let read = |span: &ChunkSpan| self.read_chunk(span);
        if parallel {
            spans.par_iter().map(read).collect()
        } else {
            spans.iter().map(read).collect()
        }
    }

    pub(in crate::object) fn read_chunk(&self, span: &ChunkSpan) -> Result<Vec<u8>, ObjectError> {
        let bytes = self.store().read(BlobId::chunk(span.hash))?;
        if bytes.len() as u64 == span.len { Ok(bytes) } else { Err(span.wrong_length(bytes.len())) }
    }

    fn only_chunk(&self, file: &FileRef) -> Result<Vec<u8>, ObjectError> {
        self.read_chunk(&ChunkSpan { offset: 0, len: file.size, hash: file.content })
    }

    /// Returns the bytes of a file of at most `limit` bytes.
    pub fn read_file(&self, file: &FileRef, limit: u64) -> Result<Vec<u8>, ObjectError> {
        if file.size > limit {
            return Err(ObjectError::TooLong { size: file.size, limit });
        }
        let mut bytes = Vec::new();
        self.copy_file(file, &mut bytes)?;
        Ok(bytes)
    }

    /// Returns up to `len` bytes of a file from `offset` on, fewer where it ends before.
    pub fn read_range(
        &self,
        file: &FileRef,
        offset: u64,
        len: u64,
    ) -> Result<Vec<u8>, ObjectError> {
        let end = offset.saturating_add(len).min(file.size);
        let mut bytes = Vec::new();
        for span in ChunkSpans::from_offset(self, file, offset) {
            let span = span?;
            if span.offset >= end {
                break;
            }
            let chunk = self.read_chunk(&span)?;
            let from = offset.saturating_sub(span.offset) as usize;
            let to = (end - span.offset).min(span.len) as usize;
            bytes.extend_from_slice(&chunk[from..to]);
        }
        Ok(bytes)
    }
}

/// The chunks of a file, in order. Holds one node per level of the manifest.
#[derive(Debug)]
pub struct ChunkSpans<'d> {
    db: &'d ObjectDb,
    /// The children that are left, and their level, from the root down; the next one is the last.
    levels: Vec<(u8, std::vec::IntoIter<Child>)>,
    root: Option<(ManifestId, u64)>,
    /// Where in the file the next child starts.
    offset: u64,
    /// Chunks that end here or before are left out.
    from: u64,
}

impl<'d> ChunkSpans<'d> {
    /// Returns the chunks of a file from the one that holds `from` on.
    fn from_offset(db: &'d ObjectDb, file: &FileRef, from: u64) -> Self {
        let (levels, root) = match file.manifest {
            Some(id) => (Vec::new(), Some((id, file.size))),
            None if file.size == 0 => (Vec::new(), None),
            None => {
                let only = Child { hash: file.content, len: file.size };
                (vec![(0, vec![only].into_iter())], None)
            }
        };
        Self { db, levels, root, offset: 0, from }
    }

    fn enter(&mut self, id: ManifestId, level: Option<u8>, len: u64) -> Result<(), ObjectError> {
        let node = Node::read(self.db.store().as_ref(), id, level, len)?;
        self.levels.push((node.level, node.children.into_iter()));
        Ok(())
    }

    fn advance(&mut self) -> Result<Option<ChunkSpan>, ObjectError> {
        if let Some((id, len)) = self.root.take() {
            self.enter(id, None, len)?;
        }
        while let Some((level, children)) = self.levels.last_mut() {
            let level = *level;
            let Some(child) = children.next() else {
                self.levels.pop();
                continue;
            };
            let end = self.offset + child.len;
            if end <= self.from {
                self.offset = end;
            } else if level == 0 {
                let offset = std::mem::replace(&mut self.offset, end);
                return Ok(Some(ChunkSpan { offset, len: child.len, hash: child.hash }));
            } else {
                self.enter(ManifestId(child.hash), Some(level - 1), child.len)?;
            }
        }
        Ok(None)
    }
}

impl Iterator for ChunkSpans<'_> {
    type Item = Result<ChunkSpan, ObjectError>;

    fn next(&mut self) -> Option<Self::Item> {
        let next = self.advance().transpose();
        if let Some(Err(_)) = next {
            self.levels.clear();
        }
        next
    }
}
