//! What a remote holds after an entry of its log: the entries folded, one after another.

use std::collections::{BTreeMap, BTreeSet};

use minicbor::{Decode, Encode};

use crate::base::Hash;
use crate::base::codec::{self, CodecError};
use crate::refs::{RefName, RefValue};
use crate::remote::log::{Change, Entry, EntryFault, PackMeta, ordered};
use crate::store::PackName;

/// What a remote holds after an entry of its log.
#[derive(Debug, Clone, PartialEq, Eq, Encode, Decode)]
pub struct State {
    /// The number of that entry; zero before the first.
    #[n(0)]
    pub number: u64,
    /// The hash of the bytes of that entry; zero before the first.
    #[n(1)]
    pub hash: Hash,
    #[cbor(n(2), with = "ordered::map")]
    pub refs: BTreeMap<RefName, RefValue>,
    #[cbor(n(3), with = "ordered::map")]
    pub packs: BTreeMap<PackName, PackMeta>,
    /// Packs that were removed and whose files may still be there: they must not be relied on.
    #[cbor(n(4), with = "ordered::set")]
    pub removed: BTreeSet<PackName>,
}

/// Why bytes are no state.
#[derive(Debug, thiserror::Error)]
pub enum StateFault {
    #[error("its checksum is another")]
    Checksum,
    #[error(transparent)]
    Undecodable(#[from] CodecError),
}

impl State {
    /// Returns the state before the first entry.
    pub fn empty() -> Self {
        Self {
            number: 0,
            hash: Hash([0; 32]),
            refs: BTreeMap::new(),
            packs: BTreeMap::new(),
            removed: BTreeSet::new(),
        }
    }

    /// Tells what keeps an entry from being the next.
    pub fn check(&self, entry: &Entry) -> Result<(), EntryFault> {
        if entry.previous != self.hash {
            return Err(EntryFault::Unchained);
        }
        entry.edits.iter().try_for_each(|(name, change)| self.check_edit(name, change))?;
        let is_used = |pack: &PackName| {
            self.packs.contains_key(pack)
                || self.removed.contains(pack)
                || entry.remove.contains(pack)
        };
        if let Some(&pack) = entry.add.keys().find(|pack| is_used(pack)) {
            return Err(EntryFault::PackReused { pack });
        }
        if let Some(&pack) = entry.remove.intersection(&self.removed).next() {
            return Err(EntryFault::PackRemoved { pack });
        }
        match entry.forget.difference(&self.removed).next() {
            Some(&pack) => Err(EntryFault::PackKept { pack }),
            None => Ok(()),
        }
    }

    fn check_edit(&self, name: &RefName, change: &Change) -> Result<(), EntryFault> {
        if !change.new.as_ref().is_none_or(|value| may_hold(name, value)) {
            return Err(EntryFault::BadRef { name: name.clone() });
        }
        if self.refs.get(name) != change.old.as_ref() {
            return Err(EntryFault::Moved { name: name.clone() });
        }
        Ok(())
    }

    /// Takes in the next entry, whose bytes have this hash.
    pub fn apply(&mut self, entry: &Entry, hash: Hash) -> Result<(), EntryFault> {
        self.check(entry)?;
        self.number += 1;
        self.hash = hash;
        for (name, change) in &entry.edits {
            match &change.new {
                Some(value) => self.refs.insert(name.clone(), value.clone()),
                None => self.refs.remove(name),
            };
        }
        self.packs.extend(&entry.add);
        self.removed.extend(&entry.remove);
        for pack in &entry.remove {
            self.packs.remove(pack);
        }
        for pack in &entry.forget {
            self.removed.remove(pack);
        }
        Ok(())
    }

    /// Returns the bytes of a checkpoint: the state, then the hash of what is before.
    pub fn to_bytes(&self) -> Vec<u8> {
        let mut bytes = codec::encode(self);
        let hash = Hash::of(&bytes);
        bytes.extend_from_slice(&hash.0);
        bytes
    }

    pub fn from_bytes(bytes: &[u8]) -> Result<Self, StateFault> {
        let (state, hash) = bytes.split_last_chunk::<32>().ok_or(StateFault::Checksum)?;
        if Hash::of(state) != Hash(*hash) {
            return Err(StateFault::Checksum);
        }
        Ok(codec::decode(state)?)
    }
}

/// Tells whether a ref of a remote may hold a value.
fn may_hold(name: &RefName, value: &RefValue) -> bool {
    match value {
        RefValue::Commit(_) => name.is_branch() || name.is_tag(),
        RefValue::Record(commit, _) => (name.is_tag() || name.is_model()) && commit.is_some(),
        RefValue::Tree(_) => *name == RefName::verdicts(),
        RefValue::Symbolic(_) => {
            *name == RefName::head() && value.branch().is_some_and(|branch| branch.is_branch())
        }
    }
}

#[cfg(test)]
mod tests;
