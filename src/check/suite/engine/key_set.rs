//! A set of keys with how often and where first each was seen. What does not fit into memory goes to
//! a temporary file in parts by hash, so that each part can be looked at alone.

use std::collections::HashSet;
use std::io;

use hashbrown::HashTable;
use hashbrown::hash_table::Entry;
use rayon::prelude::*;

use crate::check::suite::engine::key::KeyHash;
use crate::check::suite::engine::spill::{Extent, Spill};

const PARTS: usize = 256;

/// How many groups are named by `Groups`: as many rows as a sample holds are in the groups that begin
/// first.
const NAMED: usize = crate::check::suite::report::MAX_SAMPLE;

/// The rows with one key.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Group {
    pub hash: KeyHash,
    /// The number of the first row.
    pub first: u64,
    pub count: u64,
}

/// What is known of the keys that a question asked for.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Groups {
    pub rows: u64,
    pub keys: u64,
    /// Those that begin first, in this order.
    pub named: Vec<Group>,
}

/// What a set holds, and which of its keys occur more than once.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Repeated {
    pub distinct: u64,
    pub groups: Groups,
}

/// See the module.
#[derive(Debug)]
pub struct KeySet {
    parts: Vec<Vec<Group>>,
    held: usize,
    /// How many groups are held in memory.
    limit: usize,
    spill: Option<Spill>,
    extents: Vec<Vec<Extent>>,
}

impl KeySet {
    /// Returns an empty set that holds so many bytes in memory.
    pub fn new(memory: usize) -> Self {
        Self {
            parts: vec![Vec::new(); PARTS],
            held: 0,
            limit: (memory / size_of::<Group>()).max(PARTS),
            spill: None,
            extents: vec![Vec::new(); PARTS],
        }
    }

    /// Notes that a row has this key.
    pub fn insert(&mut self, hash: KeyHash, row: u64) -> io::Result<()> {
        self.parts[part_of(hash)].push(Group { hash, first: row, count: 1 });
        self.held += 1;
        if self.held < self.limit {
            return Ok(());
        }
        self.parts.par_iter_mut().for_each(collapse);
        self.held = self.parts.iter().map(Vec::len).sum();
        if self.held > self.limit / 2 { self.write_out() } else { Ok(()) }
    }

    fn write_out(&mut self) -> io::Result<()> {
        let spill = match &mut self.spill {
            Some(spill) => spill,
            none => none.insert(Spill::new()?),
        };
        let mut bytes = Vec::new();
        for (part, extents) in self.parts.iter_mut().zip(&mut self.extents) {
            bytes.clear();
            part.drain(..).for_each(|group| encode(&group, &mut bytes));
            extents.push(spill.write(&bytes)?);
        }
        self.held = 0;
        Ok(())
    }

    /// Returns the groups of a part, one for each key.
    fn part(&self, number: usize) -> io::Result<Vec<Group>> {
        let mut part = self.parts[number].clone();
        if let Some(spill) = &self.spill {
            for extent in &self.extents[number] {
                part.extend(spill.read(*extent)?.chunks_exact(RECORD).map(decode));
            }
        }
        collapse(&mut part);
        Ok(part)
    }

    /// Returns how many keys there are, and those that occur more than once.
    pub fn repeated(&self) -> io::Result<Repeated> {
        let each = (0..PARTS).into_par_iter().map(|number| {
            let part = self.part(number)?;
            let mut found = Repeated { distinct: part.len() as u64, groups: Groups::default() };
            part.iter().filter(|group| group.count > 1).for_each(|group| found.groups.add(*group));
            Ok(found)
        });
        each.try_reduce(Repeated::default, |a, b| {
            Ok(Repeated { distinct: a.distinct + b.distinct, groups: a.groups.joined(b.groups) })
        })
    }

    /// Returns the keys that are in another set too, or those that are not.
    pub fn compared(&self, other: &Self, in_both: bool) -> io::Result<Groups> {
        let each = (0..PARTS).into_par_iter().map(|number| {
            let theirs: HashSet<KeyHash> =
                other.part(number)?.into_iter().map(|group| group.hash).collect();
            let is_there = |group: &Group| theirs.contains(&group.hash);
            let mut found = Groups::default();
            let part = self.part(number)?;
            part.iter()
                .filter(|group| is_there(group) == in_both)
                .for_each(|group| found.add(*group));
            Ok(found)
        });
        each.try_reduce(Groups::default, |a, b| Ok(a.joined(b)))
    }
}

impl Groups {
    fn add(&mut self, group: Group) {
        self.rows += group.count;
        self.keys += 1;
        let at = self.named.partition_point(|named| named.first < group.first);
        if at < NAMED {
            self.named.insert(at, group);
            self.named.truncate(NAMED);
        }
    }

    fn joined(mut self, other: Self) -> Self {
        self.rows += other.rows;
        self.keys += other.keys;
        self.named.extend(other.named);
        self.named.sort_unstable_by_key(|group| group.first);
        self.named.truncate(NAMED);
        self
    }
}

fn part_of(hash: KeyHash) -> usize {
    (hash[0] >> 56) as usize
}

/// Makes one group of all with the same key.
fn collapse(part: &mut Vec<Group>) {
    // Where the group of a key is, by a hash that is one already: the first half is alike in a part.
    let mut places: HashTable<usize> = HashTable::with_capacity(part.len());
    let mut kept = 0;
    for at in 0..part.len() {
        let group = part[at];
        let is_same = |place: &usize| part[*place].hash == group.hash;
        match places.entry(group.hash[1], is_same, |place| part[*place].hash[1]) {
            Entry::Occupied(place) => {
                let own = &mut part[*place.get()];
                own.first = own.first.min(group.first);
                own.count += group.count;
            }
            Entry::Vacant(place) => {
                place.insert(kept);
                part[kept] = group;
                kept += 1;
            }
        }
    }
    part.truncate(kept);
}

/// How many bytes a group takes in a file.
const RECORD: usize = 32;

fn encode(group: &Group, bytes: &mut Vec<u8>) {
    for number in [group.hash[0], group.hash[1], group.first, group.count] {
        bytes.extend_from_slice(&number.to_le_bytes());
    }
}

fn decode(record: &[u8]) -> Group {
    let number = |at: usize| {
        let bytes = record[8 * at..8 * (at + 1)].try_into();
        u64::from_le_bytes(bytes.expect("a record has four numbers of 8 bytes"))
    };
    Group { hash: [number(0), number(1)], first: number(2), count: number(3) }
}
