//! `stat.db`: which content a file had when its facts were such. A row is a fact for ever, it merely
//! stops to match; the whole file may be thrown away at any time.

mod database;
mod key;
mod row;
#[cfg(test)]
mod tests;

pub use database::{CacheRows, StatCache};
pub use key::compare_with_key;
pub use row::{CachedFile, NewRow, decode_entry, encode_entry};
