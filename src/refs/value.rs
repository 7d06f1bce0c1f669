//! What a ref holds.

use minicbor::{Decode, Encode};

use crate::base::{CommitId, TreeId, codec};
use crate::refs::{RefError, RefName};

/// What a ref holds. Encoded as one CBOR array for the database.
#[derive(Debug, Clone, PartialEq, Eq, Encode, Decode)]
pub enum RefValue {
    /// Branches and tags, and a detached `HEAD`.
    #[n(0)]
    Commit(#[n(0)] CommitId),
    /// `HEAD` on a branch, which may have no commit yet.
    #[n(1)]
    Symbolic(#[n(0)] FullName),
    /// The staged tree.
    #[n(2)]
    Tree(#[n(0)] TreeId),
    /// A tag with a message, an alias of a model, and a merge under way: encoded by who owns it.
    #[n(3)]
    Record(#[n(0)] Option<CommitId>, #[cbor(n(1), with = "minicbor::bytes")] Vec<u8>),
}

/// A full ref name on its way through CBOR.
#[derive(Debug, Clone, PartialEq, Eq, Encode, Decode)]
#[cbor(transparent)]
pub struct FullName(#[n(0)] String);

impl RefValue {
    /// Returns the value of a `HEAD` that stands on a branch.
    pub fn on_branch(name: &RefName) -> Self {
        Self::Symbolic(FullName(name.as_str().to_owned()))
    }

    /// Returns the branch that this `HEAD` stands on.
    pub fn branch(&self) -> Option<RefName> {
        match self {
            Self::Symbolic(FullName(name)) => name.parse().ok(),
            _ => None,
        }
    }

    /// Returns the commit this value points to directly.
    pub fn commit(&self) -> Option<CommitId> {
        match self {
            Self::Commit(id) => Some(*id),
            Self::Record(id, _) => *id,
            Self::Symbolic(_) | Self::Tree(_) => None,
        }
    }

    /// Returns the tree this value points to directly.
    pub fn tree(&self) -> Option<TreeId> {
        match self {
            Self::Tree(id) => Some(*id),
            _ => None,
        }
    }

    /// Returns the bytes for the database.
    pub fn to_bytes(&self) -> Vec<u8> {
        codec::encode(self)
    }

    /// Returns the value that the database holds for `name`.
    pub fn from_bytes(name: &str, bytes: &[u8]) -> Result<Self, RefError> {
        codec::decode(bytes).map_err(|error| RefError::Undecodable {
            name: name.to_owned(),
            reason: error.to_string(),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::base::Hash;

    #[test]
    fn every_value_survives_the_way_through_bytes() {
        let id = CommitId(Hash::of(b"x"));
        for value in [
            RefValue::Commit(id),
            RefValue::on_branch(&RefName::branch("main").unwrap()),
            RefValue::Tree(TreeId(id.0)),
            RefValue::Record(Some(id), b"note".to_vec()),
            RefValue::Record(None, vec![]),
        ] {
            assert_eq!(RefValue::from_bytes("x", &value.to_bytes()).unwrap(), value);
        }
        assert!(RefValue::from_bytes("x", b"garbage").is_err());
    }
}
