//! `TensorFile`: what the head of a file of tensors says, checked against the file's length.

use std::collections::BTreeMap;
use std::io;
use std::ops::Range;

use super::{gguf, npy, safetensors};
use crate::format::{FormatError, Source};

/// A tensor, by what is known without reading it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Tensor {
    /// Empty in npy, which has only one.
    pub name: String,
    /// As the file names it: `F32`, `<f8`, `Q4_K`.
    pub dtype: String,
    pub shape: Vec<u64>,
    /// Where its numbers lie in the file.
    pub bytes: Range<u64>,
}

/// How tensors are written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum TensorFormat {
    Safetensors,
    Npy,
    Gguf,
}

impl TensorFormat {
    /// Returns the format that the end of a file's name tells.
    pub fn of(name: &str) -> Option<Self> {
        let (_, end) = name.rsplit_once('.')?;
        match end.to_ascii_lowercase().as_str() {
            "safetensors" => Some(Self::Safetensors),
            "npy" => Some(Self::Npy),
            "gguf" => Some(Self::Gguf),
            _ => None,
        }
    }
}

/// The head of a file of tensors.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TensorFile {
    pub format: TensorFormat,
    /// In the order in which they lie in the file.
    pub tensors: Vec<Tensor>,
    /// What else the head says; long lists only by their length.
    pub metadata: BTreeMap<String, String>,
}

/// Why a head cannot be read.
#[derive(Debug)]
pub enum HeadError {
    Unreadable(io::Error),
    Damaged(String),
}

impl HeadError {
    pub fn damaged(reason: impl Into<String>) -> Self {
        Self::Damaged(reason.into())
    }
}

impl From<io::Error> for HeadError {
    fn from(error: io::Error) -> Self {
        Self::Unreadable(error)
    }
}

impl TensorFile {
    /// Reads the head of a file, whose format its name tells. All that is claimed lies in the file.
    pub fn read(name: &str, source: &dyn Source) -> Result<Self, FormatError> {
        let file = name.to_owned();
        let read = match TensorFormat::of(name) {
            Some(TensorFormat::Safetensors) => safetensors::read(source),
            Some(TensorFormat::Npy) => npy::read(source),
            Some(TensorFormat::Gguf) => gguf::read(source),
            None => return Err(FormatError::UnknownTensors { file }),
        };
        read.map_err(|error| match error {
            HeadError::Unreadable(reason) => FormatError::Unreadable { file, reason },
            HeadError::Damaged(reason) => FormatError::Damaged { file, reason },
        })
    }
}
