//! The bytes that a reference means: those and no others, or an error that says what is there now.

use std::fmt;
use std::fs::File;
use std::io::{self, Read};
use std::path::{Path, PathBuf};
use std::thread;

use bytes::Bytes;
use crossbeam_channel::{Receiver, Sender, bounded};

use crate::base::{Hash, interrupt};
use crate::format::{FileSource, Source};
use crate::object::{Difference, Reference, ReferenceError};
use crate::remote::backend::Asked;
use crate::remote::elsewhere::hashes::KnownHashes;
use crate::remote::elsewhere::{Place, facts_of, is_absent, unreadable};
use crate::remote::{Backend, RemoteError, wait};

/// How many bytes of a file are hashed at a time.
const STEP: u64 = 1 << 18;

/// How many pieces of a body may wait for the reader.
const AHEAD: usize = 16;

/// A reference that can be read.
#[derive(Debug)]
pub(super) struct ReferenceSource {
    place: Place,
    reference: Reference,
    hashes: KnownHashes,
}

impl ReferenceSource {
    pub fn new(place: Place, reference: Reference, hashes: KnownHashes) -> Self {
        Self { place, reference, hashes }
    }

    fn check<'s>(&'s self, inner: Box<dyn Read + Send + 's>) -> Checked<'s> {
        Checked { source: self, inner, hasher: blake3::Hasher::new(), read: 0, is_over: false }
    }
}

impl Source for ReferenceSource {
    fn len(&self) -> u64 {
        self.reference.size
    }

    fn read_at(&self, offset: u64, len: usize) -> io::Result<Vec<u8>> {
        let end = offset.saturating_add(len as u64).min(self.reference.size);
        if offset == 0 && end == self.reference.size {
            let mut bytes = Vec::new();
            self.reader()?.read_to_end(&mut bytes)?;
            return Ok(bytes);
        }
        if offset >= end {
            return Ok(Vec::new());
        }
        match &self.place {
            Place::File(path) => {
                let bytes =
                    open(path, &self.reference)?.read_at(offset, (end - offset) as usize)?;
                look(path, &self.reference).map_err(io::Error::other)?;
                Ok(bytes)
            }
            Place::Object { backend, key } => {
                let asked = wait(backend.version_range(key, &self.reference, offset..end));
                given(asked, &self.reference).map_err(io::Error::other)
            }
        }
    }

    fn reader(&self) -> io::Result<Box<dyn Read + Send + '_>> {
        let inner: Box<dyn Read + Send> = match &self.place {
            Place::File(path) => Box::new(OnDisk::open(path, &self.reference)?),
            Place::Object { backend, key } => {
                Box::new(Body::start(backend.clone(), key.clone(), self.reference.clone()))
            }
        };
        Ok(Box::new(self.check(inner)))
    }
}

impl ReferenceSource {
    /// Reads everything once, and returns its hash and the version that the place names: a listing tells
    /// none. `passed` is told of bytes.
    pub fn hash(&self, passed: &(dyn Fn(u64) + Sync)) -> Result<(Hash, String), ReferenceError> {
        let mut hasher = blake3::Hasher::new();
        let version = match &self.place {
            Place::File(path) => {
                let told = |error: io::Error| {
                    error.downcast().unwrap_or_else(|error| unreadable(&self.reference, error))
                };
                self.hash_file(path, &mut hasher, passed).map_err(told)?;
                String::new()
            }
            Place::Object { backend, key } => {
                let mut take = |piece: Bytes| {
                    hasher.update(&piece);
                    passed(piece.len() as u64);
                    true
                };
                let whole = 0..self.reference.size;
                let asked = wait(backend.stream_version(key, &self.reference, whole, &mut take));
                given(asked, &self.reference)?
            }
        };
        let hash = Hash(*hasher.finalize().as_bytes());
        let reference = Reference { version: version.clone(), ..self.reference.clone() };
        self.settle(&reference, hash).map(|()| (hash, version))
    }

    fn hash_file(
        &self,
        path: &Path,
        hasher: &mut blake3::Hasher,
        passed: &(dyn Fn(u64) + Sync),
    ) -> io::Result<()> {
        let mut file = OnDisk::open(path, &self.reference)?;
        let mut buffer = vec![0; self.reference.size.clamp(1, STEP) as usize];
        let mut whole = 0;
        loop {
            interrupt::check().map_err(io::Error::other)?;
            let read = file.read(&mut buffer)?;
            if read == 0 {
                return self.settle_size(whole).map_err(io::Error::other);
            }
            hasher.update(&buffer[..read]);
            whole += read as u64;
            passed(read as u64);
        }
    }

    /// Makes sure that as much was read as is recorded.
    fn settle_size(&self, read: u64) -> Result<(), ReferenceError> {
        let recorded = self.reference.size;
        if read == recorded {
            return Ok(());
        }
        Err(self.changed("its size", recorded.to_string(), read.to_string()))
    }

    /// Holds the hash of what was read against the one that is known, or notes it.
    fn settle(&self, reference: &Reference, found: Hash) -> Result<(), ReferenceError> {
        match self.hashes.of(reference) {
            Some(known) if known != found => {
                Err(self.changed("its hash", known.to_hex(), found.to_hex()))
            }
            _ => {
                self.hashes.note(reference, found);
                Ok(())
            }
        }
    }

