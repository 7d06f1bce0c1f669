//! Taking packs over from another store of this machine, for a clone. Packs never change, so where
//! the file system allows it both stores name the same file.

use std::collections::BTreeSet;
use std::fs::File;
use std::io;
use std::path::Path;

use crate::base::fs::{IoContext, PathError, remove_file_if_exists, sync_dir};
use crate::base::progress::Unit;
use crate::base::{Progress, interrupt};
use crate::store::pack::{self, BlobError, FooterError, PackName};
use crate::store::verify::verify_file;
use crate::store::{ChunkStore, Durability, Live, LocalStore, PackInfo, StoreError};

/// What was taken over.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Adopted {
    pub packs: u64,
    pub bytes: u64,
    /// The packs of these that had to be copied.
    pub copied: u64,
}

impl LocalStore {
    /// Returns the sealed packs that hold a blob that must stay. `live` must not ask the store.
    pub fn packs_with(&self, live: Live) -> Result<Vec<PackInfo>, StoreError> {
        self.index.relist()?;
        let mut names: BTreeSet<PackName> = BTreeSet::new();
        self.index.each(&mut |place| {
            if !names.contains(&place.pack) && live(&place.entry.id) {
                names.insert(place.pack);
            }
        })?;
        let packs = self.packs()?;
        Ok(packs.into_iter().filter(|pack| names.contains(&pack.name)).collect())
    }

    /// Takes over packs of another store, durably. What is copied is verified; what is shared is as
    /// sound as it was there. Of a pack that is damaged, the `live` blobs are taken that are not.
    pub fn adopt(
        &self,
        source: &Self,
        packs: &[PackInfo],
        live: Live,
        progress: &dyn Progress,
    ) -> Result<Adopted, StoreError> {
        let total = packs.iter().map(|pack| pack.len).sum();
        progress.phase("taking data over", Some(total), Unit::Bytes);
        let mut adopted = Adopted::default();
        for pack in packs {
            interrupt::check()?;
            let target = self.layout.packs().join(pack.name.file_name());
            if source.damage.is_in(pack.name) {
                self.salvage(source, pack.name, live)?;
            } else if !share(source, pack.name, &target)? {
                if !self.copy(source, pack.name, &target)? {
                    self.salvage(source, pack.name, live)?;
                }
                adopted.copied += 1;
            }
            adopted.packs += 1;
            adopted.bytes += pack.len;
            progress.advance(pack.len);
        }
        self.flush(Durability::Durable)?;
        sync_dir(&self.layout.packs())?;
        self.index.relist()?;
        Ok(adopted)
    }

    /// Stores the live blobs of a damaged pack that can be read.
    fn salvage(&self, source: &Self, name: PackName, live: Live) -> Result<(), StoreError> {
        let (file, path) = source.layout.open_pack(name)?;
        let entries = match pack::read_footer(&file) {
            Ok((entries, _)) => entries,
            Err(FooterError::Damaged(_)) => pack::scan(&file).context("read", &path)?,
            Err(FooterError::Io(error)) => return Err(PathError::new("read", path, error).into()),
        };
        for entry in entries.iter().filter(|entry| live(&entry.id)) {
            interrupt::check()?;
            match pack::read_both(&file, entry) {
                Ok((stored, _plain)) if !self.has(entry.id)? => self.put_stored(entry, &stored)?,
                Err(BlobError::Io(error)) => {
                    return Err(PathError::new("read", path, error).into());
                }
                _ => {}
            }
        }
        Ok(())
    }

    /// Copies a pack; tells whether it is sound, and takes nothing over where it is not.
    fn copy(&self, source: &Self, name: PackName, target: &Path) -> Result<bool, StoreError> {
        let draft = self.layout.tmp().join(name.file_name());
        // It may have moved from the fresh packs to the durable ones since it was found.
        let copied = with_place(source, name, |path| {
            remove_if_there(&draft)?;
            reflink_copy::reflink_or_copy(path, &draft).map(|_| ())
        });
        copied.and_then(|()| settle(&draft))?;
        if !verify_file(&draft, name)? {
            remove_file_if_exists(&draft)?;
            return Ok(false);
        }
        std::fs::rename(&draft, target).context("rename to", target)?;
        Ok(true)
    }
}

