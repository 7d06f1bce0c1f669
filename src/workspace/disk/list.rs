//! The names in a directory, with what each is.

use std::os::fd::AsFd;

use rustix::fs::{AtFlags, Dir};
use rustix::io::Errno;

use crate::workspace::disk::{FileKind, Stat};

/// A name in a directory.
#[derive(Debug, Clone)]
pub struct Listed {
    pub name: Vec<u8>,
    pub kind: FileKind,
}

/// Returns what is in a directory, sorted by name.
pub fn list(dir: impl AsFd) -> rustix::io::Result<Vec<Listed>> {
    let mut listed = Vec::new();
    for item in Dir::read_from(&dir)? {
        let item = item?;
        let name = item.file_name().to_bytes();
        if name == b"." || name == b".." {
            continue;
        }
        let kind = match FileKind::of(item.file_type()) {
            Some(kind) => kind,
            None => match rustix::fs::statat(&dir, name, AtFlags::SYMLINK_NOFOLLOW) {
                Ok(stat) => Stat::from(stat).kind(),
                Err(Errno::NOENT) => continue,
                Err(error) => return Err(error),
            },
        };
        listed.push(Listed { name: name.to_vec(), kind });
    }
    listed.sort_unstable_by(|a, b| a.name.cmp(&b.name));
    Ok(listed)
}
