//! What hooks found, kept beside the commits by the tree that they judged: in the files of
//! `refs/verdicts`, so that it can come later than a commit and never changes its id.

mod file;
mod read;
mod write;

pub use file::{CodeState, Verdict};
pub use read::VerdictBook;
pub use write::{Reached, Verdicts};
