//! The log of a remote: numbered entries, each created by whoever comes first, that move refs and
//! let packs come and go. What a remote holds is these entries folded; nothing else is true.

mod checkpoint;
mod entry;
mod format;
mod ordered;
mod read;
mod reflog;
mod settle;
mod state;

pub use entry::{Change, Draft, Entry, EntryFault, EntryId, MAX_ENTRY, PackMeta};
pub use format::RemoteId;
pub use reflog::{Appended, RefLog};
pub use state::{State, StateFault};
