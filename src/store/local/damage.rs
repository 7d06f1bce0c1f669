//! What is known to be damaged or lost, so that it is stored again when it comes by. The list is
//! advice: where it is wrong, a blob is stored twice; a line that cannot be read is passed over.

use std::collections::BTreeSet;
use std::fs::OpenOptions;
use std::io::Write;
use std::path::PathBuf;
use std::sync::{PoisonError, RwLock, RwLockReadGuard};

use crate::base::fs::{PathError, atomic_write, read_if_exists, remove_file_if_exists};
use crate::store::index::Location;
use crate::store::pack::PackName;
use crate::store::{BlobId, BlobKind, LocalStore, StoreError};

/// A blob, and the pack that has it damaged; no pack where it is in none.
pub type LostPlace = (BlobId, Option<PackName>);

/// The list, in memory and on the disk.
#[derive(Debug)]
pub struct KnownDamage {
    path: PathBuf,
    places: RwLock<BTreeSet<LostPlace>>,
}

impl KnownDamage {
    /// Reads the list; one that cannot be read is as good as none.
    pub fn open(path: PathBuf) -> Self {
        let bytes = read_if_exists(&path).ok().flatten().unwrap_or_default();
        let text = String::from_utf8_lossy(&bytes);
        let places = text.lines().filter_map(parsed).collect();
        Self { path, places: RwLock::new(places) }
    }

    fn places(&self) -> RwLockReadGuard<'_, BTreeSet<LostPlace>> {
        self.places.read().unwrap_or_else(PoisonError::into_inner)
    }

    /// Tells whether the bytes at a place are known to be damaged.
    pub fn has(&self, place: &Location) -> bool {
        let places = self.places();
        !places.is_empty() && places.contains(&(place.entry.id, Some(place.pack)))
    }

    /// Tells whether a pack is known to be damaged.
    pub fn is_in(&self, pack: PackName) -> bool {
        self.places().iter().any(|(_, damaged)| *damaged == Some(pack))
    }

    /// Tells whether a blob was damaged or lost, be it stored again since or not.
    pub fn concerns(&self, id: BlobId) -> bool {
        self.places().range((id, None)..).next().is_some_and(|(found, _)| *found == id)
    }

    /// Takes note of a place. Where that cannot be written down, this process knows it at least.
    pub fn note(&self, place: &Location) {
        let line = (place.entry.id, Some(place.pack));
        if self.places.write().unwrap_or_else(PoisonError::into_inner).insert(line) {
            let file = OpenOptions::new().create(true).append(true).open(&self.path);
            let _ = file.and_then(|mut file| file.write_all(spelled(&line).as_bytes()));
        }
    }

    /// Puts another list in place of this one.
    fn replace(&self, found: BTreeSet<LostPlace>) -> Result<(), PathError> {
        let mut places = self.places.write().unwrap_or_else(PoisonError::into_inner);
        if *places == found {
            return Ok(());
        }
        *places = found;
        if places.is_empty() {
            return remove_file_if_exists(&self.path);
        }
        let text: String = places.iter().map(spelled).collect();
        atomic_write(&self.path, text.as_bytes())
    }
}

fn spelled((id, pack): &LostPlace) -> String {
    let pack = pack.map_or_else(|| "-".to_owned(), |name| name.to_string());
    format!("{} {} {pack}\n", id.kind, id.hash.to_hex())
}

fn parsed(line: &str) -> Option<LostPlace> {
    let mut words = line.split(' ');
    let kind = words.next()?;
    let kind = BlobKind::ALL.into_iter().find(|known| known.to_string() == kind)?;
    let id = BlobId { kind, hash: words.next()?.parse().ok()? };
    let pack = match words.next()? {
        "-" => None,
        name => Some(name.parse().ok()?),
    };
    Some((id, pack))
}

impl LocalStore {
    /// Returns a place of a blob that is not known to be damaged.
    pub(super) fn sound_place(&self, id: BlobId) -> Result<Option<Location>, StoreError> {
        match self.index.find(id)? {
            Some(place) if self.damage.has(&place) => {
                let places = self.index.find_all(id)?;
                Ok(places.into_iter().find(|place| !self.damage.has(place)))
            }
            place => Ok(place),
        }
    }

    /// Returns the blobs that are known to be damaged or lost and have not been stored again since.
    pub fn lost_blobs(&self) -> Result<BTreeSet<BlobId>, StoreError> {
        let known: BTreeSet<BlobId> = self.damage.places().iter().map(|(id, _)| *id).collect();
        let mut lost = BTreeSet::new();
        for id in known {
            if !self.writing.holds(id) && self.sound_place(id)?.is_none() {
                lost.insert(id);
            }
        }
        Ok(lost)
    }

