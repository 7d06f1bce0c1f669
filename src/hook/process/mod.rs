//! Runs one command as a process group that can always be ended: `capture` takes in its output,
//! `log` keeps it, `mask` hides secrets, `group` signals and reaps, `guard` ends the group should mlv
//! die, `run` ties them together.

mod capture;
mod group;
mod guard;
mod log;
mod mask;
mod run;

#[cfg(test)]
mod tests;

pub use capture::TAIL_LINES;
pub use log::decode_log;
pub use mask::Masker;
pub use run::{End, Ended, Limits, ProcessError, Task, run};
