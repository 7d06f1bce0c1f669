//! The working copy: ignore rules, scan, stat cache, status, snapshot, checkout, sandbox.
//! It is given trees as values and knows no refs; [`Workspace`] is the way in.

mod cache;
pub mod checkout;
mod content;
mod disk;
mod error;
mod handle;
mod ignore;
mod join;
mod notice;
mod pathspec;
mod rename;
pub mod sandbox;
mod scan;
pub mod snapshot;
mod sparse;
pub mod status;
#[cfg(test)]
mod tests;

pub use disk::{FileKind, remove_all};
pub use error::WorkspaceError;
pub use handle::Workspace;
pub use notice::Notice;
pub use pathspec::{Pathspecs, resolve_path};
pub use sparse::Sparse;
