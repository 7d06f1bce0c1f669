//! jsonl: a JSON object on each line, whose keys are columns.

mod cells;
mod file;
mod keys;
mod row;

#[cfg(test)]
mod tests;

pub use file::JsonlFile;
pub use keys::Keys;
