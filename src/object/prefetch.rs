//! Bringing what files lack here before they are read: many blobs in a request where a part of the
//! store lies elsewhere, and nothing at all where it does not.

use std::collections::VecDeque;

use crate::base::{ManifestId, RepoPath};
use crate::object::manifest::{Node, blob_id};
use crate::object::{ChunkSpan, ChunkSpans, Entry, FileRef, ObjectDb, ObjectError};
use crate::store::{BlobId, StoreError};

/// How many files are looked at together. Tests see many small batches.
const FILES: usize = if cfg!(test) { 64 } else { 1 << 12 };

/// How many blobs are asked for in one request, and how many bytes of files they may stand for.
const BLOBS: usize = if cfg!(test) { 64 } else { 1 << 14 };
const BYTES: u64 = 1 << 30;

/// How many chunks of a file that is read from front to back are asked for in one request.
const AHEAD: usize = if cfg!(test) { 16 } else { 1 << 10 };

impl ObjectDb {
    /// Brings what these files lack here. What lies nowhere shows when it is read.
    pub fn prefetch<'e>(
        &self,
        files: impl IntoIterator<Item = (&'e RepoPath, &'e Entry)>,
    ) -> Result<(), ObjectError> {
        if !self.store().is_partial() {
            return Ok(());
        }
        let mut prefetch = Prefetch::new(self);
        files.into_iter().try_for_each(|(path, entry)| prefetch.add(path, entry))?;
        prefetch.finish()
    }
}

/// Brings what files lack, which are named one after the other.
#[derive(Debug)]
pub struct Prefetch<'d> {
    db: &'d ObjectDb,
    files: Vec<(RepoPath, FileRef)>,
    wanted: Vec<Wanted>,
    /// The bytes that `wanted` stands for.
    bytes: u64,
}

/// A blob, and the place of its file among the files.
#[derive(Debug, Clone, Copy)]
struct Wanted {
    id: BlobId,
    file: usize,
}

/// A node of a manifest that is still to be looked into.
#[derive(Debug, Clone, Copy)]
struct Pending {
    file: usize,
    id: ManifestId,
    level: Option<u8>,
    len: u64,
}

impl<'d> Prefetch<'d> {
    pub fn new(db: &'d ObjectDb) -> Self {
        Self { db, files: Vec::new(), wanted: Vec::new(), bytes: 0 }
    }

    /// Names a file.
    pub fn add(&mut self, path: &RepoPath, entry: &Entry) -> Result<(), ObjectError> {
        let Entry::File { file, .. } = entry else { return Ok(()) };
        if file.size == 0 || !self.db.store().is_partial() {
            return Ok(());
        }
        self.files.push((path.clone(), *file));
        if self.files.len() < FILES { Ok(()) } else { self.bring() }
    }

    /// Brings what is left.
    pub fn finish(mut self) -> Result<(), ObjectError> {
        self.bring()
    }

    /// Brings what the named files lack: their lists of chunks level by level, then the chunks.
    fn bring(&mut self) -> Result<(), ObjectError> {
        let mut pending = Vec::new();
        for number in 0..self.files.len() {
            let file = self.files[number].1;
            match file.manifest {
                Some(id) => {
                    pending.push(Pending { file: number, id, level: None, len: file.size });
                }
                None => self.want(BlobId::chunk(file.content), number, file.size)?,
            }
        }
        self.request()?;
        while !pending.is_empty() {
            let batch = pending.split_off(pending.len().saturating_sub(BLOBS));
            for node in &batch {
                self.want(blob_id(node.id), node.file, 0)?;
            }
            self.request()?;
            for node in batch {
                self.look_into(node, &mut pending)?;
            }
        }
        self.request()?;
        self.files.clear();
        Ok(())
    }

    fn look_into(&mut self, node: Pending, pending: &mut Vec<Pending>) -> Result<(), ObjectError> {
        let Pending { file, id, level, len } = node;
        let store = self.db.store().as_ref();
        // Whoever reads the file is told of a node that is lost or damaged.
        let Ok(Node { level, children }) = Node::read(store, id, level, len) else { return Ok(()) };
        for child in children {
            match level.checked_sub(1) {
                None => self.want(BlobId::chunk(child.hash), file, child.len)?,
                level => {
                    pending.push(Pending {
                        file,
                        id: ManifestId(child.hash),
                        level,
                        len: child.len,
                    });
                }
            }
        }
        Ok(())
    }

    fn want(&mut self, id: BlobId, file: usize, bytes: u64) -> Result<(), ObjectError> {
        self.wanted.push(Wanted { id, file });
        self.bytes = self.bytes.saturating_add(bytes);
        if self.wanted.len() < BLOBS && self.bytes < BYTES { Ok(()) } else { self.request() }
    }

    /// Asks for what is wanted.
    fn request(&mut self) -> Result<(), ObjectError> {
        crate::base::interrupt::check().map_err(StoreError::from)?;
        let wanted = std::mem::take(&mut self.wanted);
        self.bytes = 0;
        let ids: Vec<BlobId> = wanted.iter().map(|wanted| wanted.id).collect();
        let fetched = self.db.store().fetch(&ids);
        fetched.map_err(|error| self.about(&wanted, error))
    }

    /// Says which file an error keeps from being read.
    fn about(&self, wanted: &[Wanted], error: StoreError) -> ObjectError {
        let store = self.db.store();
        let is_missing = |wanted: &&Wanted| !store.contains(wanted.id).unwrap_or(false);
        let first = wanted.iter().find(is_missing);
        match first.and_then(|wanted| self.files.get(wanted.file)) {
            Some((path, _)) => ObjectError::from(error).about(path),
            None => error.into(),
        }
    }
}

/// The chunks of a file in order; each is here, or has been asked for together with those after it.
pub(in crate::object) struct Ahead<'d> {
    db: &'d ObjectDb,
    spans: ChunkSpans<'d>,
    ready: VecDeque<ChunkSpan>,
}

impl<'d> Ahead<'d> {
    pub fn new(db: &'d ObjectDb, file: &FileRef) -> Self {
        Self { db, spans: db.chunk_spans(file), ready: VecDeque::new() }
    }

    fn ask(&mut self) -> Result<(), ObjectError> {
        let spans = self.spans.by_ref().take(AHEAD).collect::<Result<Vec<_>, _>>()?;
        let ids: Vec<BlobId> = spans.iter().map(|span| BlobId::chunk(span.hash)).collect();
        self.db.store().fetch(&ids)?;
        self.ready.extend(spans);
        Ok(())
    }
}

impl Iterator for Ahead<'_> {
    type Item = Result<ChunkSpan, ObjectError>;

    fn next(&mut self) -> Option<Self::Item> {
        if !self.db.store().is_partial() {
            return self.spans.next();
        }
        if self.ready.is_empty()
            && let Err(error) = self.ask()
        {
            return Some(Err(error));
        }
        self.ready.pop_front().map(Ok)
    }
}

#[cfg(test)]
mod tests;