    /// Returns the damaged places of blobs that a sound pack has too.
    pub(in crate::store) fn superseded(&self) -> Result<BTreeSet<LostPlace>, StoreError> {
        let known = self.damage.places().clone();
        let mut superseded = BTreeSet::new();
        for (id, pack) in known {
            if self.sound_place(id)?.is_some() {
                superseded.insert((id, pack));
            }
        }
        Ok(superseded)
    }

    /// Writes down all that is damaged or lost, in place of what was known before.
    pub fn note_damage(&self, found: BTreeSet<LostPlace>) -> Result<(), StoreError> {
        match self.report.read_only {
            Some(_) => Ok(()),
            None => Ok(self.damage.replace(found)?),
        }
    }

    /// Writes down that blobs are lost, wherever the index has them, besides what was known before.
    pub fn note_lost(&self, ids: impl IntoIterator<Item = BlobId>) -> Result<(), StoreError> {
        let mut places = self.damage.places().clone();
        for id in ids {
            places.insert((id, None));
            let found = self.index.find_all(id)?;
            places.extend(found.into_iter().map(|place| (id, Some(place.pack))));
        }
        self.note_damage(places)
    }

    /// Forgets damage in packs that are gone.
    pub(in crate::store) fn forget_damage(&self, gone: &[PackName]) -> Result<(), StoreError> {
        let mut places = self.damage.places().clone();
        places.retain(|(_, pack)| pack.is_none_or(|pack| !gone.contains(&pack)));
        self.note_damage(places)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::base::NoProgress;
    use crate::store::{ChunkStore, Durability, RepackLimits};

    const TEXT: &[u8] = b"a text that is damaged later";

    /// A store whose only pack has its only blob damaged.
    fn hurt(dir: &std::path::Path) -> BlobId {
        let store = LocalStore::open(dir).unwrap();
        let id = BlobId::of(BlobKind::Chunk, TEXT);
        store.write(id, TEXT).unwrap();
        store.flush(Durability::Durable).unwrap();
        let pack = store.packs().unwrap().remove(0);
        let mut bytes = std::fs::read(&pack.path).unwrap();
        bytes[70] ^= 1;
        crate::base::fs::atomic_write(&pack.path, &bytes).unwrap();
        id
    }

    #[test]
    fn a_blob_that_could_not_be_read_is_stored_again_by_another_process() {
        let dir = tempfile::tempdir().unwrap();
        let id = hurt(dir.path());
        let reader = LocalStore::open(dir.path()).unwrap();
        assert!(!reader.write(id, TEXT).unwrap());
        assert!(matches!(reader.read(id), Err(StoreError::Damaged { .. })));
        drop(reader);
        let writer = LocalStore::open(dir.path()).unwrap();
        assert_eq!(writer.lost_blobs().unwrap(), BTreeSet::from([id]));
        assert!(writer.write(id, TEXT).unwrap());
        assert!(!writer.write(id, TEXT).unwrap());
        writer.flush(Durability::Visible).unwrap();
        assert!(writer.lost_blobs().unwrap().is_empty());
        assert!(!writer.write(id, TEXT).unwrap());
        assert_eq!(LocalStore::open(dir.path()).unwrap().read(id).unwrap(), TEXT);
        // What heals is worth the wait for the disk.
        assert!(
            writer.packs().unwrap().iter().all(|pack| pack.path.starts_with(writer.layout.packs()))
        );
    }

    #[test]
    fn a_collection_removes_a_damaged_copy_only_where_there_is_a_sound_one() {
        let dir = tempfile::tempdir().unwrap();
        let id = hurt(dir.path());
        let store = LocalStore::open(dir.path()).unwrap();
        store.read(id).unwrap_err();
        let collect = || {
            let session = store.exclusive(std::time::Duration::ZERO).unwrap();
            let plan = session.plan(&|_| true, RepackLimits::default()).unwrap();
            session.execute(&plan, &|_| true, &NoProgress).unwrap()
        };
        assert_eq!(collect().removed.len(), 0);
        store.write(id, TEXT).unwrap();
        assert_eq!(collect().removed.len(), 1);
        assert_eq!((store.packs().unwrap().len(), store.read(id).unwrap()), (1, TEXT.to_vec()));
        assert!(!store.layout.known_damage().exists());
    }

    #[test]
    fn a_line_survives_the_way_through_the_file_and_nonsense_is_passed_over() {
        let pack = PackName { id: crate::base::PackId(crate::base::Hash::of(b"p")), nonce: 7 };
        for place in [
            (BlobId::of(BlobKind::Tree, b"t"), Some(pack)),
            (BlobId::of(BlobKind::Chunk, b"c"), None),
        ] {
            assert_eq!(parsed(spelled(&place).trim_end()), Some(place));
        }
        for line in ["", "chunk", "chunk 12 -", "tree - -", "\u{fffd}"] {
            assert_eq!(parsed(line), None, "{line}");
        }
    }
}
