//! How fast files go into the store and out of it, beside `cp` of the same files.
//!
//! `cargo bench --bench store`; `MIB` and `FILES` as arguments change the sizes.

#![expect(clippy::print_stdout, reason = "a benchmark speaks to a person")]

use std::fs::{self, File};
use std::io::{self, BufWriter, Write};
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::Arc;
use std::time::Instant;

use mlv::base::NoProgress;
use mlv::object::{FileRef, ObjectDb};
use mlv::store::{BlobKind, ChunkStore, Durability, LocalStore};
use rayon::prelude::*;

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let sizes: Vec<usize> = std::env::args().filter_map(|text| text.parse().ok()).collect();
    let mebibytes = sizes.first().copied().unwrap_or(1024);
    let files = sizes.get(1).copied().unwrap_or(100_000);
    let dir = tempfile::Builder::new().prefix("mlv-bench-").tempdir()?;
    large(dir.path(), mebibytes)?;
    small(dir.path(), files)?;
    commits(dir.path(), 2000)?;
    println!("peak memory {:>31} MB", peak_kilobytes() / 1000);
    Ok(())
}

/// Prints what `work` took, and the rate at which it went through `bytes`.
fn timed<T>(name: &str, bytes: u64, work: impl FnOnce() -> T) -> T {
    let start = Instant::now();
    let result = work();
    let seconds = start.elapsed().as_secs_f64();
    println!("{name:<32} {seconds:>7.3} s {:>8.0} MB/s", bytes as f64 / seconds / 1e6);
    result
}

fn database(path: &Path) -> Result<ObjectDb, Box<dyn std::error::Error>> {
    Ok(ObjectDb::new(Arc::new(LocalStore::open(path)?)))
}

fn large(dir: &Path, mebibytes: usize) -> Result<(), Box<dyn std::error::Error>> {
    let source = dir.join("weights");
    write_weights(&source, mebibytes)?;
    let bytes = (mebibytes as u64) << 20;
    Command::new("sync").status()?;
    println!("one file of {mebibytes} MiB of float32 weights");
    // Thrice: the first to take memory from an idle system pays for it, whoever that is.
    for _ in 0..2 {
        timed("  cp", bytes, || copy(&source, &dir.join("copy")));
        fs::remove_file(dir.join("copy"))?;
        let db = database(&dir.join("first"))?;
        timed("  ingest", bytes, || ingest(&db, &source))?;
        drop(db);
        fs::remove_dir_all(dir.join("first"))?;
    }
    timed("  cp", bytes, || copy(&source, &dir.join("copy")));
    fs::remove_file(dir.join("copy"))?;
    let db = database(&dir.join("large"))?;
    let file = timed("  ingest", bytes, || ingest(&db, &source))?;
    timed("  flush visible", bytes, || db.store().flush(Durability::Visible))?;
    timed("  ingest again", bytes, || ingest(&db, &source))?;
    let mut out = BufWriter::new(File::create(dir.join("out"))?);
    timed("  copy out", bytes, || db.copy_file(&file, &mut out))?;
    timed("  flush durable", bytes, || db.store().flush(Durability::Durable))?;
    fs::remove_file(source)?;
    fs::remove_file(dir.join("out"))?;
    fs::remove_dir_all(dir.join("large"))?;
    Ok(())
}

fn small(dir: &Path, count: usize) -> Result<(), Box<dyn std::error::Error>> {
    let source = dir.join("small");
    let paths = write_small_files(&source, count)?;
    let bytes: u64 = paths.iter().filter_map(|path| Some(path.metadata().ok()?.len())).sum();
    // Written back first, or the disk is busy with the sources while the store is measured.
    Command::new("sync").status()?;
    println!("{count} files of 2 to 12 KB");
    timed("  cp -r", bytes, || copy(&source, &dir.join("copy")));
    let db = database(&dir.join("store"))?;
    timed("  ingest", bytes, || {
        paths.par_iter().try_for_each(|path| ingest(&db, path).map(|_| ()))
    })?;
    timed("  flush visible", bytes, || db.store().flush(Durability::Visible))?;
    timed("  ingest again", bytes, || {
        paths.par_iter().try_for_each(|path| ingest(&db, path).map(|_| ()))
    })?;
    timed("  flush durable", bytes, || db.store().flush(Durability::Durable))?;
    let again = timed("  open", 0, || LocalStore::open(&dir.join("store")))?;
    let id = mlv::store::BlobId::of(BlobKind::Chunk, &fs::read(&paths[0])?);
    timed("  first read", 0, || again.read(id))?;
    Ok(())
}

