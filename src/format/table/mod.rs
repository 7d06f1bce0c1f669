//! Tables: csv, jsonl and parquet, as batches of columns, in bounded memory. Several files of the same
//! columns are one table.

mod batch;
mod blocks;
mod csv;
mod dialect;
mod encoding;
mod jsonl;
mod open;
mod options;
mod parquet;
mod pipeline;
mod text_column;
mod text_file;

pub use batch::{Batch, Column, number, plain_number};
pub use dialect::{CsvDialect, Dialect, Encoding, LineEnd};
pub use open::Table;
pub use options::{Field, Format, TableFile, TableOptions};

use pipeline::{Parts, Rows};
