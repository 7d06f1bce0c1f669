//! A descent through commits, from new ones down to those whose history is known to be whole. Times
//! order the search for what is known: wrong clocks make it look at more, and miss nothing that counts.

use std::collections::{BinaryHeap, HashSet};

use crate::base::{CommitId, TreeId};
use crate::object::{Commit, ObjectDb, ObjectError};
use crate::store::StoreError;

/// Commits that lead back from known ones, found as far back in time as was asked for.
#[derive(Debug)]
struct Known<'a> {
    objects: &'a ObjectDb,
    met: HashSet<CommitId>,
    waiting: BinaryHeap<(i64, CommitId)>,
}

impl<'a> Known<'a> {
    fn new(objects: &'a ObjectDb, tips: &[CommitId]) -> Result<Self, ObjectError> {
        let (met, waiting) = (HashSet::new(), BinaryHeap::new());
        let mut known = Self { objects, met, waiting };
        tips.iter().try_for_each(|tip| known.add(*tip))?;
        Ok(known)
    }

    /// Adds a commit; one that is not here leads nowhere.
    fn add(&mut self, id: CommitId) -> Result<(), ObjectError> {
        if !self.met.insert(id) {
            return Ok(());
        }
        match self.objects.commit(id) {
            Ok(commit) => self.waiting.push((commit.commit_time.seconds, id)),
            Err(ObjectError::Store(StoreError::Missing { .. })) => {}
            Err(error) => return Err(error),
        }
        Ok(())
    }

    /// Finds all that is known and not older than `time`.
    fn reach_back(&mut self, time: i64) -> Result<(), ObjectError> {
        while self.waiting.peek().is_some_and(|(newest, _)| *newest >= time) {
            let Some((_, id)) = self.waiting.pop() else { break };
            for parent in self.objects.commit(id)?.parents {
                self.add(parent)?;
            }
        }
        Ok(())
    }
}

/// The descent, and what it has come upon.
#[derive(Debug)]
pub struct Descent<'a> {
    known: Known<'a>,
    /// Whether it goes on past what is known.
    pub deepens: bool,
    seen: HashSet<CommitId>,
    /// The trees of the new commits.
    pub trees: Vec<TreeId>,
    /// The trees of the known commits that it ended at.
    pub boundary: Vec<TreeId>,
}

impl<'a> Descent<'a> {
    /// Returns the descent before its first step. All that `known` commits lead to is known; those
    /// that are not here are passed over.
    pub fn new(objects: &'a ObjectDb, known: &[CommitId]) -> Result<Self, ObjectError> {
        let known = Known::new(objects, known)?;
        let (seen, trees, boundary) = (HashSet::new(), Vec::new(), Vec::new());
        Ok(Self { known, deepens: false, seen, trees, boundary })
    }

    /// Tells whether a commit that was entered is known with its parents.
    pub fn has_parents(&self, id: CommitId) -> bool {
        self.known.met.contains(&id) && !self.known.objects.is_shallow(id)
    }

    /// Returns those of a level that were not met before.
    pub fn unmet(&mut self, level: Vec<CommitId>) -> Vec<CommitId> {
        level.into_iter().filter(|id| self.seen.insert(*id)).collect()
    }

    /// Returns the commits of a level that are new. `load` reads a commit, which must be here.
    pub fn enter(
        &mut self,
        level: Vec<CommitId>,
        load: impl Fn(CommitId) -> Result<Commit, ObjectError>,
    ) -> Result<Vec<(CommitId, Commit)>, ObjectError> {
        let loaded = level.into_iter().map(|id| Ok((id, load(id)?)));
        let loaded = loaded.collect::<Result<Vec<_>, ObjectError>>()?;
        let oldest = loaded.iter().map(|(_, commit)| commit.commit_time.seconds).min();
        self.known.reach_back(oldest.unwrap_or(i64::MAX))?;
        let mut new = Vec::new();
        for (id, commit) in loaded {
            if self.known.met.contains(&id) && !self.deepens {
                self.boundary.push(commit.tree);
            } else {
                self.trees.push(commit.tree);
                new.push((id, commit));
            }
        }
        Ok(new)
    }
}
