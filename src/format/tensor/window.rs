//! `Window`: the head of a file from front to back, in steps; lengths are checked before they are
//! believed.

use std::io;

use super::head::HeadError;
use crate::format::Source;

/// How many bytes are read at a time.
const STEP: usize = 256 << 10;

pub struct Window<'a> {
    source: &'a dyn Source,
    bytes: Vec<u8>,
    /// Where the bytes lie in the file.
    start: u64,
    /// How many of them have been read.
    read: usize,
}

impl<'a> Window<'a> {
    pub fn new(source: &'a dyn Source) -> Self {
        Self { source, bytes: Vec::new(), start: 0, read: 0 }
    }

    /// Returns how far it has read.
    pub fn offset(&self) -> u64 {
        self.start + self.read as u64
    }

    /// Returns how many bytes the file has from here on.
    pub fn left(&self) -> u64 {
        self.source.len().saturating_sub(self.offset())
    }

    /// Reads so many bytes, of which the file must have as many.
    pub fn bytes(&mut self, len: usize) -> Result<&[u8], HeadError> {
        if len as u64 > self.left() {
            return Err(HeadError::damaged("the file ends within its head"));
        }
        if self.bytes.len() - self.read < len {
            self.start = self.offset();
            self.bytes = self.source.read_at(self.start, len.max(STEP))?;
            self.read = 0;
            if self.bytes.len() < len {
                return Err(io::Error::from(io::ErrorKind::UnexpectedEof).into());
            }
        }
        self.read += len;
        Ok(&self.bytes[self.read - len..self.read])
    }

    pub fn array<const N: usize>(&mut self) -> Result<[u8; N], HeadError> {
        let bytes = self.bytes(N)?;
        Ok(bytes.try_into().expect("as many bytes as were asked for"))
    }

    pub fn u32(&mut self) -> Result<u32, HeadError> {
        self.array().map(u32::from_le_bytes)
    }

    pub fn u64(&mut self) -> Result<u64, HeadError> {
        self.array().map(u64::from_le_bytes)
    }

    pub fn skip(&mut self, len: u64) -> Result<(), HeadError> {
        if len > self.left() {
            return Err(HeadError::damaged("the file ends within its head"));
        }
        let here = self.bytes.len() - self.read;
        match usize::try_from(len) {
            Ok(len) if len <= here => self.read += len,
            _ => {
                self.start = self.offset() + len;
                self.bytes.clear();
                self.read = 0;
            }
        }
        Ok(())
    }
}
