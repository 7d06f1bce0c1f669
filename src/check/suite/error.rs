//! Why a suite could not be carried out.

use std::io;

use crate::base::interrupt::Interrupted;
use crate::format::FormatError;

/// What kept a check, or all of them, from an answer.
#[derive(Debug, thiserror::Error)]
pub enum CheckError {
    #[error(transparent)]
    Format(#[from] FormatError),
    #[error("what does not fit into memory cannot be kept in a temporary file: {0}")]
    Spill(#[from] io::Error),
    #[error("row {row}: {reason}")]
    Row { row: u64, reason: String },
    #[error("{0}")]
    Unfit(String),
    #[error(transparent)]
    Interrupted(#[from] Interrupted),
}
