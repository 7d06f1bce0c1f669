//! The handle on a repository: the layout of `.mlv/`, its database, transactions over refs, what is
//! reachable from them, and the journal of hook runs.

mod database;
mod error;
mod handle;
pub mod hook_cache;
pub mod journal;
mod layout;
pub mod reach;
pub mod releases;
mod shallow;
mod state;
mod verdicts;
mod verify;

pub use database::{is_out_of_room, is_read_only};
pub use error::RepoError;
pub use handle::{Judged, OpenOptions, Repo, Update, Updated};
pub use layout::Layout;
pub use state::Head;
