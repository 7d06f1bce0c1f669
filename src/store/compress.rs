//! How the bytes of a blob are stored: a scheme chosen from a sample, kept only where it pays.

use std::cell::Cell;

use zstd::bulk::{Compressor, Decompressor};
use zstd::zstd_safe::WriteBuf;

use crate::store::BlobKind;

/// No blob is longer than this, plain or stored: what a header may claim and a reader allocate.
pub const MAX_BLOB: usize = 16 << 20;

/// How a payload is encoded. A number that this build does not know is an error on reading only.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Scheme(pub u8);

impl Scheme {
    /// The plain bytes.
    pub const RAW: Self = Self(0);
    /// One zstd frame.
    pub const ZSTD: Self = Self(1);
    // 2 is reserved for float planes, 3 for deltas against another chunk.
}

/// Why a payload does not give its plain bytes.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum DecodeError {
    #[error("compression scheme {0} needs a newer mlv")]
    UnknownScheme(u8),
    #[error("it claims {plain} plain bytes, more than a blob may have")]
    TooLong { plain: u64 },
    #[error("it holds {found} bytes instead of {expected}")]
    WrongLength { found: usize, expected: usize },
    #[error("its zstd frame is broken")]
    Zstd,
}

/// Data is compressed as it streams by, metadata is small and read often.
const DATA_LEVEL: i32 = 1;
const METADATA_LEVEL: i32 = 3;
/// Below this a frame's own header eats the gain.
const SHORTEST: usize = 64;
/// Blobs up to this length are compressed without asking a sample.
const SAMPLE_FROM: usize = 1024;
/// Slices that make up a sample, and the length of each: longer ones where the blob is, too.
const SLICES: usize = 8;
const SHORT_SLICE: usize = 128;
const LONG_SLICE: usize = 512;
const LONG_FROM: usize = 16 << 10;
/// A sample with more bits a byte than this, of 8, is taken for noise.
const NOISE_BITS: f32 = 7.2;

thread_local! {
    // Taken out while in use: a context costs more to make than a small blob to compress.
    static DATA: Cell<Option<Compressor<'static>>> = const { Cell::new(None) };
    static METADATA: Cell<Option<Compressor<'static>>> = const { Cell::new(None) };
    static DECODER: Cell<Option<Decompressor<'static>>> = const { Cell::new(None) };
}

/// Puts the encoding of `plain` into `out`, or returns [`Scheme::RAW`] and leaves `out` undefined
/// where the bytes are best stored as they are.
pub fn encode(kind: BlobKind, plain: &[u8], out: &mut Vec<u8>) -> Scheme {
    if plain.len() < SHORTEST || (!kind.is_metadata() && looks_like_noise(plain)) {
        return Scheme::RAW;
    }
    // The bound of what is worth keeping is also the room that is given: zstd stops beyond it.
    let worthwhile = plain.len() - plain.len() / 16;
    out.clear();
    out.reserve(worthwhile);
    let (slot, level) =
        if kind.is_metadata() { (&METADATA, METADATA_LEVEL) } else { (&DATA, DATA_LEVEL) };
    let Some(mut compressor) = slot.take().or_else(|| Compressor::new(level).ok()) else {
        return Scheme::RAW;
    };
    let written = compressor.compress_to_buffer(plain, out);
    slot.set(Some(compressor));
    match written {
        Ok(length) if length <= worthwhile => Scheme::ZSTD,
        _ => Scheme::RAW,
    }
}

/// Returns the plain bytes of a stored payload, which must be `plain` bytes long.
pub fn decode(scheme: Scheme, stored: Vec<u8>, plain: usize) -> Result<Vec<u8>, DecodeError> {
    if plain > MAX_BLOB {
        return Err(DecodeError::TooLong { plain: plain as u64 });
    }
    let bytes = match scheme {
        Scheme::RAW => stored,
        Scheme::ZSTD => {
            let mut bytes = Vec::with_capacity(plain);
            decode_zstd(&stored, &mut bytes)?;
            bytes
        }
        Scheme(unknown) => return Err(DecodeError::UnknownScheme(unknown)),
    };
    check_length(bytes.len(), plain)?;
    Ok(bytes)
}

/// Fills `plain` with the plain bytes of a stored payload, which must be as many.
pub fn decode_into(scheme: Scheme, stored: &[u8], plain: &mut [u8]) -> Result<(), DecodeError> {
    let found = match scheme {
        Scheme::RAW => {
            check_length(stored.len(), plain.len())?;
            plain.copy_from_slice(stored);
            stored.len()
        }
        Scheme::ZSTD => decode_zstd(stored, plain)?,
        Scheme(unknown) => return Err(DecodeError::UnknownScheme(unknown)),
    };
    check_length(found, plain.len())
}

