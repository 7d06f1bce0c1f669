//! How fast blobs travel to a remote in a folder and back, and how many bytes of them.
//! `cargo bench --bench remote`; `MIB` and `FILES` as arguments change the sizes.

#![expect(clippy::print_stdout, reason = "a benchmark speaks to a person")]

use std::collections::{BTreeMap, BTreeSet};
use std::error::Error;
use std::io::{Read, Seek, SeekFrom};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Instant;

use mlv::base::{CommitId, NoProgress, RepoPath, Timestamp};
use mlv::config::Environment;
use mlv::object::{Commit, Entry, FileRef, ObjectDb, Signature, TreeEdit, TreeValue};
use mlv::remote::log::PackMeta;
use mlv::remote::{
    Backend, Download, Fetch, Part, RemoteIndex, RemoteOptions, RemoteUrl, Upload, to_push, wait,
};
use mlv::repo::reach::Roots;
use mlv::store::{ChunkStore, Durability, LocalStore, PackName};

type Outcome<T = ()> = Result<T, Box<dyn Error>>;

const JOBS: usize = 4;

fn main() -> Outcome {
    let sizes: Vec<usize> = std::env::args().filter_map(|text| text.parse().ok()).collect();
    let mebibytes = sizes.first().copied().unwrap_or(2048);
    let files = sizes.get(1).copied().unwrap_or(100_000);
    let dir = tempfile::Builder::new().prefix("mlv-bench-").tempdir()?;
    small(&dir.path().join("small"), files)?;
    large(&dir.path().join("large"), mebibytes)?;
    println!("peak memory {:>31} MB", peak_kilobytes() / 1000);
    Ok(())
}

fn small(dir: &Path, count: usize) -> Outcome {
    println!("{count} files of 2 to 12 KB");
    let mut remote = Remote::in_folder(&dir.join("remote"))?;
    let (here, there) = (Place::new(&dir.join("here"))?, Place::new(&dir.join("there"))?);
    let mut edits = Vec::new();
    for number in 0..count {
        let len = 2000 + number as u64 * 7919 % 10_000;
        let path = format!("{:03}/{number}.bin", number / 1000);
        edits.push((path, here.objects.ingest(noise(number as u64, len), &NoProgress)?));
    }
    let first = here.commit(None, edits)?;
    remote.travels("push", |remote| here.push(remote, first, None))?;
    remote.travels("push of nothing", |remote| here.push(remote, first, Some(first)))?;
    remote.travels("fetch", |remote| there.fetch(remote, first, None))?;
    let one = here.objects.ingest_bytes(b"changed")?;
    let second = here.commit(Some(first), vec![("000/7.bin".to_owned(), one)])?;
    remote.travels("push of one file", |remote| here.push(remote, second, Some(first)))?;
    remote.travels("fetch of one file", |remote| there.fetch(remote, second, Some(first)))
}

fn large(dir: &Path, mebibytes: usize) -> Outcome {
    println!("one file of {mebibytes} MiB");
    let mut remote = Remote::in_folder(&dir.join("remote"))?;
    let (here, there) = (Place::new(&dir.join("here"))?, Place::new(&dir.join("there"))?);
    let len = (mebibytes as u64) << 20;
    let file = here.objects.ingest(noise(0, len), &NoProgress)?;
    let first = here.commit(None, vec![("weights".to_owned(), file)])?;
    remote.travels("push", |remote| here.push(remote, first, None))?;
    remote.travels("fetch", |remote| there.fetch(remote, first, None))?;
    let (middle, changed) = (len / 2, len / 100);
    let mut rest = noise_reader(0);
    rest.seek(SeekFrom::Start(middle + changed))?;
    let source = noise(0, middle).chain(noise(1, changed)).chain(rest.take(len - middle - changed));
    let file = here.objects.ingest(source, &NoProgress)?;
    let second = here.commit(Some(first), vec![("weights".to_owned(), file)])?;
    remote.travels("push of 1 % changed", |remote| here.push(remote, second, Some(first)))?;
    remote.travels("fetch of 1 % changed", |remote| there.fetch(remote, second, Some(first)))
}

/// A remote, and what its log would say that it has.
struct Remote {
    folder: PathBuf,
    backend: Backend,
    packs: BTreeMap<PackName, PackMeta>,
}

impl Remote {
    fn in_folder(folder: &Path) -> Outcome<Self> {
        std::fs::create_dir_all(folder)?;
        let url = RemoteUrl::parse(&folder.to_string_lossy(), Path::new("/"))?;
        let backend = Backend::open(&url, &Environment::from_process(), &RemoteOptions::default())?;
        Ok(Self { folder: folder.to_owned(), backend, packs: BTreeMap::new() })
    }

