//! Filling a file on the disk: ranges of it at the same time, each read, verified and written where
//! it belongs. Every chunk is held against its hash, and the list of chunks is itself named by what
//! it says, so the whole is not hashed once more.

use std::cell::Cell;
use std::fs::File;
use std::iter::Peekable;
use std::os::unix::fs::FileExt;

use rayon::prelude::*;

use crate::base::Hash;
use crate::object::ingest::Permit;
use crate::object::{ChunkSpan, ChunkSpans, FileRef, ObjectDb, ObjectError};
use crate::store::BlobId;

/// How much is read, verified and written at a time: the kernel takes long writes fastest, and this
/// still fits into the cache of a core.
const PIECE: u64 = 1 << 20;

thread_local! {
    static BUFFER: Cell<Vec<u8>> = const { Cell::new(Vec::new()) };
}

impl ObjectDb {
    /// Writes a file into `out`, which is empty. After an error `out` may hold a part of it.
    pub fn fill_file(&self, file: &FileRef, out: &File) -> Result<(), ObjectError> {
        self.put_parts(Parts { wanted: self.chunk_spans(file), held: None }, file, out)
    }

    /// Turns `out`, which is believed to hold `old`, into `new`. What both have in the same place is
    /// verified and stays; where it is not what it should be, the store's bytes replace it.
    pub fn patch_file(&self, old: &FileRef, new: &FileRef, out: &File) -> Result<(), ObjectError> {
        self.put_parts(self.parts(old, new), new, out)
    }

    /// Returns how many bytes two files have in the same place, as whole chunks.
    pub fn shared_bytes(&self, old: &FileRef, new: &FileRef) -> Result<u64, ObjectError> {
        self.parts(old, new).try_fold(0, |sum, part| {
            let Part { span, held } = part?;
            Ok(if held { sum + span.len } else { sum })
        })
    }

    fn parts(&self, old: &FileRef, new: &FileRef) -> Parts<'_> {
        Parts { wanted: self.chunk_spans(new), held: Some(self.chunk_spans(old).peekable()) }
    }

    fn put_parts(&self, parts: Parts<'_>, file: &FileRef, out: &File) -> Result<(), ObjectError> {
        let permit = file.manifest.and_then(|_| Permit::get());
        if file.manifest.is_some() || parts.held.is_some() {
            // Pieces are not written in order, and a clone may be longer than what it shall become.
            out.set_len(file.size).map_err(ObjectError::Sink)?;
        }
        let mut pieces = Pieces(parts.peekable());
        let put = |piece: Result<Vec<Part>, ObjectError>| self.put_piece(&piece?, out);
        match permit {
            Some(_) => pieces.par_bridge().try_for_each(put),
            None => pieces.try_for_each(put),
        }
    }

    fn put_piece(&self, parts: &[Part], out: &File) -> Result<(), ObjectError> {
        let len: u64 = parts.iter().map(|part| part.span.len).sum();
        if len > PIECE {
            // Only a single chunk makes such a piece, and what a tree claims is not taken as memory.
            let reason = "a file has it with an impossible length".to_owned();
            return Err(ObjectError::Invalid { id: BlobId::chunk(parts[0].span.hash), reason });
        }
        let mut buffer = BUFFER.take();
        if (buffer.len() as u64) < len {
            buffer.resize(len as usize, 0);
        }
        let done = self.put_through(parts, &mut buffer[..len as usize], out);
        BUFFER.set(buffer);
        done
    }

    /// Reads parts that follow each other into `buffer`, and writes those that `out` does not hold.
    fn put_through(
        &self,
        parts: &[Part],
        buffer: &mut [u8],
        out: &File,
    ) -> Result<(), ObjectError> {
        let write =
            |bytes: &[u8], offset| out.write_all_at(bytes, offset).map_err(ObjectError::Sink);
        let (mut start, mut end) = (0, 0);
        let Some(origin) = parts.first().map(|part| part.span.offset) else { return Ok(()) };
        for part in parts {
            let next = end + part.span.len as usize;
            let bytes = &mut buffer[end..next];
            if part.held && holds(out, &part.span, bytes) {
                write(&buffer[start..end], origin + start as u64)?;
                start = next;
            } else {
                self.read_span(&part.span, bytes)?;
            }
            end = next;
        }
        write(&buffer[start..end], origin + start as u64)
    }

    fn read_span(&self, span: &ChunkSpan, bytes: &mut [u8]) -> Result<(), ObjectError> {
        let id = BlobId::chunk(span.hash);
        let found = self.store().read_into(id, bytes)?;
        if found == bytes.len() { Ok(()) } else { Err(span.wrong_length(found)) }
    }
}

/// Tells whether a file has a chunk where it should be; overwrites `bytes`.
fn holds(file: &File, span: &ChunkSpan, bytes: &mut [u8]) -> bool {
    file.read_exact_at(bytes, span.offset).is_ok() && Hash::of(bytes) == span.hash
}

/// A chunk that a file shall have, and whether it is believed to have it there already.
struct Part {
    span: ChunkSpan,
    held: bool,
}

/// The chunks of a file in order, compared with those of another.
struct Parts<'d> {
    wanted: ChunkSpans<'d>,
    held: Option<Peekable<ChunkSpans<'d>>>,
}

impl Parts<'_> {
    fn is_held(&mut self, span: &ChunkSpan) -> bool {
        let Some(held) = &mut self.held else { return false };
        while let Some(Ok(other)) = held.peek() {
            if other.offset >= span.offset {
                return other == span;
            }
            held.next();
        }
        // A list that cannot be read to its end helps no further, and is not asked again.
        self.held = None;
        false
    }
}

impl Iterator for Parts<'_> {
    type Item = Result<Part, ObjectError>;

    fn next(&mut self) -> Option<Self::Item> {
        let span = match self.wanted.next()? {
            Ok(span) => span,
            Err(error) => return Some(Err(error)),
        };
        let held = self.is_held(&span);
        Some(Ok(Part { span, held }))
    }
}

/// Chunks that follow each other, as many as make up a piece.
struct Pieces<'d>(Peekable<Parts<'d>>);

impl Iterator for Pieces<'_> {
    type Item = Result<Vec<Part>, ObjectError>;

    fn next(&mut self) -> Option<Self::Item> {
        let mut piece = match self.0.next()? {
            Ok(part) => vec![part],
            Err(error) => return Some(Err(error)),
        };
        let mut len = piece[0].span.len;
        let mut fits = |part: &Result<Part, ObjectError>| match part {
            Ok(part) => {
                len += part.span.len;
                len <= PIECE
            }
            Err(_) => false,
        };
        while let Some(Ok(part)) = self.0.next_if(&mut fits) {
            piece.push(part);
        }
        Some(Ok(piece))
    }
}

#[cfg(test)]
mod tests;
