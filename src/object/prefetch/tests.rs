use std::sync::Arc;
use std::sync::atomic::Ordering;

use super::*;
use crate::store::{BlobKind, CountingSource, LayeredStore, LocalStore};

/// Objects of which nothing is here, and the source that has them.
struct Sample {
    _dir: tempfile::TempDir,
    objects: ObjectDb,
    source: Arc<CountingSource>,
    files: Vec<(RepoPath, Entry)>,
}

impl Sample {
    fn of(contents: &[Vec<u8>]) -> Self {
        let dir = tempfile::tempdir().unwrap();
        let source = Arc::new(CountingSource::default());
        let store = LayeredStore::new(Arc::new(LocalStore::open(dir.path()).unwrap()));
        store.set_source(source.clone());
        let mut files = Vec::new();
        for (number, bytes) in contents.iter().enumerate() {
            let file = ObjectDb::new(source.blobs.clone()).ingest_bytes(bytes).unwrap();
            let path = RepoPath::from_bytes(format!("f{number}")).unwrap();
            files.push((path, Entry::File { file, executable: false }));
        }
        Self { _dir: dir, objects: ObjectDb::new(Arc::new(store)), source, files }
    }

    fn prefetch(&self) -> Result<(), ObjectError> {
        self.objects.prefetch(self.files.iter().map(|(path, entry)| (path, entry)))
    }

    fn file(&self, number: usize) -> FileRef {
        match &self.files[number].1 {
            Entry::File { file, .. } => *file,
            _ => unreachable!("there are only files"),
        }
    }
}

fn noise(seed: u64, len: usize) -> Vec<u8> {
    let mut bytes = vec![0; len];
    blake3::Hasher::new().update(&seed.to_le_bytes()).finalize_xof().fill(&mut bytes);
    bytes
}

#[test]
fn small_files_are_fetched_in_few_requests_and_then_read_without_any() {
    let contents: Vec<_> = (0..150u8).map(|n| vec![n; 100]).collect();
    let sample = Sample::of(&contents);
    sample.prefetch().unwrap();
    let asked: Vec<usize> = sample.source.take_requests().iter().map(Vec::len).collect();
    assert_eq!(asked, [64, 64, 22]);
    for (number, bytes) in contents.iter().enumerate() {
        assert_eq!(sample.objects.read_file(&sample.file(number), 1000).unwrap(), *bytes);
    }
    sample.prefetch().unwrap();
    assert!(sample.source.take_requests().is_empty());
}

#[test]
fn the_lists_of_large_files_are_fetched_together_before_their_chunks() {
    let contents: Vec<_> = (0..3).map(|seed| noise(seed, 2_000_000)).collect();
    let sample = Sample::of(&contents);
    sample.prefetch().unwrap();
    let requests = sample.source.take_requests();
    let kinds = |kind| requests.iter().filter(|ids| ids.iter().all(|id| id.kind == kind)).count();
    assert_eq!(kinds(BlobKind::Manifest), 1);
    assert!(requests.iter().all(|ids| ids.len() <= BLOBS));
    assert!(requests.len() < 6, "{} requests", requests.len());
    for (number, bytes) in contents.iter().enumerate() {
        assert_eq!(sample.objects.read_file(&sample.file(number), 1 << 22).unwrap(), *bytes);
    }
    assert!(sample.source.take_requests().is_empty());
}

#[test]
fn a_large_file_that_is_read_at_once_is_fetched_window_by_window() {
    let bytes = noise(7, 4_000_000);
    let sample = Sample::of(std::slice::from_ref(&bytes));
    let mut read = Vec::new();
    sample.objects.copy_file(&sample.file(0), &mut read).unwrap();
    assert!(read == bytes);
    let requests = sample.source.take_requests();
    let chunks: usize = requests.iter().map(Vec::len).sum();
    assert!(requests.len() <= chunks / AHEAD + 4, "{} for {chunks}", requests.len());
}

#[test]
fn what_cannot_be_fetched_is_named_by_its_file_and_remote() {
    let sample = Sample::of(&[vec![1; 10], vec![2; 10], noise(1, 2_000_000)]);
    sample.objects.read_file(&sample.file(0), 10).unwrap();
    sample.source.offline.store(true, Ordering::Relaxed);
    let error = sample.prefetch().unwrap_err().to_string();
    assert!(error.contains("`f1`") && error.contains("`origin`"), "{error}");
}

#[test]
fn what_lies_nowhere_is_left_to_whoever_reads_it() {
    let sample = Sample::of(&[vec![1; 10], vec![2; 10]]);
    sample.source.blobs.remove(BlobId::chunk(sample.file(0).content));
    sample.prefetch().unwrap();
    assert!(sample.objects.read_file(&sample.file(1), 10).is_ok());
    let error = sample.objects.read_file(&sample.file(0), 10).unwrap_err();
    assert!(matches!(error, ObjectError::Store(StoreError::Missing { .. })), "{error}");
}
