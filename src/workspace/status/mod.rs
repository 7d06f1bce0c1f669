//! What differs: the staged tree from the commit, the working copy from the staged tree.

mod compare;
mod entries;
mod rename;
mod report;
#[cfg(test)]
mod tests;
mod walk;

pub(super) use compare::{Verdict, compare, same_bytes};
pub use entries::FileChanges;
pub use report::{Change, ChangeKind, Status, StatusOptions, Untracked, UntrackedMode};
