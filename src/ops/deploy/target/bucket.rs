//! A prefix of a bucket, or a folder used as one: releases lie below `releases/`, and `current.json`,
//! written last, names the one that users are served.

use std::fmt::Write as _;
use std::fs::File;
use std::path::Path;
use std::sync::Arc;
use std::sync::mpsc::{RecvTimeoutError, Sender, channel};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

use bytes::Bytes;

use crate::base::fs::IoContext;
use crate::base::process::ProcessName;
use crate::base::progress::Unit;
use crate::base::{Hash, Timestamp, interrupt};
use crate::ops::OpsError;
use crate::ops::deploy::DeployError;
use crate::ops::deploy::release::{Release, ReleasedFile};
use crate::ops::deploy::shelf::MANIFEST;
use crate::ops::deploy::site::Site;
use crate::ops::deploy::target::command::manifest;
use crate::ops::deploy::target::{Held, Patience, Target};
use crate::remote::log::{Claimed, Lease, Worker, claim_by};
use crate::remote::{Backend, RemoteOptions, RemoteUrl, wait};

const CURRENT: &str = "current.json";
/// The name of the work that a lease is for.
const WORK: &str = "deploy";
/// What the keys of leases begin with.
const CLAIMS: &str = "claims";
/// No pointer is longer.
const MOST: u64 = 64 << 20;
/// A deployment that gives no sign of life for so long is dead.
const LEASE: Duration = Duration::from_secs(30);
/// How often a sign of life is given.
const BEAT: Duration = Duration::from_secs(8);
/// How often one who waits looks for such a sign.
const LOOK: Duration = Duration::from_secs(1);
/// How much of an object is read at once.
const PIECE: u64 = 8 << 20;

#[derive(Debug)]
pub struct Bucket<'a> {
    site: &'a Site<'a>,
    backend: Backend,
}

impl<'a> Bucket<'a> {
    /// Opens the prefix at an address, with the credentials of the environment.
    pub fn open(site: &'a Site<'a>, url: &str) -> Result<Self, OpsError> {
        let context = site.context;
        let url = RemoteUrl::parse(url, context.repo.root())?;
        let options = RemoteOptions::of(&context.config, &format!("deploy-{}", site.env()));
        Ok(Self { site, backend: Backend::open(&url, &context.environment, &options)? })
    }

    fn key(release_id: &str, path: &str) -> String {
        format!("releases/{release_id}/{}", spelled(path))
    }

    /// Returns the number of the newest lease.
    fn newest_lease(&self) -> Result<u64, OpsError> {
        let keys = wait(self.backend.list(CLAIMS))?;
        let number = |key: &str| key.split('/').nth(1)?.parse::<u64>().ok();
        Ok(keys.iter().filter_map(|stored| number(&stored.key)).max().unwrap_or(1))
    }

    /// Claims the newest lease, or the one after it where that has ended.
    fn claim(&self) -> Result<Claimed, OpsError> {
        let process = ProcessName::of_this_one();
        let worker = Worker { name: &self.site.me, process: process.as_ref() };
        let number = self.newest_lease()?;
        let claim = |number| wait(claim_by(&self.backend, number, WORK, worker, LEASE));
        Ok(match claim(number)? {
            Claimed::Done(_) => claim(number + 1)?,
            claimed => claimed,
        })
    }

    fn locked(&self, holder: String) -> OpsError {
        DeployError::Locked { env: self.site.env().to_owned(), holder }.into()
    }

    /// Says whom it waits for, and how long.
    fn tell(&self, worker: &str, left: Duration) {
        let seconds = left.as_secs();
        self.site.context.progress.notice(&format!(
            "waiting for {worker}, who deploys to `{}` or died doing so: without a sign of life for \
             {seconds} s it is taken for dead",
            self.site.env()
        ));
    }

    fn upload(&self, directory: &Path, key: &str, path: &str) -> Result<(), OpsError> {
        let place = directory.join(path);
        let file = File::open(&place).context("open", &place)?;
        let progress = self.site.context.progress.as_ref();
        wait(self.backend.upload(key, &file, &|sent| progress.advance(sent)))?;
        Ok(())
    }

    fn hash_of(&self, key: &str, len: u64) -> Result<Option<Hash>, OpsError> {
        if wait(self.backend.len(key))? != Some(len) {
            return Ok(None);
        }
        let mut hasher = blake3::Hasher::new();
        for start in (0..len).step_by(PIECE as usize) {
            interrupt::check()?;
            hasher.update(&wait(self.backend.get_range(key, start..len.min(start + PIECE)))?);
        }
        Ok(Some(Hash(*hasher.finalize().as_bytes())))
    }
}

/// Returns a path as a part of a key: what stores treat in ways of their own is written as `%NN`.
fn spelled(path: &str) -> String {
    let is_plain = |byte: u8| byte.is_ascii_alphanumeric() || b"-_./=+,@!".contains(&byte);
    let mut key = String::new();
    for byte in path.bytes() {
        if is_plain(byte) {
            key.push(char::from(byte));
        } else {
            let _ = write!(key, "%{byte:02X}");
        }
    }
    key
}