    /// Prints how long work took and how many bytes it moved.
    fn travels(&mut self, name: &str, work: impl FnOnce(&mut Self) -> Outcome<u64>) -> Outcome {
        let start = Instant::now();
        let bytes = work(self)?;
        let seconds = start.elapsed().as_secs_f64();
        let megabytes = bytes as f64 / 1e6;
        println!(
            "  {name:<30} {seconds:>7.3} s {megabytes:>10.1} MB {:>8.0} MB/s",
            megabytes / seconds
        );
        Ok(())
    }
}

/// A store, with its side of the remote.
struct Place {
    dir: PathBuf,
    store: Arc<LocalStore>,
    objects: ObjectDb,
}

impl Place {
    fn new(dir: &Path) -> Outcome<Self> {
        let store = Arc::new(LocalStore::open(&dir.join("store"))?);
        Ok(Self { dir: dir.join("remotes/origin"), objects: ObjectDb::new(store.clone()), store })
    }

    fn commit(&self, parent: Option<CommitId>, files: Vec<(String, FileRef)>) -> Outcome<CommitId> {
        let tree = match parent {
            Some(id) => self.objects.commit(id)?.tree,
            None => self.objects.empty_tree()?,
        };
        let mut edits = Vec::new();
        for (path, file) in files {
            let value = TreeValue::Set(Entry::File { file, executable: false });
            edits.push(TreeEdit { path: RepoPath::from_bytes(path)?, value });
        }
        let author = Signature { name: "Ada".to_owned(), email: "ada@example.org".to_owned() };
        let time = Timestamp::now();
        let id = self.objects.write_commit(&Commit {
            tree: self.objects.edit_tree(tree, edits)?,
            parents: parent.into_iter().collect(),
            author: author.clone(),
            time,
            committer: author,
            commit_time: time,
            message: String::new(),
            meta: Vec::new(),
            code: None,
        })?;
        self.store.flush(Durability::Durable)?;
        Ok(id)
    }

    fn push(&self, remote: &mut Remote, tip: CommitId, known: Option<CommitId>) -> Outcome<u64> {
        let index = RemoteIndex::open(&self.dir)?;
        wait(index.update(&remote.backend, &remote.packs))?;
        let wanted = to_push(&self.objects, &roots(Some(tip)), &roots(known))?;
        let upload = Upload {
            backend: &remote.backend,
            store: &self.store,
            index: &index,
            removed: &BTreeSet::new(),
            jobs: JOBS,
            progress: &NoProgress,
        };
        let uploaded = wait(async { upload.carry_out(upload.plan(wanted).await?).await })?;
        let bytes = uploaded.values().map(|pack| pack.len).sum();
        remote.packs.extend(uploaded);
        wait(index.update(&remote.backend, &remote.packs))?;
        Ok(bytes)
    }

    fn fetch(&self, remote: &Remote, tip: CommitId, known: Option<CommitId>) -> Outcome<u64> {
        let index = RemoteIndex::open(&self.dir)?;
        let learned = wait(index.update(&remote.backend, &remote.packs))?;
        let download = Download {
            backend: &remote.backend,
            store: &self.store,
            index: &index,
            packs: &remote.packs,
            jobs: JOBS,
            progress: &NoProgress,
        };
        let fetch = Fetch { download, objects: &self.objects, part: Part::Whole, depth: None };
        let fetched = wait(fetch.run(&roots(Some(tip)), &roots(known)))?;
        Ok(fetched.downloaded.bytes + learned.bytes)
    }
}

impl Drop for Remote {
    fn drop(&mut self) {
        let _ = std::fs::remove_dir_all(&self.folder);
    }
}

fn roots(commits: impl IntoIterator<Item = CommitId>) -> Roots {
    Roots { commits: commits.into_iter().collect(), trees: Vec::new() }
}

/// Returns bytes that do not compress.
fn noise(seed: u64, len: u64) -> impl Read + Send {
    noise_reader(seed).take(len)
}

fn noise_reader(seed: u64) -> blake3::OutputReader {
    blake3::Hasher::new().update(&seed.to_le_bytes()).finalize_xof()
}

fn peak_kilobytes() -> u64 {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let line = status.lines().find(|line| line.starts_with("VmHWM"));
    line.and_then(|line| line.split_whitespace().nth(1)?.parse().ok()).unwrap_or(0)
}
