//! Blobs that come from another store: verified one by one, or pack by pack. What an interrupted
//! download has brought of a pack stays for the next, until a garbage collection.

use std::collections::HashSet;
use std::fs::{File, TryLockError};
use std::io::{ErrorKind, Seek, SeekFrom};
use std::path::PathBuf;

use crate::base::fs::{IoContext, PathError, create_dirs, remove_file_if_exists, sync_dir};
use crate::store::layout::children;
use crate::store::pack::{self, BlobEntry, BlobError, PackName, fresh_nonce};
use crate::store::verify::verify_pack_file;
use crate::store::{BlobId, ChunkStore, Durability, LocalStore, StoreError};

/// A pack that is being downloaded, in a file of which this process alone is the writer.
#[derive(Debug)]
pub struct Incoming {
    name: PackName,
    path: PathBuf,
    file: File,
}

impl Incoming {
    /// Returns the file; it stands at its end.
    pub fn file(&self) -> &File {
        &self.file
    }

    /// Returns how many bytes are there already.
    pub fn received(&self) -> Result<u64, StoreError> {
        Ok(self.file.metadata().context("look at", &self.path)?.len())
    }

    /// Forgets the bytes that are there.
    pub fn clear(&self) -> Result<(), StoreError> {
        self.file.set_len(0).context("shorten", &self.path)?;
        (&self.file).seek(SeekFrom::Start(0)).context("shorten", &self.path)?;
        Ok(())
    }
}

impl LocalStore {
    /// Returns those of some blobs that are not here, or are known to be damaged.
    pub fn absent(
        &self,
        ids: impl IntoIterator<Item = BlobId>,
    ) -> Result<HashSet<BlobId>, StoreError> {
        self.index.refresh()?;
        let mut absent = HashSet::new();
        for id in ids {
            if !self.writing.holds(id) && self.sound_place(id)?.is_none() {
                absent.insert(id);
            }
        }
        Ok(absent)
    }

    /// Stores a blob of another store, given its header and its stored bytes, once they are verified.
    pub fn put_received(&self, entry: &BlobEntry, bytes: &[u8]) -> Result<(), StoreError> {
        match pack::check_blob(bytes, entry) {
            Ok(stored) => self.put_stored(entry, stored),
            Err(BlobError::Io(error)) => Err(PathError::new("read", "memory", error).into()),
            Err(error) => {
                let reason = error.to_string();
                Err(StoreError::Damaged { id: entry.id, pack: None, reason })
            }
        }
    }

    /// Opens the file that a pack is downloaded into, with what an attempt before brought; a new one
    /// where another process is at it.
    pub fn incoming(&self, name: PackName) -> Result<Incoming, StoreError> {
        if let Some(reason) = &self.report.read_only {
            return Err(StoreError::ReadOnly { reason: reason.clone() });
        }
        let dir = self.layout.incoming();
        create_dirs(&dir)?;
        let shared = dir.join(name.file_name());
        match locked(shared)? {
            Some((path, file)) => Ok(Incoming { name, path, file }),
            None => loop {
                let own = self.layout.tmp().join(format!("{:016x}.tmp", fresh_nonce()));
                if let Some((path, file)) = locked(own)? {
                    return Ok(Incoming { name, path, file });
                }
            },
        }
    }

    /// Makes a downloaded pack one of this store's, durably but for its name; tells whether it is
    /// sound, and where it is not, forgets it.
    pub fn accept(&self, incoming: Incoming) -> Result<bool, StoreError> {
        let Incoming { name, path, file } = incoming;
        let mut sound = true;
        verify_pack_file(&file, name, &mut |_| {}, &mut |_| sound = false)
            .context("read", &path)?;
        let Some((entries, _)) = pack::read_footer(&file).ok().filter(|_| sound) else {
            remove_file_if_exists(&path)?;
            return Ok(false);
        };
        file.sync_all().context("sync", &path)?;
        let target = self.layout.packs().join(name.file_name());
        std::fs::rename(&path, &target).context("rename to", target)?;
        self.index.add(name, &entries);
        // The index only saves time: a pack is found without it.
        let _ = self.index.fold_if_due(false);
        Ok(true)
    }

    /// Makes all that was received durable.
    pub fn settle_received(&self) -> Result<(), StoreError> {
        self.flush(Durability::Durable)?;
        Ok(sync_dir(&self.layout.packs())?)
    }

