//! Starts a worker for hooks that run in the background: a process of its own, which neither the
//! terminal nor whoever waits for the output of this one has to do with.

use std::io;
use std::os::unix::process::CommandExt;
use std::path::PathBuf;
use std::process::{Command, Stdio};

/// Where a worker works.
#[derive(Debug, Clone)]
pub struct Workplace {
    pub root: PathBuf,
    /// The remote of which the repository is the mirror.
    pub remote: Option<String>,
}

/// Starts a worker that ends when nothing waits any more. Nobody waits for it: it outlives this
/// process.
pub fn start(place: &Workplace) -> io::Result<()> {
    let mut worker = Command::new(std::env::current_exe()?);
    worker.arg("-q").arg("-C").arg(&place.root);
    if let Some(remote) = &place.remote {
        worker.arg("--repo").arg(remote);
    }
    worker
        .args(["hooks", "work", "--once", "--alone"])
        .current_dir(&place.root)
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        // Ctrl-C in the terminal is not meant for it.
        .process_group(0)
        .spawn()
        .map(drop)
}
