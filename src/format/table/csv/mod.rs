//! csv and its kin: rows of cells between delimiters, quoted where they need it.

mod detect;
mod file;
mod parse;
mod records;

#[cfg(test)]
mod tests;

pub use file::CsvFile;
pub use records::Marks;
