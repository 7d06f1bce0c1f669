//! Carries out a plan, one hook after the other: `host` is what the house around it gives, `record`
//! what remains of a run, `run` the loop, `step` one hook.

mod host;
mod record;
mod run;
mod step;

#[cfg(test)]
mod tests;

pub use host::{Collected, Host, HostError, RunEvent, Sandbox, Slot};
pub use record::{RunRecord, Status};
pub use run::{Runner, all_passed, refusal};
pub use step::HookError;
