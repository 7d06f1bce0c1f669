use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use proptest::prelude::*;

use super::*;
use crate::object::ChunkSpan;
use crate::store::chunker::cut_all;
use crate::store::{Durability, MemoryStore};

/// Returns bytes that look random, the same for the same seed.
fn noise(seed: u64, len: usize) -> Vec<u8> {
    let mut bytes = vec![0; len];
    blake3::Hasher::new().update(&seed.to_le_bytes()).finalize_xof().fill(&mut bytes);
    bytes
}

fn memory_db() -> ObjectDb {
    ObjectDb::new(Arc::new(MemoryStore::default()))
}

/// Gives its bytes in small, odd portions.
struct Dribble<'a>(&'a [u8], usize);

impl Read for Dribble<'_> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let count = self.1.min(buffer.len()).min(self.0.len());
        buffer[..count].copy_from_slice(&self.0[..count]);
        self.0 = &self.0[count..];
        Ok(count)
    }
}

/// Fails after so many bytes, on either way.
struct FailsAfter(usize);

impl Read for FailsAfter {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let count = self.0.min(buffer.len());
        self.0 -= count;
        if count == 0 { Err(io::Error::other("worn out")) } else { Ok(count) }
    }
}

impl io::Write for FailsAfter {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let count = self.0.min(bytes.len());
        self.0 -= count;
        if count == 0 { Err(io::Error::other("worn out")) } else { Ok(count) }
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

/// A store whose n-th write fails, and every one after it.
#[derive(Debug)]
struct FailingStore {
    inner: MemoryStore,
    left: AtomicUsize,
}

impl ChunkStore for FailingStore {
    fn contains(&self, id: BlobId) -> Result<bool, StoreError> {
        self.inner.contains(id)
    }

    fn read(&self, id: BlobId) -> Result<Vec<u8>, StoreError> {
        self.inner.read(id)
    }

    fn write(&self, id: BlobId, bytes: &[u8]) -> Result<bool, StoreError> {
        let left = self.left.fetch_update(Ordering::SeqCst, Ordering::SeqCst, |n| n.checked_sub(1));
        match left {
            Ok(_) => self.inner.write(id, bytes),
            Err(_) => Err(StoreError::ReadOnly { reason: "worn out".to_owned() }),
        }
    }

    fn flush(&self, durability: Durability) -> Result<(), StoreError> {
        self.inner.flush(durability)
    }

