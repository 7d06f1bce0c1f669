//! Hashes and ids: BLAKE3-256, one type for each thing that has an id.

use std::fmt;
use std::str::FromStr;

/// A BLAKE3-256 digest.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, minicbor::Encode, minicbor::Decode)]
#[cbor(transparent)]
pub struct Hash(#[cbor(with = "minicbor::bytes")] pub [u8; 32]);

/// How many hex digits [`Hash::short`] shows.
const SHORT_LEN: usize = 10;

/// A text that is not 64 lower-case hex digits.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("`{0}` is not a 64-digit hexadecimal id")]
pub struct NotAHash(pub String);

impl Hash {
    /// Returns the hash of `bytes`, as `b3sum` prints it.
    pub fn of(bytes: &[u8]) -> Self {
        Self(*blake3::hash(bytes).as_bytes())
    }

    /// Returns all 64 hex digits.
    pub fn to_hex(self) -> String {
        blake3::Hash::from_bytes(self.0).to_hex().to_string()
    }

    /// Returns the first digits, enough for a person to tell ids apart.
    pub fn short(self) -> String {
        self.to_hex()[..SHORT_LEN].to_owned()
    }
}

impl fmt::Display for Hash {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.to_hex())
    }
}

impl fmt::Debug for Hash {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.short())
    }
}

impl FromStr for Hash {
    type Err = NotAHash;

    fn from_str(text: &str) -> Result<Self, NotAHash> {
        let lower = text.bytes().all(|b| b.is_ascii_digit() || (b'a'..=b'f').contains(&b));
        match blake3::Hash::from_hex(text) {
            Ok(hash) if lower => Ok(Self(*hash.as_bytes())),
            _ => Err(NotAHash(text.to_owned())),
        }
    }
}

impl serde::Serialize for Hash {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(&self.to_hex())
    }
}

impl<'de> serde::Deserialize<'de> for Hash {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = std::borrow::Cow::<str>::deserialize(deserializer)?;
        text.parse().map_err(serde::de::Error::custom)
    }
}

macro_rules! id_type {
    ($(#[$doc:meta])* $name:ident) => {
        $(#[$doc])*
        #[derive(
            Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, minicbor::Encode, minicbor::Decode,
            serde::Serialize, serde::Deserialize,
        )]
        #[cbor(transparent)]
        #[serde(transparent)]
        pub struct $name(#[n(0)] pub crate::base::hash::Hash);

        impl $name {
            /// Returns all 64 hex digits.
            pub fn to_hex(self) -> String {
                self.0.to_hex()
            }

            /// Returns the first digits, enough for a person to tell ids apart.
            pub fn short(self) -> String {
                self.0.short()
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                self.0.fmt(f)
            }
        }

        impl fmt::Debug for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                write!(f, "{}({})", stringify!($name), self.0.short())
            }
        }

        impl FromStr for $name {
            type Err = NotAHash;

            fn from_str(text: &str) -> Result<Self, NotAHash> {
                text.parse().map(Self)
            }
        }
    };
}

id_type!(
    /// Names the chunk list of a file of more than one chunk.
    ManifestId
);
id_type!(
    /// Names the root node of a directory.
    TreeId
);
id_type!(
    /// Names a commit, and with it everything the commit holds.
    CommitId
);
id_type!(
    /// Names what the verdict of a hook depends on.
    CacheKey
);
id_type!(
    /// Names a pack file.
    PackId
);

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_hash_survives_the_way_through_text() {
        let hash = Hash::of(b"mlv");
        assert_eq!(hash.to_hex().parse::<Hash>(), Ok(hash));
        assert_eq!(hash.short().len(), 10);
    }

    #[test]
    fn text_that_is_no_hash_is_refused() {
        for text in ["", "abc", &"g".repeat(64), &"A".repeat(64), &"0".repeat(65)] {
            assert!(text.parse::<Hash>().is_err(), "{text}");
        }
    }

    #[test]
    fn an_id_encodes_as_plain_bytes() {
        let id = TreeId(Hash::of(b""));
        let bytes = minicbor::to_vec(id).unwrap();
        assert_eq!(bytes.len(), 34);
        assert_eq!(minicbor::decode::<TreeId>(&bytes).unwrap(), id);
    }
}
