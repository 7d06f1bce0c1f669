//! Writing: blobs are compressed by the caller's thread, appended under a short lock, and become
//! visible to others pack by pack.

use std::collections::HashMap;
use std::collections::hash_map::Entry;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, RwLock};
use std::{cell::Cell, io};

use crate::base::fs::{PathError, sync_dir};
use crate::store::compress::{MAX_BLOB, Scheme, encode};
use crate::store::layout::packs_in;
use crate::store::local::open::move_durably;
use crate::store::pack::{Batch, BlobEntry, PackClass, PackWriter, PendingFile};
use crate::store::{BlobId, Durability, LocalStore, StoreError};

thread_local! {
    static SCRATCH: Cell<Vec<u8>> = const { Cell::new(Vec::new()) };
}

/// What a handle has written and not yet sealed.
#[derive(Debug)]
pub struct Writing {
    /// Held shared by each write and alone by a flush, which so finds no write half done.
    gate: RwLock<()>,
    /// The blobs of open packs; nothing where a thread has claimed one and is at work on it.
    pending: Mutex<HashMap<BlobId, Option<PendingBlob>>>,
    data: Mutex<Option<PackWriter>>,
    metadata: Mutex<Option<PackWriter>>,
    /// What went wrong once: blobs that were taken are lost, so nothing may succeed any more.
    failure: Mutex<Option<Failure>>,
    /// Whether something was stored again that was lost: commits need it, so it must be durable.
    heals: AtomicBool,
}

/// A blob of an open pack.
#[derive(Debug, Clone)]
struct PendingBlob {
    file: Arc<PendingFile>,
    entry: BlobEntry,
}

/// The first failure, kept in a form that can be told again.
#[derive(Debug)]
struct Failure {
    action: &'static str,
    path: std::path::PathBuf,
    code: Option<i32>,
    kind: io::ErrorKind,
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

impl Writing {
    pub fn new() -> Self {
        Self {
            gate: RwLock::default(),
            pending: Mutex::default(),
            data: Mutex::default(),
            metadata: Mutex::default(),
            failure: Mutex::default(),
            heals: AtomicBool::default(),
        }
    }

    fn slot(&self, class: PackClass) -> &Mutex<Option<PackWriter>> {
        match class {
            PackClass::Data => &self.data,
            PackClass::Metadata => &self.metadata,
        }
    }

    /// Tells whether the blob is in an open pack, or on its way into one.
    pub fn holds(&self, id: BlobId) -> bool {
        lock(&self.pending).contains_key(&id)
    }

    /// Returns the file and the place of a blob that is not sealed yet, ready to be read.
    pub fn pending(&self, id: BlobId) -> Result<Option<(Arc<PendingFile>, BlobEntry)>, PathError> {
        let mut found = lock(&self.pending).get(&id).cloned();
        if let Some(None) = found {
            // Another thread is about to append it: let all writes end, then look again.
            drop(self.gate.write().unwrap_or_else(PoisonError::into_inner));
            found = lock(&self.pending).get(&id).cloned();
        }
        let Some(Some(blob)) = found else {
            return Ok(None);
        };
        let batch = match &mut *lock(self.slot(PackClass::of(id.kind))) {
            Some(writer) if Arc::ptr_eq(writer.file(), &blob.file) => Some(writer.take_all()),
            _ => None,
        };
        batch.map_or(Ok(()), Batch::write)?;
        Ok(Some((blob.file, blob.entry)))
    }

    /// Returns the ids of the blobs that are not sealed yet.
    pub fn pending_ids(&self) -> Vec<BlobId> {
        lock(&self.pending).keys().copied().collect()
    }

    fn claim(&self, id: BlobId) -> bool {
        match lock(&self.pending).entry(id) {
            Entry::Occupied(_) => false,
            Entry::Vacant(vacant) => {
                vacant.insert(None);
                true
            }
        }
    }

    fn unclaim(&self, id: BlobId) {
        lock(&self.pending).remove(&id);
    }

    fn check(&self) -> Result<(), StoreError> {
        lock(&self.failure).as_ref().map_or(Ok(()), |failure| Err(failure.error().into()))
    }

