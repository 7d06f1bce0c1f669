//! What differs between commits, the staged tree and the working copy: first the paths, then of each
//! as much as is asked for.

mod compare;
mod describe;

pub use compare::{Comparison, DiffOptions, FileChange, compare, compare_commit, compare_trees};
pub use describe::{Detail, DiffChange, Reuse, Side, describe, fetch_texts};
