//! Remotes: refs and packs in a bucket or a folder, with no server. Async ends in this room: the
//! floors above call functions that return when the work is done.

mod backend;
pub mod elsewhere;
mod error;
mod handle;
mod key;
pub mod log;
mod runtime;
mod tls;
mod transfer;
mod url;
pub mod webhook;
mod work;

pub use backend::{Backend, Creation, RemoteOptions, Stored};
pub use error::{RemoteError, Unauthenticated};
pub use handle::{Note, Pushed, RefEdits, Remote};
pub use runtime::wait;
pub use transfer::{
    Download, DownloadPlan, Downloaded, Fetch, Fetched, Learned, PackDamage, Part, RemoteIndex,
    Unbacked, Upload, UploadPlan, check_packs, to_push, unbacked,
};
pub use url::{RemoteUrl, Scheme};
