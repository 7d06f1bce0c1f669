//! Questions about the commit graph: merge bases, ancestry, ahead and behind.
//!
//! All of them paint the graph from the newest commit down, a colour for each side, and stop when
//! only commits below a common one are left to visit. Times merely order the visit: a commit whose
//! colours grow after its turn gets another, so wrong clocks cost time and no correctness.

use std::collections::{BinaryHeap, HashMap};

use crate::base::CommitId;
use crate::object::{ObjectDb, ObjectError};

/// What the graph needs to know of a commit.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CommitNode {
    /// Seconds since the epoch; a hint for the order of the visit.
    pub time: i64,
    pub parents: Vec<CommitId>,
}

/// How many commits each of two branches has that the other lacks.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, serde::Serialize)]
pub struct AheadBehind {
    pub ahead: usize,
    pub behind: usize,
}

/// The commit graph, read through `load`; remembers what it has read.
#[derive(Debug)]
pub struct History<F> {
    load: F,
    nodes: HashMap<CommitId, CommitNode>,
}

/// The graph of the commits of a database.
pub type CommitHistory<'db> =
    History<Box<dyn FnMut(CommitId) -> Result<CommitNode, ObjectError> + 'db>>;

impl<'db> CommitHistory<'db> {
    /// Returns the graph of the commits of a database.
    pub fn of(db: &'db ObjectDb) -> Self {
        Self::new(Box::new(|id| {
            let commit = db.commit(id)?;
            Ok(CommitNode { time: commit.commit_time.seconds, parents: commit.parents })
        }))
    }
}

impl<E, F: FnMut(CommitId) -> Result<CommitNode, E>> History<F> {
    pub fn new(load: F) -> Self {
        Self { load, nodes: HashMap::new() }
    }

    /// Returns the best common ancestors: those that are no ancestor of another common one. None
    /// for unrelated histories, several for criss-cross merges; sorted by time, newest first, then
    /// by id, whichever way round the commits are given.
    pub fn merge_bases(&mut self, a: CommitId, b: CommitId) -> Result<Vec<CommitId>, E> {
        self.merge_bases_of(&[a], b)
    }

    /// Returns the best common ancestors of `b` and a merge of all of `a`.
    pub fn merge_bases_of(&mut self, a: &[CommitId], b: CommitId) -> Result<Vec<CommitId>, E> {
        let mut bases = self.common_ancestors(a, b)?;
        if bases.len() > 1 {
            bases = self.without_ancestors(bases)?;
        }
        Ok(bases)
    }

    /// Tells whether `descendant` is `ancestor` or leads back to it.
    pub fn is_ancestor(&mut self, ancestor: CommitId, descendant: CommitId) -> Result<bool, E> {
        let painting = self.paint(&[ancestor], &[descendant], Until::Reached(ancestor))?;
        Ok(painting.colours_of(ancestor).contains(Colours::BOTH))
    }

    /// Counts what each side has and the other lacks. Below a common commit it looks only a day
    /// further back than the oldest commit counted: clocks that are wrong by more may inflate the
    /// numbers, which nothing but a display should depend on.
    pub fn ahead_behind(&mut self, a: CommitId, b: CommitId) -> Result<AheadBehind, E> {
        let painting = self.paint(&[a], &[b], Until::CommonAndOlder)?;
        let count = |only| painting.marks.values().filter(|mark| mark.colours == only).count();
        Ok(AheadBehind { ahead: count(Colours::LEFT), behind: count(Colours::RIGHT) })
    }

    /// Returns common ancestors among which all the best are.
    fn common_ancestors(&mut self, a: &[CommitId], b: CommitId) -> Result<Vec<CommitId>, E> {
        let painting = self.paint(a, &[b], Until::Common)?;
        let best = painting.marks.iter().filter(|(_, mark)| mark.colours == Colours::BOTH);
        let mut timed = Vec::new();
        for (id, _) in best {
            timed.push((std::cmp::Reverse(self.node(*id)?.time), *id));
        }
        timed.sort_unstable();
        Ok(timed.into_iter().map(|(_, id)| id).collect())
    }

    /// Drops each commit that is an ancestor of another. An early stop leaves such ones where a
    /// clock was wrong.
    fn without_ancestors(&mut self, candidates: Vec<CommitId>) -> Result<Vec<CommitId>, E> {
        let mut kept = Vec::new();
        for candidate in &candidates {
            let others: Vec<_> = candidates.iter().copied().filter(|id| id != candidate).collect();
            let painting = self.paint(&[*candidate], &others, Until::Reached(*candidate))?;
            if !painting.colours_of(*candidate).contains(Colours::BOTH) {
                kept.push(*candidate);
            }
        }
        Ok(kept)
    }

