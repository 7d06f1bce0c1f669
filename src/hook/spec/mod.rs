//! `mlv.yaml`: what it says as values ([`Spec`]), and how it is read from text that anybody may
//! have written. `node` holds the YAML with places, `read*` turn it into values with the help of
//! `reader`, `check` holds them against each other; `keys` lists all there is, for the JSON Schema
//! too.

mod check;
mod definition;
pub mod glob;
mod include;
mod insert;
mod keys;
mod matrix;
mod reach;
mod read;
mod read_hook;
mod read_uses;
mod read_watch;
mod read_when;
mod reader;
mod schedule;
mod schema;
mod types;
mod watch;

#[cfg(test)]
mod tests;

pub use crate::base::yaml::{MAX_BYTES, Place, SpecError, SpecErrors, fault as yaml_fault};
pub use glob::{GlobError, Globs};
pub use include::{MAX_INCLUDED, included_paths};
pub use insert::with_hook;
pub use reach::Reach;
pub use read::{FILE_NAME, SpecFile, parse, parse_files};
pub use schedule::{NotASchedule, Schedule};
pub use schema::json_schema;
pub use types::{
    Artifact, ArtifactKind, BranchRule, Hook, HookId, NotAHookId, Retries, Severity, Shell, Spec,
    Work,
};
pub use watch::{DriftWatch, MetricWatch, Watch};
