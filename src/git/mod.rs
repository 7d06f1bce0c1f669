//! The enclosing Git repository: its revision, its tracked files, its exclude file, its identity.
//! What gix and its monthly changes are stays in here.

mod committed;
mod enclosing;
mod error;
mod exclude;
mod identity;
mod tracked;

pub use committed::{Committed, CommittedFile, CommittedKind};
pub use enclosing::Enclosing;
pub use error::GitError;
pub use exclude::Excluded;
pub use identity::user_identity;
pub use tracked::TrackedPaths;

#[cfg(test)]
mod tests;
