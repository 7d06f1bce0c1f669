//! Three-way merge: of commits' histories, of trees by path, of texts by lines.

mod history;
mod text;

pub use history::{AheadBehind, CommitNode, History};
pub use text::{TextMerge, merge_texts};
