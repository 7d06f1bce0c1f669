use std::io::{Read as _, Seek as _, Write as _};
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use bytes::Bytes;
use object_store::ObjectStoreExt as _;
use proptest::prelude::*;

use super::faulty::{Fault, Faulty};
use super::{Backend, Creation};
use crate::remote::{RemoteError, RemoteUrl, wait};

const LARGE: usize = (16 << 20) + 12_345;

fn url() -> RemoteUrl {
    RemoteUrl::parse("s3://bucket/a/b", Path::new("/")).unwrap()
}

/// Returns bytes of which no two ranges look the same.
fn pattern(len: usize) -> Vec<u8> {
    let mut bytes = vec![0; len];
    blake3::Hasher::new().update(b"pattern").finalize_xof().fill(&mut bytes);
    bytes
}

fn file_of(bytes: &[u8]) -> std::fs::File {
    let mut file = tempfile::tempfile().unwrap();
    file.write_all(bytes).unwrap();
    file
}

fn content(file: &mut std::fs::File) -> Vec<u8> {
    let mut bytes = Vec::new();
    file.rewind().unwrap();
    file.read_to_end(&mut bytes).unwrap();
    bytes
}

/// Returns what the store under the faults holds.
async fn truth(faulty: &Faulty, key: &str) -> Option<Bytes> {
    let path = object_store::path::Path::from(format!("a/b/{key}"));
    match faulty.inner().get(&path).await {
        Ok(found) => Some(found.bytes().await.unwrap()),
        Err(_) => None,
    }
}

async fn everything(faulty: &Arc<Faulty>, backend: &Backend) -> Result<(), RemoteError> {
    let small = Bytes::from(pattern(10_000));
    backend.put("put", small.clone()).await?;
    assert_eq!(truth(faulty, "put").await.as_ref(), Some(&small));
    assert_eq!(backend.get("put", 10_000).await?.as_ref(), Some(&small));
    assert_eq!(backend.get("none", 10).await?, None);
    assert_eq!(backend.get_range("put", 17..9_001).await?, small.slice(17..9_001));
    assert_eq!(backend.len("put").await?, Some(10_000));

    let created = backend.create("created", small.clone()).await;
    let there = truth(faulty, "created").await;
    match created {
        Creation::Created | Creation::Exists => assert_eq!(there.as_ref(), Some(&small)),
        Creation::Unknown(_) => {}
        Creation::Refused(error) => panic!("{error}"),
    }
    let created = backend.create("put", Bytes::from_static(b"other")).await;
    assert!(!matches!(created, Creation::Created));
    assert_eq!(truth(faulty, "put").await.as_ref(), Some(&small));

    let listed = backend.list("").await?;
    assert!(listed.iter().any(|object| object.key == "put" && object.len == 10_000));
    backend.delete("put").await?;
    assert_eq!(truth(faulty, "put").await, None);
    Ok(())
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 24, ..ProptestConfig::default() })]
    #[test]
    fn what_a_faulty_store_holds_is_what_was_meant(seed: u64) {
        let faulty = Faulty::seeded(seed, 30);
        wait(everything(&faulty, &faulty.backend(&url()))).unwrap();
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 6, ..ProptestConfig::default() })]
    #[test]
    fn a_large_file_goes_up_and_comes_down_whole(seed: u64, begun in 0..LARGE) {
        let (faulty, bytes) = (Faulty::seeded(seed, 15), pattern(LARGE));
        let backend = faulty.backend(&url());
        let told = AtomicU64::new(0);
        let tell = |len| { told.fetch_add(len, Ordering::Relaxed); };
        wait(backend.upload("pack", &file_of(&bytes), &tell)).unwrap();
        prop_assert_eq!(told.swap(0, Ordering::Relaxed), LARGE as u64);
        let arrived = wait(async { Ok(truth(&faulty, "pack").await) }).unwrap().unwrap();
        prop_assert!(arrived == bytes);

        let mut file = file_of(&bytes[..begun]);
        wait(backend.download("pack", LARGE as u64, &file, &tell)).unwrap();
        prop_assert!(content(&mut file) == bytes);
        prop_assert_eq!(told.into_inner(), (LARGE - begun) as u64);
    }
}

#[test]
fn a_create_whose_answer_was_lost_is_unknown_and_done() {
    for fault in [Fault::After, Fault::StallAfter] {
        let faulty = Faulty::scripted([Some(fault)]);
        let backend = faulty.backend(&url());
        let created = wait(async { Ok(backend.create("key", "value".into()).await) }).unwrap();
        assert!(matches!(created, Creation::Unknown(_)), "{created:?}");
        assert_eq!(wait(backend.get("key", 10)).unwrap().unwrap(), "value");
    }
}

#[test]
fn a_create_is_tried_once() {
    let faulty = Faulty::scripted([Some(Fault::Before)]);
    let backend = faulty.backend(&url());
    let created = wait(async { Ok(backend.create("key", "value".into()).await) }).unwrap();
    assert!(matches!(created, Creation::Unknown(_)), "{created:?}");
    assert_eq!(wait(backend.get("key", 10)).unwrap(), None);
}

#[test]
fn a_dead_store_is_an_error_that_may_pass() {
    let faulty = Faulty::seeded(1, 0);
    faulty.dies_after(1);
    let backend = faulty.backend(&url());
    wait(backend.put("key", "value".into())).unwrap();
    let error = wait(backend.get("key", 10)).unwrap_err();
    assert!(error.is_passing(), "{error}");
    assert!(faulty.met() > 1, "it was tried {} times", faulty.met());
    faulty.heals();
    assert_eq!(wait(backend.get("key", 10)).unwrap().unwrap(), "value");
}

#[test]
fn an_object_longer_than_the_limit_is_refused_before_it_is_read() {
    let faulty = Faulty::seeded(1, 0);
    let backend = faulty.backend(&url());
    wait(backend.put("key", "value".into())).unwrap();
    assert!(matches!(wait(backend.get("key", 4)), Err(RemoteError::Damaged { .. })));
}

#[test]
fn a_range_past_the_end_is_damage() {
    let faulty = Faulty::seeded(1, 0);
    let backend = faulty.backend(&url());
    wait(backend.put("key", "value".into())).unwrap();
    assert!(matches!(wait(backend.get_range("key", 2..6)), Err(RemoteError::Damaged { .. })));
    assert!(matches!(wait(backend.get_range("no", 2..6)), Err(RemoteError::Missing { .. })));
}
