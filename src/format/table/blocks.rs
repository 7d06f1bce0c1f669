//! `Blocks`: a text cut at ends of records into parts that can be parsed apart from each other.

use std::io::{self, Read};

use bytes::Bytes;
use memchr::{memchr, memchr_iter, memrchr};

use super::csv::Marks;
use crate::format::FormatError;

/// How many bytes a block has, roughly. Tests cut often.
pub const BLOCK: usize = if cfg!(test) { 1 << 10 } else { 2 << 20 };

/// How many bytes a record may have.
pub const LONGEST_RECORD: usize = if cfg!(test) { 1 << 16 } else { 16 << 20 };

/// Whole records.
#[derive(Debug)]
pub struct Block {
    pub text: Bytes,
    /// The number of its first line, from 1.
    pub line: u64,
    /// The last byte of a line.
    pub line_end: u8,
}

impl Block {
    /// Cuts a text in which every line is a record into parts of so many lines at most.
    pub fn pieces(self, most: usize) -> impl Iterator<Item = Self> {
        let Self { mut text, mut line, line_end } = self;
        std::iter::from_fn(move || {
            let end = memchr_iter(line_end, &text).nth(most - 1).map_or(text.len(), |at| at + 1);
            let piece = Self { text: text.split_to(end), line, line_end };
            line += most as u64;
            (end > 0).then_some(piece)
        })
    }

    /// Tells whether there is more in it than empty lines.
    pub fn holds_record(&self) -> bool {
        holds_record(&self.text)
    }

    /// Returns the number of the line in which a byte stands.
    pub fn line_of(&self, at: usize) -> u64 {
        self.line + memchr_iter(self.line_end, &self.text[..at]).count() as u64
    }
}

/// Tells whether there is more in a text than empty lines.
pub fn holds_record(text: &[u8]) -> bool {
    text.iter().any(|byte| !matches!(byte, b'\r' | b'\n'))
}

/// Why there is no next block.
#[derive(Debug)]
pub enum BlockError {
    Unreadable(io::Error),
    Line { line: u64, reason: String },
}

impl BlockError {
    pub fn of(self, file: &str) -> FormatError {
        let file = file.to_owned();
        match self {
            Self::Unreadable(reason) => FormatError::Unreadable { file, reason },
            Self::Line { line, reason } => FormatError::Line { file, line, reason },
        }
    }
}

/// Reads a text block by block.
pub struct Blocks<R> {
    reader: R,
    /// How cells are quoted that hold ends of lines; nothing where none can.
    marks: Option<Marks>,
    /// The last byte of a line.
    line_end: u8,
    /// What was read and not yet handed on; it starts at a record.
    text: Vec<u8>,
    quotes: Quotes,
    line: u64,
    is_at_end: bool,
    is_done: bool,
}

/// How far quotes were followed, to know which line ends end a record.
#[derive(Debug, Default)]
struct Quotes {
    /// Up to where.
    at: usize,
    /// Where the quoted cell begins that is open there.
    open: Option<usize>,
    /// The end of the last whole record.
    record_end: usize,
}

impl<R: Read> Blocks<R> {
    pub fn new(reader: R, marks: Option<Marks>, line_end: u8) -> Self {
        Self {
            reader,
            marks,
            line_end,
            text: Vec::new(),
            quotes: Quotes::default(),
            line: 1,
            is_at_end: false,
            is_done: false,
        }
    }

    fn fill(&mut self) -> io::Result<()> {
        let mut filled = self.text.len();
        let goal = filled + BLOCK;
        // A decoder wants room for a character, also just before the goal.
        self.text.resize(goal + 64, 0);
        while filled < goal && !self.is_at_end {
            match self.reader.read(&mut self.text[filled..]) {
                Ok(0) => self.is_at_end = true,
                Ok(read) => filled += read,
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                Err(error) => {
                    self.text.truncate(filled);
                    return Err(error);
                }
            }
        }
        self.text.truncate(filled);
        Ok(())
    }