    fn find(&self, kind: BlobKind, prefix: &str, n: usize) -> Result<Vec<BlobId>, StoreError> {
        self.inner.find(kind, prefix, n)
    }
}

#[test]
fn a_small_file_is_its_own_chunk_and_an_empty_one_has_none() {
    let db = memory_db();
    assert_eq!(db.ingest_bytes(b"").unwrap(), FileRef::empty());
    let file = db.ingest_bytes(b"hello").unwrap();
    assert_eq!((file.size, file.manifest), (5, None));
    assert_eq!(db.store().read(BlobId::chunk(file.content)).unwrap(), b"hello");
    assert_eq!(db.read_file(&FileRef::empty(), 0).unwrap(), b"");
}

#[test]
fn a_file_too_long_for_memory_is_refused() {
    let db = memory_db();
    let file = db.ingest_bytes(&noise(1, 1000)).unwrap();
    let refused = db.read_file(&file, 999);
    assert!(matches!(refused, Err(ObjectError::TooLong { size: 1000, limit: 999 })));
}

#[test]
fn a_huge_file_has_a_manifest_of_levels_and_an_insertion_keeps_most_nodes() {
    // Pretends that chunks are there: only the manifest is under test.
    let chunks: Vec<Child> =
        (0..20_000u64).map(|n| Child { hash: Hash::of(&n.to_le_bytes()), len: 100_000 }).collect();
    let store = Arc::new(MemoryStore::default());
    let build = |chunks: &[Child]| {
        let mut builder = Builder::new(Some(store.as_ref()));
        for chunk in chunks {
            builder.push(*chunk).unwrap();
        }
        let size = chunks.iter().map(|chunk| chunk.len).sum();
        FileRef { size, content: Hash::of(b""), manifest: Some(builder.finish().unwrap()) }
    };
    let file = build(&chunks);
    let nodes = store.totals().0;
    assert!((8..60).contains(&nodes), "{nodes}");
    let db = ObjectDb::new(store.clone());
    let spans = db.file_chunks(&file).unwrap();
    assert_eq!(spans.len(), chunks.len());
    assert_eq!(spans[12_345].offset, 1_234_500_000);
    let mut longer = chunks.clone();
    longer.insert(5_000, Child { hash: Hash::of(b"new"), len: 7 });
    build(&longer);
    assert!(store.totals().0 <= nodes + 3, "{} after {nodes}", store.totals().0);
}

#[test]
fn a_manifest_of_another_file_is_noticed() {
    let db = memory_db();
    let mut file = db.ingest_bytes(&noise(2, 600_000)).unwrap();
    file.content = Hash::of(b"other");
    let refused = db.read_file(&file, u64::MAX);
    assert!(matches!(refused, Err(ObjectError::Invalid { .. })), "{refused:?}");
    file.size += 1;
    assert!(matches!(db.file_chunks(&file), Err(ObjectError::Invalid { .. })));
}

#[test]
fn a_source_that_fails_midway_is_an_error() {
    for len in [10, 1_000_000, 20_000_000] {
        let refused = memory_db().ingest(FailsAfter(len), &NoProgress);
        assert!(matches!(refused, Err(ObjectError::Source(_))), "{len}");
    }
}

#[test]
fn a_sink_that_fails_midway_is_an_error() {
    let db = memory_db();
    let file = db.ingest_bytes(&noise(3, 3_000_000)).unwrap();
    for len in [0, 1, 2_999_999] {
        let refused = db.copy_file(&file, &mut FailsAfter(len));
        assert!(matches!(refused, Err(ObjectError::Sink(_))), "{len}");
    }
    db.copy_file(&file, &mut FailsAfter(3_000_000)).unwrap();
}

#[test]
fn a_store_that_fails_at_any_write_fails_the_ingest() {
    let bytes = noise(4, 1_000_000);
    let whole = memory_db();
    whole.ingest_bytes(&bytes).unwrap();
    let writes = cut_all(&bytes, &[]).len() + 1;
    for left in 0..writes {
        let inner = MemoryStore::default();
        let db = ObjectDb::new(Arc::new(FailingStore { inner, left: AtomicUsize::new(left) }));
        assert!(matches!(db.ingest_bytes(&bytes), Err(ObjectError::Store(_))), "{left}");
    }
}

#[test]
fn holes_are_zeros_and_take_one_chunk() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("sparse");
    let file = std::fs::File::create_new(&path).unwrap();
    file.set_len(40 << 20).unwrap();
    let store = Arc::new(MemoryStore::default());
    let db = ObjectDb::new(store.clone());
    let stored = db.ingest(std::fs::File::open(&path).unwrap(), &NoProgress).unwrap();
    assert_eq!(stored.size, 40 << 20);
    assert_eq!(store.totals().0, 2, "one chunk, one manifest");
    assert!(db.read_file(&stored, u64::MAX).unwrap().iter().all(|byte| *byte == 0));
}

