//! Two files that share their bytes on the disk until one of them is written to.

use std::os::fd::AsFd;

/// Makes an empty file hold what another one holds, without a copy. Few file systems can.
#[cfg(any(target_os = "linux", target_os = "android"))]
pub fn share_bytes(from: impl AsFd, to: impl AsFd) -> rustix::io::Result<()> {
    rustix::fs::ioctl_ficlone(to, from)
}

#[cfg(not(any(target_os = "linux", target_os = "android")))]
pub fn share_bytes(_from: impl AsFd, _to: impl AsFd) -> rustix::io::Result<()> {
    Err(rustix::io::Errno::NOTSUP)
}
