//! What `add` does: decide which files are new to the staged tree, then take them in.

mod execute;
mod plan;
#[cfg(test)]
mod tests;

pub use execute::AddOutcome;
pub use plan::{AddOptions, AddPlan};
