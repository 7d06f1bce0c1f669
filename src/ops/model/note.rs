//! What an alias of a model holds: the model, who put it there, and what it named before.

use minicbor::{Decode, Encode};

use crate::base::{CommitId, Hash, RepoPath, Timestamp, codec};
use crate::object::Signature;
use crate::ops::OpsError;
use crate::refs::RefValue;

/// So many earlier models an alias remembers.
const MOST_EARLIER: usize = 10;
/// So many of its own earlier values it recognizes.
const MOST_SUPERSEDED: usize = 64;

/// A model that an alias names, or named.
#[derive(Debug, Clone, PartialEq, Eq, Encode, Decode, serde::Serialize)]
pub struct Naming {
    #[n(0)]
    pub commit: CommitId,
    #[n(1)]
    pub path: RepoPath,
    /// The hash of what lies there; of a directory, of the paths and contents of its files.
    #[n(2)]
    pub content: Hash,
    #[n(3)]
    pub time: Timestamp,
    #[n(4)]
    pub by: Signature,
    /// The paths of the data that it was trained on, where somebody named them.
    #[n(5)]
    pub data: Vec<RepoPath>,
}

impl Naming {
    /// Tells whether both are the same model, whoever named it and when.
    pub fn is_same_model(&self, other: &Self) -> bool {
        let facts = |naming: &Self| (naming.commit, naming.path.clone(), naming.data.clone());
        facts(self) == facts(other)
    }
}

/// The value of an alias.
#[derive(Debug, Clone, PartialEq, Eq, Encode, Decode)]
pub(super) struct Note {
    #[n(0)]
    pub now: Naming,
    /// What `rollback` goes back to, the newest first.
    #[n(1)]
    pub earlier: Vec<Naming>,
    /// The hashes of the values that this one comes after, the newest first.
    #[n(2)]
    superseded: Vec<Hash>,
}

impl Note {
    /// Returns the value of an alias that names something anew.
    pub fn moved(now: Naming, before: Option<&Self>) -> Self {
        let earlier = before.iter().flat_map(|note| [&note.now].into_iter().chain(&note.earlier));
        let earlier = earlier.take(MOST_EARLIER).cloned().collect();
        Self { now, earlier, superseded: before.map(Self::line).unwrap_or_default() }
    }

    /// Returns the value of an alias that names again what it named before; nothing where it named
    /// nothing.
    pub fn rolled_back(&self, time: Timestamp, by: Signature) -> Option<Self> {
        let (back, earlier) = self.earlier.split_first()?;
        let now = Naming { time, by, ..back.clone() };
        Some(Self { now, earlier: earlier.to_vec(), superseded: self.line() })
    }

    fn line(&self) -> Vec<Hash> {
        let own = Hash::of(&self.value().to_bytes());
        std::iter::once(own).chain(self.superseded.iter().copied()).take(MOST_SUPERSEDED).collect()
    }

    pub fn value(&self) -> RefValue {
        RefValue::Record(Some(self.now.commit), codec::encode(self))
    }

    /// Reads the value of an alias.
    pub fn of(value: &RefValue) -> Result<Option<Self>, OpsError> {
        let RefValue::Record(Some(_), bytes) = value else { return Ok(None) };
        let note = codec::decode(bytes);
        Ok(Some(note.map_err(|source| OpsError::BadRecord { what: "an alias", source })?))
    }
}

/// Tells whether the value of an alias comes after another one.
pub fn supersedes(newer: &RefValue, older: &RefValue) -> bool {
    let note = Note::of(newer).ok().flatten();
    note.is_some_and(|note| note.superseded.contains(&Hash::of(&older.to_bytes())))
}

/// Returns the commits that an alias can be rolled back to.
pub fn earlier_commits(value: &RefValue) -> Result<Vec<CommitId>, OpsError> {
    let earlier = Note::of(value)?.map(|note| note.earlier).unwrap_or_default();
    Ok(earlier.into_iter().map(|naming| naming.commit).collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn naming(number: u8) -> Naming {
        let by = Signature { name: "Ada".into(), email: "ada@example.org".into() };
        Naming {
            commit: CommitId(Hash::of(&[number])),
            path: RepoPath::from_bytes("models/churn").unwrap(),
            content: Hash::of(&[number, number]),
            time: Timestamp::from_seconds(i64::from(number)),
            by,
            data: vec![],
        }
    }

    #[test]
    fn going_back_passes_through_what_was_named_before_and_is_itself_newer() {
        let one = Note::moved(naming(1), None);
        let two = Note::moved(naming(2), Some(&one));
        let three = Note::moved(naming(3), Some(&two));
        let by = naming(0).by;
        let back = three.rolled_back(Timestamp::from_seconds(9), by.clone()).unwrap();
        assert!(back.now.is_same_model(&naming(2)));
        let further = back.rolled_back(Timestamp::from_seconds(10), by.clone()).unwrap();
        assert!(further.now.is_same_model(&naming(1)));
        assert_eq!(further.rolled_back(Timestamp::from_seconds(11), by), None);
        for (newer, older) in [(&three, &one), (&three, &two), (&back, &three), (&further, &two)] {
            assert!(supersedes(&newer.value(), &older.value()));
            assert!(!supersedes(&older.value(), &newer.value()));
        }
    }

    #[test]
    fn a_value_stays_small_however_often_the_alias_moves() {
        let mut note = Note::moved(naming(0), None);
        for number in 1..200 {
            note = Note::moved(naming(number), Some(&note));
        }
        assert_eq!((note.earlier.len(), note.superseded.len()), (MOST_EARLIER, MOST_SUPERSEDED));
        assert_eq!(Note::of(&note.value()).unwrap(), Some(note));
    }

    #[test]
    fn what_is_no_alias_is_told_from_one_that_is_damaged() {
        let id = CommitId(Hash::of(b"x"));
        assert_eq!(Note::of(&RefValue::Commit(id)).unwrap(), None);
        assert!(Note::of(&RefValue::Record(Some(id), b"garbage".to_vec())).is_err());
    }
}
