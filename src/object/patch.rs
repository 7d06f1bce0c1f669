//! Turning one version of a file into another where it lies, by writing only what differs. While that
//! goes on, and should it be cut off, every byte is as in the one version or as in the other.
//!
//! It is done by the calling thread alone: others may be waiting for the file, and a thread that waits
//! for its like may be given longer work meanwhile.

use std::fs::File;
use std::io;
use std::os::unix::fs::FileExt;

use crate::base::Hash;
use crate::object::{ChunkSpan, FileRef, ObjectDb, ObjectError};

/// The chunks that two versions of a file do not both have at the same place.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Patch {
    old: Version,
    new: Version,
}

#[derive(Debug, Clone, PartialEq, Eq)]
struct Version {
    size: u64,
    /// What only this version has, in order.
    chunks: Vec<ChunkSpan>,
    bytes: u64,
}

impl Version {
    fn new(file: &FileRef) -> Self {
        Self { size: file.size, chunks: Vec::new(), bytes: 0 }
    }

    fn extend(&mut self, chunk: Option<ChunkSpan>) {
        self.bytes += chunk.map_or(0, |chunk| chunk.len);
        self.chunks.extend(chunk);
    }

    /// Returns the chunks that reach into a range.
    fn within(&self, start: u64, end: u64) -> &[ChunkSpan] {
        let first = self.chunks.partition_point(|chunk| chunk.offset + chunk.len <= start);
        let last = self.chunks.partition_point(|chunk| chunk.offset < end);
        &self.chunks[first..last.max(first)]
    }
}

impl Patch {
    /// Returns how many bytes of the new version have to be written.
    pub fn bytes(&self) -> u64 {
        self.new.bytes
    }

    /// Returns the ranges in which a file that is on its way may not be as both versions are.
    fn ranges(&self) -> Vec<(u64, u64)> {
        let new = self.new.chunks.iter().map(|chunk| (chunk.offset, chunk.offset + chunk.len));
        // What the old version has beyond the end of the new one.
        let tail = self.old.within(self.new.size, self.old.size).iter();
        let tail = tail.map(|chunk| (chunk.offset.max(self.new.size), chunk.offset + chunk.len));
        new.chain(tail).collect()
    }
}

impl ObjectDb {
    /// Compares two versions of a file, chunk by chunk; returns nothing where more than `limit` bytes
    /// of either differ, or where one is a single chunk.
    pub fn compare_files(
        &self,
        old: &FileRef,
        new: &FileRef,
        limit: u64,
    ) -> Result<Option<Patch>, ObjectError> {
        if old.manifest.is_none() || new.manifest.is_none() {
            return Ok(None);
        }
        let mut patch = Patch { old: Version::new(old), new: Version::new(new) };
        let (mut olds, mut news) = (self.chunk_spans(old), self.chunk_spans(new));
        let (mut one, mut other) = (olds.next().transpose()?, news.next().transpose()?);
        loop {
            let old_is_next = match (one, other) {
                (None, None) => return Ok(Some(patch)),
                (Some(a), Some(b)) => a.offset <= b.offset,
                (a, None) => a.is_some(),
                (None, _) => false,
            };
            if one == other {
                one = olds.next().transpose()?;
                other = news.next().transpose()?;
            } else if old_is_next {
                patch.old.extend(one);
                one = olds.next().transpose()?;
            } else {
                patch.new.extend(other);
                other = news.next().transpose()?;
            }
            if patch.old.bytes > limit || patch.new.bytes > limit {
                return Ok(None);
            }
        }
    }

    /// Tells whether a file, where the two versions differ, holds only what the one or the other has
    /// at that place. All bytes of both are read from the store, and so proven to be there.
    pub fn is_between(&self, patch: &Patch, file: &File) -> Result<bool, ObjectError> {
        let size = file.metadata().map_err(ObjectError::Source)?.len();
        if size != patch.old.size && size != patch.new.size {
            return Ok(false);
        }
        let mut all = true;
        for range in patch.ranges() {
            all &= self.is_range_between(patch, range, size, file)?;
        }
        Ok(all)
    }

    fn is_range_between(
        &self,
        patch: &Patch,
        (start, end): (u64, u64),
        size: u64,
        file: &File,
    ) -> Result<bool, ObjectError> {
        let old = self.bytes_of(&patch.old, start, end)?;
        let new = self.bytes_of(&patch.new, start, end)?;
        let mut found = vec![0; (end.min(size).saturating_sub(start)) as usize];
        match file.read_exact_at(&mut found, start) {
            Ok(()) => {}
            Err(error) if error.kind() == io::ErrorKind::UnexpectedEof => return Ok(false),
            Err(error) => return Err(ObjectError::Source(error)),
        }
        // Slices are compared in one go, bytes one by one.
        let is = |version: &[u8]| found == version[..found.len()];
        let mixed =
            || found.iter().zip(old.iter().zip(&new)).all(|(it, (a, b))| it == a || it == b);
        Ok(is(&old) || is(&new) || mixed())
    }

    /// Returns what a version has in a range in which its chunks are known: zeros beyond its end, as a
    /// file that was made longer has them.
    fn bytes_of(&self, version: &Version, start: u64, end: u64) -> Result<Vec<u8>, ObjectError> {
        let mut bytes = vec![0; (end - start) as usize];
        for chunk in version.within(start, end) {
            let content = self.read_chunk(chunk)?;
            let (from, to) = (chunk.offset.max(start), (chunk.offset + chunk.len).min(end));
            let place = &mut bytes[(from - start) as usize..(to - start) as usize];
            let within = (from - chunk.offset) as usize..(to - chunk.offset) as usize;
            place.copy_from_slice(&content[within]);
        }
        Ok(bytes)
    }

    /// Turns a file that is between both versions into the new one. After an error it still is
    /// between them.
    pub fn write_patch(&self, patch: &Patch, file: &File) -> Result<(), ObjectError> {
        let size = file.metadata().map_err(ObjectError::Source)?.len();
        if size < patch.new.size {
            file.set_len(patch.new.size).map_err(ObjectError::Sink)?;
        }
        for chunk in &patch.new.chunks {
            let bytes = self.read_chunk(chunk)?;
            file.write_all_at(&bytes, chunk.offset).map_err(ObjectError::Sink)?;
        }
        if size > patch.new.size {
            file.set_len(patch.new.size).map_err(ObjectError::Sink)?;
        }
        Ok(())
    }

    /// Tells whether a file is on its way from one version to another: as both are where they agree,
    /// and elsewhere as the one or the other is.
    pub fn is_half_patched(
        &self,
        old: &FileRef,
        new: &FileRef,
        file: &File,
    ) -> Result<bool, ObjectError> {
        let Some(patch) = self.compare_files(old, new, u64::MAX)? else { return Ok(false) };
        if !self.is_between(&patch, file)? {
            return Ok(false);
        }
        let mut differing = patch.new.chunks.iter().peekable();
        let mut buffer = Vec::new();
        for span in self.chunk_spans(new) {
            let span = span?;
            if differing.next_if(|chunk| **chunk == span).is_some() {
                continue;
            }
            buffer.resize(span.len as usize, 0);
            let read = file.read_exact_at(&mut buffer, span.offset);
            if read.is_err() || Hash::of(&buffer) != span.hash {
                return Ok(false);
            }
        }
        Ok(true)
    }
}

#[cfg(test)]
mod tests;