    /// Forgets what interrupted downloads brought. No other process may use the store.
    pub(in crate::store) fn forget_incoming(&self) -> Result<(), StoreError> {
        for path in children(&self.layout.incoming())? {
            remove_file_if_exists(&path)?;
        }
        Ok(())
    }
}

/// Opens a file, made where missing, and locks it; nothing where another process has.
fn locked(path: PathBuf) -> Result<Option<(PathBuf, File)>, PathError> {
    use std::os::unix::fs::MetadataExt;
    loop {
        let opened =
            File::options().read(true).write(true).create(true).truncate(false).open(&path);
        let mut file = opened.context("open", &path)?;
        match file.try_lock() {
            Ok(()) => {}
            Err(TryLockError::WouldBlock) => return Ok(None),
            Err(TryLockError::Error(error)) => return Err(PathError::new("lock", path, error)),
        }
        // Before the lock was had, its last owner may have moved it to where packs lie.
        let same = match path.metadata() {
            Ok(found) => found.ino() == file.metadata().context("look at", &path)?.ino(),
            Err(error) if error.kind() == ErrorKind::NotFound => false,
            Err(error) => return Err(PathError::new("look at", path, error)),
        };
        if same {
            file.seek(SeekFrom::End(0)).context("open", &path)?;
            return Ok(Some((path, file)));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::store::BlobKind;
    use std::io::Write;

    fn pack_of(dir: &std::path::Path) -> (PackName, Vec<u8>, BlobId) {
        let store = LocalStore::open(dir).unwrap();
        let id = BlobId::of(BlobKind::Chunk, b"hello");
        store.write(id, b"hello").unwrap();
        store.flush(Durability::Durable).unwrap();
        let pack = store.packs().unwrap().remove(0);
        (pack.name, std::fs::read(pack.path).unwrap(), id)
    }

    #[test]
    fn a_pack_that_comes_in_two_halves_is_taken_and_a_damaged_one_is_not() {
        let dir = tempfile::tempdir().unwrap();
        let (name, bytes, id) = pack_of(&dir.path().join("a"));
        let store = LocalStore::open(&dir.path().join("b")).unwrap();
        let half = bytes.len() / 2;
        store.incoming(name).unwrap().file().write_all(&bytes[..half]).unwrap();
        let next = store.incoming(name).unwrap();
        assert_eq!(next.received().unwrap(), half as u64);
        next.file().write_all(&bytes[half..]).unwrap();
        assert!(store.accept(next).unwrap());
        assert_eq!(store.read(id).unwrap(), b"hello");
        let other = LocalStore::open(&dir.path().join("c")).unwrap();
        let incoming = other.incoming(name).unwrap();
        incoming.file().write_all(&bytes[..half]).unwrap();
        assert!(!other.accept(incoming).unwrap());
        assert_eq!(other.incoming(name).unwrap().received().unwrap(), 0);
    }

    #[test]
    fn two_that_download_the_same_pack_do_not_write_to_one_file() {
        let dir = tempfile::tempdir().unwrap();
        let (name, bytes, id) = pack_of(&dir.path().join("a"));
        let store = LocalStore::open(&dir.path().join("b")).unwrap();
        let (one, two) = (store.incoming(name).unwrap(), store.incoming(name).unwrap());
        for incoming in [one, two] {
            incoming.file().write_all(&bytes).unwrap();
            assert!(store.accept(incoming).unwrap());
        }
        assert_eq!((store.packs().unwrap().len(), store.read(id).unwrap().len()), (1, 5));
    }

    #[test]
    fn what_is_received_must_be_what_its_entry_says() {
        let dir = tempfile::tempdir().unwrap();
        let (_, bytes, id) = pack_of(&dir.path().join("a"));
        let source = LocalStore::open(&dir.path().join("a")).unwrap();
        let entry = source.index.find(id).unwrap().unwrap().entry;
        let mut blob = bytes[entry.offset as usize..entry.end() as usize].to_vec();
        let store = LocalStore::open(&dir.path().join("b")).unwrap();
        *blob.last_mut().unwrap() ^= 1;
        let error = store.put_received(&entry, &blob).unwrap_err();
        assert!(matches!(error, StoreError::Damaged { .. }), "{error}");
        *blob.last_mut().unwrap() ^= 1;
        store.put_received(&entry, &blob).unwrap();
        assert_eq!(store.absent([id]).unwrap().len(), 0);
        assert_eq!(store.read(id).unwrap(), b"hello");
    }
}
