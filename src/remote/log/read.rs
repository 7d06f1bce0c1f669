//! Reading entries by their numbers: nothing is listed, so that a plain server of files will do.

use bytes::Bytes;
use futures_util::{StreamExt as _, TryStreamExt as _, stream};

use crate::remote::log::MAX_ENTRY;
use crate::remote::{Backend, RemoteError, key};

/// Some entries, one after another.
#[derive(Debug)]
pub struct Window {
    /// The bytes of each.
    pub entries: Vec<Bytes>,
    /// Whether there was none after them.
    pub is_last: bool,
}

/// Reads up to `count` entries from a number on, all at once.
pub async fn window(backend: &Backend, first: u64, count: u64) -> Result<Window, RemoteError> {
    let found: Vec<Option<Bytes>> = stream::iter(first..first.saturating_add(count))
        .map(async |number| backend.get(&key::entry(number), MAX_ENTRY).await)
        .buffered(usize::try_from(count).unwrap_or(usize::MAX))
        .try_collect()
        .await?;
    let len = found.iter().take_while(|bytes| bytes.is_some()).count();
    let mut is_last = len < found.len();
    if found.iter().skip(len).any(Option::is_some) {
        // Made while we read, or lost: an entry is only ever created after the one before it.
        let absent = key::entry(first + len as u64);
        if backend.get(&absent, MAX_ENTRY).await?.is_none() {
            return Err(backend.damaged(&absent, "it is missing, and entries after it are there"));
        }
        is_last = false;
    }
    Ok(Window { entries: found.into_iter().map_while(|bytes| bytes).collect(), is_last })
}
