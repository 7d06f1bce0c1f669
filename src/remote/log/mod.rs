//! The log of a remote: numbered entries, each created by whoever comes first, that move refs and
//! let packs come and go. What a remote holds is these entries folded; nothing else is true.

mod audit;
mod checkpoint;
mod entry;
mod follow;
mod format;
mod gc;
mod lease;
mod leavings;
mod ordered;
mod probe;
mod read;
mod reflog;
#[cfg(test)]
mod samples;
mod settle;
mod state;

pub use audit::Audit;
pub use entry::{Change, Draft, Entry, EntryFault, EntryId, MAX_ENTRY, PackMeta};
pub use follow::{entries, outcome, outcomes};
pub use format::RemoteId;
pub use gc::{GcPlan, PackUse, Swept};
pub use lease::{Claimed, Finished, Lease, Worker, claim, claim_by};
pub use leavings::delete_leavings;
pub use probe::probe;
pub use reflog::{Appended, RefLog, last_seen};
pub use state::{State, StateFault};
