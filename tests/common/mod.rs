//! The world a test lives in: its own home, clock and identity; nothing of the machine's settings.

mod environment;
pub mod guide;
pub mod model;
mod output;
pub mod servers;
#[cfg(target_os = "linux")]
pub mod steps;
mod team;

pub use environment::TestEnvironment;
pub use output::Output;
pub use team::Team;
