//! Working on a remote without a clone of one's own: a mirror in the user's cache that has the
//! history, fetches contents when they are read, and moves no ref that the remote has not moved.

mod cache;
mod mirror;
mod publish;

pub use mirror::{Mirror, open};
