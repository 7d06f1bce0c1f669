//! Blobs on their way to another store: where they lie, and packs of them, all verified.

use std::collections::{BTreeMap, HashSet};
use std::fs::File;
use std::os::unix::fs::FileExt;

use crate::base::fs::IoContext;
use crate::base::interrupt;
use crate::store::compress::{Scheme, encode};
use crate::store::pack::{
    self, BlobEntry, FinishedPack, PackName, PackWriter, TRAILER_LEN, footer_len,
};
use crate::store::verify::verify_pack_file;
use crate::store::{BlobId, LocalStore, StoreError};

/// Fewer blobs than this are looked up one by one; for more, the index is read from end to end.
const FEW: usize = 10_000;

/// An open pack every byte of which was found to be sound.
#[derive(Debug)]
pub struct SoundPack {
    pub name: PackName,
    pub file: File,
    pub len: u64,
    /// The last bytes of the pack.
    pub footer: Vec<u8>,
}

impl LocalStore {
    /// Returns where sealed blobs lie, each once, by pack; one that is in no pack is an error.
    pub fn places(
        &self,
        mut wanted: HashSet<BlobId>,
    ) -> Result<BTreeMap<PackName, Vec<BlobEntry>>, StoreError> {
        self.index.relist()?;
        let mut places: BTreeMap<PackName, Vec<BlobEntry>> = BTreeMap::new();
        if wanted.len() < FEW {
            for id in wanted {
                let place = self.sound_place(id)?.ok_or(StoreError::Missing { id })?;
                places.entry(place.pack).or_default().push(place.entry);
            }
            return Ok(places);
        }
        self.index.each(&mut |place| {
            if !self.damage.has(&place) && wanted.remove(&place.entry.id) {
                places.entry(place.pack).or_default().push(place.entry);
            }
        })?;
        match wanted.into_iter().next() {
            Some(id) => Err(StoreError::Missing { id }),
            None => Ok(places),
        }
    }

    /// Returns how long a sealed pack is.
    pub fn pack_len(&self, name: PackName) -> Result<u64, StoreError> {
        Ok(self.layout.find_pack(name)?.1)
    }

    /// Reads a pack whole and opens it, or returns nothing where it is not sound.
    pub fn open_sound(&self, name: PackName) -> Result<Option<SoundPack>, StoreError> {
        let (file, path) = self.layout.open_pack(name)?;
        let mut sound = true;
        verify_pack_file(&file, name, &mut |_| {}, &mut |_| sound = false)
            .context("read", &path)?;
        if !sound {
            return Ok(None);
        }
        let len = file.metadata().context("look at", &path)?.len();
        let mut tail = [0; TRAILER_LEN];
        let start = len.saturating_sub(TRAILER_LEN as u64);
        file.read_exact_at(&mut tail, start).context("read", &path)?;
        let Ok(footer_len) = footer_len(&tail, len) else { return Ok(None) };
        let mut footer = vec![0; footer_len as usize];
        file.read_exact_at(&mut footer, len - footer_len).context("read", &path)?;
        Ok(Some(SoundPack { name, file, len, footer }))
    }

    /// Writes blobs into a pack of their own, in a temporary file. What is damaged at its place is
    /// taken from another; where there is none, the error names it.
    pub fn build_pack(&self, blobs: &[(PackName, BlobEntry)]) -> Result<FinishedPack, StoreError> {
        let mut writer = PackWriter::create(&self.layout.tmp())?;
        for (pack, entry) in blobs {
            interrupt::check()?;
            let handle = self.handles.get(&self.layout, *pack)?;
            match pack::read_both(&handle.file, entry) {
                Ok((stored, _plain)) => {
                    writer.append(entry.id, entry.scheme, entry.plain, &stored);
                }
                Err(_) => append_plain(&mut writer, entry.id, &self.read_verified(entry.id)?),
            }
            if let Some(batch) = writer.take_full() {
                batch.write()?;
            }
        }
        Ok(writer.finish()?)
    }
}

fn append_plain(writer: &mut PackWriter, id: BlobId, plain: &[u8]) {
    let mut encoded = Vec::new();
    let scheme = encode(id.kind, plain, &mut encoded);
    let payload = if scheme == Scheme::RAW { plain } else { &encoded };
    writer.append(id, scheme, plain.len() as u32, payload);
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::store::{BlobKind, ChunkStore, Durability};

    fn store_with(dir: &std::path::Path, texts: &[&str]) -> (LocalStore, Vec<BlobId>) {
        let store = LocalStore::open(dir).unwrap();
        let ids: Vec<BlobId> =
            texts.iter().map(|text| BlobId::of(BlobKind::Chunk, text.as_bytes())).collect();
        for (text, id) in texts.iter().zip(&ids) {
            store.write(*id, text.as_bytes()).unwrap();
        }
        store.flush(Durability::Durable).unwrap();
        (store, ids)
    }

    fn list(places: BTreeMap<PackName, Vec<BlobEntry>>) -> Vec<(PackName, BlobEntry)> {
        let flat =
            |(pack, entries): (_, Vec<_>)| entries.into_iter().map(move |entry| (pack, entry));
        places.into_iter().flat_map(flat).collect()
    }

    #[test]
    fn a_pack_is_built_of_what_is_wanted_and_is_gone_with_its_handle() {
        let dir = tempfile::tempdir().unwrap();
        let (store, ids) = store_with(dir.path(), &["one", "two", "three"]);
        let wanted = list(store.places(ids[..2].iter().copied().collect()).unwrap());
        let built = store.build_pack(&wanted).unwrap();
        assert_eq!(built.entries.len(), 2);
        assert_eq!(built.file().metadata().unwrap().len(), built.size());
        drop(built);
        assert_eq!(std::fs::read_dir(dir.path().join("tmp")).unwrap().count(), 0);
    }

    #[test]
    fn a_damaged_blob_is_named_and_not_packed() {
        let dir = tempfile::tempdir().unwrap();
        let (store, ids) = store_with(dir.path(), &["a text that is damaged later"]);
        let pack = store.packs().unwrap().remove(0);
        let mut bytes = std::fs::read(&pack.path).unwrap();
        let at = bytes.windows(6).position(|text| text == b"a text").unwrap();
        bytes[at] ^= 1;
        crate::base::fs::atomic_write(&pack.path, &bytes).unwrap();
        assert!(store.open_sound(pack.name).unwrap().is_none());
        let wanted = list(store.places(ids.iter().copied().collect()).unwrap());
        let error = store.build_pack(&wanted).unwrap_err();
        assert!(matches!(error, StoreError::Damaged { id, .. } if id == ids[0]), "{error}");
    }

    #[test]
    fn a_blob_that_is_not_there_is_named() {
        let dir = tempfile::tempdir().unwrap();
        let (store, _) = store_with(dir.path(), &["one"]);
        let id = BlobId::of(BlobKind::Chunk, b"another");
        let error = store.places([id].into()).unwrap_err();
        assert!(matches!(error, StoreError::Missing { id: found } if found == id), "{error}");
    }
}
