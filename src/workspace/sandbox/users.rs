//! Whether a process is still at work in a sandbox: one that its program left behind, outside of its
//! process group.

use std::fs;
use std::os::unix::ffi::OsStrExt;
use std::path::Path;

use crate::workspace::sandbox::Sandbox;

/// Where the system tells of each process what it has open.
const PROCESSES: &str = "/proc";

impl Sandbox {
    /// Tells whether a process of this user works in it, has a file of it open or mapped, or was told
    /// of it by a variable; also where the system does not tell.
    pub fn is_in_use(&self) -> bool {
        let Ok(processes) = fs::read_dir(PROCESSES) else { return true };
        let myself = std::process::id().to_string();
        let is_process = |name: &std::ffi::OsStr| name.as_bytes().iter().all(u8::is_ascii_digit);
        let mut seen_any = false;
        for process in processes.flatten() {
            if !is_process(&process.file_name()) {
                continue;
            }
            seen_any = true;
            let is_me = process.file_name().as_bytes() == myself.as_bytes();
            if !is_me && uses(&process.path(), self.path()) {
                return true;
            }
        }
        !seen_any
    }
}

/// Tells whether a process, by its directory in `/proc`, knows a path. What another user runs cannot
/// be looked into, and cannot write here.
fn uses(process: &Path, path: &Path) -> bool {
    let is_below = |link: &Path| fs::read_link(link).is_ok_and(|place| place.starts_with(path));
    if is_below(&process.join("cwd")) {
        return true;
    }
    let text = path.as_os_str().as_bytes();
    let finder = memchr::memmem::Finder::new(text);
    let names =
        |file: &str| fs::read(process.join(file)).is_ok_and(|bytes| finder.find(&bytes).is_some());
    if names("environ") || names("maps") {
        return true;
    }
    let files = fs::read_dir(process.join("fd"));
    files.is_ok_and(|files| files.flatten().any(|file| is_below(&file.path())))
}
