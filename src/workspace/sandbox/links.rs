//! Where symbolic links lead in a sandbox: never into the user's working copy.

use std::ffi::OsStr;
use std::os::unix::ffi::{OsStrExt, OsStringExt};
use std::path::{Component, Path, PathBuf};

use crate::base::RepoPath;

/// Returns the target of a link of the working copy at `root` as it is laid out in the sandbox. One
/// that stays below the root by itself is kept; one that leaves it means what it means in the working
/// copy, but that where it leads back into the working copy it leads into the sandbox.
pub(super) fn led(root: &Path, sandbox: &Path, path: &RepoPath, target: &[u8]) -> Vec<u8> {
    let place = Path::new(OsStr::from_bytes(target));
    let dir = path.parent().unwrap_or_default();
    if !leaves(dir.components().count(), place) {
        return target.to_vec();
    }
    let absolute = plain(&root.join(dir.as_path()).join(place));
    let led = match absolute.strip_prefix(root) {
        Ok(inside) => sandbox.join(inside),
        Err(_) => absolute,
    };
    led.into_os_string().into_vec()
}

/// Tells whether a link in a directory so deep leads out of the root on its way.
fn leaves(depth: usize, target: &Path) -> bool {
    let mut depth = depth;
    target.components().any(|part| match part {
        Component::ParentDir => {
            let above = depth.checked_sub(1);
            depth = above.unwrap_or_default();
            above.is_none()
        }
        Component::Normal(_) => {
            depth += 1;
            false
        }
        Component::CurDir => false,
        Component::RootDir | Component::Prefix(_) => true,
    })
}

/// Returns the path without `.` and `..`, as its text has it.
fn plain(path: &Path) -> PathBuf {
    let mut plain = PathBuf::new();
    for part in path.components() {
        match part {
            Component::ParentDir => drop(plain.pop()),
            Component::CurDir => {}
            other => plain.push(other),
        }
    }
    plain
}
