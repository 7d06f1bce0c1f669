//! A pack that grows in a temporary file. Appending only copies into a buffer; full buffers are
//! written by whoever filled them, outside of the caller's lock.

use std::fs::File;
use std::io;
use std::os::unix::fs::{FileExt, MetadataExt};
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Condvar, Mutex, PoisonError};

use crate::base::PackId;
use crate::base::fs::{IoContext, PathError};
use crate::store::BlobId;
use crate::store::compress::Scheme;
use crate::store::pack::name::fresh_nonce;
use crate::store::pack::{BlobEntry, PREAMBLE, PackClass, PackName, footer};

/// The length of one write, and what its offset is a multiple of: the kernel then takes it in large
/// pieces.
const BATCH: usize = 1 << 20;

/// How many blobs a pack may have. Until it is sealed each takes memory in several tables; these
/// double at powers of two, so it is a little less than one.
const MAX_BLOBS: usize = 100_000;

/// The file of a pack that is not sealed; other threads may still be writing to it.
#[derive(Debug)]
pub struct PendingFile {
    file: File,
    path: PathBuf,
    failed: AtomicBool,
    writes: Mutex<usize>,
    idle: Condvar,
}

impl PendingFile {
    /// Creates a file that is locked for as long as it is open, which is how others know that its
    /// owner lives.
    fn create(dir: &Path) -> Result<Self, PathError> {
        loop {
            let path = dir.join(format!("{:016x}.tmp", fresh_nonce()));
            let file = File::options()
                .read(true)
                .write(true)
                .create_new(true)
                .open(&path)
                .context("create", &path)?;
            file.lock().context("lock", &path)?;
            // Between creation and lock a cleaner may have taken it for a dead process's.
            if file.metadata().context("look at", &path)?.nlink() > 0 {
                let (writes, idle) = (Mutex::new(0), Condvar::new());
                return Ok(Self { file, path, failed: AtomicBool::new(false), writes, idle });
            }
        }
    }

    /// Returns the file once every write under way has ended.
    pub fn settled(&self) -> &File {
        let writes = self.writes.lock().unwrap_or_else(PoisonError::into_inner);
        let done = self.idle.wait_while(writes, |writes| *writes > 0);
        drop(done.unwrap_or_else(PoisonError::into_inner));
        &self.file
    }

    fn started(self: &Arc<Self>, offset: u64, bytes: Vec<u8>) -> Batch {
        *self.writes.lock().unwrap_or_else(PoisonError::into_inner) += 1;
        Batch { file: Arc::clone(self), offset, bytes }
    }
}

/// Bytes on their way to a pack; until they are dropped, the pack counts a write as under way.
#[derive(Debug)]
#[must_use]
pub struct Batch {
    file: Arc<PendingFile>,
    offset: u64,
    bytes: Vec<u8>,
}

impl Batch {
    /// Writes the bytes to their place.
    pub fn write(self) -> Result<(), PathError> {
        let result = self.file.file.write_all_at(&self.bytes, self.offset);
        if result.is_err() {
            self.file.failed.store(true, Ordering::SeqCst);
        }
        result.context("write", &self.file.path)
    }
}

impl Drop for Batch {
    fn drop(&mut self) {
        *self.file.writes.lock().unwrap_or_else(PoisonError::into_inner) -= 1;
        self.file.idle.notify_all();
    }
}

/// A pack being filled. Dropped unfinished, it leaves nothing behind.
#[derive(Debug)]
pub struct PackWriter {
    file: Arc<PendingFile>,
    buffer: Vec<u8>,
    /// How much of the pack lies before the buffer.
    start: u64,
    entries: Vec<BlobEntry>,
    finished: bool,
}

/// A complete pack in a temporary file, which goes when this is dropped.
#[derive(Debug)]
pub struct FinishedPack {
    pending: Arc<PendingFile>,
    pub id: PackId,
    /// Sorted by hash.
    pub entries: Vec<BlobEntry>,
    /// The last bytes of the pack.
    pub footer: Vec<u8>,
    moved: bool,
}

/// A complete pack under its final name.
#[derive(Debug)]
pub struct SealedPack {
    pub name: PackName,
    /// Sorted by hash.
    pub entries: Vec<BlobEntry>,
}

