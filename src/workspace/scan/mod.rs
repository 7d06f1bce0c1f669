//! The walk of the working copy in the order of paths: directories are read ahead in parallel, what
//! comes out is one sorted stream.

mod listing;
mod prefetch;
#[cfg(test)]
mod tests;
mod walk;

pub use walk::{Found, Scan, ScanOptions};
