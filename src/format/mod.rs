//! What users store, read: tables as batches of columns. A reader sees bytes through a [`Source`] and
//! knows neither trees nor paths; it streams, and never believes a length that a file claims.

mod error;
mod source;
pub mod table;

pub use error::FormatError;
pub use source::{FileSource, Source};
