//! Starts a worker for hooks that run in the background: a process of its own, which neither the
//! terminal nor whoever waits for the output of this one has to do with.

use std::io;
use std::os::unix::process::CommandExt;
use std::path::Path;
use std::process::{Command, Stdio};

/// Starts a worker that ends when nothing waits any more. Nobody waits for it: it outlives this
/// process.
pub fn start(root: &Path) -> io::Result<()> {
    Command::new(std::env::current_exe()?)
        .arg("-q")
        .arg("-C")
        .arg(root)
        .args(["hooks", "work", "--once", "--alone"])
        .current_dir(root)
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        // Ctrl-C in the terminal is not meant for it.
        .process_group(0)
        .spawn()
        .map(drop)
}
