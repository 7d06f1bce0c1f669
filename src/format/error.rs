//! Why a file could not be read as what it claims to be.

use std::io;

/// What is wrong, in which file, and where in it.
#[derive(Debug, thiserror::Error)]
pub enum FormatError {
    #[error("{file}: {reason}")]
    Unreadable { file: String, reason: io::Error },
    #[error("{file}: no reader for this format is known (csv, tsv, jsonl and parquet are)")]
    UnknownFormat { file: String },
    #[error("{file}: no reader for these tensors is known (safetensors, npy and gguf are)")]
    UnknownTensors { file: String },
    #[error("{file}:{line}: {reason}")]
    Line { file: String, line: u64, reason: String },
    #[error("{file}: {reason}")]
    Damaged { file: String, reason: String },
    #[error("a table needs a file, and there is none")]
    NoFiles,
    #[error("{file}: there is no column `{column}`")]
    NoSuchColumn { file: String, column: String },
    #[error(transparent)]
    OtherColumns(Box<OtherColumns>),
    #[error("no encoding is called `{name}`")]
    UnknownEncoding { name: String },
    #[error("{} cannot stand between cells", char::from(*delimiter).escape_debug())]
    UnfitDelimiter { delimiter: u8 },
}

/// Where a file of a table has another column than the first one.
#[derive(Debug, thiserror::Error)]
#[error("{file}: column {number} is {}, and {} in {first}", named(found.as_ref()), named(expected.as_ref()))]
pub struct OtherColumns {
    pub file: String,
    /// The file whose columns the others must have.
    pub first: String,
    /// Which column differs, from 1.
    pub number: usize,
    pub expected: Option<String>,
    pub found: Option<String>,
}

fn named(column: Option<&String>) -> String {
    column.map_or_else(|| "missing".to_owned(), |name| format!("`{name}`"))
}
