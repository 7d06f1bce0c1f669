//! What a pack file is called: the hash of its footer, and a nonce.

use std::fmt;
use std::str::FromStr;

use minicbor::{Decode, Encode};

use crate::base::PackId;

/// The name of a pack file. The nonce tells two uploads of the same pack apart, so that deleting
/// one can never take the other away.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Encode, Decode)]
pub struct PackName {
    #[n(0)]
    pub id: PackId,
    #[n(1)]
    pub nonce: u64,
}

impl PackName {
    /// Returns the name of the file.
    pub fn file_name(self) -> String {
        format!("{self}.pack")
    }

    /// Returns the name that a file name spells, or nothing where it is no pack's.
    pub fn from_file_name(name: &str) -> Option<Self> {
        name.strip_suffix(".pack")?.parse().ok()
    }
}

impl fmt::Display for PackName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}-{:016x}", self.id.to_hex(), self.nonce)
    }
}

/// A text that is not `<64 hex digits>-<16 hex digits>`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("not the name of a pack")]
pub struct NotAPackName;

impl FromStr for PackName {
    type Err = NotAPackName;

    fn from_str(text: &str) -> Result<Self, NotAPackName> {
        let (id, digits) = text.split_once('-').ok_or(NotAPackName)?;
        let nonce = u64::from_str_radix(digits, 16).map_err(|_| NotAPackName)?;
        let name = Self { id: id.parse().map_err(|_| NotAPackName)?, nonce };
        if name.to_string() == text { Ok(name) } else { Err(NotAPackName) }
    }
}

/// Returns a number that no other process picks.
pub fn fresh_nonce() -> u64 {
    use std::hash::{BuildHasher, RandomState};
    // The standard library seeds this from the system's random numbers, and counts up.
    let stamp = (std::process::id(), std::time::SystemTime::now());
    RandomState::new().hash_one(stamp)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::base::Hash;

    #[test]
    fn a_name_survives_the_way_through_a_file_name() {
        let name = PackName { id: PackId(Hash::of(b"p")), nonce: 7 };
        assert_eq!(PackName::from_file_name(&name.file_name()), Some(name));
    }

    #[test]
    fn other_file_names_are_no_packs() {
        for text in ["", "x.pack", "lost+found", &format!("{}-7.pack", "0".repeat(64))] {
            assert_eq!(PackName::from_file_name(text), None, "{text}");
        }
    }
}
