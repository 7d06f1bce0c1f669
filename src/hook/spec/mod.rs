//! `mlv.yaml`: what it says as values ([`Spec`]), and how it is read from text that anybody may
//! have written. `node` holds the YAML with places, `read` turns it into values, `check` holds them
//! against each other.

mod check;
mod definition;
pub mod error;
pub mod glob;
mod insert;
pub(in crate::hook) mod node;
mod reach;
mod read;
mod read_hook;
mod read_uses;
mod types;

#[cfg(test)]
mod tests;

pub use error::{Place, SpecError, SpecErrors};
pub use glob::{GlobError, Globs};
pub use insert::with_hook;
pub use node::fault as yaml_fault;
pub use reach::Reach;
pub use read::{FILE_NAME, parse};
pub use types::{
    Artifact, ArtifactKind, BranchRule, Hook, HookId, NotAHookId, Retries, Severity, Shell, Spec,
    Work,
};
