//! The same laws for every place that a remote can lie in, on servers that speak as the clouds do.

use std::io::{Read as _, Seek as _, Write as _};
use std::path::Path;
use std::sync::atomic::{AtomicU64, Ordering};

use bytes::Bytes;
use mlv::config::Environment;
use mlv::remote::{
    Backend, Creation, RemoteError, RemoteOptions, RemoteUrl, Unauthenticated, wait,
};

use crate::common::servers::{self, Server};

const LARGE: usize = 40 << 20;

fn pattern(len: usize) -> Vec<u8> {
    let mut bytes = vec![0; len];
    blake3::Hasher::new().update(b"servers").finalize_xof().fill(&mut bytes);
    bytes
}

fn create(backend: &Backend, key: &str, bytes: &'static [u8]) -> Creation {
    wait(async { Ok(backend.create(key, Bytes::from_static(bytes)).await) }).unwrap()
}

/// What every remote keeps: reading, writing, creating, listing and deleting of small objects.
fn keeps_the_laws(backend: &Backend) {
    assert_eq!(wait(backend.get("refs/latest", 10)).unwrap(), None);
    assert_eq!(wait(backend.list("refs")).unwrap(), []);
    wait(backend.put("refs/latest", "32".into())).unwrap();
    wait(backend.put("refs/latest", "64".into())).unwrap();
    assert_eq!(wait(backend.get("refs/latest", 10)).unwrap().unwrap(), "64");
    assert!(matches!(create(backend, "refs/log/0000000000000001", b"first"), Creation::Created));
    assert!(matches!(create(backend, "refs/log/0000000000000001", b"second"), Creation::Exists));
    assert_eq!(wait(backend.get("refs/log/0000000000000001", 10)).unwrap().unwrap(), "first");
    assert_eq!(wait(backend.get_range("refs/log/0000000000000001", 1..4)).unwrap(), "irs");
    assert_eq!(wait(backend.len("refs/log/0000000000000001")).unwrap(), Some(5));
    assert_eq!(wait(backend.len("refs/log/0000000000000002")).unwrap(), None);
    let past = wait(backend.get_range("refs/latest", 1..9));
    assert!(matches!(past, Err(RemoteError::Damaged { .. })), "{past:?}");
    let mut listed = wait(backend.list("refs")).unwrap();
    listed.sort_by(|a, b| a.key.cmp(&b.key));
    let listed: Vec<_> = listed.iter().map(|it| (it.key.as_str(), it.len)).collect();
    assert_eq!(listed, [("refs/latest", 2), ("refs/log/0000000000000001", 5)]);
    wait(backend.delete("refs/latest")).unwrap();
    wait(backend.delete("refs/latest")).unwrap();
    assert_eq!(wait(backend.get("refs/latest", 10)).unwrap(), None);
}

/// A pack goes up in parts and comes down from where an attempt before ended.
fn carries_large_files(backend: &Backend) {
    let bytes = pattern(LARGE);
    let mut file = tempfile::tempfile().unwrap();
    file.write_all(&bytes).unwrap();
    let told = AtomicU64::new(0);
    let tell = |len| {
        told.fetch_add(len, Ordering::Relaxed);
    };
    wait(backend.upload("packs/aa/x.pack", &file, &tell)).unwrap();
    assert_eq!(told.swap(0, Ordering::Relaxed), LARGE as u64);
    file.set_len(12_345_678).unwrap();
    wait(backend.download("packs/aa/x.pack", LARGE as u64, &file, &tell)).unwrap();
    assert_eq!(told.into_inner(), (LARGE - 12_345_678) as u64);
    assert!(content(&mut file) == bytes);
}

fn content(file: &mut std::fs::File) -> Vec<u8> {
    let mut bytes = Vec::new();
    file.rewind().unwrap();
    file.read_to_end(&mut bytes).unwrap();
    bytes
}

fn has_one_winner(backend: &Backend) {
    for round in 0..20 {
        let key = format!("refs/log/{round:016}");
        let won = || usize::from(matches!(create(backend, &key, b"entry"), Creation::Created));
        let winners: usize = std::thread::scope(|scope| {
            let threads: Vec<_> = (0..8).map(|_| scope.spawn(won)).collect();
            threads.into_iter().map(|thread| thread.join().unwrap()).sum()
        });
        assert_eq!(winners, 1, "round {round}");
    }
}

fn knows_no_other_bucket(backend: &Backend) {
    let error = wait(backend.get("refs/latest", 10)).unwrap_err();
    assert!(matches!(error, RemoteError::NoBucket { .. }), "{error:?}");
    let created = create(backend, "refs/latest", b"1");
    let refused = matches!(created, Creation::Refused(RemoteError::NoBucket { .. }));
    assert!(refused, "{created:?}");
}

#[test]
fn s3_keeps_the_laws() {
    if servers::are_skipped() {
        return;
    }
    let server = Server::s3();
    let backend = server.open(server.url);
    keeps_the_laws(&backend);
    carries_large_files(&backend);
    has_one_winner(&server.open("s3://bucket/race"));
    knows_no_other_bucket(&server.open("s3://other/a"));
}

