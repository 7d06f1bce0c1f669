//! Verdicts that stand in for runs: `depend` finds out what the end of a hook depends on, from what
//! it sees (`content`, `code`, `script`, `pinned`); `session` is the cache as one plan uses it.

mod code;
mod content;
mod depend;
mod entry;
mod outputs;
mod pinned;
mod script;
mod session;

pub use depend::{Judge, refs_digest};
pub use entry::Entry;
pub use session::{Hit, Session, prune};

use serde_json::Value;

use crate::ops::{Context, OpsError};
use crate::repo::hook_cache;

/// Returns what a run depended on, as the object that `hooks show` shows; nothing for a run that
/// judged no tree.
pub fn dependencies(context: &Context, run_id: &str) -> Result<Option<Value>, OpsError> {
    let detail = hook_cache::detail(&context.repo.connection(), run_id)?;
    Ok(detail.and_then(|text| serde_json::from_str(&text).ok()))
}
