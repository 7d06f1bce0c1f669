//! What users store, read: tables as batches of columns, heads of tensors, what pickles import. A reader
//! sees bytes through a [`Source`] and knows neither trees nor paths; it streams, and never believes a
//! length that a file claims.

mod decodable;
mod error;
pub mod pickle;
mod source;
pub mod table;
pub mod tensor;

pub use decodable::{decodable, is_decodable_kind};
pub use error::{FormatError, OtherColumns};
pub use source::{FileSource, Source};
