//! Following the log: its entries one after another, and what came of the work that they asked for.

use futures_util::{StreamExt as _, TryStreamExt as _, stream};

use crate::remote::log::lease::{CLAIMS, Outcome, Place};
use crate::remote::log::{Entry, read};
use crate::remote::{Backend, RemoteError, key};

/// So many outcomes are read at once.
const WINDOW: usize = 16;

/// Reads up to `count` entries from a number on; fewer where the log ends.
pub async fn entries(backend: &Backend, first: u64, count: u64) -> Result<Vec<Entry>, RemoteError> {
    let window = read::window(backend, first, count).await?;
    let read = |(number, bytes): (u64, bytes::Bytes)| {
        let damaged =
            |fault: super::EntryFault| backend.damaged(&key::entry(number), fault.to_string());
        Entry::from_bytes(&bytes).map_err(damaged)
    };
    (first..).zip(window.entries).map(read).collect()
}

/// Returns what came of the work `name` that entry `number` asked for; nothing where it is not done.
pub async fn outcome(
    backend: &Backend,
    number: u64,
    name: &str,
) -> Result<Option<Vec<u8>>, RemoteError> {
    let outcome = Place::of(backend, number, name).outcome().await?;
    Ok(outcome.map(|outcome| outcome.bytes))
}

/// Returns the outcomes of all work that is done, the newest entries first; `wanted` is given some at
/// a time until it says that it has seen enough.
pub async fn outcomes(
    backend: &Backend,
    mut wanted: impl FnMut(Vec<u8>) -> bool,
) -> Result<(), RemoteError> {
    let mut keys: Vec<String> =
        backend.list(CLAIMS).await?.into_iter().map(|file| file.key).collect();
    keys.sort_by(|a, b| b.cmp(a));
    let places = keys.iter().filter_map(|key| Place::of_outcome(backend, key));
    let mut found = stream::iter(places).map(async |place| place.outcome().await).buffered(WINDOW);
    while let Some(outcome) = found.try_next().await? {
        // One that was swept since the listing is no loss.
        let Some(Outcome { bytes, .. }) = outcome else { continue };
        if !wanted(bytes) {
            break;
        }
    }
    Ok(())
}
