//! Pickles: Python's serialized objects, which may run any code when they are loaded. They are read
//! here and never run; what they import is told.

mod archive;
mod imports;
mod machine;
mod scan;
mod stream;

#[cfg(test)]
mod tests;

pub use imports::{PickleImport, Verdict};
pub use scan::{PickleScan, scan_pickle};