    fn next_block(&mut self) -> Result<Block, BlockError> {
        loop {
            self.fill().map_err(|error| self.unreadable(error))?;
            if let Some(marks) = self.marks {
                self.quotes.follow(&self.text, marks, self.line_end, self.is_at_end);
            }
            self.quotes.finish(&self.text, self.line_end);
            let end = self.quotes.record_end;
            if self.is_at_end {
                return self.last();
            }
            if end > 0 {
                let rest = self.text.split_off(end);
                let text = std::mem::replace(&mut self.text, rest);
                self.quotes.forget(end);
                return Ok(self.block(text));
            }
            if self.text.len() > LONGEST_RECORD {
                return Err(self.line_error(0, &too_long()));
            }
        }
    }

    fn last(&mut self) -> Result<Block, BlockError> {
        if let Some(open) = self.quotes.open {
            return Err(self.line_error(open, "a quoted cell begins here and never ends"));
        }
        if self.text.len() - self.quotes.record_end > LONGEST_RECORD {
            return Err(self.line_error(self.quotes.record_end, &too_long()));
        }
        self.is_done = true;
        let text = std::mem::take(&mut self.text);
        Ok(self.block(text))
    }

    fn block(&mut self, text: Vec<u8>) -> Block {
        let line = self.line;
        self.line += memchr_iter(self.line_end, &text).count() as u64;
        Block { text: text.into(), line, line_end: self.line_end }
    }

    fn line_error(&self, at: usize, reason: &str) -> BlockError {
        let lines = memchr_iter(self.line_end, &self.text[..at]).count() as u64;
        BlockError::Line { line: self.line + lines, reason: reason.to_owned() }
    }

    fn unreadable(&self, error: io::Error) -> BlockError {
        if error.kind() == io::ErrorKind::InvalidData {
            return self.line_error(self.text.len(), &error.to_string());
        }
        BlockError::Unreadable(error)
    }
}

fn too_long() -> String {
    format!("a row of more than {} MiB: is a quote missing?", LONGEST_RECORD >> 20)
}

impl<R: Read> Iterator for Blocks<R> {
    type Item = Result<Block, BlockError>;

    fn next(&mut self) -> Option<Self::Item> {
        if self.is_done {
            return None;
        }
        let block = self.next_block();
        self.is_done |= block.is_err();
        Some(block)
    }
}

impl Quotes {
    /// Follows the quotes of `text` as far as it can tell what they mean.
    fn follow(&mut self, text: &[u8], marks: Marks, line_end: u8, is_at_end: bool) {
        while let Some(quote) = memchr(marks.quote, &text[self.at..]).map(|at| self.at + at) {
            if self.open.is_none() {
                self.look_for_record_end(text, quote, line_end);
                self.open = begins_cell(text, quote, marks.delimiter).then_some(quote);
                self.at = quote + 1;
            } else {
                match text.get(quote + 1) {
                    // What follows the quote is not known yet.
                    None if !is_at_end => {
                        self.at = quote;
                        return;
                    }
                    Some(next) if *next == marks.quote => self.at = quote + 2,
                    _ => {
                        self.open = None;
                        self.at = quote + 1;
                    }
                }
            }
        }
    }

    /// Takes the rest of the text, in which no quote is.
    fn finish(&mut self, text: &[u8], line_end: u8) {
        if self.open.is_none() {
            self.look_for_record_end(text, text.len(), line_end);
            self.at = text.len();
        }
    }

    fn look_for_record_end(&mut self, text: &[u8], until: usize, line_end: u8) {
        let unquoted = &text[self.at..until];
        if let Some(at) = memrchr(line_end, unquoted) {
            self.record_end = self.at + at + 1;
        }
    }

    /// Counts from a place on that was the end of a record.
    fn forget(&mut self, end: usize) {
        self.at -= end;
        self.open = self.open.map(|open| open - end);
        self.record_end = 0;
    }
}

/// Tells whether a quote opens a cell; elsewhere it is a character as any.
fn begins_cell(text: &[u8], quote: usize, delimiter: u8) -> bool {
    quote == 0 || [delimiter, b'\r', b'\n'].contains(&text[quote - 1])
}
