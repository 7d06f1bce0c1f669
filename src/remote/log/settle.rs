//! Creating an object that must not exist, and finding out who did.

use bytes::Bytes;

use crate::remote::log::MAX_ENTRY;
use crate::remote::{Backend, Creation, RemoteError};

/// How often an object is tried to be created before the outcome counts as unknown.
const TRIES: u32 = 6;

/// Who created an object.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Settled {
    Ours,
    /// Somebody else, and this is it.
    Theirs(Bytes),
}

/// Creates an object with bytes that nobody else would write, and finds out whether it was us: an
/// answer may be lost, and `Exists` may speak of an attempt before. `Unsettled` is the only error
/// after which the object may be there, or come yet.
pub async fn create(backend: &Backend, key: &str, bytes: &Bytes) -> Result<Settled, RemoteError> {
    let mut doubt: Option<String> = None;
    for attempt in 1..=TRIES {
        match backend.create(key, bytes.clone()).await {
            Creation::Created => return Ok(Settled::Ours),
            Creation::Refused(error) if doubt.is_none() => return Err(error),
            Creation::Exists => doubt = Some("something is said to be there".to_owned()),
            Creation::Unknown(error) | Creation::Refused(error) => doubt = Some(error.to_string()),
        }
        match backend.get(key, MAX_ENTRY).await {
            Ok(Some(found)) if found == *bytes => return Ok(Settled::Ours),
            Ok(Some(found)) => return Ok(Settled::Theirs(found)),
            Ok(None) => backend.pause(attempt).await,
            Err(error) => doubt = Some(error.to_string()),
        }
    }
    let (remote, key) = (backend.url().to_string(), key.to_owned());
    Err(RemoteError::Unsettled { remote, key, reason: doubt.unwrap_or_default() })
}