/// Gives a pack a second name; tells whether the file system allows that.
fn share(source: &LocalStore, name: PackName, target: &Path) -> Result<bool, PathError> {
    let linked = with_place(source, name, |path| match std::fs::hard_link(path, target) {
        Ok(()) => Ok(true),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Err(error),
        // Another file system, one without links, or a file that is somebody else's.
        Err(_) => Ok(false),
    })?;
    if linked {
        // A fresh pack may not be on the disk yet.
        settle(target)?;
    }
    Ok(linked)
}

/// Does something with the file of a pack, once more where it moved meanwhile.
fn with_place<T>(
    source: &LocalStore,
    name: PackName,
    deed: impl Fn(&Path) -> io::Result<T>,
) -> Result<T, PathError> {
    let (path, _) = source.layout.find_pack(name)?;
    match deed(&path) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => {
            let (path, _) = source.layout.find_pack(name)?;
            deed(&path).context("copy", path)
        }
        result => result.context("copy", path),
    }
}

fn settle(path: &Path) -> Result<(), PathError> {
    File::open(path).and_then(|file| file.sync_all()).context("sync", path)
}

fn remove_if_there(path: &Path) -> io::Result<()> {
    match std::fs::remove_file(path) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => Err(error),
        _ => Ok(()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::base::NoProgress;
    use crate::store::{BlobId, BlobKind};

    fn put(store: &LocalStore, text: &str) -> BlobId {
        let id = BlobId::of(BlobKind::Chunk, text.as_bytes());
        store.write(id, text.as_bytes()).unwrap();
        store.flush(Durability::Durable).unwrap();
        id
    }

    #[test]
    fn only_packs_with_something_live_are_taken_and_both_stores_go_on_alone() {
        let dir = tempfile::tempdir().unwrap();
        let source = LocalStore::open(&dir.path().join("source")).unwrap();
        let (kept, left) = (put(&source, "kept"), put(&source, "left"));
        let packs = source.packs_with(&|id| *id == kept).unwrap();
        assert_eq!(packs.len(), 1);
        let clone = LocalStore::open(&dir.path().join("clone")).unwrap();
        let adopted = clone.adopt(&source, &packs, &|_| true, &NoProgress).unwrap();
        assert_eq!((adopted.packs, adopted.bytes), (1, packs[0].len));
        assert_eq!(clone.read(kept).unwrap(), b"kept");
        assert!(!clone.contains(left).unwrap());
        std::fs::remove_file(&packs[0].path).unwrap();
        assert_eq!(clone.read(kept).unwrap(), b"kept");
    }

    #[test]
    fn of_a_damaged_pack_that_is_copied_the_sound_blobs_are_taken() {
        let dir = tempfile::tempdir().unwrap();
        let source = LocalStore::open(&dir.path().join("source")).unwrap();
        let sound = BlobId::of(BlobKind::Chunk, b"this one stays");
        source.write(sound, b"this one stays").unwrap();
        let id = put(&source, "a text that is damaged later");
        let pack = source.packs_with(&|found| *found == id).unwrap().remove(0);
        let mut bytes = std::fs::read(&pack.path).unwrap();
        let place = bytes.windows(6).position(|text| text == b"a text").unwrap();
        bytes[place] ^= 1;
        crate::base::fs::atomic_write(&pack.path, &bytes).unwrap();
        let clone = LocalStore::open(&dir.path().join("clone")).unwrap();
        let target = clone.layout.packs().join(pack.name.file_name());
        assert!(!clone.copy(&source, pack.name, &target).unwrap());
        assert!(clone.packs().unwrap().is_empty());
        clone.salvage(&source, pack.name, &|_| true).unwrap();
        assert_eq!(clone.read(sound).unwrap(), b"this one stays");
        assert!(!clone.contains(id).unwrap());
    }
}
