//! The hook engine: events, `mlv.yaml`, plans, processes. It knows nothing of repositories: trees,
//! sandboxes and the journal are reached through [`runner::Host`].

pub mod action;
pub mod condition;
pub mod context;
pub mod event;
pub mod key;
pub mod output;
pub mod payload;
pub mod plan;
pub mod process;
pub mod runner;
pub mod spec;

pub use event::{EVENTS, Event};
pub use output::{Annotation, HookOutput, Metrics};
pub use plan::{Decision, Plan, SkipReason, Trigger, plan};
pub use runner::{HookError, Host, RunEvent, RunRecord, Runner, Status};
pub use spec::{Hook, HookId, Spec, SpecErrors};
