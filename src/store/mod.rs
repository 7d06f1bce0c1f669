//! The chunk store: immutable blobs named by their hash, compressed, packed, found by an index.
//! [`ChunkStore`] is what the floors above see; on disk it is a [`LocalStore`], perhaps with a
//! [`Source`] behind it, in tests a [`MemoryStore`].

mod blob;
pub mod chunker;
mod compress;
mod error;
mod index;
mod layered;
mod layout;
mod local;
mod memory;
mod pack;
mod repack;
mod verify;

pub use blob::{BlobId, BlobKind};
pub use error::StoreError;
pub use index::{Location, ToldIndex};
#[cfg(test)]
pub use layered::CountingSource;
pub use layered::{LayeredStore, Source};
pub use local::{Adopted, Incoming, LocalStore, LostPlace, OpenReport, PackInfo, SoundPack, Usage};
pub use memory::MemoryStore;
pub use pack::{
    BlobEntry, FinishedPack, FooterError, PackClass, PackName, TRAILER_LEN, decode_footer,
    footer_len, fresh_nonce, pack_len,
};
pub use repack::{GcSession, Live, RepackLimits, RepackOutcome, RepackPlan, Tally, decide};
pub use verify::{Damage, verify_pack_file};

/// How far [`ChunkStore::flush`] takes what was written.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Durability {
    /// Other processes find it; a killed process loses nothing of it.
    Visible,
    /// It also survives a power cut, as does everything flushed before.
    Durable,
}

/// A store of immutable blobs. What `write` was given may be unreadable to other handles until
/// `flush`; the handle itself reads it at once.
pub trait ChunkStore: Send + Sync + std::fmt::Debug {
    /// Tells whether the blob is stored, without reading it.
    fn contains(&self, id: BlobId) -> Result<bool, StoreError>;

    /// Returns the plain bytes of a blob, verified against its hash.
    fn read(&self, id: BlobId) -> Result<Vec<u8>, StoreError>;

    /// Puts the plain bytes of a blob, verified against its hash, at the front of `out`, and returns
    /// how many they are: where they do not fit, nothing of `out` counts. No memory is taken where
    /// they fill it.
    fn read_into(&self, id: BlobId, out: &mut [u8]) -> Result<usize, StoreError> {
        let bytes = self.read(id)?;
        if let Some(room) = out.get_mut(..bytes.len()) {
            room.copy_from_slice(&bytes);
        }
        Ok(bytes.len())
    }

    /// Stores `bytes`, whose id the caller has computed with [`BlobId::of`]; tells whether they
    /// were new.
    fn write(&self, id: BlobId, bytes: &[u8]) -> Result<bool, StoreError>;

    /// Makes everything written so far visible, or durable.
    fn flush(&self, durability: Durability) -> Result<(), StoreError>;

    /// Returns up to `limit` ids of a kind whose 64 hex digits start with `prefix`, sorted.
    fn find(&self, kind: BlobKind, prefix: &str, limit: usize) -> Result<Vec<BlobId>, StoreError>;

    /// Tells whether [`ChunkStore::fetch`] may bring anything.
    fn is_partial(&self) -> bool {
        false
    }

    /// Brings those of the blobs here that are missing and lie elsewhere, all at once. What lies
    /// nowhere stays missing.
    fn fetch(&self, _ids: &[BlobId]) -> Result<(), StoreError> {
        Ok(())
    }
}
