//! A store that fails as networks do, by a script that a seed writes: before or after the deed, with
//! no answer, with too few bytes.

use std::collections::VecDeque;
use std::fmt;
use std::future::pending;
use std::ops::Range;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};

use async_trait::async_trait;
use bytes::Bytes;
use futures_util::stream::{self, BoxStream};
use futures_util::{FutureExt as _, StreamExt as _, TryStreamExt as _};
use object_store::memory::InMemory;
use object_store::path::Path;
use object_store::{
    CopyOptions, Error, GetOptions, GetResult, GetResultPayload, ListResult, MultipartUpload,
    ObjectMeta, ObjectStore, PutMode, PutMultipartOptions, PutOptions, PutPayload, PutResult,
    Result, UploadPart,
};

use super::{Backend, Pace};
use crate::remote::RemoteUrl;

/// What goes wrong with one request.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::remote) enum Fault {
    /// It fails, and nothing was done.
    Before,
    /// It is done, and the answer is lost.
    After,
    /// Nothing is done, and no answer comes.
    StallBefore,
    /// It is done, and no answer comes.
    StallAfter,
    /// A body ends too early, as if that were all; a write fails before.
    Short,
    /// A body breaks off with an error; a write fails before.
    Broken,
    /// A create is done, and the answer is of the second try: something is there; others fail after.
    Taken,
    /// The server wants fewer requests.
    Throttled,
    /// A create writes over what is there, as on servers that know no conditions; never by chance.
    Careless,
}

/// What chance chooses from; silence is rare, for it costs time.
const FAULTS: [Fault; 14] = [
    Fault::Before,
    Fault::Before,
    Fault::After,
    Fault::After,
    Fault::StallBefore,
    Fault::StallAfter,
    Fault::Short,
    Fault::Short,
    Fault::Broken,
    Fault::Broken,
    Fault::Taken,
    Fault::Taken,
    Fault::Throttled,
    Fault::Throttled,
];

/// How many requests in a row fail at most, so that somebody who tries again gets through.
const IN_A_ROW: usize = 3;

/// A store in memory (or over another one) whose requests fail by a script.
#[derive(Debug)]
pub(in crate::remote) struct Faulty {
    inner: Arc<dyn ObjectStore>,
    script: Arc<Script>,
}

/// What the next requests meet.
#[derive(Debug, Default)]
struct Script {
    lines: Mutex<Lines>,
    met: AtomicUsize,
}

#[derive(Debug, Default)]
struct Lines {
    /// The faults of the next requests, before chance has its say.
    written: VecDeque<Option<Fault>>,
    seed: u64,
    /// How many of a hundred requests fail.
    percent: u64,
    in_a_row: usize,
    /// After this many requests none succeeds any more, as for a process that was killed.
    left: Option<usize>,
}

impl Faulty {
    /// Returns an empty store of which `percent` of a hundred requests fail, the same for the same seed.
    pub(in crate::remote) fn seeded(seed: u64, percent: u64) -> Arc<Self> {
        Self::over(Arc::new(InMemory::new()), seed, percent)
    }

    /// Returns a store that fails requests to another, which others may share.
    pub(in crate::remote) fn over(
        inner: Arc<dyn ObjectStore>,
        seed: u64,
        percent: u64,
    ) -> Arc<Self> {
        let lines = Lines { seed, percent, ..Lines::default() };
        let script = Script { lines: Mutex::new(lines), met: AtomicUsize::new(0) };
        Arc::new(Self { inner, script: Arc::new(script) })
    }

    /// Returns an empty store that meets these faults, one a request, and none after them.
    pub(in crate::remote) fn scripted(
        faults: impl IntoIterator<Item = Option<Fault>>,
    ) -> Arc<Self> {
        let faulty = Self::seeded(0, 0);
        faulty.meets(faults);
        faulty
    }

    /// Adds the faults of the next requests.
    pub(in crate::remote) fn meets(&self, faults: impl IntoIterator<Item = Option<Fault>>) {
        self.script.lines().written.extend(faults);
    }

    /// Lets no request through once `requests` more were answered.
    pub(in crate::remote) fn dies_after(&self, requests: usize) {
        self.script.lines().left = Some(requests);
    }

