//! A file that lies elsewhere: where it is and what is known of it is recorded, its bytes are not.

use std::fmt::Debug;
use std::io::{self, Read, Write};
use std::sync::Arc;

use crate::base::{Hash, Progress};
use crate::format::Source;
use crate::object::{FileRef, ObjectDb, ObjectError};

/// What is recorded of a file that lies elsewhere.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Reference {
    /// Where it lies, without secrets.
    pub url: String,
    pub size: u64,
    /// What the place calls this content; empty where it has no name for it.
    pub etag: String,
    /// What a place that keeps old versions calls this one; empty where it keeps none.
    pub version: String,
    /// When it was written, in nanoseconds since 1970; 0 where that is not known.
    pub modified: u64,
    /// BLAKE3 of its bytes, once somebody has read them all.
    pub content: Option<Hash>,
}

impl Reference {
    /// The longest address that a tree holds, in bytes.
    pub const URL_MAX: usize = 4096;

    /// Returns the hash of what says which bytes are meant: all that is recorded but the hash of the
    /// bytes, which may be found out later.
    pub fn identity(&self) -> Hash {
        let mut hasher = blake3::Hasher::new();
        for text in [&self.url, &self.etag, &self.version] {
            hasher.update(&(text.len() as u64).to_le_bytes()).update(text.as_bytes());
        }
        hasher.update(&self.size.to_le_bytes()).update(&self.modified.to_le_bytes());
        Hash(*hasher.finalize().as_bytes())
    }

    /// Tells whether both mean the same bytes, as far as is recorded.
    pub fn means_the_same(&self, other: &Self) -> bool {
        let contents = self.content.zip(other.content);
        self.identity() == other.identity() && contents.is_none_or(|(a, b)| a == b)
    }
}

/// What a place has now where a reference points, in words for people.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Difference {
    /// As in `etag`, `size`, `time` or `hash`.
    pub what: &'static str,
    pub recorded: String,
    pub found: String,
}

/// Why what a reference points to cannot be read.
#[derive(Debug, thiserror::Error)]
pub enum ReferenceError {
    #[error("`{url}` is gone")]
    Gone { url: String },
    #[error("`{url}` has changed: {} was {}, and is {}", .difference.what, .difference.recorded, .difference.found)]
    Changed { url: String, difference: Difference },
    #[error("`{url}` is no address that can be read: {reason}")]
    BadUrl { url: String, reason: String },
    #[error("`{url}` cannot be read: {source}")]
    Unreadable { url: String, source: Box<dyn std::error::Error + Send + Sync> },
    #[error("`{url}` lies elsewhere, and nobody here reads it")]
    NoReader { url: String },
}

impl ReferenceError {
    /// Returns the error of this kind that a reader of a source met, if it is one.
    pub fn of(error: &io::Error) -> Option<&Self> {
        error.get_ref()?.downcast_ref()
    }
}

/// Reads what references point to.
pub trait Elsewhere: Debug + Send + Sync {
    /// Returns the bytes that a reference means, and no others.
    fn open(&self, reference: &Reference) -> Result<Arc<dyn Source>, ReferenceError>;
}

impl ObjectDb {
    /// Returns the bytes that a reference means; what has changed meanwhile is an error.
    pub fn open_reference(&self, reference: &Reference) -> Result<Arc<dyn Source>, ObjectError> {
        match self.elsewhere() {
            Some(elsewhere) => Ok(elsewhere.open(reference)?),
            None => Err(ReferenceError::NoReader { url: reference.url.clone() }.into()),
        }
    }

    /// Stores the bytes that a reference means as a file.
    pub fn ingest_reference(
        &self,
        reference: &Reference,
        progress: &dyn Progress,
    ) -> Result<FileRef, ObjectError> {
        let source = self.open_reference(reference)?;
        let stored = self.ingest(source.reader().map_err(told)?, progress);
        stored.map_err(|error| match error {
            ObjectError::Source(error) => told(error),
            error => error,
        })
    }

    /// Writes the bytes that a reference means to `sink`. After an error the sink may hold a part.
    pub fn copy_reference(
        &self,
        reference: &Reference,
        sink: &mut dyn Write,
    ) -> Result<(), ObjectError> {
        let source = self.open_reference(reference)?;
        if reference.size <= AT_ONCE {
            let bytes = source.read_at(0, AT_ONCE as usize).map_err(told)?;
            return sink.write_all(&bytes).map_err(ObjectError::Sink);
        }
        let mut reader = source.reader().map_err(told)?;
        let mut buffer = vec![0; STEP];
        loop {
            match reader.read(&mut buffer) {
                Ok(0) => return Ok(()),
                Ok(read) => sink.write_all(&buffer[..read]).map_err(ObjectError::Sink)?,
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                Err(error) => return Err(told(error)),
            }
        }
    }
}

/// So many bytes are read, and known to be the right ones, before the first is passed on.
const AT_ONCE: u64 = 8 << 20;

/// How many bytes of longer files are passed on at a time.
const STEP: usize = 1 << 18;

/// Returns what went wrong with a source, as the fact it is where it is one.
fn told(error: io::Error) -> ObjectError {
    match error.downcast::<ReferenceError>() {
        Ok(error) => error.into(),
        Err(error) => ObjectError::Source(error),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn reference() -> Reference {
        Reference {
            url: "s3://bucket/a".to_owned(),
            size: 3,
            etag: "\"e\"".to_owned(),
            version: String::new(),
            modified: 7,
            content: None,
        }
    }

    #[test]
    fn a_hash_that_was_found_out_later_changes_nothing_of_what_is_meant() {
        let hashed = |text: &[u8]| Reference { content: Some(Hash::of(text)), ..reference() };
        assert!(reference().means_the_same(&hashed(b"abc")));
        assert!(!hashed(b"abd").means_the_same(&hashed(b"abc")));
        for other in [
            Reference { size: 4, ..reference() },
            Reference { modified: 8, ..reference() },
            Reference { etag: String::new(), version: "\"e\"".to_owned(), ..reference() },
            Reference { url: "s3://bucket/b".to_owned(), ..reference() },
        ] {
            assert!(!reference().means_the_same(&other), "{other:?}");
        }
    }

    #[test]
    fn without_a_reader_a_reference_says_that_nobody_reads_it() {
        let store = Arc::<crate::store::MemoryStore>::default();
        let error = ObjectDb::new(store).copy_reference(&reference(), &mut io::sink());
        let text = error.unwrap_err().to_string();
        assert_eq!(text, "`s3://bucket/a` lies elsewhere, and nobody here reads it");
    }
}
