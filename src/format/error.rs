//! Why a file could not be read as what it claims to be.

use std::io;

/// What is wrong, in which file, and where in it.
#[derive(Debug, thiserror::Error)]
pub enum FormatError {
    #[error("{file}: {reason}")]
    Unreadable { file: String, reason: io::Error },
    #[error("{file}: no reader for this format is known (csv, tsv, jsonl and parquet are)")]
    UnknownFormat { file: String },
    #[error("{file}:{line}: {reason}")]
    Line { file: String, line: u64, reason: String },
    #[error("{file}: {reason}")]
    Damaged { file: String, reason: String },
}
