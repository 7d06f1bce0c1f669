//! Ready-made hooks, which `uses: NAME` names: one directory each under `hooks/`, carried in the
//! binary. `catalogue` lists them, `parameter` says what they take, `read` reads their `action.yaml`,
//! `work` puts one where it can run.

mod catalogue;
mod parameter;
mod read;
mod work;

pub use catalogue::{Action, Means, actions, find};
pub use parameter::{Arguments, Kind, Parameter};
