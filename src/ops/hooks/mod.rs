//! Hooks around the other operations: which definitions count, running them on a candidate tree,
//! the journal, and what users ask of it. The engine itself is `hook`.

pub mod around;
mod definitions;
mod heal;
mod host;
mod list;
mod owner;
mod runs;
mod trust;

pub use around::{Passed, PendingEvent, note_post, owner, run_post, run_pre};
pub use definitions::{
    check_spec_change, definitions, refuse_passing_over, refuse_protected, spec_of,
};
pub use heal::{bury, heal};
pub use list::{ListedHook, check, list};
pub use owner::{Owner, is_dead};
pub use runs::{RunLog, log, runs};
pub use trust::{TrustReport, trust, trust_own};
