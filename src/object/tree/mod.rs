//! Trees: each directory is a map from names to entries, cut into nodes by content (a prolly map),
//! so that equal content is stored once and compared by id. The bytes are drawn in
//! `docs/format.md`.

mod build;
mod cache;
mod codec;
mod cursor;
mod edit;
mod node;
mod reach;
mod read;
mod regular;
mod rewrite;
mod shape;
#[cfg(test)]
mod tests;
mod walk;

pub(crate) use cache::NodeCache;
pub(crate) use cursor::{Cursor, Directory, Slot};
pub use edit::{TreeEdit, TreeValue};
pub(crate) use node::Node;
pub use reach::Reached;
pub use read::TreeEntry;
pub use regular::{Irregular, RegularityCheck};
#[cfg(test)]
pub(crate) use shape::Shape;

/// What lies below a directory: how many files and links, and how many bytes they hold together.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Summary {
    pub files: u64,
    pub bytes: u64,
}

impl Summary {
    /// Returns both together; sums stop at the largest number, so no stored count can overflow.
    #[must_use]
    pub fn plus(self, other: Self) -> Self {
        Self {
            files: self.files.saturating_add(other.files),
            bytes: self.bytes.saturating_add(other.bytes),
        }
    }
}
