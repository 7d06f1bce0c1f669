//! The objects of one remote: read, created, listed and deleted by key.

use std::ops::Range;
use std::sync::Arc;

use bytes::Bytes;
use futures_util::{StreamExt as _, TryStreamExt as _};
use object_store::local::LocalFileSystem;
use object_store::path::Path;
use object_store::prefix::PrefixStore;
use object_store::{ObjectStore, ObjectStoreExt as _, PutMode, PutOptions};

use crate::base::Timestamp;
use crate::config::Environment;
use crate::remote::{RemoteError, RemoteUrl, Scheme};

/// A remote's objects. Keys are relative to its root, as in `refs/log/0000000000000001`.
#[derive(Debug, Clone)]
pub struct Backend {
    store: Arc<dyn ObjectStore>,
    url: RemoteUrl,
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
}

impl Backend {
    /// Opens the place that an address names; nothing is read or written yet.
    pub fn open(url: &RemoteUrl, _environment: &Environment) -> Result<Self, RemoteError> {
        let store: Arc<dyn ObjectStore> = match url.scheme() {
            Scheme::Folder => {
                let root = std::path::Path::new(url.path());
                crate::base::fs::create_dirs(root)?;
                let store = LocalFileSystem::new_with_prefix(root);
                let store = store.map_err(|error| unreachable(url, &error))?;
                Arc::new(store.with_fsync(true))
            }
            _ => return Err(RemoteError::UnknownScheme { scheme: format!("{:?}", url.scheme()) }),
        };
        Ok(Self { store, url: url.clone() })
    }

    /// Returns the remote whose objects a store holds below the path of the address.
    pub fn over(store: Arc<dyn ObjectStore>, url: &RemoteUrl) -> Self {
        let store = Arc::new(PrefixStore::new(store, url.path()));
        Self { store, url: url.clone() }
    }

    pub fn url(&self) -> &RemoteUrl {
        &self.url
    }

    /// Returns a whole object, or nothing where there is none; refuses one longer than `limit` bytes.
    pub async fn get(&self, key: &str, limit: u64) -> Result<Option<Bytes>, RemoteError> {
        let found = match self.store.get(&Path::from(key)).await {
            Err(object_store::Error::NotFound { .. }) => return Ok(None),
            found => found.map_err(|error| unreachable(&self.url, &error))?,
        };
        if found.meta.size > limit {
            let reason = format!("it has {} bytes", found.meta.size);
            return Err(self.damaged(key, reason));
        }
        Ok(Some(found.bytes().await.map_err(|error| unreachable(&self.url, &error))?))
    }

    /// Returns a range of an object, all of it.
    pub async fn get_range(&self, key: &str, range: Range<u64>) -> Result<Bytes, RemoteError> {
        let found = self.store.get_range(&Path::from(key), range).await;
        found.map_err(|error| match error {
            object_store::Error::NotFound { .. } => self.missing(key),
            error => unreachable(&self.url, &error),
        })
    }

    /// Returns the length of an object, or nothing where there is none.
    pub async fn len(&self, key: &str) -> Result<Option<u64>, RemoteError> {
        match self.store.head(&Path::from(key)).await {
            Ok(meta) => Ok(Some(meta.size)),
            Err(object_store::Error::NotFound { .. }) => Ok(None),
            Err(error) => Err(unreachable(&self.url, &error)),
        }
    }

    /// Tries once to create an object that must not exist.
    pub async fn create(&self, key: &str, bytes: Bytes) -> Creation {
        let options = PutOptions::from(PutMode::Create);
        match self.store.put_opts(&Path::from(key), bytes.into(), options).await {
            Ok(_) => Creation::Created,
            Err(object_store::Error::AlreadyExists { .. }) => Creation::Exists,
            Err(error) => Creation::Unknown(unreachable(&self.url, &error)),
        }
    }

    /// Writes an object, over whatever was there.
    pub async fn put(&self, key: &str, bytes: Bytes) -> Result<(), RemoteError> {
        let put = self.store.put(&Path::from(key), bytes.into()).await;
        put.map(|_| ()).map_err(|error| unreachable(&self.url, &error))
    }

    /// Uploads a file under a key that nobody else writes to, some parts at a time.
    pub async fn upload(
        &self,
        key: &str,
        file: &std::fs::File,
        sent: &(dyn Fn(u64) + Sync),
    ) -> Result<(), RemoteError> {
        let bytes = read_all(file)?;
        let len = bytes.len() as u64;
        self.put(key, bytes.into()).await?;
        sent(len);
        Ok(())
    }

    /// Downloads an object of `len` bytes into a file, from the file's end on: what an attempt before
    /// brought is not fetched again.
    pub async fn download(
        &self,
        key: &str,
        len: u64,
        file: &std::fs::File,
        received: &(dyn Fn(u64) + Sync),
    ) -> Result<(), RemoteError> {
        let bytes = self.get_range(key, 0..len).await?;
        write_all(file, &bytes)?;
        received(len);
        Ok(())
    }

    /// Lists the objects whose keys start with `prefix` and a slash.
    pub async fn list(&self, prefix: &str) -> Result<Vec<Stored>, RemoteError> {
        let found = self.store.list(Some(&Path::from(prefix)));
        let found = found.map(|meta| {
            let meta = meta.map_err(|error| unreachable(&self.url, &error))?;
            let modified = Timestamp::from_seconds(meta.last_modified.timestamp());
            Ok(Stored { key: meta.location.to_string(), len: meta.size, modified })
        });
        found.try_collect().await
    }

    /// Returns the key of some object, or nothing where there is none at all.
    pub async fn any_key(&self) -> Result<Option<String>, RemoteError> {
        let found = self.store.list(None).try_next().await;
        let found = found.map_err(|error| unreachable(&self.url, &error))?;
        Ok(found.map(|meta| meta.location.to_string()))
    }

    /// Deletes an object; one that is gone counts as deleted.
    pub async fn delete(&self, key: &str) -> Result<(), RemoteError> {
        match self.store.delete(&Path::from(key)).await {
            Ok(()) | Err(object_store::Error::NotFound { .. }) => Ok(()),
            Err(error) => Err(unreachable(&self.url, &error)),
        }
    }

    /// Returns the error of an object that must be there.
    pub fn missing(&self, key: &str) -> RemoteError {
        RemoteError::Missing { remote: self.url.to_string(), key: key.to_owned() }
    }

    /// Returns the error of an object that is not what it must be.
    pub fn damaged(&self, key: &str, reason: impl Into<String>) -> RemoteError {
        let (remote, key) = (self.url.to_string(), key.to_owned());
        RemoteError::Damaged { remote, key, reason: reason.into() }
    }
}

fn unreachable(url: &RemoteUrl, error: &object_store::Error) -> RemoteError {
    RemoteError::Unreachable { remote: url.to_string(), reason: error.to_string() }
}

fn read_all(mut file: &std::fs::File) -> Result<Vec<u8>, RemoteError> {
    use std::io::Read as _;
    let mut bytes = Vec::new();
    file.read_to_end(&mut bytes).map_err(|error| io_error(&error))?;
    Ok(bytes)
}

fn write_all(mut file: &std::fs::File, bytes: &[u8]) -> Result<(), RemoteError> {
    use std::io::Write as _;
    file.write_all(bytes).map_err(|error| io_error(&error))
}

fn io_error(error: &std::io::Error) -> RemoteError {
    RemoteError::Unreachable { remote: String::new(), reason: error.to_string() }
}
