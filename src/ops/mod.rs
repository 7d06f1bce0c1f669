//! What a verb does, as a function that returns a value; nothing here prints. Hooks fire from here
//! and nowhere lower.

pub mod act;
pub mod add;
pub mod branch;
pub mod check;
pub mod ci;
pub mod clone;
pub mod commit;
mod context;
pub mod data;
pub mod deploy;
pub mod diff;
pub mod direct;
pub mod drift;
mod error;
pub mod fsck;
pub mod gate;
pub mod gc;
pub mod heal;
pub mod hooks;
pub mod import;
pub mod init;
pub mod inspect;
mod land;
pub mod log;
pub mod merge;
pub mod metrics;
pub mod model;
pub mod operation_log;
pub mod pick;
pub mod prometheus;
pub mod reads;
pub mod remote_worker;
pub mod remotes;
pub mod remove;
pub mod rename;
pub mod reset;
mod roots;
pub mod sparse;
pub mod stash;
pub mod status;
pub mod switch;
pub mod sync;
pub mod tag;
pub mod undo;
pub mod upstream;
mod worktree;

pub use context::{Context, Listener, NoListener};
pub use error::{OpsError, plural};

#[cfg(test)]
mod tests;
