//! The footer of a pack of a remote, by ranges.

use crate::remote::transfer::or_gone;
use crate::remote::{Backend, RemoteError, key};
use crate::store::{BlobEntry, FooterError, PackName, TRAILER_LEN, decode_footer, footer_len};

/// How much of the end of a pack is fetched at first: most footers are no longer.
const GUESS: u64 = 64 << 10;
/// No footer is longer: it would list more than a million blobs.
const LONGEST: u64 = 64 << 20;
/// No pack is longer: places in it have four bytes.
const LONGEST_PACK: u64 = u32::MAX as u64;

/// Returns what a pack of `len` bytes holds, verified against its name, and how many bytes travelled.
pub async fn fetch_footer(
    backend: &Backend,
    name: PackName,
    len: u64,
) -> Result<(Vec<BlobEntry>, u64), RemoteError> {
    let key = key::pack(name);
    let damaged = |reason: String| backend.damaged(&key, reason);
    if !(TRAILER_LEN as u64..=LONGEST_PACK).contains(&len) {
        return Err(damaged(format!("no pack has {len} bytes")));
    }
    let guess = GUESS.min(len);
    let tail = or_gone(backend, name, backend.get_range(&key, len - guess..len).await)?;
    let needed = footer_len(&tail, len).map_err(|error| damaged(error.to_string()))?;
    if needed > LONGEST {
        return Err(damaged("its footer is damaged: it claims too much".to_owned()));
    }
    let footer = if needed > guess {
        let head = backend.get_range(&key, len - needed..len - guess).await;
        [or_gone(backend, name, head)?, tail].concat()
    } else {
        tail[(guess - needed) as usize..].to_vec()
    };
    let entries = named(name, decode_footer(&footer, len)).map_err(damaged)?;
    Ok((entries, needed.max(guess)))
}

/// Returns the entries of a footer that is that of the pack called `name`, or why it is not.
pub fn named(
    name: PackName,
    decoded: Result<(Vec<BlobEntry>, crate::base::PackId), FooterError>,
) -> Result<Vec<BlobEntry>, String> {
    match decoded {
        Ok((entries, id)) if id == name.id => Ok(entries),
        Ok(_) => Err("its footer is that of another pack".to_owned()),
        Err(error) => Err(error.to_string()),
    }
}
