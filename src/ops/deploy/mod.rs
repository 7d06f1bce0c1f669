//! Deployment: what of a commit goes to an environment, how it gets there in one step, and how it goes
//! back. The order of a deployment is in `run`; a process that died in the middle of it is made up for
//! in `heal`.

mod act;
mod code;
mod error;
mod find;
mod heal;
mod lock;
mod plan;
mod release;
mod run;
mod script;
mod shelf;
mod site;
mod spec;
mod status;
mod target;

#[cfg(test)]
mod tests;

pub use act::act;
pub use code::NoCode;
pub use error::DeployError;
pub use plan::{DeployRequest, Plan, plan};
pub use release::{
    Action, Release, ReleaseStatus, ReleaseTarget, ReleaseVerdict, ReleasedFile, kept_commits,
};
pub use run::{Deployed, deploy, roll_back};
pub use status::{ActiveRelease, EnvironmentStatus, history, status};
