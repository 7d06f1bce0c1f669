//! parquet: columns in pages, read through the crate of that name, whose decoder is kept from what a
//! file only claims: footers and headers of pages are looked over before it sees them.

mod chunks;
mod compact;
mod convert;
mod file;
mod nested;

#[cfg(test)]
mod tests;

pub use file::ParquetFile;
