//! What a file held before says where the new version is cut: a chunk that still is where it was ends
//! where it did. So what has not changed is not searched for cuts. The cuts are the same either way.

use std::iter::Peekable;

use rayon::prelude::*;

use crate::base::Hash;
use crate::object::ChunkSpans;
use crate::store::chunker::{MAX_CHUNK, MIN_CHUNK, candidates, is_natural};

/// How many blocks may have little in common with the version before, besides as many that have much.
const TRIES: usize = 4;

/// How much is searched at a time for the end of one chunk.
const STEP: usize = 64 << 10;

/// A piece of a block that is a chunk, with its hash where that is known.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Piece {
    pub start: usize,
    pub end: usize,
    pub hash: Option<Hash>,
}

/// The chunks of the version before, as far as they are still ahead.
#[derive(Debug)]
pub struct Earlier<'d> {
    chunks: Peekable<ChunkSpans<'d>>,
    tries: usize,
}

impl<'d> Earlier<'d> {
    pub fn new(chunks: ChunkSpans<'d>) -> Self {
        Self { chunks: chunks.peekable(), tries: TRIES }
    }

    /// Returns the chunks of a block that starts at `offset` in the file, with a chunk; or nothing
    /// where the block has little of the version before.
    pub fn pieces(
        &mut self,
        bytes: &[u8],
        offset: u64,
        last: bool,
        parallel: bool,
    ) -> Option<Vec<Piece>> {
        if self.tries == 0 {
            return None;
        }
        let known = self.known(bytes, offset);
        let is_same = |piece: &Piece| {
            let chunk = &bytes[piece.start..piece.end];
            is_natural(chunk) && Some(Hash::of(chunk)) == piece.hash
        };
        let known: Vec<Piece> = if parallel {
            known.into_par_iter().filter(is_same).collect()
        } else {
            known.into_iter().filter(is_same).collect()
        };
        let same: usize = known.iter().map(|piece| piece.end - piece.start).sum();
        if same < bytes.len() / 2 {
            self.tries -= 1;
            return None;
        }
        self.tries += 1;
        let mut known = known.into_iter().peekable();
        let (mut pieces, mut start) = (Vec::new(), 0);
        while start < bytes.len() {
            while known.next_if(|piece| piece.start < start).is_some() {}
            let piece = match known.next_if(|piece| piece.start == start) {
                Some(piece) => piece,
                None => match next_cut(bytes, start, last) {
                    Some(end) => Piece { start, end, hash: None },
                    None => break,
                },
            };
            start = piece.end;
            pieces.push(piece);
        }
        Some(pieces)
    }

    /// Returns the chunks of the version before that lie within a block.
    fn known(&mut self, bytes: &[u8], offset: u64) -> Vec<Piece> {
        let end = offset + bytes.len() as u64;
        let mut known = Vec::new();
        while let Some(Ok(chunk)) = self.chunks.next_if(|chunk| {
            chunk.as_ref().is_ok_and(|chunk| {
                chunk.offset < offset || chunk.offset.saturating_add(chunk.len) <= end
            })
        }) {
            // The last one ends where the file ended, and not for what it holds.
            if chunk.offset >= offset && self.chunks.peek().is_some() {
                let start = (chunk.offset - offset) as usize;
                let end = start + chunk.len as usize;
                known.push(Piece { start, end, hash: Some(chunk.hash) });
            }
        }
        known
    }
}

/// Returns where the chunk that starts at `start` ends, or nothing where that is beyond `data` and
/// more is to come.
fn next_cut(data: &[u8], start: usize, last: bool) -> Option<usize> {
    let limit = start + MAX_CHUNK;
    let mut at = start + MIN_CHUNK - 1;
    let mut found = Vec::new();
    while at < limit.min(data.len()) {
        let end = (at + STEP).min(limit).min(data.len());
        candidates(&data[..end], at, &mut found);
        if let Some(place) = found.first() {
            return Some(*place);
        }
        at = end;
    }
    if limit <= data.len() { Some(limit) } else { last.then_some(data.len()) }
}