/// Many tiny commits, each with a pack of data and one of metadata.
fn commits(dir: &Path, count: u32) -> Result<(), Box<dyn std::error::Error>> {
    println!("{count} flushes of one chunk and one tree");
    let path = dir.join("commits");
    timed("  all", 0, || {
        for number in 0..count {
            let store = LocalStore::open(&path)?;
            for kind in [BlobKind::Chunk, BlobKind::Tree] {
                let bytes = number.to_le_bytes();
                store.write(mlv::store::BlobId::of(kind, &bytes), &bytes)?;
            }
            store.flush(Durability::Visible)?;
        }
        Ok::<(), mlv::store::StoreError>(())
    })?;
    let store = timed("  open", 0, || LocalStore::open(&path))?;
    let id = mlv::store::BlobId::of(BlobKind::Chunk, &7u32.to_le_bytes());
    timed("  first read", 0, || store.read(id))?;
    Ok(())
}

fn ingest(db: &ObjectDb, path: &Path) -> Result<FileRef, mlv::object::ObjectError> {
    let file = File::open(path).map_err(mlv::object::ObjectError::Source)?;
    db.ingest(file, &NoProgress)
}

fn copy(from: &Path, to: &Path) {
    let done = Command::new("cp").arg("-r").args([from, to]).status();
    assert!(done.is_ok_and(|status| status.success()), "cp failed");
}

/// Xorshift: enough for noise that nobody compresses.
fn random(state: &mut u64) -> u64 {
    *state ^= *state << 13;
    *state ^= *state >> 7;
    *state ^= *state << 17;
    *state
}

fn write_weights(path: &Path, mebibytes: usize) -> io::Result<()> {
    let mut out = BufWriter::with_capacity(1 << 20, File::create(path)?);
    let mut state = 88_172_645_463_325_252;
    for _ in 0..mebibytes << 18 {
        let word = random(&mut state);
        // The sum of four uniform numbers is near enough to normal.
        let sum: f32 = word.to_le_bytes().chunks(2).map(|b| f32::from(b[0]) - 127.5).sum();
        let fine = ((word >> 40) as f32) / 16_777_216.0;
        out.write_all(&((sum + fine) * 1e-4).to_le_bytes())?;
    }
    out.flush()
}

fn write_small_files(dir: &Path, count: usize) -> io::Result<Vec<PathBuf>> {
    let mut state = 1_234_567;
    let mut paths = Vec::with_capacity(count);
    for number in 0..count {
        let folder = dir.join(format!("{:03}", number / 1000));
        if number % 1000 == 0 {
            fs::create_dir_all(&folder)?;
        }
        let len = 2000 + random(&mut state) as usize % 10_000;
        let mut bytes = Vec::with_capacity(len + 8);
        while bytes.len() < len {
            bytes.extend_from_slice(&random(&mut state).to_le_bytes());
        }
        let path = folder.join(format!("{number}.bin"));
        File::create(&path)?.write_all(&bytes[..len])?;
        paths.push(path);
    }
    Ok(paths)
}

fn peak_kilobytes() -> u64 {
    let status = fs::read_to_string("/proc/self/status").unwrap_or_default();
    let line = status.lines().find(|line| line.starts_with("VmHWM"));
    line.and_then(|line| line.split_whitespace().nth(1)?.parse().ok()).unwrap_or(0)
}
