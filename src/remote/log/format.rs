//! The object that says: here is a repository, of this format.

use std::fmt;

use bytes::Bytes;

use crate::remote::log::settle::{self, Settled};
use crate::remote::{Backend, RemoteError, key};
use crate::store::fresh_nonce;

/// The format that this mlv writes, and the newest that it reads.
const VERSION: u64 = 1;
const MAX_LEN: u64 = 4096;
const HEADLINE: &str = "mlv remote ";

/// Tells a remote from any other, wherever it is moved to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct RemoteId(u128);

impl RemoteId {
    fn fresh() -> Self {
        Self(u128::from(fresh_nonce()) << 64 | u128::from(fresh_nonce()))
    }

    fn from_hex(text: &str) -> Option<Self> {
        let id = Self(u128::from_str_radix(text, 16).ok()?);
        (id.to_string() == text).then_some(id)
    }

    pub fn to_bytes(self) -> [u8; 16] {
        self.0.to_le_bytes()
    }
}

impl fmt::Display for RemoteId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:032x}", self.0)
    }
}

/// Returns the id of a remote; nothing where none was made yet.
pub async fn read(backend: &Backend) -> Result<Option<RemoteId>, RemoteError> {
    let found = backend.get(key::FORMAT, MAX_LEN).await?;
    found.map(|bytes| parse(backend, &bytes)).transpose()
}

/// Makes a place a remote, and returns its id; one that is a remote stays as it is. A place that
/// holds anything else is refused.
pub async fn create(backend: &Backend) -> Result<RemoteId, RemoteError> {
    if let Some(id) = read(backend).await? {
        return Ok(id);
    }
    if let Some(key) = backend.any_key().await? {
        // Another process may have made it meanwhile.
        let foreign = RemoteError::Foreign { remote: backend.url().to_string(), key };
        return read(backend).await?.ok_or(foreign);
    }
    let id = RemoteId::fresh();
    let text = format!("{HEADLINE}{VERSION}\n{id}\n");
    match settle::create(backend, key::FORMAT, &Bytes::from(text)).await? {
        Settled::Ours => Ok(id),
        Settled::Theirs(bytes) => parse(backend, &bytes),
    }
}

fn parse(backend: &Backend, bytes: &[u8]) -> Result<RemoteId, RemoteError> {
    let damaged = |reason: &str| backend.damaged(key::FORMAT, reason);
    let text = std::str::from_utf8(bytes).map_err(|_| damaged("it is no text"))?;
    let (headline, rest) = text.split_once('\n').unwrap_or((text, ""));
    let version = headline.strip_prefix(HEADLINE).and_then(|version| version.parse().ok());
    match version {
        Some(VERSION) => {}
        Some(version) => {
            return Err(RemoteError::NewerFormat { remote: backend.url().to_string(), version });
        }
        None => return Err(damaged("it names no format")),
    }
    let id = rest.strip_suffix('\n').and_then(RemoteId::from_hex);
    id.ok_or_else(|| damaged("it names no id"))
}
