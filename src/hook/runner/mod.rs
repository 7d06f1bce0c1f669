//! Carries out a plan, hooks that do not need each other beside each other: `host` is what the house
//! around it gives, `record` what remains of a run, `run` the way in, `graph` who waits for whom,
//! `conduct` the loop, `attempt` one try at one hook in a thread of its own.

mod attempt;
mod backoff;
mod conduct;
mod graph;
mod host;
mod recall;
mod record;
mod run;

#[cfg(test)]
mod tests;

pub use host::{Collected, Done, Host, HostError, Recalled, RunEvent, Sandbox, Slot, Turn};
pub use record::{FollowedBy, RunDetail, RunRecord, Status};
pub use run::{HookError, Made, Outcome, Runner, all_passed, refusal};
