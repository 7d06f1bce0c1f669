//! An entry of a remote's log: which refs move, which packs come and go.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;

use minicbor::{Decode, Encode};

use crate::base::codec::{self, CodecError};
use crate::base::{Hash, Timestamp};
use crate::refs::{RefName, RefValue};
use crate::remote::log::{State, ordered};
use crate::store::{PackClass, PackName, fresh_nonce};

/// The most bytes that an entry may have.
pub const MAX_ENTRY: u64 = 16 << 20;

/// Tells two attempts at the same entry apart.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Encode, Decode)]
#[cbor(transparent)]
pub struct EntryId(#[cbor(with = "minicbor::bytes")] pub [u8; 16]);

impl EntryId {
    /// Returns an id that nobody else picks.
    pub fn fresh() -> Self {
        Self((u128::from(fresh_nonce()) << 64 | u128::from(fresh_nonce())).to_le_bytes())
    }
}

/// As 32 hexadecimal digits.
impl fmt::Display for EntryId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.iter().try_for_each(|byte| write!(f, "{byte:02x}"))
    }
}

/// What the log knows of a pack.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Encode, Decode)]
pub struct PackMeta {
    /// The bytes of the file.
    #[n(0)]
    pub len: u64,
    #[n(1)]
    pub class: PackClass,
}

/// What a ref held, and what it holds from here on.
#[derive(Debug, Clone, PartialEq, Eq, Encode, Decode)]
pub struct Change {
    #[n(0)]
    pub old: Option<RefValue>,
    #[n(1)]
    pub new: Option<RefValue>,
}

/// An entry of the log, as it is stored.
#[derive(Debug, Clone, PartialEq, Eq, Encode, Decode)]
pub struct Entry {
    #[n(0)]
    pub id: EntryId,
    /// The hash of the bytes of the entry before; zero in the first.
    #[n(1)]
    pub previous: Hash,
    #[n(2)]
    pub time: Timestamp,
    #[n(3)]
    pub author: String,
    /// The command that made it.
    #[n(4)]
    pub command: String,
    #[cbor(n(5), with = "ordered::map")]
    pub edits: BTreeMap<RefName, Change>,
    #[cbor(n(6), with = "ordered::map")]
    pub add: BTreeMap<PackName, PackMeta>,
    /// Packs whose files may be deleted from here on, and that no later entry adds.
    #[cbor(n(7), with = "ordered::set")]
    pub remove: BTreeSet<PackName>,
    /// Packs removed before whose files are seen to be gone.
    #[cbor(n(8), with = "ordered::set")]
    pub forget: BTreeSet<PackName>,
}

impl Entry {
    pub fn to_bytes(&self) -> Vec<u8> {
        codec::encode(self)
    }

    pub fn from_bytes(bytes: &[u8]) -> Result<Self, EntryFault> {
        Ok(codec::decode(bytes)?)
    }
}

/// An entry to be: planned on one state of the log, and of no use on another.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Draft {
    /// The number of the entry that it was planned on.
    after: u64,
    /// The id of the entry to be; a fresh one where absent.
    pub id: Option<EntryId>,
    pub time: Timestamp,
    pub author: String,
    pub command: String,
    pub edits: BTreeMap<RefName, Change>,
    pub add: BTreeMap<PackName, PackMeta>,
    pub remove: BTreeSet<PackName>,
    pub forget: BTreeSet<PackName>,
}

impl Draft {
    /// Returns a draft that changes nothing yet.
    pub fn new(state: &State, time: Timestamp, author: &str, command: &str) -> Self {
        Self {
            after: state.number,
            id: None,
            time,
            author: author.to_owned(),
            command: command.to_owned(),
            edits: BTreeMap::new(),
            add: BTreeMap::new(),
            remove: BTreeSet::new(),
            forget: BTreeSet::new(),
        }
    }

    /// Sets a ref, or deletes it, whatever it holds in the state that the draft is planned on.
    pub fn set(&mut self, state: &State, name: RefName, new: Option<RefValue>) {
        let old = state.refs.get(&name).cloned();
        self.edits.insert(name, Change { old, new });
    }

    /// Returns the entry that follows a state.
    pub fn entry(&self, state: &State) -> Result<Entry, EntryFault> {
        if self.after != state.number {
            return Err(EntryFault::Stale { planned: self.after, now: state.number });
        }
        Ok(Entry {
            id: self.id.unwrap_or_else(EntryId::fresh),
            previous: state.hash,
            time: self.time,
            author: self.author.clone(),
            command: self.command.clone(),
            edits: self.edits.clone(),
            add: self.add.clone(),
            remove: self.remove.clone(),
            forget: self.forget.clone(),
        })
    }
}

/// Why an entry is none, or cannot follow the entries before it.
#[derive(Debug, thiserror::Error)]
pub enum EntryFault {
    #[error(transparent)]
    Undecodable(#[from] CodecError),
    #[error("it would have {len} bytes, of {MAX_ENTRY} that it may have")]
    TooLong { len: u64 },
    #[error("it was planned after entry {planned}, and the log is at {now}")]
    Stale { planned: u64, now: u64 },
    #[error("it does not follow the entry before it")]
    Unchained,
    #[error("no remote keeps that in `{name}`")]
    BadRef { name: RefName },
    #[error("`{name}` held something else before it")]
    Moved { name: RefName },
    #[error("it adds pack {pack}, whose name was used before")]
    PackReused { pack: PackName },
    #[error("it removes pack {pack}, which is removed already")]
    PackRemoved { pack: PackName },
    #[error("it forgets pack {pack}, which is not removed")]
    PackKept { pack: PackName },
}

#[cfg(test)]
mod tests;
