//! Runs one command as a process group that can always be ended: `capture` holds its output within
//! bounds, `group` signals and reaps it, `mask` hides secrets, `run` ties them together.

mod capture;
mod group;
mod mask;
mod run;

#[cfg(test)]
mod tests;

pub use capture::{LOG_LIMIT, TAIL_LINES};
pub use mask::Masker;
pub use run::{End, Ended, Limits, ProcessError, Task, run};