#[test]
fn an_s3_that_checks_signatures_lets_in_who_has_a_key_and_nobody_else() {
    if servers::are_skipped() {
        return;
    }
    let server = Server::signed_s3();
    let backend = server.open(server.url);
    keeps_the_laws(&backend);
    carries_large_files(&backend);
    // Characters that are escaped in an address are signed escaped.
    keeps_the_laws(&server.open("s3://bucket/a b/=+&ä"));

    let entry = "refs/log/0000000000000001";
    let server = server.signing_as("reader");
    let backend = server.open(server.url);
    assert_eq!(wait(backend.get(entry, 10)).unwrap().unwrap(), "first");
    let created = create(&backend, "refs/log/0000000000000002", b"second");
    let refused = matches!(created, Creation::Refused(RemoteError::Denied { .. }));
    assert!(refused, "{created:?}");

    let mut server = server;
    for (user, secret, expected) in [
        ("writer", "another", Unauthenticated::WrongSecret),
        ("nobody", "the secret of nobody", Unauthenticated::UnknownKey),
        ("expired", "the secret of expired", Unauthenticated::Expired),
        ("skewed", "the secret of skewed", Unauthenticated::Clock),
    ] {
        server = server.signing_as(user);
        server.variables[2].1 = secret.to_owned();
        let error = wait(server.open(server.url).get(entry, 10)).unwrap_err();
        let RemoteError::Unauthenticated { reason, .. } = error else { panic!("{error:?}") };
        assert_eq!(reason, expected, "{user}");
    }
}

#[test]
fn azure_keeps_the_laws() {
    if servers::are_skipped() {
        return;
    }
    let mut server = Server::azure();
    let backend = server.open(server.url);
    keeps_the_laws(&backend);
    carries_large_files(&backend);
    has_one_winner(&server.open("az://bucket/race"));
    knows_no_other_bucket(&server.open("az://other/a"));
    server.variables.last_mut().unwrap().1 = "d3Jvbmc=".to_owned();
    let error = wait(server.open(server.url).get("refs/latest", 10)).unwrap_err();
    let RemoteError::Unauthenticated { reason, .. } = error else { panic!("{error:?}") };
    assert_eq!(reason, Unauthenticated::Rejected);
}

#[test]
fn google_cloud_storage_keeps_the_laws() {
    let server = Server::gcs();
    let backend = server.open(server.url);
    keeps_the_laws(&backend);
    carries_large_files(&backend);
    has_one_winner(&server.open("gs://bucket/race"));
    knows_no_other_bucket(&server.open("gs://other/a"));
}

#[test]
fn a_folder_keeps_the_laws_and_a_web_server_shows_it() {
    let dir = tempfile::tempdir().unwrap();
    let root = dir.path().join("a b");
    let url = RemoteUrl::parse(root.to_str().unwrap(), Path::new("/")).unwrap();
    let folder = Backend::open(&url, &Environment::default(), &RemoteOptions::default()).unwrap();
    keeps_the_laws(&folder);
    carries_large_files(&folder);

    let server = Server::web(dir.path());
    let web = server.open(&format!("{}/a%20b", server.endpoint));
    assert_eq!(wait(web.get("refs/log/0000000000000001", 10)).unwrap().unwrap(), "first");
    assert_eq!(wait(web.get("refs/latest", 10)).unwrap(), None);
    assert_eq!(wait(web.get_range("refs/log/0000000000000001", 1..4)).unwrap(), "irs");
    let file = tempfile::tempfile().unwrap();
    wait(web.download("packs/aa/x.pack", LARGE as u64, &file, &|_| {})).unwrap();
    assert_eq!(file.metadata().unwrap().len(), LARGE as u64);
}

#[test]
fn what_a_flaky_server_sends_arrives_whole() {
    let (dir, bytes) = (tempfile::tempdir().unwrap(), pattern(LARGE));
    std::fs::File::create(dir.path().join("x.pack")).unwrap().write_all(&bytes).unwrap();
    let server = Server::flaky_web(dir.path());
    let web = server.open(&server.endpoint);
    let mut file = tempfile::tempfile().unwrap();
    wait(web.download("x.pack", LARGE as u64, &file, &|_| {})).unwrap();
    assert!(content(&mut file) == bytes);
    let whole = wait(web.get("x.pack", LARGE as u64)).unwrap().unwrap();
    assert!(whole == bytes);
}

#[test]
fn a_server_that_is_not_there_leaves_open_what_came_of_a_create() {
    let server = Server::gcs();
    let backend = server.open(server.url);
    drop(server);
    let Creation::Unknown(error) = create(&backend, "refs/log/1", b"entry") else {
        panic!("nobody answered");
    };
    assert!(error.is_passing() && error.to_string().contains("refused"), "{error}");
}
