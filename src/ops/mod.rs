//! What a verb does, as a function that returns a value; nothing here prints. Hooks fire from here
//! and nowhere lower.

pub mod add;
pub mod branch;
pub mod commit;
mod context;
pub mod diff;
mod error;
pub mod hooks;
pub mod inspect;
mod land;
pub mod log;
pub mod merge;
pub mod status;
pub mod tag;
mod worktree;

pub use context::{Context, Listener, NoListener};
pub use error::{OpsError, plural};
