//! What is read, and how the user wants it read.

use std::sync::Arc;

use crate::format::{FormatError, Source};

/// How many columns a table may have.
pub const MOST_COLUMNS: usize = 1 << 17;

/// How many cells a batch may have where rows cost nothing in the file. Tests make many batches.
pub const MOST_CELLS: usize = if cfg!(test) { 1 << 16 } else { 4 << 20 };

/// A file of a table.
#[derive(Debug, Clone)]
pub struct TableFile {
    /// What messages call it; its end tells the format.
    pub name: String,
    pub source: Arc<dyn Source>,
}

/// How files are read where the user knows better than detection.
#[derive(Debug, Clone)]
pub struct TableOptions {
    /// Read these columns only.
    pub columns: Option<Vec<String>>,
    /// The character between cells of a csv file, in place of the one that is detected.
    pub delimiter: Option<u8>,
    /// The encoding of text by a name of the WHATWG Encoding Standard, in place of the detected one.
    pub encoding: Option<String>,
    /// Texts of a csv file that stand for a missing cell, quoted or not.
    pub null_values: Vec<String>,
    /// Whether the first row of a csv file names the columns; else they are `column_1` and so on.
    pub header: bool,
    /// The most rows in a batch.
    pub batch_rows: usize,
}

impl Default for TableOptions {
    fn default() -> Self {
        Self {
            columns: None,
            delimiter: None,
            encoding: None,
            null_values: Vec::new(),
            header: true,
            batch_rows: 65_536,
        }
    }
}

/// A column of a table.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Field {
    pub name: String,
    /// `text` for csv, `json` for jsonl, the type in the file for parquet.
    pub type_name: String,
}

/// How a table is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Format {
    /// Comma-separated values, whatever the delimiter.
    Csv,
    /// A JSON object on each line.
    Jsonl,
    Parquet,
}

impl Format {
    /// Returns the format that the end of a file's name tells.
    pub fn of(name: &str) -> Result<Self, FormatError> {
        let end = name.rsplit_once('.').map_or("", |(_, end)| end);
        match end.to_ascii_lowercase().as_str() {
            "csv" | "tsv" => Ok(Self::Csv),
            "jsonl" | "ndjson" => Ok(Self::Jsonl),
            "parquet" => Ok(Self::Parquet),
            _ => Err(FormatError::UnknownFormat { file: name.to_owned() }),
        }
    }

    pub fn name(self) -> &'static str {
        match self {
            Self::Csv => "csv",
            Self::Jsonl => "jsonl",
            Self::Parquet => "parquet",
        }
    }
}
