//! The hook engine: events, `mlv.yaml`, plans, processes. It knows nothing of repositories: trees,
//! sandboxes and the journal are reached through [`runner::Host`].

pub mod event;
pub mod spec;
