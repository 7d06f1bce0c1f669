//! `TextFile`: a file of text whose encoding is known, block by block.

use std::io::{self, Read};
use std::sync::Arc;

use super::blocks::{Block, Blocks, holds_record};
use super::csv::Marks;
use super::{Encoding, TableFile, encoding};
use crate::format::{FormatError, Source};

/// How many bytes tell the encoding, and the dialect.
const HEAD: usize = 64 << 10;

#[derive(Debug, Clone)]
pub struct TextFile {
    pub name: String,
    pub encoding: Encoding,
    source: Arc<dyn Source>,
}

impl TextFile {
    /// Returns a file and its head as UTF-8. What is neither marked nor UTF-8 is in `fallback`, unless
    /// the user `told` another.
    pub fn open(
        file: TableFile,
        told: Option<&str>,
        fallback: &'static encoding_rs::Encoding,
    ) -> Result<(Self, Vec<u8>), FormatError> {
        let TableFile { name, source } = file;
        let raw = match source.read_at(0, HEAD) {
            Ok(raw) => raw,
            Err(reason) => return Err(FormatError::Unreadable { file: name, reason }),
        };
        let encoding = encoding::detect(&raw, told, fallback)?;
        let file = Self { name, encoding, source };
        let head = file.decoded(raw.as_slice())?;
        let head = as_far_as_possible(head, raw.len() * 3 + 64);
        if !holds_record(&head) {
            return Err(file.empty());
        }
        if head.contains(&0) {
            let reason =
                "bytes that are zero: this is no text, or UTF-16 without a byte order mark";
            return Err(file.damaged(reason));
        }
        Ok((file, head))
    }

    /// Returns the text from front to back, cut at ends of records.
    pub fn blocks(
        &self,
        marks: Option<Marks>,
        line_end: u8,
    ) -> Result<impl Iterator<Item = Result<Block, FormatError>>, FormatError> {
        let reader = self.source.reader().map_err(|reason| self.unreadable(reason))?;
        let blocks = Blocks::new(self.decoded(reader)?, marks, line_end);
        Ok(blocks.map(|block| block.map_err(|error| error.of(&self.name))))
    }

    /// Returns the first block that has a record, without reading ahead.
    pub fn first_block(&self, marks: Option<Marks>, line_end: u8) -> Result<Block, FormatError> {
        let steps = Steps { source: self.source.as_ref(), offset: 0 };
        let mut blocks = Blocks::new(self.decoded(steps)?, marks, line_end);
        let block = blocks.find(|block| block.as_ref().map_or(true, Block::holds_record));
        let block = block.ok_or_else(|| self.empty())?.map_err(|error| error.of(&self.name))?;
        self.refuse_other_bytes(&block)?;
        Ok(block)
    }

    /// Refuses a block that is not UTF-8.
    pub fn refuse_other_bytes(&self, block: &Block) -> Result<(), FormatError> {
        std::str::from_utf8(&block.text)
            .map(|_| ())
            .map_err(|error| self.wrong(block, error.valid_up_to(), encoding::not_in("UTF-8")))
    }

    /// Says what is wrong at a place of a block.
    pub fn wrong(&self, block: &Block, at: usize, reason: String) -> FormatError {
        FormatError::Line { file: self.name.clone(), line: block.line_of(at), reason }
    }

    fn decoded<'a>(
        &self,
        reader: impl Read + Send + 'a,
    ) -> Result<Box<dyn Read + Send + 'a>, FormatError> {
        encoding::decoded(reader, self.encoding).map_err(|reason| self.unreadable(reason))
    }

    fn unreadable(&self, reason: io::Error) -> FormatError {
        FormatError::Unreadable { file: self.name.clone(), reason }
    }

    pub fn damaged(&self, reason: &str) -> FormatError {
        FormatError::Damaged { file: self.name.clone(), reason: reason.to_owned() }
    }

    fn empty(&self) -> FormatError {
        self.damaged("the file is empty: no line in it holds anything")
    }
}

/// Reads up to a byte that cannot be read, which is told with its line where the whole is read.
fn as_far_as_possible(mut reader: impl Read, most: usize) -> Vec<u8> {
    let mut text = vec![0; most];
    let mut filled = 0;
    while let Ok(read @ 1..) = reader.read(&mut text[filled..]) {
        filled += read;
    }
    text.truncate(filled);
    text
}

/// Reads a source in small steps, for the few bytes that a head has.
struct Steps<'a> {
    source: &'a dyn Source,
    offset: u64,
}

impl Read for Steps<'_> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let bytes = self.source.read_at(self.offset, buffer.len().min(HEAD))?;
        buffer[..bytes.len()].copy_from_slice(&bytes);
        self.offset += bytes.len() as u64;
        Ok(bytes.len())
    }
}
