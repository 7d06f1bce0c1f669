//! History: the commits that lead to a revision, each with what listings show of it.

mod entry;
mod order;
mod walk;

pub use entry::{LogEntry, entry, names_by_commit};
pub use walk::{LogOptions, count_only_in, visit};
