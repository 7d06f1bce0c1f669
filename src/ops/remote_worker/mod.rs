//! A worker of a remote: follows its log, and runs the `post-merge` hooks of each branch that moves
//! forward there, once, however many workers follow.

mod deliver;
mod follow;
mod outcome;
mod run;

pub use outcome::{Outcome, outcomes};
pub use run::{RemoteWorkOptions, work};
