//! Measures the working copy: adding, status, checkout, sandbox of many small files.
//! `cargo bench --bench workspace`; another number of files as the first argument.

#![expect(clippy::print_stdout, reason = "a benchmark prints what it measured")]
#![expect(
    clippy::disallowed_methods,
    reason = "the files to measure are written as by any program"
)]

use std::error::Error;
use std::path::Path;
use std::sync::Arc;
use std::time::{Duration, Instant};

use mlv::base::{NoProgress, RepoPath, TreeId};
use mlv::object::ObjectDb;
use mlv::store::{ChunkStore, Durability, LocalStore};
use mlv::workspace::checkout::{Policy, UntilInterrupted};
use mlv::workspace::sandbox::SandboxOptions;
use mlv::workspace::snapshot::AddOptions;
use mlv::workspace::status::StatusOptions;
use mlv::workspace::{Pathspecs, Workspace};

fn main() -> Result<(), Box<dyn Error>> {
    let count = std::env::args().skip(1).find_map(|text| text.parse().ok()).unwrap_or(100_000);
    let dir = tempfile::tempdir()?;
    let root = dir.path().join("work");
    std::fs::create_dir_all(root.join(".mlv"))?;
    let store: Arc<dyn ChunkStore> = Arc::new(LocalStore::open(&root.join(".mlv/store"))?);
    let objects = ObjectDb::new(store.clone());
    let workspace = Workspace::open(&root, &root.join(".mlv"), objects.clone())?;
    make_files(&root, count)?;
    // Files just written are not believed before the clock has ticked.
    std::thread::sleep(Duration::from_millis(50));
    let empty = objects.empty_tree()?;

    let full = timed("add", || add(&workspace, &objects, empty))?;
    if let Some(peak) = peak_memory()? {
        println!("{:<28}{:>9.0} MB", "add, peak memory", peak as f64 / 1e6);
    }
    timed("add again", || add(&workspace, &objects, full))?;
    for _ in 0..3 {
        timed("status, clean", || Ok(status(&workspace, full)?))?;
    }
    timed("reset, nothing to do", || {
        let plan = workspace.plan_checkout(full, full, Policy::Force { wanted: &|_| true })?;
        assert!(plan.steps.is_empty());
        Ok(())
    })?;
    timed("sandbox of all", || {
        let options =
            SandboxOptions { below: &[RepoPath::root()], wanted: &|_| true, overlay: &[] };
        // Removing it would slow down what follows: ext4 shuns numbers of files just deleted.
        std::mem::forget(workspace.create_sandbox(full, &options, &NoProgress)?);
        Ok(())
    })?;
    let clone = dir.path().join("clone");
    std::fs::create_dir_all(clone.join(".mlv"))?;
    let clone = Workspace::open(&clone, &clone.join(".mlv"), objects.clone())?;
    timed("checkout, writing all", || checkout(&clone, empty, full))?;
    timed("status, clean", || Ok(status(&clone, full)?))?;
    timed("checkout, removing all", || checkout(&clone, full, empty))
}

fn checkout(workspace: &Workspace, from: TreeId, to: TreeId) -> Result<(), Box<dyn Error>> {
    let plan = workspace.plan_checkout(from, to, Policy::Keep)?;
    Ok(workspace.apply_checkout(plan, b"", &UntilInterrupted, &NoProgress)?.finish()?)
}

/// Makes files of 2 to 12 KB, a hundred to a directory.
fn make_files(root: &Path, count: usize) -> std::io::Result<()> {
    let mut state = 1_u64;
    for number in 0..count {
        let dir = root.join(format!("data/part-{:05}", number / 100));
        if number % 100 == 0 {
            std::fs::create_dir_all(&dir)?;
        }
        let len = 2000 + number * 7919 % 10_000;
        let mut bytes = Vec::with_capacity(len + 8);
        while bytes.len() < len {
            state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1);
            bytes.extend(state.to_le_bytes());
        }
        std::fs::write(dir.join(format!("file-{number:07}.bin")), &bytes[..len])?;
    }
    Ok(())
}

fn add(
    workspace: &Workspace,
    objects: &ObjectDb,
    staged: TreeId,
) -> Result<TreeId, Box<dyn Error>> {
    let options = AddOptions {
        paths: &Pathspecs::default(),
        force: false,
        tracked_only: false,
        is_git_tracked: &|_| false,
        is_lost: &|_| false,
    };
    let plan = workspace.plan_add(staged, &options)?;
    let tree = workspace.execute_add(staged, &plan, &NoProgress)?.tree;
    objects.store().flush(Durability::Durable)?;
    Ok(tree)
}

fn status(workspace: &Workspace, tree: TreeId) -> Result<(), mlv::workspace::WorkspaceError> {
    let status = workspace.status(tree, tree, StatusOptions::default(), &NoProgress)?;
    assert!(status.is_clean());
    Ok(())
}

/// Returns how many bytes of memory the process had at the most, where the system tells.
fn peak_memory() -> Result<Option<u64>, Box<dyn Error>> {
    let Ok(status) = std::fs::read_to_string("/proc/self/status") else { return Ok(None) };
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:"));
    let number = line.and_then(|line| line.trim().strip_suffix(" kB"));
    Ok(number.map(str::parse::<u64>).transpose()?.map(|kilobytes| kilobytes * 1024))
}

fn timed<T>(
    name: &str,
    deed: impl FnOnce() -> Result<T, Box<dyn Error>>,
) -> Result<T, Box<dyn Error>> {
    let start = Instant::now();
    let value = deed()?;
    println!("{name:<28}{:>9.3} s", start.elapsed().as_secs_f64());
    Ok(value)
}