    /// Ends all faults.
    pub(in crate::remote) fn heals(&self) {
        *self.script.lines() = Lines::default();
    }

    /// Returns how many faults were met.
    pub(in crate::remote) fn met(&self) -> usize {
        self.script.met.load(Ordering::Relaxed)
    }

    /// Returns what the requests go to, where none fails.
    pub(in crate::remote) fn inner(&self) -> &Arc<dyn ObjectStore> {
        &self.inner
    }

    /// Returns a remote over this store that loses no time with waiting.
    pub(in crate::remote) fn backend(self: &Arc<Self>, url: &RemoteUrl) -> Backend {
        Backend::over(self.clone(), url).with_pace(Pace::QUICK)
    }
}

impl Script {
    fn lines(&self) -> std::sync::MutexGuard<'_, Lines> {
        self.lines.lock().expect("nothing panics while it holds the script")
    }

    fn next(&self) -> Option<Fault> {
        let fault = self.lines().next();
        self.met.fetch_add(usize::from(fault.is_some()), Ordering::Relaxed);
        fault
    }
}

impl Lines {
    fn next(&mut self) -> Option<Fault> {
        match &mut self.left {
            Some(0) => return Some(Fault::Before),
            Some(left) => *left -= 1,
            None => {}
        }
        if let Some(fault) = self.written.pop_front() {
            return fault;
        }
        let fails = self.in_a_row < IN_A_ROW && self.random() % 100 < self.percent;
        self.in_a_row = if fails { self.in_a_row + 1 } else { 0 };
        fails.then(|| FAULTS[self.random() as usize % FAULTS.len()])
    }

    /// Returns the next number of the seed's sequence (SplitMix64).
    fn random(&mut self) -> u64 {
        self.seed = self.seed.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mixed = (self.seed ^ (self.seed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        let mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        mixed ^ (mixed >> 31)
    }
}

fn failed(what: &'static str) -> Error {
    Error::Generic { store: "Faulty", source: what.into() }
}

/// Does a deed, or not, as the fault says.
async fn meet<T>(fault: Option<Fault>, deed: impl Future<Output = Result<T>>) -> Result<T> {
    match fault {
        None | Some(Fault::Careless) => deed.await,
        Some(Fault::Before | Fault::Short | Fault::Broken) => Err(failed("connection refused")),
        Some(Fault::Throttled) => Err(failed("SlowDown")),
        Some(Fault::After | Fault::Taken) => {
            deed.await?;
            Err(failed("the answer was lost"))
        }
        Some(Fault::StallBefore) => pending().await,
        Some(Fault::StallAfter) => {
            deed.await?;
            pending().await
        }
    }
}

/// Spoils an answer with a body.
async fn spoil(fault: Fault, answer: GetResult) -> Result<GetResult> {
    let (meta, range, attributes) =
        (answer.meta.clone(), answer.range.clone(), answer.attributes.clone());
    let extensions = answer.extensions.clone();
    let bytes = answer.bytes().await?;
    let half = bytes.slice(..bytes.len() / 2);
    let end = match fault {
        Fault::Broken => stream::once(async { Err(failed("the body broke off")) }).boxed(),
        Fault::StallAfter => stream::once(pending()).boxed(),
        _ => stream::empty().boxed(),
    };
    let payload = GetResultPayload::Stream(stream::once(async { Ok(half) }).chain(end).boxed());
    Ok(GetResult { payload, meta, range, attributes, extensions })
}

impl fmt::Display for Faulty {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Faulty({})", self.inner)
    }
}

#[async_trait]
impl ObjectStore for Faulty {
    async fn put_opts(
        &self,
        location: &Path,
        payload: PutPayload,
        mut options: PutOptions,
    ) -> Result<PutResult> {
        let fault = self.script.next();
        let creates = options.mode == PutMode::Create;
        if fault == Some(Fault::Careless) {
            options.mode = PutMode::Overwrite;
        }
        let deed = self.inner.put_opts(location, payload, options);
        if fault == Some(Fault::Taken) && creates {
            deed.await?;
            let (path, source) = (location.to_string(), "it was written by the first try".into());
            return Err(Error::AlreadyExists { path, source });
        }
        meet(fault, deed).await
    }

