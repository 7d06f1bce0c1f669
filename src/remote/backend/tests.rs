use std::io::{Read as _, Seek as _, Write as _};
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use bytes::Bytes;
use object_store::ObjectStoreExt as _;
use proptest::prelude::*;

use super::faulty::{Fault, Faulty};
use super::{Backend, Creation, RemoteOptions};
use crate::config::Environment;
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

fn folder(path: &Path) -> Backend {
    let url = RemoteUrl::parse(path.to_str().unwrap(), Path::new("/")).unwrap();
    Backend::open(&url, &Environment::default(), &RemoteOptions::default()).unwrap()
}

#[test]
fn a_folder_may_have_any_name_and_is_made_with_the_first_object() {
    let dir = tempfile::tempdir().unwrap();
    for name in ["a b", "100%25", "ü#1", "x?y*[z]", "back\\slash", "~tilde", "a:b"] {
        let path = dir.path().join(name).join("below");
        let backend = folder(&path);
        assert_eq!(wait(backend.get("refs/latest", 10)).unwrap(), None, "{name}");
        assert_eq!(wait(backend.list("refs")).unwrap(), [], "{name}");
        assert!(!path.exists(), "{name} is not made by reading");
        wait(backend.put("refs/latest", "1".into())).unwrap();
        let written = std::fs::read(path.join("refs/latest")).unwrap();
        assert_eq!(written, b"1", "{name}");
        assert_eq!(wait(backend.list("refs")).unwrap()[0].key, "refs/latest", "{name}");
    }
}

#[test]
fn of_many_who_create_the_same_in_a_folder_one_wins() {
    let dir = tempfile::tempdir().unwrap();
    let backend = folder(dir.path());
    for round in 0..5 {
        let create = |thread: u8| {
            let bytes = Bytes::from(vec![thread; 100]);
            let created = wait(async { Ok(backend.create(&format!("log/{round}"), bytes).await) });
            matches!(created.unwrap(), Creation::Created)
        };
        let winners: usize = std::thread::scope(|scope| {
            let threads: Vec<_> =
                (0..8).map(|thread| scope.spawn(move || create(thread))).collect();
            threads.into_iter().map(|thread| usize::from(thread.join().unwrap())).sum()
        });
        assert_eq!(winners, 1, "round {round}");
    }
}

#[test]
fn a_folder_that_cannot_be_one_says_so() {
    let dir = tempfile::tempdir().unwrap();
    let file = dir.path().join("file");
    crate::base::fs::atomic_write(&file, b"x").unwrap();
    let error = wait(folder(&file).put("refs/latest", "1".into())).unwrap_err();
    assert!(matches!(error, RemoteError::Failed { .. }), "{error:?}");
    let created = wait(async { Ok(folder(&file).create("refs/latest", "1".into()).await) });
    assert!(matches!(created, Ok(Creation::Refused(_))));
}

#[test]
fn what_interrupted_writes_left_is_not_listed_and_swept_when_it_is_old() {
    let dir = tempfile::tempdir().unwrap();
    let backend = folder(dir.path());
    wait(backend.put("packs/aa/x.pack", "1".into())).unwrap();
    let leaving = dir.path().join("packs/aa/y.pack#1");
    crate::base::fs::atomic_write(&leaving, b"half").unwrap();
    assert_eq!(wait(backend.list("packs")).unwrap().len(), 1);
    let sweep = |seconds| wait(backend.sweep(std::time::Duration::from_secs(seconds))).unwrap();
    assert_eq!((sweep(3600), leaving.exists()), (0, true));
    let old = std::time::SystemTime::now() - std::time::Duration::from_hours(2);
    std::fs::File::open(&leaving).unwrap().set_modified(old).unwrap();
    assert_eq!((sweep(3600), leaving.exists()), (1, false));
    assert_eq!(wait(backend.len("packs/aa/x.pack")).unwrap(), Some(1));
}

#[test]
fn nothing_is_written_to_a_web_server() {
    let url = RemoteUrl::parse("https://example.org/mirror", Path::new("/")).unwrap();
    let web = Backend::open(&url, &Environment::default(), &RemoteOptions::default()).unwrap();
    assert!(matches!(wait(web.put("key", "x".into())), Err(RemoteError::ReadOnly { .. })));
    assert!(matches!(wait(web.delete("key")), Err(RemoteError::ReadOnly { .. })));
    assert!(matches!(wait(web.list("refs")), Err(RemoteError::NoListing { .. })));
    let created = wait(async { Ok(web.create("key", "x".into()).await) }).unwrap();
    assert!(matches!(created, Creation::Refused(RemoteError::ReadOnly { .. })));
}

#[test]
fn an_endpoint_elsewhere_is_encrypted_unless_the_user_says_otherwise() {
    let url = url();
    let open = |endpoint: &str, allow_http| {
        let endpoint = Some(endpoint.to_owned());
        let options = RemoteOptions { endpoint, allow_http, ..RemoteOptions::default() };
        Backend::open(&url, &Environment::default(), &options).map(|_| ())
    };
    assert!(matches!(open("http://minio:9000", None), Err(RemoteError::NotEncrypted { .. })));
    assert!(matches!(open("minio:9000", None), Err(RemoteError::BadSetting { .. })));
    let secret = open("https://ada:hunter2@minio:9000", None).unwrap_err();
    assert!(!format!("{secret} {secret:?}").contains("hunter2"), "{secret}");
    open("http://minio:9000", Some(true)).unwrap();
    open("http://localhost:9000", None).unwrap();
    open("https://minio:9000", None).unwrap();
}
