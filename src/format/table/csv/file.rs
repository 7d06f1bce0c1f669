//! `CsvFile`: a csv file whose head has been read.

use std::collections::HashSet;

use super::detect;
use super::parse::Layout;
use super::records::{Marks, Records};
use crate::format::FormatError;
use crate::format::table::options::MOST_COLUMNS;
use crate::format::table::text_file::TextFile;
use crate::format::table::{
    CsvDialect, Dialect, Field, Format, LineEnd, Parts, TableFile, TableOptions,
};

/// A file of text whose columns are known.
#[derive(Debug, Clone)]
pub struct CsvFile {
    layout: Layout,
    line_end: LineEnd,
    dialect: Dialect,
    fields: Vec<Field>,
}

impl CsvFile {
    pub fn open(file: TableFile, options: &TableOptions) -> Result<Self, FormatError> {
        let is_tsv = file.name.to_ascii_lowercase().ends_with(".tsv");
        let told = options.encoding.as_deref();
        let (file, head) = TextFile::open(file, told, encoding_rs::WINDOWS_1252)?;
        let marks = detect::marks(&head, fit(options.delimiter)?, is_tsv);
        let line_end = detect::line_end(&head);
        let (names, unnamed) = names(&file, marks, line_end, options.header)?;
        let csv = CsvDialect {
            delimiter: marks.delimiter,
            quote: marks.quote,
            line_end,
            header: options.header,
            unnamed,
        };
        let encoding = Some(file.encoding);
        let dialect = Dialect { format: Format::Csv, encoding, csv: Some(csv) };
        let field = |name| Field { name, type_name: "text".to_owned() };
        let fields = names.into_iter().map(field).collect();
        let null_values = options.null_values.iter().map(|null| null.clone().into_bytes());
        let null_values = null_values.collect();
        let layout = Layout { file, marks, null_values, batch_rows: options.batch_rows.max(1) };
        Ok(Self { layout, line_end, dialect, fields })
    }

    pub fn name(&self) -> &str {
        &self.layout.file.name
    }

    pub fn fields(&self) -> &[Field] {
        &self.fields
    }

    pub fn dialect(&self) -> &Dialect {
        &self.dialect
    }

    /// Hands on the blocks of the file; tells whether more are wanted.
    pub fn read<'a>(
        &'a self,
        wanted: &'a [bool],
        parts: &Parts<'_, 'a>,
    ) -> Result<bool, FormatError> {
        let has_header = self.dialect.csv.as_ref().is_some_and(|csv| csv.header);
        let mut skip = usize::from(has_header);
        let Layout { file, marks, .. } = &self.layout;
        for block in file.blocks(Some(*marks), self.line_end.last_byte())? {
            let block = block?;
            // Empty lines may fill a block: the header is then in a later one.
            let skipped = if block.holds_record() { std::mem::take(&mut skip) } else { 0 };
            if !parts.put(Box::new(move || self.layout.parse(&block, skipped, wanted))) {
                return Ok(false);
            }
        }
        Ok(true)
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

/// Returns the names of the columns, and which of them the header leaves unnamed.
fn names(
    file: &TextFile,
    marks: Marks,
    line_end: LineEnd,
    has_header: bool,
) -> Result<(Vec<String>, Vec<usize>), FormatError> {
    let block = file.first_block(Some(marks), line_end.last_byte())?;
    let mut cells = Vec::new();
    let mut records = Records::new(&block.text, marks);
    let start = records.read(&mut |cell, _| cells.push(String::from_utf8_lossy(cell).into_owned()));
    let start = start.unwrap_or(0);
    if cells.len() > MOST_COLUMNS {
        let reason = format!("{} columns, and {MOST_COLUMNS} are the most", cells.len());
        return Err(file.wrong(&block, start, reason));
    }
    let (names, unnamed) = named(cells, has_header);
    match first_twice(&names) {
        Some(twice) => {
            let reason = format!("two columns are called `{twice}`");
            Err(file.wrong(&block, start, reason))
        }
        None => Ok((names, unnamed)),
    }
}

/// Names the columns by the cells of the first row, or by number where it leaves them unnamed.
fn named(cells: Vec<String>, has_header: bool) -> (Vec<String>, Vec<usize>) {
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
