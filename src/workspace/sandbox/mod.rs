//! A tree laid out in a directory of its own, for a program to run in, and what the program made.

mod collect;
mod create;
mod lay;
mod links;
mod refit;
#[cfg(test)]
mod tests;
mod users;

pub use collect::Collected;
pub use create::{OverlayFile, Sandbox, SandboxOptions};
