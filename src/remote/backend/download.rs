//! A file on its way down: ranges of it, some at a time, written in order.

use std::fs::File;
use std::os::unix::fs::FileExt as _;
use std::sync::Arc;

use bytes::Bytes;
use futures_util::{StreamExt as _, TryStreamExt as _, stream};

use super::Backend;
use crate::remote::RemoteError;

/// The length of a range, and how many are under way.
const RANGE: u64 = 8 << 20;
const RANGES_AT_ONCE: usize = 4;

impl Backend {
    /// Downloads an object of `len` bytes into a file, from the file's end on: what an attempt before
    /// brought is not fetched again. A file that is too long cannot be a beginning, and is begun anew.
    pub async fn download(
        &self,
        key: &str,
        len: u64,
        file: &File,
        received: &(dyn Fn(u64) + Sync),
    ) -> Result<(), RemoteError> {
        let file = Arc::new(file.try_clone().map_err(|error| self.local(key, &error))?);
        let begin = self.resumed(key, &file, len)?;
        let starts = (begin..len).step_by(RANGE as usize);
        let fetched = stream::iter(starts).map(|start| async move {
            let bytes = self.get_range(key, start..len.min(start + RANGE)).await?;
            Ok::<_, RemoteError>((start, bytes))
        });
        // In order, so that the file's end tells how far it is whole.
        let mut fetched = fetched.buffered(RANGES_AT_ONCE);
        while let Some((start, bytes)) = fetched.try_next().await? {
            let len = bytes.len() as u64;
            self.write(key, &file, start, bytes).await?;
            received(len);
        }
        Ok(())
    }

    fn resumed(&self, key: &str, file: &File, len: u64) -> Result<u64, RemoteError> {
        let there = file.metadata().map_err(|error| self.local(key, &error))?.len();
        if there <= len {
            return Ok(there);
        }
        file.set_len(0).map_err(|error| self.local(key, &error))?;
        Ok(0)
    }

    async fn write(
        &self,
        key: &str,
        file: &Arc<File>,
        offset: u64,
        bytes: Bytes,
    ) -> Result<(), RemoteError> {
        let file = file.clone();
        let writing = tokio::task::spawn_blocking(move || file.write_all_at(&bytes, offset));
        let written = writing.await.map_err(std::io::Error::from).and_then(|written| written);
        written.map_err(|error| self.local(key, &error))
    }
}
