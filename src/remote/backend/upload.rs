//! A file on its way up: in one piece, or in some parts at a time.

use std::fs::File;
use std::os::unix::fs::FileExt as _;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use bytes::Bytes;
use futures_util::{StreamExt as _, TryStreamExt as _, stream};
use object_store::{MultipartUpload, PutMultipartOptions};

use super::Backend;
use crate::remote::RemoteError;

/// Up to this length a file goes in one piece.
const ONE_PIECE: u64 = 16 << 20;

/// The length of a part, and how many are under way.
const PART: u64 = 8 << 20;
const PARTS_AT_ONCE: usize = 4;

/// How many parts there may be of one object, anywhere.
const MOST_PARTS: u64 = 10_000;

/// Tells how many bytes were sent, and none twice however often they were.
struct Told<'a> {
    sent: &'a (dyn Fn(u64) + Sync),
    /// What this try has sent.
    now: AtomicU64,
    /// The most that a try has sent.
    most: AtomicU64,
}

impl Told<'_> {
    fn add(&self, len: u64) {
        let now = self.now.fetch_add(len, Ordering::Relaxed) + len;
        let before = self.most.fetch_max(now, Ordering::Relaxed);
        if now > before {
            (self.sent)(now - before);
        }
    }

    fn begin(&self) {
        self.now.store(0, Ordering::Relaxed);
    }
}

impl Backend {
    /// Uploads a file under a key that nobody else writes to, some parts at a time.
    pub async fn upload(
        &self,
        key: &str,
        file: &File,
        sent: &(dyn Fn(u64) + Sync),
    ) -> Result<(), RemoteError> {
        self.writable()?;
        let file = Arc::new(file.try_clone().map_err(|error| self.local(key, &error))?);
        let len = file.metadata().map_err(|error| self.local(key, &error))?.len();
        let told = Told { sent, now: AtomicU64::new(0), most: AtomicU64::new(0) };
        if len <= ONE_PIECE {
            self.put(key, self.piece(key, &file, 0, len).await?).await?;
            told.add(len);
            return self.arrived(key, len).await;
        }
        self.pace
            .retried(|| async {
                told.begin();
                self.upload_parts(key, &file, len, &told).await?;
                self.arrived(key, len).await
            })
            .await
    }

    /// Checks the length of what has arrived.
    async fn arrived(&self, key: &str, len: u64) -> Result<(), RemoteError> {
        match self.len(key).await? {
            Some(found) if found == len => Ok(()),
            Some(found) => Err(self.damaged(key, format!("{found} of {len} bytes arrived"))),
            None => Err(self.missing(key)),
        }
    }

    async fn upload_parts(
        &self,
        key: &str,
        file: &Arc<File>,
        len: u64,
        told: &Told<'_>,
    ) -> Result<(), RemoteError> {
        let options = PutMultipartOptions::default().with_retry_policy(Arc::new(self.pace));
        let path = self.path(key)?;
        let begun = self.store.put_multipart_opts(&path, options);
        let mut upload = self.in_time(self.pace.stall, "write", key, begun).await?;
        let sent = self.send_parts(key, file, len, &mut *upload, told).await;
        let completed = match sent {
            Ok(()) => self.in_time(self.pace.allowance(0), "write", key, upload.complete()).await,
            Err(error) => Err(error),
        };
        let Err(error) = completed else { return Ok(()) };
        // The answer may be what was lost, not the upload.
        if matches!(self.len(key).await, Ok(Some(found)) if found == len) {
            return Ok(());
        }
        // What cannot be taken back is no worse than an upload that was killed.
        let _ = self.in_time(self.pace.stall, "write", key, upload.abort()).await;
        Err(error)
    }

    async fn send_parts(
        &self,
        key: &str,
        file: &Arc<File>,
        len: u64,
        upload: &mut dyn MultipartUpload,
        told: &Told<'_>,
    ) -> Result<(), RemoteError> {
        let part = PART.max(len.div_ceil(MOST_PARTS));
        let offsets = (0..len).step_by(part as usize);
        let pieces = stream::iter(offsets)
            .then(|offset| self.piece(key, file, offset, part.min(len - offset)));
        pieces
            .map_ok(|piece| {
                let len = piece.len();
                // Parts are numbered in the order of these calls.
                let sending = upload.put_part(piece.into());
                async move {
                    self.in_time(self.pace.allowance(len), "write", key, sending).await?;
                    told.add(len as u64);
                    Ok(())
                }
            })
            .try_buffer_unordered(PARTS_AT_ONCE)
            .try_collect()
            .await
    }

    /// Reads a piece of a file that must be that long.
    async fn piece(
        &self,
        key: &str,
        file: &Arc<File>,
        offset: u64,
        len: u64,
    ) -> Result<Bytes, RemoteError> {
        let file = file.clone();
        let reading = tokio::task::spawn_blocking(move || {
            let mut bytes = vec![0; len as usize];
            file.read_exact_at(&mut bytes, offset).map(|()| Bytes::from(bytes))
        });
        let read = reading.await.map_err(std::io::Error::from).and_then(|read| read);
        read.map_err(|error| self.local(key, &error))
    }
}
