//! Creating an object that must not exist, and finding out who did.

use std::time::Duration;

use bytes::Bytes;

use crate::remote::{Backend, Creation, RemoteError};

/// How often an object is tried to be created before the outcome counts as unknown.
const TRIES: u32 = 6;
/// The wait before the second try; it doubles.
const PAUSE: Duration = Duration::from_millis(if cfg!(test) { 0 } else { 100 });

/// Who created an object.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Settled {
    Ours,
    /// Somebody else, and this is it.
    Theirs(Bytes),
}

/// Creates an object whose bytes nobody else would write, and finds out whether it was us: an answer
/// may be lost, and `Exists` may speak of an attempt before. `Unsettled` is the only error after which the
/// object may be there.
pub async fn create(backend: &Backend, key: &str, bytes: &Bytes) -> Result<Settled, RemoteError> {
    let mut reason = None;
    for attempt in 0..TRIES {
        if attempt > 0 {
            tokio::time::sleep(PAUSE * (1 << attempt)).await;
        }
        let doubt = match backend.create(key, bytes.clone()).await {
            Creation::Created => return Ok(Settled::Ours),
            Creation::Exists => None,
            Creation::Unknown(error) => Some(error),
        };
        match backend.get(key, crate::remote::log::MAX_ENTRY).await {
            Ok(Some(found)) if found == *bytes => return Ok(Settled::Ours),
            Ok(Some(found)) => return Ok(Settled::Theirs(found)),
            Ok(None) => reason = doubt.or(reason),
            Err(error) => reason = Some(error),
        }
    }
    let reason = reason.map_or_else(
        || "it is said to exist, and cannot be read".to_owned(),
        |error| error.to_string(),
    );
    Err(RemoteError::Unsettled { remote: backend.url().to_string(), key: key.to_owned(), reason })
}
