//! The hook engine: events, `mlv.yaml`, plans, processes. It knows nothing of repositories: trees,
//! sandboxes and the journal are reached through [`runner::Host`].

pub mod context;
pub mod event;
pub mod output;
pub mod payload;
pub mod plan;
pub mod process;
pub mod runner;
pub mod spec;