#[test]
fn many_large_files_at_once_give_what_each_gives_alone() {
    let db = memory_db();
    let files: Vec<Vec<u8>> = (0..12).map(|seed| noise(seed, 2_000_000)).collect();
    let together: Vec<FileRef> =
        files.par_iter().map(|bytes| db.ingest_bytes(bytes).unwrap()).collect();
    for (bytes, file) in files.iter().zip(&together) {
        assert_eq!(hash_source(&bytes[..]).unwrap(), *file);
        assert_eq!(db.read_file(file, u64::MAX).unwrap(), *bytes);
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(16))]

    #[test]
    fn a_file_comes_back_as_it_went_in(
        seed in any::<u64>(),
        len in 0usize..20_000_000,
        portion in 1usize..3_000_000,
        hints in proptest::collection::vec(0u64..20_000_000, 0..5),
        (offset, range) in (0u64..21_000_000, 0u64..2_000_000),
    ) {
        let bytes = noise(seed, len);
        let mut hints = hints;
        hints.sort_unstable();
        let db = memory_db();
        let source = Dribble(&bytes, portion.max(len / 100));
        let file = db.ingest_hinted(source, &hints, &NoProgress).unwrap();
        prop_assert_eq!(file.content, Hash::of(&bytes));
        let spans = db.file_chunks(&file).unwrap();
        let ends: Vec<usize> =
            spans.iter().map(|ChunkSpan { offset, len, .. }| (offset + len) as usize).collect();
        prop_assert_eq!(ends, cut_all(&bytes, &hints));
        prop_assert!(db.read_file(&file, u64::MAX).unwrap() == bytes);
        let from = (offset as usize).min(len);
        let to = (offset.saturating_add(range) as usize).min(len);
        prop_assert!(db.read_range(&file, offset, range).unwrap() == bytes[from..to]);
    }

    #[test]
    fn hashing_alone_gives_the_same_file(seed in any::<u64>(), len in 0usize..2_000_000) {
        let bytes = noise(seed, len);
        prop_assert_eq!(hash_source(&bytes[..]).unwrap(), memory_db().ingest_bytes(&bytes).unwrap());
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(10))]

    #[test]
    fn what_a_file_held_before_changes_nothing_of_what_it_is_taken_for(
        len in 300_000..14_000_000_usize,
        at in any::<usize>(),
        removed in prop_oneof![Just(0), 1..50_000_usize, 1..9_000_000_usize],
        inserted in prop_oneof![Just(0), 1..50_000_usize, 1..9_000_000_usize],
        zeros in 0..3_000_000_usize,
    ) {
        let db = memory_db();
        let mut old = noise(1, len);
        let zeros = zeros.min(len);
        old[len - zeros..].fill(0);
        let before = db.ingest_bytes(&old).unwrap();
        let (at, mut new) = (at % (len + 1), old);
        new.splice(at..(at + removed).min(len), noise(2, inserted));
        let expected = hash_source(&new[..]).unwrap();
        prop_assert_eq!(db.hash_again(&before, &new[..]).unwrap(), expected);
        let stored = db.ingest_again(&before, &new[..], &NoProgress).unwrap();
        prop_assert_eq!(stored, expected);
        prop_assert!(db.read_file(&stored, u64::MAX).unwrap() == new);
        // As while other large files have the cores.
        let permits: Vec<_> = std::iter::from_fn(Permit::get).collect();
        prop_assert_eq!(db.hash_again(&before, &new[..]).unwrap(), expected);
        drop(permits);
    }
}

#[test]
fn chunks_that_were_cut_by_hints_are_not_taken_for_those_that_content_cuts() {
    let db = memory_db();
    let bytes = noise(3, 3_000_000);
    let hinted = db.ingest_hinted(&bytes[..], &[100_000, 1_000_000], &NoProgress).unwrap();
    let plain = hash_source(&bytes[..]).unwrap();
    assert_ne!(hinted.manifest, plain.manifest);
    assert_eq!(db.hash_again(&hinted, &bytes[..]).unwrap(), plain);
}

#[test]
fn a_version_whose_list_of_chunks_is_gone_is_no_hindrance() {
    let (one, other) = (memory_db(), memory_db());
    let bytes = noise(4, 3_000_000);
    let before = one.ingest_bytes(&bytes).unwrap();
    assert_eq!(other.hash_again(&before, &bytes[..]).unwrap(), before);
}