    fn paint(
        &mut self,
        left: &[CommitId],
        right: &[CommitId],
        until: Until,
    ) -> Result<Painting, E> {
        let mut painting = Painting::default();
        for (starts, colour) in [(left, Colours::LEFT), (right, Colours::RIGHT)] {
            for id in starts {
                painting.add(*id, self.node(*id)?.time, colour);
            }
        }
        while !painting.is_finished(until) {
            let Some(id) = painting.next() else { break };
            let colours = painting.colours_of(id).for_parents();
            for parent in self.node(id)?.parents.clone() {
                painting.add(parent, self.node(parent)?.time, colours);
            }
        }
        Ok(painting)
    }

    fn node(&mut self, id: CommitId) -> Result<&CommitNode, E> {
        use std::collections::hash_map::Entry;
        match self.nodes.entry(id) {
            Entry::Occupied(known) => Ok(known.into_mut()),
            Entry::Vacant(place) => Ok(place.insert((self.load)(id)?)),
        }
    }
}

/// When a painting may stop.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Until {
    /// When every commit that waits lies below a common one.
    Common,
    /// Then, or as soon as this commit proves to be common.
    Reached(CommitId),
    /// When, besides, what waits is older than all commits of one side only.
    CommonAndOlder,
}

/// From which sides a commit was reached, and whether through a common one.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
struct Colours(u8);

impl Colours {
    const LEFT: Self = Self(1);
    const RIGHT: Self = Self(2);
    const BOTH: Self = Self(3);
    const BELOW_COMMON: Self = Self(7);

    fn contains(self, other: Self) -> bool {
        self.0 & other.0 == other.0
    }

    fn with(self, other: Self) -> Self {
        Self(self.0 | other.0)
    }

    /// Returns what the parents of a commit of these colours are painted with.
    fn for_parents(self) -> Self {
        if self.contains(Self::BOTH) { Self::BELOW_COMMON } else { self }
    }
}

#[derive(Debug, Clone, Copy, Default)]
struct Mark {
    colours: Colours,
    time: i64,
    waiting: bool,
}

/// A graph being painted.
#[derive(Debug, Default)]
struct Painting {
    marks: HashMap<CommitId, Mark>,
    queue: BinaryHeap<(i64, CommitId)>,
    /// How many of the waiting commits are not yet known to lie below a common one.
    open: usize,
    /// The time of the oldest commit of one side only, noted once none of the waiting is open.
    oldest_one_sided: Option<i64>,
}

/// How wrong clocks may be before [`History::ahead_behind`] miscounts, in seconds.
const CLOCK_SLACK: i64 = 24 * 60 * 60;

impl Painting {
    fn colours_of(&self, id: CommitId) -> Colours {
        self.marks.get(&id).map(|mark| mark.colours).unwrap_or_default()
    }

    /// Paints a commit, and has it wait for its turn where that changed anything.
    fn add(&mut self, id: CommitId, time: i64, colours: Colours) {
        let mark = self.marks.entry(id).or_default();
        let old = *mark;
        *mark = Mark { colours: old.colours.with(colours), time, waiting: true };
        if mark.colours == old.colours {
            mark.waiting = old.waiting;
            return;
        }
        let was_open = old.waiting && old.colours != Colours::BELOW_COMMON;
        let is_open = mark.colours != Colours::BELOW_COMMON;
        self.open = self.open + usize::from(is_open) - usize::from(was_open);
        if !old.waiting {
            self.queue.push((time, id));
        }
    }

    fn next(&mut self) -> Option<CommitId> {
        let (_, id) = self.queue.pop()?;
        let mark = self.marks.get_mut(&id)?;
        mark.waiting = false;
        self.open -= usize::from(mark.colours != Colours::BELOW_COMMON);
        Some(id)
    }

    fn is_finished(&mut self, until: Until) -> bool {
        match until {
            Until::Common => self.open == 0,
            Until::Reached(id) => self.open == 0 || self.colours_of(id).contains(Colours::BOTH),
            Until::CommonAndOlder => self.open == 0 && self.is_older_than_one_sided(),
        }
    }

    /// Tells whether all that waits is too old to be an ancestor of a commit of one side only.
    fn is_older_than_one_sided(&mut self) -> bool {
        let oldest = *self.oldest_one_sided.get_or_insert_with(|| {
            let one_sided = self.marks.values().filter(|m| !m.colours.contains(Colours::BOTH));
            one_sided.map(|mark| mark.time).min().unwrap_or(i64::MAX)
        });
        self.queue.peek().is_none_or(|(newest, _)| newest.saturating_add(CLOCK_SLACK) < oldest)
    }
}

#[cfg(test)]
mod tests;
