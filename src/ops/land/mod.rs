//! How every new commit comes to be: candidate tree → pre-hooks → commit object → the branch moves,
//! with the journal, in one transaction → post-hooks. Until the branch moves nothing has changed;
//! after it, everything is durable.

mod advance;
mod overlay;
mod run;
mod types;

pub use overlay::overlay;
pub use run::land;
pub use types::{Candidate, Landed, Landing, Stage};
