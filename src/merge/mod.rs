//! Three-way merge: of commits' histories, of trees by path, of texts by lines.
//! [`merge_base`] finds what to compare with, [`plan_merge`] decides, [`MergePlan::apply`] does.

mod base;
mod conflict;
mod error;
mod history;
mod join;
mod pending;
mod plan;
mod text;
mod three_way;

pub use base::{MergeBase, merge_base};
pub use conflict::{Conflict, ConflictKind, Side};
pub use error::MergeError;
pub use history::{AheadBehind, CommitHistory, CommitNode, History};
pub use pending::PendingMerge;
pub use plan::{MergeOptions, MergePlan, plan_merge};
pub use text::{TextMerge, merge_texts};
