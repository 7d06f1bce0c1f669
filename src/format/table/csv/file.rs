//! `CsvFile`: a csv file whose head has been read.

use std::collections::HashSet;
use std::io::{self, Read};
use std::sync::Arc;

use super::blocks::{Block, BlockError, Blocks};
use super::parse::Layout;
use super::records::{Marks, Records};
use super::{detect, encoding};
use crate::format::table::{
    CsvDialect, Dialect, Encoding, Field, Format, Parts, TableFile, TableOptions,
};
use crate::format::{FormatError, Source};

/// How many bytes tell the dialect.
const HEAD: usize = 64 << 10;

/// A file of text whose columns are known.
#[derive(Debug, Clone)]
pub struct CsvFile {
    source: Arc<dyn Source>,
    encoding: Encoding,
    layout: Layout,
    dialect: Dialect,
    fields: Vec<Field>,
}

impl CsvFile {
    pub fn open(file: TableFile, options: &TableOptions) -> Result<Self, FormatError> {
        let TableFile { name, source } = file;
        let raw = source.read_at(0, HEAD).map_err(|reason| unreadable(&name, reason))?;
        let encoding = encoding::detect(&raw, options.encoding.as_deref())?;
        let head = head_text(&raw, encoding).map_err(|reason| unreadable(&name, reason))?;
        refuse_no_text(&name, &head)?;
        let is_tsv = name.to_ascii_lowercase().ends_with(".tsv");
        let marks = detect::marks(&head, fit(options.delimiter)?, is_tsv);
        let line_end = detect::line_end(&head);
        let layout = Layout {
            file: name,
            marks,
            line_end: line_end.last_byte(),
            null_values: options.null_values.iter().map(|null| null.clone().into_bytes()).collect(),
            batch_rows: options.batch_rows.max(1),
        };
        let (fields, unnamed) = columns(&layout, source.as_ref(), encoding, options.header)?;
        let header = options.header;
        let Marks { delimiter, quote } = marks;
        let csv = CsvDialect { delimiter, quote, line_end, header, unnamed };
        let dialect = Dialect { format: Format::Csv, encoding: Some(encoding), csv: Some(csv) };
        Ok(Self { source, encoding, layout, dialect, fields })
    }

    pub fn name(&self) -> &str {
        &self.layout.file
    }

    pub fn fields(&self) -> &[Field] {
        &self.fields
    }

    pub fn dialect(&self) -> &Dialect {
        &self.dialect
    }

    /// Hands on the blocks of the file; tells whether more are wanted.
    pub fn read<'a>(&'a self, wanted: &'a [bool], parts: &Parts<'a>) -> Result<bool, FormatError> {
        let reader = self.source.reader().and_then(|it| encoding::decoded(it, self.encoding));
        let reader = reader.map_err(|reason| unreadable(self.name(), reason))?;
        let has_header = self.dialect.csv.as_ref().is_some_and(|csv| csv.header);
        let mut skip = usize::from(has_header);
        for block in Blocks::new(reader, self.layout.marks, self.layout.line_end) {
            let block = block.map_err(|error| told(self.name(), error))?;
            // Empty lines may fill a block: the header is then in a later one.
            let skipped = if holds_record(&block) { std::mem::take(&mut skip) } else { 0 };
            if !parts.put(Box::new(move || self.layout.parse(&block, skipped, wanted))) {
                return Ok(false);
            }
        }
        Ok(true)
    }
}

fn holds_record(block: &Block) -> bool {
    block.text.iter().any(|byte| !matches!(byte, b'\r' | b'\n'))
}

fn unreadable(file: &str, reason: io::Error) -> FormatError {
    FormatError::Unreadable { file: file.to_owned(), reason }
}

fn told(file: &str, error: BlockError) -> FormatError {
    match error {
        BlockError::Unreadable(reason) => unreadable(file, reason),
        BlockError::Line { line, reason } => {
            FormatError::Line { file: file.to_owned(), line, reason }
        }
    }
}

fn fit(delimiter: Option<u8>) -> Result<Option<u8>, FormatError> {
    match delimiter {
        Some(delimiter) if !delimiter.is_ascii() || b"\r\n\"\0".contains(&delimiter) => {
            Err(FormatError::UnfitDelimiter { delimiter })
        }
        fit => Ok(fit),
    }
}

/// Returns the head as UTF-8, as far as it is whole.
fn head_text(raw: &[u8], encoding: Encoding) -> io::Result<Vec<u8>> {
    let mut text = vec![0; raw.len() * 3 + 64];
    let mut reader = encoding::decoded(raw, encoding)?;
    let mut filled = 0;
    // What cannot be decoded is told where it is read, with its line; so is a character that is cut.
    while let Ok(read) = reader.read(&mut text[filled..]) {
        filled += read;
        if read == 0 {
            break;
        }
    }
    text.truncate(filled);
    Ok(text)
}

fn refuse_no_text(file: &str, head: &[u8]) -> Result<(), FormatError> {
    let damaged = |reason: &str| {
        Err(FormatError::Damaged { file: file.to_owned(), reason: reason.to_owned() })
    };
    if head.iter().all(|byte| matches!(byte, b'\r' | b'\n')) {
        return damaged("the file is empty: not even a header is there");
    }
    if head.contains(&0) {
        return damaged(
            "bytes that are zero: this is no text, or UTF-16 without a byte order mark",
        );
    }
    Ok(())
}

/// Reads a source in small steps, for the few bytes that a header has.
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

/// Returns the columns, and which of them the header leaves unnamed.
fn columns(
    layout: &Layout,
    source: &dyn Source,
    encoding: Encoding,
    has_header: bool,
) -> Result<(Vec<Field>, Vec<usize>), FormatError> {
    let file = layout.file.as_str();
    let reader = encoding::decoded(Steps { source, offset: 0 }, encoding);
    let reader = reader.map_err(|reason| unreadable(file, reason))?;
    let mut blocks = Blocks::new(reader, layout.marks, layout.line_end);
    let block = blocks.find(|block| block.as_ref().map_or(true, holds_record));
    let Some(block) = block.transpose().map_err(|error| told(file, error))? else {
        return refuse_no_text(file, &[]).map(|()| Default::default());
    };
    layout.refuse_other_bytes(&block)?;
    let mut cells = Vec::new();
    let mut records = Records::new(&block.text, layout.marks);
    let start = records.read(&mut |cell, _| cells.push(String::from_utf8_lossy(cell).into_owned()));
    let (names, unnamed) = names(cells, has_header);
    if let Some(twice) = first_twice(&names) {
        let reason = format!("two columns are called `{twice}`");
        return Err(layout.error(&block, start.unwrap_or(0), reason));
    }
    let field = |name| Field { name, type_name: "text".to_owned() };
    Ok((names.into_iter().map(field).collect(), unnamed))
}

/// Names the columns by the cells of the first row, or by number where it leaves them unnamed.
fn names(cells: Vec<String>, has_header: bool) -> (Vec<String>, Vec<usize>) {
    let mut unnamed = Vec::new();
    let name = |(at, cell): (usize, String)| {
        if has_header && !cell.is_empty() {
            return cell;
        }
        if has_header {
            unnamed.push(at + 1);
        }
        format!("column_{}", at + 1)
    };
    let names = cells.into_iter().enumerate().map(name).collect();
    (names, unnamed)
}

fn first_twice(names: &[String]) -> Option<&str> {
    let mut seen = HashSet::new();
    names.iter().find(|name| !seen.insert(name.as_str())).map(String::as_str)
}