/// A lease, and the thread that gives signs of life until this is dropped.
#[derive(Debug)]
struct Beating {
    lease: Arc<Lease>,
    /// Ends the thread when it is dropped.
    end: Option<Sender<()>>,
    thread: Option<JoinHandle<()>>,
}

impl Beating {
    fn new(lease: Lease) -> Self {
        let lease = Arc::new(lease);
        let (end, ended) = channel();
        let beaten = lease.clone();
        let thread = std::thread::spawn(move || {
            while ended.recv_timeout(BEAT) == Err(RecvTimeoutError::Timeout) {
                // One that is late is told from one that is lost before anything is flipped.
                let _ = wait(beaten.beat());
            }
        });
        Self { lease, end: Some(end), thread: Some(thread) }
    }
}

impl Held for Beating {
    fn is_ours(&self) -> Result<bool, OpsError> {
        Ok(wait(self.lease.beat())?)
    }
}

impl Drop for Beating {
    fn drop(&mut self) {
        drop(self.end.take());
        if let Some(thread) = self.thread.take() {
            let _ = thread.join();
        }
        // One that cannot be ended runs out.
        let _ = wait(self.lease.finish(b"done"));
    }
}

impl Target for Bucket<'_> {
    fn lock(&self, patience: Patience) -> Result<Box<dyn Held>, OpsError> {
        // Whom it waits for, and until when that one is not known to be dead.
        let mut waited: Option<(String, Timestamp)> = None;
        loop {
            let (worker, until, left, lives) = match self.claim()? {
                Claimed::Won(lease) => return Ok(Box::new(Beating::new(lease))),
                Claimed::Done(_) => {
                    return Err(self.locked("somebody who has just ended".to_owned()));
                }
                Claimed::Held { worker, until, left, lives } => (worker, until, left, lives),
            };
            if lives || patience == Patience::None {
                return Err(self.locked(worker));
            }
            let now = (worker, until);
            match &waited {
                None => self.tell(&now.0, left),
                Some(waited) if *waited == now => {}
                // A beat has come, or somebody else was faster.
                Some(_) => return Err(self.locked(now.0)),
            }
            waited = Some(now);
            let start = Instant::now();
            while start.elapsed() < LOOK {
                interrupt::check()?;
                std::thread::sleep(Duration::from_millis(50));
            }
        }
    }

    fn last_seq(&self) -> Result<u64, OpsError> {
        let pointer = self.pointer()?;
        Ok(pointer.and_then(|pointer| manifest(&pointer).ok()).map_or(0, |current| current.seq))
    }

    fn pointer(&self) -> Result<Option<String>, OpsError> {
        let bytes = wait(self.backend.get(CURRENT, MOST))?;
        Ok(bytes.map(|bytes| String::from_utf8_lossy(&bytes).into_owned()))
    }

    fn publish(&self, release: &Release, directory: &Path) -> Result<(), OpsError> {
        let total = release.files.iter().map(|file| file.size).sum();
        self.site.context.progress.phase("uploading the release", Some(total), Unit::Bytes);
        for ReleasedFile { path, kind, .. } in &release.files {
            interrupt::check()?;
            let key = Self::key(&release.release_id, path);
            if kind == "symlink" {
                let place = directory.join(path);
                let target = std::fs::read_link(&place).context("read link", &place)?;
                let bytes = Bytes::copy_from_slice(target.as_os_str().as_encoded_bytes());
                wait(self.backend.put(&key, bytes))?;
            } else {
                self.upload(directory, &key, path)?;
            }
            tracing::debug!(path, "uploaded a file");
        }
        self.upload(directory, &Self::key(&release.release_id, MANIFEST), MANIFEST)?;
        tracing::debug!("uploaded the manifest");
        Ok(())
    }

    fn point(&self, to: Option<&str>) -> Result<(), OpsError> {
        match to {
            Some(to) => wait(self.backend.put(CURRENT, Bytes::from(to.to_owned())))?,
            None => wait(self.backend.delete(CURRENT))?,
        }
        tracing::debug!("flipped");
        Ok(())
    }

    fn check(&self, release: &Release) -> Result<(), OpsError> {
        for file in &release.files {
            let key = Self::key(&release.release_id, &file.path);
            if self.hash_of(&key, file.size)? != Some(file.hash) {
                let (release_id, file) = (release.release_id.clone(), file.path.clone());
                return Err(DeployError::Damaged { release_id, file }.into());
            }
        }
        Ok(())
    }

    fn remove(&self, release_id: &str) -> Result<(), OpsError> {
        for stored in wait(self.backend.list(&format!("releases/{release_id}")))? {
            wait(self.backend.delete(&stored.key))?;
            tracing::debug!(key = stored.key, "removed a file there");
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_path_becomes_a_key_that_every_store_takes() {
        assert_eq!(spelled("models/a b%c#ü.json"), "models/a%20b%25c%23%C3%BC.json");
    }
}
