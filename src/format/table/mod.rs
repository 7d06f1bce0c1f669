//! Tables: csv, jsonl and parquet, as batches of columns, in bounded memory. Several files of the same
//! columns are one table.

mod batch;

pub use batch::{Batch, Column};
