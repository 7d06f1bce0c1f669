//! A commit: a tree, where it came from, who made it, why, and with which code.

use minicbor::{Decode, Encode};

use crate::base::{CommitId, Timestamp, TreeId};

/// A person, or a hook acting for one.
#[derive(Debug, Clone, PartialEq, Eq, Encode, Decode, serde::Serialize)]
pub struct Signature {
    #[n(0)]
    pub name: String,
    #[n(1)]
    pub email: String,
}

/// The state of the enclosing Git repository when the commit was made.
#[derive(Debug, Clone, PartialEq, Eq, Encode, Decode, serde::Serialize)]
pub struct CodeRevision {
    /// The Git commit, in hex.
    #[n(0)]
    pub commit: String,
    /// Whether tracked files differed from that commit.
    #[n(1)]
    pub dirty: bool,
}

/// A commit; its id authenticates all of it and all that it points to.
#[derive(Debug, Clone, PartialEq, Eq, Encode, Decode)]
pub struct Commit {
    #[n(0)]
    pub tree: TreeId,
    #[n(1)]
    pub parents: Vec<CommitId>,
    #[n(2)]
    pub author: Signature,
    /// When the author made the change.
    #[n(3)]
    pub time: Timestamp,
    #[n(4)]
    pub committer: Signature,
    /// When this commit was made of it.
    #[n(5)]
    pub commit_time: Timestamp,
    #[n(6)]
    pub message: String,
    /// Keys and values the user gave, sorted by key, each key once.
    #[n(7)]
    pub meta: Vec<(String, String)>,
    #[n(8)]
    pub code: Option<CodeRevision>,
}

impl Commit {
    /// Returns the first line of the message.
    pub fn subject(&self) -> &str {
        self.message.lines().next().unwrap_or_default()
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::base::{Hash, codec};
    use crate::store::BlobKind;

    fn sample() -> Commit {
        Commit {
            tree: TreeId(Hash([0x11; 32])),
            parents: vec![CommitId(Hash([0x22; 32]))],
            author: Signature { name: "Ada".to_owned(), email: "ada@example.org".to_owned() },
            time: Timestamp { seconds: 1_769_860_800, offset_minutes: 60 },
            committer: Signature { name: "Bo".to_owned(), email: "bo@example.org".to_owned() },
            commit_time: Timestamp { seconds: 1_769_860_801, offset_minutes: -330 },
            message: "January customers\n".to_owned(),
            meta: vec![("ticket".to_owned(), "7".to_owned())],
            code: Some(CodeRevision { commit: "abc123".to_owned(), dirty: true }),
        }
    }

    /// Returns the value of a line `name: value` of the golden file.
    fn golden(name: &str) -> String {
        let text = include_str!("../../tests/golden/object/commit.txt");
        let line = text.lines().find_map(|line| line.strip_prefix(name)?.strip_prefix(": "));
        line.expect("the golden file has this line").to_owned()
    }

    fn hex(bytes: &[u8]) -> String {
        use std::fmt::Write;
        bytes.iter().fold(String::new(), |mut text, byte| {
            write!(text, "{byte:02x}").expect("writing to a string cannot fail");
            text
        })
    }

    #[test]
    fn the_bytes_of_a_commit_are_those_of_the_golden_vector() {
        let bytes = codec::encode(&sample());
        assert_eq!(hex(&bytes), golden("bytes"));
        assert_eq!(BlobKind::Commit.hash(&bytes).to_hex(), golden("id"));
        assert_eq!(codec::decode::<Commit>(&bytes).unwrap(), sample());
    }

    #[test]
    fn a_bit_that_flips_in_a_commit_changes_its_id() {
        let bytes = codec::encode(&sample());
        for index in 0..bytes.len() * 8 {
            let mut damaged = bytes.clone();
            damaged[index / 8] ^= 1 << (index % 8);
            assert_ne!(BlobKind::Commit.hash(&damaged), BlobKind::Commit.hash(&bytes));
        }
    }

    proptest! {
        #[test]
        fn damaged_commits_are_errors_or_other_commits(at in 0usize..200, byte in any::<u8>()) {
            let mut bytes = codec::encode(&sample());
            let at = at % bytes.len();
            bytes[at] = byte;
            if let Ok(commit) = codec::decode::<Commit>(&bytes) {
                prop_assert_eq!(codec::encode(&commit), bytes);
            }
        }
    }
}
