//! A stretch of a file in memory, with room before it for the chunk that its predecessor left open.

use std::io::{self, Read};

use crate::object::ingest::fill;
use crate::store::chunker::MAX_CHUNK;

/// Bytes of a file: those carried over from the block before, then fresh ones.
#[derive(Debug)]
pub struct Block {
    buffer: Vec<u8>,
    start: usize,
    end: usize,
    last: bool,
}

impl Block {
    /// Returns an empty block with room for `len` fresh bytes.
    pub fn new(len: usize) -> Self {
        Self { buffer: vec![0; MAX_CHUNK + len], start: MAX_CHUNK, end: MAX_CHUNK, last: false }
    }

    /// Fills the block with `head` and what follows it in `source`.
    pub fn read(&mut self, head: &[u8], source: &mut impl Read) -> io::Result<()> {
        let begin = MAX_CHUNK + head.len();
        self.buffer[MAX_CHUNK..begin].copy_from_slice(head);
        self.start = MAX_CHUNK;
        self.end = begin + fill(source, &mut self.buffer[begin..])?;
        self.last = self.end < self.buffer.len();
        Ok(())
    }

    /// Puts the open chunk of the block before in front.
    pub fn put_before(&mut self, tail: &[u8]) {
        self.start = MAX_CHUNK - tail.len();
        self.buffer[self.start..MAX_CHUNK].copy_from_slice(tail);
    }

    /// Returns all bytes, from the start of the open chunk on.
    pub fn bytes(&self) -> &[u8] {
        &self.buffer[self.start..self.end]
    }

    /// Returns the bytes that no block before held.
    pub fn fresh(&self) -> &[u8] {
        &self.buffer[MAX_CHUNK..self.end]
    }

    /// Returns how many bytes were carried over.
    pub fn carried(&self) -> usize {
        MAX_CHUNK - self.start
    }

    /// Tells whether the file ends here.
    pub fn is_last(&self) -> bool {
        self.last
    }
}
