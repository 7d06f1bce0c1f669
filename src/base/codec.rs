//! The canonical codec of on-disk objects: CBOR arrays with definite lengths, no maps, no floats.
//!
//! A value has exactly one encoding: decoding encodes again and compares, so a hash names a value
//! and not merely some bytes. Decoding is total: any bytes give a value or a [`CodecError`].

use minicbor::{Decode, Encode};

/// Why bytes are no canonical encoding of the wanted value.
#[derive(Debug, thiserror::Error)]
pub enum CodecError {
    #[error("malformed at byte {position}: {reason}")]
    Malformed { position: usize, reason: String },
    #[error("{count} stray bytes after the value")]
    Trailing { count: usize },
    #[error("not the canonical encoding of its value")]
    NotCanonical,
}

/// Returns the canonical encoding of `value`.
pub fn encode<T: Encode<()>>(value: &T) -> Vec<u8> {
    let mut bytes = Vec::new();
    minicbor::encode(value, &mut bytes).expect("writing to memory cannot fail");
    bytes
}

/// Returns the value that `bytes` encode canonically.
pub fn decode<'b, T: Decode<'b, ()> + Encode<()>>(bytes: &'b [u8]) -> Result<T, CodecError> {
    let mut decoder = minicbor::Decoder::new(bytes);
    let value: T = decoder.decode().map_err(|error| CodecError::Malformed {
        position: error.position().unwrap_or_else(|| decoder.position()),
        reason: error.to_string(),
    })?;
    let rest = bytes.len() - decoder.position();
    if rest != 0 {
        return Err(CodecError::Trailing { count: rest });
    }
    if encode(&value) != bytes {
        return Err(CodecError::NotCanonical);
    }
    Ok(value)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[derive(Debug, PartialEq, Encode, Decode)]
    struct Sample {
        #[n(0)]
        number: u64,
        #[n(1)]
        names: Vec<String>,
    }

    #[test]
    fn longer_spellings_of_a_value_are_refused() {
        let canonical = encode(&Sample { number: 1, names: vec![] });
        assert_eq!(canonical, [0x82, 0x01, 0x80]);
        assert!(matches!(decode::<Sample>(&[0x82, 0x18, 1, 0x80]), Err(CodecError::NotCanonical)));
        assert!(matches!(
            decode::<Sample>(&[0x82, 1, 0x80, 0]),
            Err(CodecError::Trailing { count: 1 })
        ));
        assert!(matches!(decode::<Sample>(&[0x82, 1]), Err(CodecError::Malformed { .. })));
    }

    proptest! {
        #[test]
        fn decoding_any_bytes_never_panics(bytes in proptest::collection::vec(any::<u8>(), 0..64)) {
            if let Ok(value) = decode::<Sample>(&bytes) {
                prop_assert_eq!(encode(&value), bytes);
            }
        }
    }
}
