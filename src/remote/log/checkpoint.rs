//! States written down beside the log, so that nobody needs to read all of it. A missing or damaged
//! one costs reading more entries, and nothing else.

use crate::remote::log::State;
use crate::remote::{Backend, RemoteError, key};

/// So many entries lie between two checkpoints.
pub const INTERVAL: u64 = 32;
/// So many checkpoints stay.
const KEPT: usize = 4;
/// The most bytes that a checkpoint may have.
const MAX_LEN: u64 = 64 << 20;
const MAX_HINT: u64 = 32;

/// Returns the number of the newest checkpoint as far as somebody noted it; zero where nobody did.
pub async fn latest(backend: &Backend) -> u64 {
    let hint = passed_over(backend.get(key::LATEST, MAX_HINT).await).flatten();
    let number = hint.and_then(|bytes| std::str::from_utf8(&bytes).ok()?.trim().parse().ok());
    number.unwrap_or(0)
}

/// Returns the state after an entry, where there is a sound checkpoint of it.
pub async fn read(backend: &Backend, number: u64) -> Option<State> {
    let bytes = passed_over(backend.get(&key::checkpoint(number), MAX_LEN).await)??;
    match State::from_bytes(&bytes) {
        Ok(state) if state.number == number => Some(state),
        Ok(_) => None,
        Err(fault) => {
            tracing::debug!(number, %fault, "a checkpoint is damaged");
            None
        }
    }
}

/// Writes a checkpoint, and notes that it is the newest; tells whether that was done.
pub async fn write(backend: &Backend, state: &State) -> bool {
    let bytes = state.to_bytes();
    if bytes.len() as u64 > MAX_LEN {
        return false;
    }
    let hint = format!("{}\n", state.number);
    passed_over(backend.put(&key::checkpoint(state.number), bytes.into()).await).is_some()
        && passed_over(backend.put(key::LATEST, hint.into()).await).is_some()
}

fn passed_over<T>(done: Result<T, RemoteError>) -> Option<T> {
    done.inspect_err(|error| tracing::debug!(%error, "passed over")).ok()
}

/// Deletes all checkpoints but the newest few and the one that is noted as the newest.
pub async fn sweep(backend: &Backend) -> Result<(), RemoteError> {
    let mut keys: Vec<String> =
        backend.list(key::CHECKPOINTS).await?.into_iter().map(|file| file.key).collect();
    keys.sort_unstable();
    keys.truncate(keys.len().saturating_sub(KEPT));
    let noted = key::checkpoint(latest(backend).await);
    for key in keys.iter().filter(|key| **key != noted) {
        backend.delete(key).await?;
    }
    Ok(())
}
