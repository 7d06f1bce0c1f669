//! Remotes: refs and packs in a bucket or a folder, with no server. Async ends in this room: the
//! floors above call functions that return when the work is done.

mod backend;
mod error;
mod key;
pub mod log;
mod runtime;
mod url;

pub use backend::{Backend, Creation, RemoteOptions, Stored};
pub use error::{RemoteError, Unauthenticated};
pub use runtime::wait;
pub use url::{RemoteUrl, Scheme};
