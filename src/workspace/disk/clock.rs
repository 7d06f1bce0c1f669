//! The clock of the file system, which may differ from ours, and the age that makes a time safe.

use std::io::Write;
use std::path::Path;

use rustix::fs::{Timespec, Timestamps};

use crate::base::fs::{IoContext, PathError};
use crate::workspace::disk::Stat;

/// How much older than the present a file is made whose content is known: more than the coarsest
/// tick, so that any later write gives it another time.
const SET_BACK_NS: i64 = 50_000_000;

/// Returns the present, in nanoseconds, as the file system of `dir` tells it.
pub fn present(dir: &Path) -> Result<i64, PathError> {
    let mut probe = tempfile::tempfile_in(dir).context("create a file in", dir)?;
    probe.write_all(b".").context("write to a file in", dir)?;
    let stat: Stat = rustix::fs::fstat(&probe).context("look at a file in", dir)?.into();
    Ok(stat.mtime_ns)
}

/// Makes an open file look last written a moment before `present`: whoever writes to it from now on
/// is noticed by the time alone.
pub fn set_aside(file: impl std::os::fd::AsFd, present: i64) -> rustix::io::Result<()> {
    // Where the present is not known, the file keeps its time, and is read again when asked about.
    let Some(time) = present.checked_sub(SET_BACK_NS) else { return Ok(()) };
    let time = Timespec {
        tv_sec: time.div_euclid(1_000_000_000) as _,
        tv_nsec: time.rem_euclid(1_000_000_000) as _,
    };
    rustix::fs::futimens(file, &Timestamps { last_access: time, last_modification: time })
}
