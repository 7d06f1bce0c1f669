//! Replay: the hooks of an event are run on what is staged, on a merge to be, or on history, to see
//! what they say. No ref moves, no file of the user's changes; the journal tells of the runs.

mod run;
mod subject;

pub use run::{PlannedHook, ReplayResult, Replayed, fire, replay};
pub(super) use subject::draft;
pub use subject::{ReplayRequest, WhichDefinitions};
