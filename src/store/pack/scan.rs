//! Finds the blobs of a pack by their headers, for when the footer is gone or not to be trusted.

use std::fs::File;
use std::io;
use std::os::unix::fs::FileExt;

use crate::store::pack::header::{BlobEntry, MAGIC};
use crate::store::pack::{HEADER_LEN, PREAMBLE};

/// How many bytes are searched at a time once the chain of headers is broken.
const STRIDE: usize = 1 << 20;

/// Returns every blob whose header can be found, in the order of the file.
pub fn scan(file: &File) -> io::Result<Vec<BlobEntry>> {
    let len = file.metadata()?.len().min(u64::from(u32::MAX));
    let mut entries = Vec::new();
    let mut offset = PREAMBLE.len() as u64;
    while offset + HEADER_LEN as u64 <= len {
        match header_at(file, offset)?.filter(|entry| entry.end() <= len) {
            Some(entry) => {
                offset = entry.end();
                entries.push(entry);
            }
            None => match next_magic(file, offset + 1, len)? {
                Some(found) => offset = found,
                None => break,
            },
        }
    }
    Ok(entries)
}

fn header_at(file: &File, offset: u64) -> io::Result<Option<BlobEntry>> {
    let mut bytes = [0; HEADER_LEN];
    file.read_exact_at(&mut bytes, offset)?;
    Ok(BlobEntry::from_header(&bytes, offset as u32))
}

/// Returns where the magic bytes of a header next stand at or after `from`.
fn next_magic(file: &File, mut from: u64, len: u64) -> io::Result<Option<u64>> {
    let mut window = vec![0; STRIDE];
    while from + HEADER_LEN as u64 <= len {
        let wanted = (len - from).min(STRIDE as u64) as usize;
        let window = &mut window[..wanted];
        file.read_exact_at(window, from)?;
        if let Some(place) = window.windows(MAGIC.len()).position(|bytes| bytes == MAGIC) {
            return Ok(Some(from + place as u64));
        }
        // The last bytes may be the start of the magic.
        from += (wanted - (MAGIC.len() - 1)) as u64;
    }
    Ok(None)
}