    /// Keeps the first failure.
    fn fail(&self, error: PathError) -> PathError {
        lock(&self.failure).get_or_insert_with(|| Failure {
            action: error.action,
            path: error.path.clone(),
            code: error.source.raw_os_error(),
            kind: error.kind(),
        });
        error
    }
}

impl Failure {
    fn error(&self) -> PathError {
        let source = match self.code {
            Some(code) => io::Error::from_raw_os_error(code),
            None => self.kind.into(),
        };
        PathError::new(self.action, &self.path, source)
    }
}

impl LocalStore {
    pub(super) fn add(&self, id: BlobId, bytes: &[u8]) -> Result<bool, StoreError> {
        let _writing = self.writing.gate.read().unwrap_or_else(PoisonError::into_inner);
        self.writing.check()?;
        if let Some(reason) = &self.report.read_only {
            return Err(StoreError::ReadOnly { reason: reason.clone() });
        }
        if bytes.len() > MAX_BLOB {
            return Err(StoreError::TooLong { id, len: bytes.len() as u64 });
        }
        if !self.writing.claim(id) {
            return Ok(false);
        }
        let result = match self.sound_place(id) {
            Ok(Some(_)) => Ok(false),
            Ok(None) => {
                self.writing.heals.fetch_or(self.damage.concerns(id), Ordering::Relaxed);
                self.append(id, bytes).map(|()| true)
            }
            Err(error) => Err(error),
        };
        if !matches!(result, Ok(true)) {
            self.writing.unclaim(id);
        }
        result
    }

    fn append(&self, id: BlobId, plain: &[u8]) -> Result<(), StoreError> {
        let mut scratch = SCRATCH.take();
        let scheme = encode(id.kind, plain, &mut scratch);
        let payload = if scheme == Scheme::RAW { plain } else { &scratch };
        let result = self.append_stored(id, scheme, plain.len() as u32, payload);
        SCRATCH.set(scratch);
        result.map_err(|error| self.writing.fail(error).into())
    }

    /// Appends a blob in its stored form; seals the pack where that fills it.
    fn append_stored(
        &self,
        id: BlobId,
        scheme: Scheme,
        plain: u32,
        payload: &[u8],
    ) -> Result<(), PathError> {
        let class = PackClass::of(id.kind);
        let mut slot = lock(self.writing.slot(class));
        let writer = match &mut *slot {
            Some(writer) => writer,
            empty => empty.insert(PackWriter::create(&self.layout.tmp())?),
        };
        let entry = writer.append(id, scheme, plain, payload);
        let blob = PendingBlob { file: Arc::clone(writer.file()), entry };
        lock(&self.writing.pending).insert(id, Some(blob));
        let full = writer.is_full(class);
        let batch = if full { Some(writer.take_all()) } else { writer.take_full() };
        let filled = if full { slot.take() } else { None };
        drop(slot);
        batch.map_or(Ok(()), Batch::write)?;
        filled.map_or(Ok(()), |writer| self.seal(writer))
    }

    /// Gives a pack its name, and its blobs to the index.
    fn seal(&self, writer: PackWriter) -> Result<(), PathError> {
        let fresh = self.layout.fresh();
        let dir = fresh.clone().unwrap_or_else(|| self.layout.packs());
        let sealed = writer.seal(&dir, fresh.is_none())?;
        self.index.add(sealed.name, &sealed.entries);
        let mut pending = lock(&self.writing.pending);
        for entry in &sealed.entries {
            pending.remove(&entry.id);
        }
        drop(pending);
        // The index only saves time: a pack is found without it.
        let _ = self.index.fold_if_due(fresh.is_none());
        Ok(())
    }

    /// Tells whether a blob was written through this handle and is not sealed yet.
    pub(in crate::store) fn writes(&self, id: BlobId) -> bool {
        self.writing.holds(id)
    }

    /// Writes a blob in its stored form, even where another pack has it.
    pub(in crate::store) fn put_stored(
        &self,
        entry: &BlobEntry,
        stored: &[u8],
    ) -> Result<(), StoreError> {
        let _writing = self.writing.gate.read().unwrap_or_else(PoisonError::into_inner);
        self.writing.check()?;
        self.append_stored(entry.id, entry.scheme, entry.plain, stored)
            .map_err(|error| self.writing.fail(error).into())
    }

    pub(super) fn settle(&self, durability: Durability) -> Result<(), StoreError> {
        let _alone = self.writing.gate.write().unwrap_or_else(PoisonError::into_inner);
        self.writing.check()?;
        for class in [PackClass::Data, PackClass::Metadata] {
            let writer = lock(self.writing.slot(class)).take();
            if let Some(writer) = writer {
                self.seal(writer).map_err(|error| self.writing.fail(error))?;
            }
        }
        let heals = self.writing.heals.load(Ordering::Relaxed);
        if (durability == Durability::Durable || heals) && self.report.read_only.is_none() {
            self.make_durable()?;
            let _ = self.index.fold_if_due(true);
        }
        Ok(())
    }

    /// Brings every fresh pack of this boot to the disk, whoever wrote it.
    fn make_durable(&self) -> Result<(), PathError> {
        let Some(fresh) = self.layout.fresh() else {
            return sync_dir(&self.layout.packs());
        };
        let packs = packs_in(&fresh)?;
        if packs.is_empty() {
            return Ok(());
        }
        for file_name in packs.iter().map(|name| name.file_name()) {
            move_durably(&fresh.join(&file_name), &self.layout.packs().join(&file_name))?;
        }
        sync_dir(&self.layout.packs())?;
        sync_dir(&fresh)
    }
}
