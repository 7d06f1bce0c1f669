//! A remote in memory that counts what travels, and can stop answering.

use std::collections::BTreeMap;
use std::ops::Range;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use async_trait::async_trait;
use bytes::Bytes;
use futures_util::stream::BoxStream;
use object_store::memory::InMemory;
use object_store::path::Path;
use object_store::{
    CopyOptions, GetOptions, GetResult, ListResult, MultipartUpload, ObjectMeta, ObjectStore,
    PutMultipartOptions, PutOptions, PutPayload, PutResult, Result, UploadPart,
};

use super::place::Place;
use crate::remote::log::PackMeta;
use crate::remote::{Backend, RemoteError, RemoteUrl, key, wait};
use crate::store::PackName;

pub fn url() -> RemoteUrl {
    RemoteUrl::parse("s3://bucket/data", std::path::Path::new("/")).unwrap()
}

/// A remote, and what its log would say that it has.
#[derive(Debug)]
pub struct Remote {
    pub meter: Arc<Meter>,
    pub backend: Backend,
    pub packs: BTreeMap<PackName, PackMeta>,
}

impl Remote {
    pub fn new() -> Self {
        let meter = Arc::new(Meter::default());
        let backend = Backend::over(meter.clone(), &url());
        Self { meter, backend, packs: BTreeMap::new() }
    }

    /// Returns a remote of which nothing is counted.
    pub fn over(backend: Backend) -> Self {
        Self { backend, ..Self::new() }
    }

    /// Flips a bit of an object.
    pub fn flip(&self, key: &str, at: usize) {
        let bytes = wait(self.backend.get(key, u64::MAX)).unwrap().unwrap();
        let mut bytes = bytes.to_vec();
        bytes[at] ^= 1;
        wait(self.backend.put(key, bytes.into())).unwrap();
    }

    /// Returns how many blobs its packs have.
    pub async fn count_blobs(&self, place: &Place) -> std::result::Result<usize, RemoteError> {
        let index = crate::remote::RemoteIndex::open(place.remote_dir())?;
        index.update(&self.backend, &self.packs).await?;
        for name in self.packs.keys() {
            assert_eq!(self.backend.len(&key::pack(*name)).await?, Some(self.packs[name].len));
        }
        let mut count = 0;
        index.each(&mut |_| count += 1)?;
        Ok(count)
    }
}

/// A store in memory that counts bytes.
#[derive(Debug, Default)]
pub struct Meter {
    inner: InMemory,
    sent: Arc<AtomicU64>,
    got: AtomicU64,
    puts: AtomicU64,
    /// After so many, nothing that is put is ever answered; 0 for never.
    limit: AtomicU64,
    stopped: tokio::sync::Notify,
}

impl Meter {
    pub fn sent(&self) -> u64 {
        self.sent.load(Ordering::SeqCst)
    }

    pub fn got(&self) -> u64 {
        self.got.load(Ordering::SeqCst)
    }

    pub fn stop_after(&self, puts: u64) {
        self.limit.store(self.puts.load(Ordering::SeqCst) + puts, Ordering::SeqCst);
    }

    pub fn go_on(&self) {
        self.limit.store(0, Ordering::SeqCst);
    }

    /// Ends when a put is not answered.
    pub async fn stopped(&self) {
        self.stopped.notified().await;
    }

    async fn pass(&self) {
        let limit = self.limit.load(Ordering::SeqCst);
        if self.puts.fetch_add(1, Ordering::SeqCst) >= limit && limit > 0 {
            self.stopped.notify_one();
            std::future::pending::<()>().await;
        }
    }
}

impl std::fmt::Display for Meter {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("a store that counts")
    }
}

#[async_trait]
impl ObjectStore for Meter {
    async fn put_opts(&self, to: &Path, bytes: PutPayload, how: PutOptions) -> Result<PutResult> {
        self.pass().await;
        let len = bytes.content_length() as u64;
        let put = self.inner.put_opts(to, bytes, how).await?;
        self.sent.fetch_add(len, Ordering::SeqCst);
        Ok(put)
    }

    async fn put_multipart_opts(
        &self,
        to: &Path,
        how: PutMultipartOptions,
    ) -> Result<Box<dyn MultipartUpload>> {
        self.pass().await;
        let upload = self.inner.put_multipart_opts(to, how).await?;
        Ok(Box::new(MeteredUpload { upload, sent: self.sent.clone() }))
    }

    async fn get_opts(&self, from: &Path, how: GetOptions) -> Result<GetResult> {
        let head = how.head;
        let found = self.inner.get_opts(from, how).await?;
        if !head {
            self.got.fetch_add(found.range.end - found.range.start, Ordering::SeqCst);
        }
        Ok(found)
    }

    async fn get_ranges(&self, from: &Path, ranges: &[Range<u64>]) -> Result<Vec<Bytes>> {
        let len: u64 = ranges.iter().map(|range| range.end - range.start).sum();
        self.got.fetch_add(len, Ordering::SeqCst);
        self.inner.get_ranges(from, ranges).await
    }

    fn delete_stream(
        &self,
        paths: BoxStream<'static, Result<Path>>,
    ) -> BoxStream<'static, Result<Path>> {
        self.inner.delete_stream(paths)
    }

    fn list(&self, prefix: Option<&Path>) -> BoxStream<'static, Result<ObjectMeta>> {
        self.inner.list(prefix)
    }

    async fn list_with_delimiter(&self, prefix: Option<&Path>) -> Result<ListResult> {
        self.inner.list_with_delimiter(prefix).await
    }

    async fn copy_opts(&self, from: &Path, to: &Path, how: CopyOptions) -> Result<()> {
        self.inner.copy_opts(from, to, how).await
    }
}

/// An upload in parts that counts bytes.
#[derive(Debug)]
struct MeteredUpload {
    upload: Box<dyn MultipartUpload>,
    sent: Arc<AtomicU64>,
}

#[async_trait]
impl MultipartUpload for MeteredUpload {
    fn put_part(&mut self, data: PutPayload) -> UploadPart {
        self.sent.fetch_add(data.content_length() as u64, Ordering::SeqCst);
        self.upload.put_part(data)
    }

    async fn complete(&mut self) -> Result<PutResult> {
        self.upload.complete().await
    }

    async fn abort(&mut self) -> Result<()> {
        self.upload.abort().await
    }
}
