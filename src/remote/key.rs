//! What the objects of a remote are called, relative to its root.

use crate::store::PackName;

/// Says that a repository is here, and of which format.
pub const FORMAT: &str = "mlv-remote";
/// The number of the newest checkpoint, as far as the last writer knew.
pub const LATEST: &str = "refs/latest";
pub const CHECKPOINTS: &str = "refs/checkpoints";
pub const PACKS: &str = "packs";

/// Returns the key of an entry of the log.
pub fn entry(number: u64) -> String {
    format!("refs/log/{number:016}")
}

/// Returns the key of the state after an entry.
pub fn checkpoint(number: u64) -> String {
    format!("{CHECKPOINTS}/{number:016}")
}

/// Returns the key of a pack.
pub fn pack(name: PackName) -> String {
    let file_name = name.file_name();
    format!("{PACKS}/{}/{file_name}", &file_name[..2])
}

/// Returns the pack that a key names, or nothing where it is no pack's.
pub fn pack_of(key: &str) -> Option<PackName> {
    let name = PackName::from_file_name(key.rsplit_once('/')?.1)?;
    (pack(name) == key).then_some(name)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::base::{Hash, PackId};

    #[test]
    fn a_pack_survives_the_way_through_its_key() {
        let name = PackName { id: PackId(Hash([0xab; 32])), nonce: 7 };
        assert!(pack(name).starts_with("packs/ab/abab"), "{}", pack(name));
        assert_eq!(pack_of(&pack(name)), Some(name));
    }

    #[test]
    fn keys_elsewhere_are_no_packs() {
        let file_name = PackName { id: PackId(Hash([0xab; 32])), nonce: 7 }.file_name();
        for key in [&file_name, &format!("packs/{file_name}"), &format!("packs/cd/{file_name}")] {
            assert_eq!(pack_of(key), None, "{key}");
        }
    }
}