/// Says what is wrong where a payload has another number of bytes than it should.
pub fn check_length(found: usize, expected: usize) -> Result<(), DecodeError> {
    if found == expected { Ok(()) } else { Err(DecodeError::WrongLength { found, expected }) }
}

fn decode_zstd(stored: &[u8], plain: &mut (impl WriteBuf + ?Sized)) -> Result<usize, DecodeError> {
    let decoder = DECODER.take().or_else(|| Decompressor::new().ok());
    let mut decoder = decoder.ok_or(DecodeError::Zstd)?;
    let result = decoder.decompress_to_buffer(stored, plain);
    DECODER.set(Some(decoder));
    result.map_err(|_| DecodeError::Zstd)
}

/// Tells whether a sample of the bytes has next to no order for zstd to find.
fn looks_like_noise(plain: &[u8]) -> bool {
    if plain.len() <= SAMPLE_FROM {
        return false;
    }
    let mut counts = [0u16; 256];
    let mut sampled = 0u16;
    let slice = if plain.len() < LONG_FROM { SHORT_SLICE } else { LONG_SLICE };
    let stride = (plain.len() - slice) / (SLICES - 1);
    for index in 0..SLICES {
        for byte in &plain[index * stride..][..slice] {
            counts[usize::from(*byte)] += 1;
            sampled += 1;
        }
    }
    let total = f32::from(sampled);
    let weighted: f32 =
        counts.iter().filter(|c| **c > 0).map(|c| f32::from(*c) * f32::from(*c).log2()).sum();
    let entropy = total.log2() - weighted / total;
    // A short sample cannot show more bits a byte than its own length has.
    entropy > NOISE_BITS - 0.5 * 256.0 / total
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn noise(len: usize) -> Vec<u8> {
        let mut bytes = vec![0; len];
        blake3::Hasher::new().update(b"noise").finalize_xof().fill(&mut bytes);
        bytes
    }

    #[test]
    fn noise_stays_raw_and_text_shrinks() {
        let mut out = Vec::new();
        for len in [0, 10, 2_000, 8_000, 100_000] {
            assert_eq!(encode(BlobKind::Chunk, &noise(len), &mut out), Scheme::RAW, "{len}");
        }
        let text = "the quick brown fox, ".repeat(200);
        assert_eq!(encode(BlobKind::Chunk, text.as_bytes(), &mut out), Scheme::ZSTD);
        assert!(out.len() * 10 < text.len());
    }

    #[test]
    fn numbers_in_text_and_small_integers_shrink() {
        let mut out = Vec::new();
        let numbers: Vec<String> = noise(4_000).iter().map(ToString::to_string).collect();
        let table = numbers.join(",");
        assert_eq!(encode(BlobKind::Chunk, table.as_bytes(), &mut out), Scheme::ZSTD);
        let numbers: Vec<u8> =
            noise(4_000).iter().flat_map(|b| u32::from(*b).to_le_bytes()).collect();
        assert_eq!(encode(BlobKind::Chunk, &numbers, &mut out), Scheme::ZSTD);
    }

    #[test]
    fn an_unknown_scheme_and_an_absurd_length_are_named() {
        let unknown = decode(Scheme(9), vec![1], 1);
        assert_eq!(unknown, Err(DecodeError::UnknownScheme(9)));
        let long = decode(Scheme::ZSTD, vec![1], MAX_BLOB + 1);
        assert!(matches!(long, Err(DecodeError::TooLong { .. })));
    }

    proptest! {
        #[test]
        fn what_was_encoded_decodes_to_itself(
            unit in proptest::collection::vec(any::<u8>(), 1..300),
            times in 1usize..40,
            metadata in any::<bool>(),
        ) {
            let plain = unit.repeat(times);
            let kind = if metadata { BlobKind::Tree } else { BlobKind::Chunk };
            let mut out = Vec::new();
            let scheme = encode(kind, &plain, &mut out);
            let stored = if scheme == Scheme::RAW { plain.clone() } else { out };
            prop_assert!(stored.len() <= plain.len());
            let mut filled = vec![7; plain.len()];
            prop_assert_eq!(decode_into(scheme, &stored, &mut filled), Ok(()));
            prop_assert_eq!(&filled, &plain);
            prop_assert!(decode_into(scheme, &stored, &mut vec![7; plain.len() + 1]).is_err());
            prop_assert!(decode_into(scheme, &stored, &mut filled[1..]).is_err());
            prop_assert_eq!(decode(scheme, stored, plain.len()), Ok(plain));
        }

        #[test]
        fn decoding_any_bytes_never_panics(
            bytes in proptest::collection::vec(any::<u8>(), 0..200),
            scheme in 0u8..4,
            plain in 0usize..100_000,
        ) {
            if let Ok(decoded) = decode(Scheme(scheme), bytes, plain) {
                prop_assert_eq!(decoded.len(), plain);
            }
        }
    }
}
