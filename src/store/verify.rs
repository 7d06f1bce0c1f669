//! Reads packs whole and names whatever is wrong with them.

use std::fs::File;
use std::io;
use std::os::unix::fs::FileExt;
use std::path::Path;

use crate::base::fs::{IoContext, PathError};
use crate::store::BlobId;
use crate::store::pack::{self, BlobEntry, BlobError, FooterError, HEADER_LEN, PREAMBLE, PackName};

/// Something wrong with a pack.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Damage {
    /// The first bytes are not a pack's.
    Preamble,
    /// The list of blobs at the end; the blobs themselves may be intact.
    Footer { reason: String },
    /// The footer is sound and is that of another pack.
    Name,
    /// The header of an intact blob, needed only for salvage.
    Header { id: BlobId },
    /// A blob that cannot be read.
    Blob { id: BlobId, reason: String },
    /// Bytes that belong to no blob.
    Gap { offset: u64, len: u64 },
}

/// Reads a pack whole and calls `found` for each damage; `advance` gets the bytes read.
pub fn verify_pack_file(
    file: &File,
    name: PackName,
    advance: &mut dyn FnMut(u64),
    found: &mut dyn FnMut(Damage),
) -> io::Result<()> {
    let mut preamble = [0; PREAMBLE.len()];
    let whole = file.read_exact_at(&mut preamble, 0).is_ok();
    if !whole || preamble != PREAMBLE {
        found(Damage::Preamble);
    }
    let entries = match pack::read_footer(file) {
        Ok((mut entries, id)) => {
            if id != name.id {
                found(Damage::Name);
            }
            entries.sort_unstable_by_key(|entry| entry.offset);
            entries
        }
        Err(FooterError::Io(error)) => return Err(error),
        Err(FooterError::Damaged(reason)) => {
            found(Damage::Footer { reason: reason.to_owned() });
            pack::scan(file)?
        }
    };
    let mut end = PREAMBLE.len() as u64;
    for entry in &entries {
        let start = u64::from(entry.offset);
        if start != end {
            found(Damage::Gap { offset: end, len: start.saturating_sub(end) });
        }
        end = entry.end();
        verify_blob(file, entry, found)?;
        advance(end - start);
    }
    Ok(())
}

fn verify_blob(file: &File, entry: &BlobEntry, found: &mut dyn FnMut(Damage)) -> io::Result<()> {
    let id = entry.id;
    match pack::read_blob(file, entry) {
        Ok(_) => {}
        Err(BlobError::Io(error)) => return Err(error),
        Err(error) => found(Damage::Blob { id, reason: error.to_string() }),
    }
    let mut header = [0; HEADER_LEN];
    let whole = file.read_exact_at(&mut header, u64::from(entry.offset)).is_ok();
    if !whole || header != entry.header() {
        found(Damage::Header { id });
    }
    Ok(())
}

/// Tells whether every byte of a pack is as it was written.
pub fn verify_file(path: &Path, name: PackName) -> Result<bool, PathError> {
    let file = match File::open(path) {
        Ok(file) => file,
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(true),
        Err(error) => return Err(PathError::new("open", path, error)),
    };
    let mut sound = true;
    verify_pack_file(&file, name, &mut |_| {}, &mut |_| sound = false).context("read", path)?;
    Ok(sound)
}