impl PackWriter {
    /// Starts a pack in a temporary file in `dir`.
    pub fn create(dir: &Path) -> Result<Self, PathError> {
        let file = Arc::new(PendingFile::create(dir)?);
        let mut buffer = Vec::with_capacity(2 * BATCH);
        buffer.extend_from_slice(&PREAMBLE);
        Ok(Self { file, buffer, start: 0, entries: Vec::new(), finished: false })
    }

    /// Returns the file, to read from once the buffer was taken and written.
    pub fn file(&self) -> &Arc<PendingFile> {
        &self.file
    }

    /// Returns how long the pack is so far.
    pub fn len(&self) -> u64 {
        self.start + self.buffer.len() as u64
    }

    /// Tells whether it is time to seal the pack.
    pub fn is_full(&self, class: PackClass) -> bool {
        self.len() >= class.target_len() || self.entries.len() >= MAX_BLOBS
    }

    /// Appends a blob and returns where it lies.
    pub fn append(&mut self, id: BlobId, scheme: Scheme, plain: u32, payload: &[u8]) -> BlobEntry {
        let (offset, stored) = (self.len() as u32, payload.len() as u32);
        let entry = BlobEntry { id, scheme, offset, stored, plain };
        self.buffer.extend_from_slice(&entry.header());
        self.buffer.extend_from_slice(payload);
        self.entries.push(entry);
        entry
    }

    /// Returns buffered bytes to be written, where there are enough for a large write.
    pub fn take_full(&mut self) -> Option<Batch> {
        let whole = self.buffer.len() / BATCH * BATCH;
        (whole > 0).then(|| self.take(whole))
    }

    /// Returns all buffered bytes, to be written.
    pub fn take_all(&mut self) -> Batch {
        self.take(self.buffer.len())
    }

    fn take(&mut self, len: usize) -> Batch {
        let mut rest = Vec::with_capacity(2 * BATCH);
        rest.extend_from_slice(&self.buffer[len..]);
        self.buffer.truncate(len);
        let bytes = std::mem::replace(&mut self.buffer, rest);
        let offset = self.start;
        self.start += bytes.len() as u64;
        self.file.started(offset, bytes)
    }

    /// Writes the footer and moves the pack to its name in `dir`, which it has from then on.
    pub fn seal(self, dir: &Path, durable: bool) -> Result<SealedPack, PathError> {
        let mut finished = self.finish()?;
        if durable {
            finished.file().sync_all().context("sync", &finished.pending.path)?;
        }
        let name = unused_name(dir, finished.id);
        let target = dir.join(name.file_name());
        std::fs::rename(&finished.pending.path, &target).context("rename to", target)?;
        finished.moved = true;
        Ok(SealedPack { name, entries: std::mem::take(&mut finished.entries) })
    }

    /// Writes the footer. The pack stays a temporary file.
    pub fn finish(mut self) -> Result<FinishedPack, PathError> {
        self.take_all().write()?;
        let path = self.file.path.clone();
        let file = self.file.settled();
        if self.file.failed.load(Ordering::SeqCst) {
            return Err(PathError::new("write", path, io::Error::other("an earlier write failed")));
        }
        let (footer, id) = footer::encode(&mut self.entries);
        file.write_all_at(&footer, self.start).context("write", &path)?;
        self.finished = true;
        let (pending, entries) = (Arc::clone(&self.file), std::mem::take(&mut self.entries));
        Ok(FinishedPack { pending, id, entries, footer, moved: false })
    }
}

impl FinishedPack {
    /// Returns the file, at whose beginning the pack starts.
    pub fn file(&self) -> &File {
        &self.pending.file
    }

    /// Returns how long the pack is.
    pub fn size(&self) -> u64 {
        footer::pack_len(&self.entries)
    }
}

impl Drop for FinishedPack {
    fn drop(&mut self) {
        if !self.moved {
            // Nobody can see it; a later open removes what remains.
            let _ = std::fs::remove_file(&self.pending.path);
        }
    }
}

fn unused_name(dir: &Path, id: PackId) -> PackName {
    loop {
        let name = PackName { id, nonce: fresh_nonce() };
        if !dir.join(name.file_name()).exists() {
            return name;
        }
    }
}

impl Drop for PackWriter {
    fn drop(&mut self) {
        if !self.finished {
            // Nobody can see it; a later open removes what remains.
            let _ = std::fs::remove_file(&self.file.path);
        }
    }
}
