//! Files that lie elsewhere, in buckets, folders and on web servers: listed, looked at, and read as the
//! version that a reference means.

mod address;
mod hashes;
mod listing;
mod source;
#[cfg(test)]
mod tests;

use std::collections::BTreeMap;
use std::fs::Metadata;
use std::os::unix::fs::MetadataExt as _;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};

pub use self::address::Address;
use self::hashes::KnownHashes;
pub use self::listing::{Listing, Skipped};
use self::source::ReferenceSource;
use crate::base::Hash;
use crate::config::{Config, Environment};
use crate::format::Source;
use crate::object::{Difference, Elsewhere, Reference, ReferenceError};
use crate::remote::backend::Facts;
use crate::remote::{Backend, RemoteError, RemoteOptions, RemoteUrl, wait};

/// What reads references, by the settings of this machine: an address holds no secrets.
#[derive(Debug)]
pub struct Places {
    config: Config,
    environment: Environment,
    hashes: KnownHashes,
    /// The places that were opened, by their addresses.
    open: Mutex<BTreeMap<String, Backend>>,
}

/// Where an object is, opened.
#[derive(Debug, Clone)]
enum Place {
    File(PathBuf),
    Object { backend: Backend, key: String },
}

/// How a source stands to what was recorded of it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Standing {
    Same,
    Changed(Difference),
    Gone,
}

impl Places {
    /// Returns what reads references; what is found out about them is noted in a directory.
    pub fn new(config: Config, environment: Environment, hashes: PathBuf) -> Self {
        let hashes = KnownHashes::in_directory(hashes);
        Self { config, environment, hashes, open: Mutex::default() }
    }

    /// Returns the place at an address, by the settings that fit it best.
    fn backend(&self, root: &RemoteUrl, url: &str) -> Result<Backend, RemoteError> {
        let table = RemoteOptions::table_for(&self.config, url);
        let name = format!("{root} {}", table.as_deref().unwrap_or_default());
        let mut open = self.open.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(backend) = open.get(&name) {
            return Ok(backend.clone());
        }
        let options = table.map(|table| RemoteOptions::in_table(&self.config, &table));
        let backend = Backend::open(root, &self.environment, &options.unwrap_or_default())?;
        open.insert(name, backend.clone());
        Ok(backend)
    }

    fn place(&self, url: &str) -> Result<Place, RemoteError> {
        Ok(match Address::parse(url)? {
            Address::File(path) => Place::File(path),
            Address::Object { root, key } => {
                Place::Object { backend: self.backend(&root, url)?, key }
            }
        })
    }

    /// Returns what is recorded of an object as it is now, or nothing where there is none.
    pub fn look(&self, url: &str) -> Result<Option<Reference>, RemoteError> {
        let facts = match self.place(url)? {
            Place::File(path) => facts_of_file(&path)?,
            Place::Object { backend, key } => wait(backend.facts(&key))?,
        };
        Ok(facts.map(|facts| facts.at(url.to_owned())))
    }

    /// Compares a source with what was recorded of it; nothing of it is read.
    pub fn standing(&self, reference: &Reference) -> Result<Standing, RemoteError> {
        let Some(now) = self.look(&reference.url)? else { return Ok(Standing::Gone) };
        Ok(difference(&now, reference).map_or(Standing::Same, Standing::Changed))
    }

    fn source(&self, reference: &Reference) -> Result<ReferenceSource, ReferenceError> {
        let place = self.place(&reference.url).map_err(|error| match error {
            RemoteError::BadUrl { url, reason } => ReferenceError::BadUrl { url, reason },
            error => unreadable(reference, error),
        })?;
        Ok(ReferenceSource::new(place, reference.clone(), self.hashes.clone()))
    }

    /// Reads what a reference means, and records its hash and the version that the place names.
    /// `passed` is told of bytes.
    pub fn hash(
        &self,
        reference: &mut Reference,
        passed: &(dyn Fn(u64) + Sync),
    ) -> Result<(), ReferenceError> {
        let (content, version) = self.source(reference)?.hash(passed)?;
        (reference.content, reference.version) = (Some(content), version);
        Ok(())
    }

    /// Returns how many files of a place are read at the same time.
    pub fn jobs(&self, url: &str) -> usize {
        let table = RemoteOptions::table_for(&self.config, url);
        let options = table.map(|table| RemoteOptions::in_table(&self.config, &table));
        options.unwrap_or_default().jobs()
    }

    /// Returns the hash of the bytes that a reference means, where somebody has read them.
    pub fn known_hash(&self, reference: &Reference) -> Option<Hash> {
        self.hashes.of(reference)
    }
}

impl Elsewhere for Places {
    fn open(&self, reference: &Reference) -> Result<Arc<dyn Source>, ReferenceError> {
        Ok(Arc::new(self.source(reference)?))
    }
}

/// Returns in what an object as it is now differs from what was recorded of it.
pub fn difference(now: &Reference, recorded: &Reference) -> Option<Difference> {
    let Reference { size, etag, version, modified, .. } = now.clone();
    Facts { size, etag, version, modified }.difference(recorded)
}

fn unreadable(
    reference: &Reference,
    error: impl std::error::Error + Send + Sync + 'static,
) -> ReferenceError {
    ReferenceError::Unreadable { url: reference.url.clone(), source: Box::new(error) }
}

/// Returns the facts of a file; nothing where there is no regular file.
fn facts_of_file(path: &Path) -> Result<Option<Facts>, RemoteError> {
    match std::fs::metadata(path) {
        Ok(found) if found.is_file() => Ok(Some(facts_of(&found))),
        Ok(_) => Ok(None),
        Err(error) if is_absent(&error) => Ok(None),
        Err(error) => Err(crate::base::fs::PathError::new("look at", path, error).into()),
    }
}

fn is_absent(error: &std::io::Error) -> bool {
    use std::io::ErrorKind::{NotADirectory, NotFound};
    matches!(error.kind(), NotFound | NotADirectory)
}

fn facts_of(found: &Metadata) -> Facts {
    let nanoseconds = i128::from(found.mtime()) * 1_000_000_000 + i128::from(found.mtime_nsec());
    let modified = u64::try_from(nanoseconds).unwrap_or_default();
    Facts { size: found.len(), modified, ..Facts::default() }
}
