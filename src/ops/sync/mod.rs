//! What a repository and its remotes send each other.

mod collect;
mod connect;
mod fetch;
mod metadata;
mod note;
mod pull;
mod push;
mod source;
mod tags;
mod verdicts;
mod verify;

pub use collect::{CollectReport, collect};
pub use connect::{Connection, Place, connect, default_remote, place, worked_on};
pub use fetch::{FetchReport, FetchRequest, MovedRef, Movement, fetch, fetch_with};
pub use note::note;
pub use pull::{PullReport, PullRequest, Pulled, pull, pull_paths};
pub use push::{Force, PushReport, PushRequest, push};
pub use source::{attach, attach_open, attach_to};
pub use verdicts::{lacking, verdict_edit};
pub use verify::{DamagedPack, RemoteFsckReport, VerifyReport, fsck_remote, verify};
