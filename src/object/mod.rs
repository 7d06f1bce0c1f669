//! Files, trees and commits, as values over the chunk store.

mod commit;
mod db;
mod entry;
mod error;
mod file;
mod fill;
mod follow;
pub mod ingest;
mod manifest;
mod patch;
mod prefetch;
mod reach;
mod reference;
mod source;
pub mod tree;

pub use commit::{CodeRevision, Commit, Signature};
pub use db::ObjectDb;
pub use entry::{Entry, FileRef};
pub use error::ObjectError;
pub use file::{ChunkSpan, ChunkSpans};
pub use follow::{Link, Paths};
pub use patch::Patch;
pub use prefetch::Prefetch;
pub use reference::{Difference, Elsewhere, Reference, ReferenceError};
pub use source::{StoredFile, source_of};
pub use tree::{Irregular, Reached, RegularityCheck, Summary, TreeEdit, TreeEntry, TreeValue};