    async fn put_multipart_opts(
        &self,
        location: &Path,
        options: PutMultipartOptions,
    ) -> Result<Box<dyn MultipartUpload>> {
        let deed = self.inner.put_multipart_opts(location, options);
        let inner = meet(self.script.next(), deed).await?;
        Ok(Box::new(FaultyUpload { inner, script: self.script.clone() }))
    }

    async fn get_opts(&self, location: &Path, options: GetOptions) -> Result<GetResult> {
        let (fault, head) = (self.script.next(), options.head);
        let deed = self.inner.get_opts(location, options);
        match fault {
            Some(fault @ (Fault::Short | Fault::Broken | Fault::StallAfter)) if !head => {
                spoil(fault, deed.await?).await
            }
            fault => meet(fault, deed).await,
        }
    }

    async fn get_ranges(&self, location: &Path, ranges: &[Range<u64>]) -> Result<Vec<Bytes>> {
        let fault = self.script.next();
        let deed = self.inner.get_ranges(location, ranges);
        match fault {
            Some(Fault::Short) => {
                let found = deed.await?;
                Ok(found.into_iter().map(|bytes| bytes.slice(..bytes.len() / 2)).collect())
            }
            fault => meet(fault, deed).await,
        }
    }

    fn delete_stream(
        &self,
        locations: BoxStream<'static, Result<Path>>,
    ) -> BoxStream<'static, Result<Path>> {
        let (inner, script) = (self.inner.clone(), self.script.clone());
        locations
            .and_then(move |location| {
                let deleted = inner.delete_stream(stream::iter([Ok(location)]).boxed());
                let deed = deleted.try_collect::<Vec<_>>();
                let fault = script.next();
                async move {
                    let mut deleted = meet(fault, deed).await?;
                    deleted.pop().ok_or_else(|| failed("nothing was deleted"))
                }
            })
            .boxed()
    }

    fn list(&self, prefix: Option<&Path>) -> BoxStream<'static, Result<ObjectMeta>> {
        self.pages(self.inner.list(prefix))
    }

    fn list_with_offset(
        &self,
        prefix: Option<&Path>,
        offset: &Path,
    ) -> BoxStream<'static, Result<ObjectMeta>> {
        self.pages(self.inner.list_with_offset(prefix, offset))
    }

    async fn list_with_delimiter(&self, prefix: Option<&Path>) -> Result<ListResult> {
        meet(self.script.next(), self.inner.list_with_delimiter(prefix)).await
    }

    async fn copy_opts(&self, from: &Path, to: &Path, options: CopyOptions) -> Result<()> {
        meet(self.script.next(), self.inner.copy_opts(from, to, options)).await
    }
}

impl Faulty {
    /// Spoils a listing.
    fn pages(
        &self,
        listed: BoxStream<'static, Result<ObjectMeta>>,
    ) -> BoxStream<'static, Result<ObjectMeta>> {
        let script = self.script.clone();
        let pages = async move {
            let found = listed.collect::<Vec<_>>().await;
            match script.next() {
                // A listing that ends early says so, unlike a body.
                Some(Fault::Short | Fault::Broken) => {
                    let half = found.len() / 2;
                    let end = stream::iter([Err(failed("the listing broke off"))]);
                    stream::iter(found).take(half).chain(end).boxed()
                }
                fault => match meet(fault, async { Ok(found) }).await {
                    Ok(found) => stream::iter(found).boxed(),
                    Err(error) => stream::iter([Err(error)]).boxed(),
                },
            }
        };
        pages.flatten_stream().boxed()
    }
}

#[derive(Debug)]
struct FaultyUpload {
    inner: Box<dyn MultipartUpload>,
    script: Arc<Script>,
}

#[async_trait]
impl MultipartUpload for FaultyUpload {
    fn put_part(&mut self, data: PutPayload) -> UploadPart {
        let fault = self.script.next();
        meet(fault, self.inner.put_part(data)).boxed()
    }

    async fn complete(&mut self) -> Result<PutResult> {
        meet(self.script.next(), self.inner.complete()).await
    }

    async fn abort(&mut self) -> Result<()> {
        meet(self.script.next(), self.inner.abort()).await
    }
}
