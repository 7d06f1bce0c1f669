//! The objects of one remote: read, created, listed and deleted by key. Whatever passes is tried again
//! here, and nowhere above.

mod body;
mod download;
mod fault;
#[cfg(test)]
pub(in crate::remote) mod faulty;
mod open;
mod options;
mod pace;
mod process;
mod profile;
mod s3;
mod sweep;
#[cfg(test)]
mod tests;
mod upload;
mod version;

use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use futures_util::StreamExt as _;
use object_store::path::Path;
use object_store::prefix::PrefixStore;
use object_store::{GetOptions, ObjectStore, ObjectStoreExt as _, PutMode, PutOptions};

use self::open::Place;
pub use self::options::RemoteOptions;
pub(in crate::remote) use self::pace::Pace;
pub(in crate::remote) use self::version::{Asked, Facts};
use crate::base::Timestamp;
use crate::config::Environment;
use crate::remote::{RemoteError, RemoteUrl, Scheme};

/// A remote's objects. Keys are relative to its root, as in `refs/log/0000000000000001`.
#[derive(Debug, Clone)]
pub struct Backend {
    store: Arc<dyn ObjectStore>,
    url: RemoteUrl,
    pace: Pace,
    jobs: usize,
}

/// An object that a listing found.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Stored {
    pub key: String,
    pub len: u64,
    /// When it was written, by the clock of the remote.
    pub modified: Timestamp,
}

/// What came of one attempt to create an object.
#[derive(Debug)]
pub enum Creation {
    Created,
    /// Something is there; it may be what an attempt before this one wrote.
    Exists,
    /// It may have been created, or may yet be: read back what is there.
    Unknown(RemoteError),
    /// It was certainly not created.
    Refused(RemoteError),
}

impl Backend {
    /// Opens the place that an address names; nothing is read or written yet.
    pub fn open(
        url: &RemoteUrl,
        environment: &Environment,
        options: &RemoteOptions,
    ) -> Result<Self, RemoteError> {
        let store = Place { url, environment, options }.open()?;
        Ok(Self { store, url: url.clone(), pace: Pace::PATIENT, jobs: options.jobs() })
    }

    /// Returns the remote whose objects a store holds below the path of the address.
    pub fn over(store: Arc<dyn ObjectStore>, url: &RemoteUrl) -> Self {
        let store = Arc::new(PrefixStore::new(store, url.path()));
        let jobs = RemoteOptions::default().jobs();
        Self { store, url: url.clone(), pace: Pace::PATIENT, jobs }
    }

    /// Returns the same remote, tried with another patience.
    #[cfg(test)]
    pub(in crate::remote) fn with_pace(self, pace: Pace) -> Self {
        Self { pace, ..self }
    }

    pub fn url(&self) -> &RemoteUrl {
        &self.url
    }

    /// Returns how many transfers are to run at the same time.
    pub fn jobs(&self) -> usize {
        self.jobs
    }

    /// Tells whether nothing can be written here, whoever asks.
    pub fn is_read_only(&self) -> bool {
        self.url.scheme() == Scheme::Http
    }

    fn writable(&self) -> Result<(), RemoteError> {
        if self.is_read_only() {
            return Err(RemoteError::ReadOnly { remote: self.url.to_string() });
        }
        Ok(())
    }

    /// Returns the length of an object, or nothing where there is none.
    pub async fn len(&self, key: &str) -> Result<Option<u64>, RemoteError> {
        let head = || self.answer(key, GetOptions::default().with_head(true));
        Ok(self.pace.retried(head).await?.map(|answer| answer.meta.size))
    }

    /// Tries once to create an object that must not exist.
    pub async fn create(&self, key: &str, bytes: Bytes) -> Creation {
        let path = match self.writable().and_then(|()| self.path(key)) {
            Ok(path) => path,
            Err(error) => return Creation::Refused(error),
        };
        let patience = self.pace.allowance(bytes.len());
        let put = self.store.put_opts(&path, bytes.into(), PutOptions::from(PutMode::Create));
        match tokio::time::timeout(patience, put).await {
            Ok(Ok(_)) => Creation::Created,
            Ok(Err(error)) => self.not_created(key, &error),
            Err(_) => Creation::Unknown(self.silent(patience)),
        }
    }

    /// Waits as long as is fitting after this many attempts in a row that did not settle.
    pub async fn pause(&self, attempts: u32) {
        tokio::time::sleep(self.pace.wait(attempts)).await;
    }

    /// Writes an object, over whatever was there.
    pub async fn put(&self, key: &str, bytes: Bytes) -> Result<(), RemoteError> {
        self.writable()?;
        let path = self.path(key)?;
        let patience = self.pace.allowance(bytes.len());
        let put = || {
            let put = self.store.put(&path, bytes.clone().into());
            self.in_time(patience, "write", key, put)
        };
        self.pace.retried(put).await.map(|_| ())
    }

    /// Lists the objects whose keys start with `prefix` and a slash.
    pub async fn list(&self, prefix: &str) -> Result<Vec<Stored>, RemoteError> {
        if self.url.scheme() == Scheme::Http {
            return Err(RemoteError::NoListing { remote: self.url.to_string() });
        }
        self.pace.retried(|| self.list_once(prefix)).await
    }

    async fn list_once(&self, prefix: &str) -> Result<Vec<Stored>, RemoteError> {
        let mut found = self.store.list(Some(&self.path(prefix)?));
        let mut objects = Vec::new();
        let next = async |found: &mut (dyn futures_util::Stream<Item = _> + Send + Unpin)| {
            self.in_time(self.pace.stall, "list", prefix, async { found.next().await.transpose() })
                .await
        };
        while let Some(meta) = next(&mut found).await? {
            let modified = Timestamp::from_seconds(meta.last_modified.timestamp());
            objects.push(Stored { key: meta.location.to_string(), len: meta.size, modified });
        }
        Ok(objects)
    }

    /// Returns the key of some object, or nothing where there is none at all.
    pub async fn any_key(&self) -> Result<Option<String>, RemoteError> {
        let first = || {
            let first = async { self.store.list(None).next().await.transpose() };
            self.in_time(self.pace.stall, "list", "", first)
        };
        Ok(self.pace.retried(first).await?.map(|meta| meta.location.to_string()))
    }

    /// Deletes an object; one that is gone counts as deleted.
    pub async fn delete(&self, key: &str) -> Result<(), RemoteError> {
        self.writable()?;
        let path = self.path(key)?;
        let delete = || self.in_time(self.pace.stall, "delete", key, self.store.delete(&path));
        match self.pace.retried(delete).await {
            Err(RemoteError::Missing { .. }) => Ok(()),
            deleted => deleted,
        }
    }

    fn path(&self, key: &str) -> Result<Path, RemoteError> {
        Path::parse(key).map_err(|error| self.damaged(key, error.to_string()))
    }

    /// Waits for a request, but not longer than it may take.
    async fn in_time<T>(
        &self,
        patience: Duration,
        action: &'static str,
        key: &str,
        request: impl Future<Output = object_store::Result<T>>,
    ) -> Result<T, RemoteError> {
        match tokio::time::timeout(patience, request).await {
            Ok(answer) => answer.map_err(|error| self.fault(action, key, &error)),
            Err(_) => Err(self.silent(patience)),
        }
    }
}
