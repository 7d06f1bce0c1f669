//! The log of a remote on servers that speak as the clouds do: one writer wins each entry.

use std::path::Path;
use std::time::Duration;

use mlv::base::Timestamp;
use mlv::config::Environment;
use mlv::remote::log::{Appended, Claimed, Draft, Finished, RefLog, claim, probe};
use mlv::remote::{Backend, RemoteOptions, RemoteUrl, wait};

use crate::common::servers::{self, Server};

const WRITERS: u64 = 4;
const ENTRIES: u64 = 10;

/// Appends until it has won so many entries.
fn write(backend: &Backend) {
    let appending = async {
        let mut log = RefLog::create(backend).await?;
        let mut won = 0;
        while won < ENTRIES {
            let time = Timestamp::from_seconds(1_769_860_800);
            let draft = Draft::new(log.state(), time, "Ada", "mlv push");
            won += u64::from(matches!(log.append(&draft).await?, Appended::Won(_)));
        }
        Ok(())
    };
    wait(appending).unwrap();
}

fn keeps_a_log(backend: &Backend) {
    wait(probe(backend)).unwrap();
    std::thread::scope(|scope| {
        (0..WRITERS).for_each(|_| drop(scope.spawn(|| write(backend))));
    });
    let log = wait(RefLog::open(backend, None)).unwrap().unwrap();
    assert_eq!(log.state().number, WRITERS * ENTRIES);
    let audit = wait(log.audit()).unwrap();
    assert_eq!((&audit.state, audit.wrong_checkpoints.len()), (log.state(), 0));
    gives_work_to_one(backend);
}

fn gives_work_to_one(backend: &Backend) {
    let claim = |worker| wait(claim(backend, 1, "train", worker, Duration::from_hours(1))).unwrap();
    let Claimed::Won(lease) = claim("one") else { panic!("nobody else wants it") };
    assert!(wait(lease.beat()).unwrap());
    assert!(matches!(claim("two"), Claimed::Held { worker, .. } if worker == "one"));
    assert_eq!(wait(lease.finish(b"done")).unwrap(), Finished::First);
    assert!(matches!(claim("two"), Claimed::Done(outcome) if outcome == b"done"));
}

#[test]
fn a_log_is_kept_on_s3() {
    if !servers::are_skipped() {
        let server = Server::s3();
        keeps_a_log(&server.open("s3://bucket/log"));
    }
}

#[test]
fn a_log_is_kept_on_azure() {
    if !servers::are_skipped() {
        let server = Server::azure();
        keeps_a_log(&server.open("az://bucket/log"));
    }
}

#[test]
fn a_log_is_kept_on_google_cloud_storage() {
    let server = Server::gcs();
    keeps_a_log(&server.open("gs://bucket/log"));
}

#[test]
fn a_log_in_a_folder_is_read_through_a_web_server() {
    let dir = tempfile::tempdir().unwrap();
    let url = RemoteUrl::parse("log", dir.path()).unwrap();
    let folder = Backend::open(&url, &Environment::default(), &RemoteOptions::default()).unwrap();
    keeps_a_log(&folder);
    let server = Server::web(Path::new(dir.path()));
    let web = server.open(&format!("{}/log", server.endpoint));
    let log = wait(RefLog::open(&web, None)).unwrap().unwrap();
    assert_eq!(log.state().number, WRITERS * ENTRIES);
    let saved = log.save();
    write(&folder);
    let log = wait(RefLog::open(&web, Some(&saved))).unwrap().unwrap();
    assert_eq!(log.state().number, (WRITERS + 1) * ENTRIES);
}