    fn changed(&self, what: &'static str, recorded: String, found: String) -> ReferenceError {
        let difference = Difference { what, recorded, found };
        ReferenceError::Changed { url: self.reference.url.clone(), difference }
    }
}

/// Returns what was asked for, or the error that says why there is none.
fn given<T>(
    asked: Result<Asked<T>, RemoteError>,
    reference: &Reference,
) -> Result<T, ReferenceError> {
    let url = reference.url.clone();
    match asked {
        Ok(Asked::Given(value)) => Ok(value),
        Ok(Asked::Gone) => Err(ReferenceError::Gone { url }),
        Ok(Asked::Changed(difference)) => Err(ReferenceError::Changed { url, difference }),
        Err(error) => Err(unreadable(reference, error)),
    }
}

fn not_opened(error: &io::Error, reference: &Reference) -> io::Error {
    let url = reference.url.clone();
    io::Error::other(if is_absent(error) {
        ReferenceError::Gone { url }
    } else {
        ReferenceError::Unreadable { url, source: error.to_string().into() }
    })
}

fn open(path: &Path, reference: &Reference) -> io::Result<FileSource> {
    look(path, reference).map_err(io::Error::other)?;
    FileSource::open(path).map_err(|error| not_opened(&error, reference))
}

/// Makes sure that a file still is what was recorded of it.
fn look(path: &Path, reference: &Reference) -> Result<(), ReferenceError> {
    let url = reference.url.clone();
    let found = match std::fs::metadata(path) {
        Ok(found) if found.is_file() => facts_of(&found),
        Ok(_) => return Err(ReferenceError::Gone { url }),
        Err(error) if is_absent(&error) => return Err(ReferenceError::Gone { url }),
        Err(error) => {
            return Err(ReferenceError::Unreadable { url, source: error.to_string().into() });
        }
    };
    let difference = found.difference(reference);
    difference.map_or(Ok(()), |difference| Err(ReferenceError::Changed { url, difference }))
}

/// A file that is looked at again when it was read: it may have been written meanwhile.
struct OnDisk {
    file: File,
    path: PathBuf,
    reference: Reference,
}

impl OnDisk {
    fn open(path: &Path, reference: &Reference) -> io::Result<Self> {
        let file = File::open(path).map_err(|error| not_opened(&error, reference))?;
        look(path, reference).map_err(io::Error::other)?;
        Ok(Self { file, path: path.to_owned(), reference: reference.clone() })
    }
}

impl Read for OnDisk {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let read = self.file.read(buffer)?;
        if read == 0 && !buffer.is_empty() {
            look(&self.path, &self.reference).map_err(io::Error::other)?;
        }
        Ok(read)
    }
}

/// Counts and hashes what passes; at the end it is what is meant, or an error.
struct Checked<'s> {
    source: &'s ReferenceSource,
    inner: Box<dyn Read + Send + 's>,
    hasher: blake3::Hasher,
    read: u64,
    is_over: bool,
}

impl Checked<'_> {
    fn end(&self) -> Result<(), ReferenceError> {
        self.source.settle_size(self.read)?;
        let found = Hash(*self.hasher.finalize().as_bytes());
        self.source.settle(&self.source.reference, found)
    }
}

impl Read for Checked<'_> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        if self.is_over || buffer.is_empty() {
            return Ok(0);
        }
        let read = self.inner.read(buffer)?;
        self.hasher.update(&buffer[..read]);
        self.read += read as u64;
        if read == 0 {
            self.is_over = true;
            self.end().map_err(io::Error::other)?;
        }
        Ok(read)
    }
}

/// A body on its way, which a thread of its own asks for.
struct Body {
    pieces: Receiver<Result<Bytes, ReferenceError>>,
    piece: Bytes,
}

impl fmt::Debug for Body {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Body").finish_non_exhaustive()
    }
}

impl Body {
    fn start(backend: Backend, key: String, reference: Reference) -> Self {
        let (sender, pieces) = bounded(AHEAD);
        thread::spawn(move || bring(&backend, &key, &reference, &sender));
        Self { pieces, piece: Bytes::new() }
    }
}

fn bring(
    backend: &Backend,
    key: &str,
    reference: &Reference,
    sender: &Sender<Result<Bytes, ReferenceError>>,
) {
    // Nobody listens any more where a piece cannot be sent: the reader was dropped.
    let mut take = |piece| sender.send(Ok(piece)).is_ok();
    let whole = 0..reference.size;
    let asked = wait(backend.stream_version(key, reference, whole, &mut take));
    if let Err(error) = given(asked, reference) {
        let _ = sender.send(Err(error));
    }
}

impl Read for Body {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        while self.piece.is_empty() {
            match self.pieces.recv() {
                Ok(piece) => self.piece = piece.map_err(io::Error::other)?,
                Err(_) => return Ok(0),
            }
        }
        let read = buffer.len().min(self.piece.len());
        buffer[..read].copy_from_slice(&self.piece.split_to(read));
        Ok(read)
    }
}
