//! What two commits are compared with when they are merged: their best common ancestor. Where
//! criss-cross merges left several, these are merged first, one after the other from the newest
//! on, and what comes out is the base; their own bases are found alike.
//!
//! Where the ancestors themselves conflict, nobody can say what a side left alone: the path is
//! *contested*. It stands in no tree of the base, and is a conflict unless both sides agree on it.

use std::collections::BTreeSet;

use crate::base::{CommitId, RepoPath, TreeId};
use crate::merge::{CommitNode, History, MergeOptions, plan_merge};
use crate::object::{ObjectDb, ObjectError, TreeEdit, TreeValue};

/// What two sides are compared with.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct MergeBase {
    pub tree: TreeId,
    /// The paths about which several bases disagree; what lies below them is contested, too.
    pub contested: BTreeSet<RepoPath>,
}

impl From<TreeId> for MergeBase {
    fn from(tree: TreeId) -> Self {
        Self { tree, contested: BTreeSet::new() }
    }
}

impl MergeBase {
    /// Tells whether nothing can be said about what this path held.
    pub fn is_contested(&self, path: &RepoPath) -> bool {
        !self.contested.is_empty()
            && std::iter::successors(Some(path.clone()), RepoPath::parent)
                .any(|path| self.contested.contains(&path))
    }
}

/// How many ancestors are merged at the most; beyond, the newest of several stands for all. Only
/// histories of nothing but criss-crosses come that far.
const MOST_MERGES: usize = 64;

/// Returns the base for merging two commits, the same whichever of them comes first; the empty tree
/// where they have no common ancestor.
pub fn merge_base<F>(
    db: &ObjectDb,
    history: &mut History<F>,
    ours: CommitId,
    theirs: CommitId,
) -> Result<MergeBase, ObjectError>
where
    F: FnMut(CommitId) -> Result<CommitNode, ObjectError>,
{
    Finder { db, history, merges_left: MOST_MERGES }.base_of(&[ours], theirs)
}

struct Finder<'a, F> {
    db: &'a ObjectDb,
    history: &'a mut History<F>,
    merges_left: usize,
}

impl<F: FnMut(CommitId) -> Result<CommitNode, ObjectError>> Finder<'_, F> {
    /// Returns the base for merging a commit with the merge of several others.
    fn base_of(&mut self, several: &[CommitId], other: CommitId) -> Result<MergeBase, ObjectError> {
        let bases = self.history.merge_bases_of(several, other)?;
        let Some(newest) = bases.first().copied() else {
            return Ok(self.db.empty_tree()?.into());
        };
        if bases.len() > self.merges_left {
            return self.tree_of(newest);
        }
        self.merged(&bases)
    }

    /// Merges commits that are bases together.
    fn merged(&mut self, commits: &[CommitId]) -> Result<MergeBase, ObjectError> {
        let mut merged = self.tree_of(commits[0])?;
        for (done, next) in commits.iter().enumerate().skip(1) {
            self.merges_left = self.merges_left.saturating_sub(1);
            let inner = self.base_of(&commits[..done], *next)?;
            let next = self.tree_of(*next)?.tree;
            let plan = plan_merge(self.db, &inner, merged.tree, next, &MergeOptions::default())?;
            let tree = plan.apply_clean_part(self.db)?;
            let MergeBase { mut contested, .. } = merged;
            contested.extend(plan.conflicts.into_iter().map(|conflict| conflict.path));
            merged = MergeBase { tree: self.without(tree, &contested)?, contested };
        }
        Ok(merged)
    }

    fn tree_of(&self, commit: CommitId) -> Result<MergeBase, ObjectError> {
        Ok(self.db.commit(commit)?.tree.into())
    }

    fn without(&self, tree: TreeId, paths: &BTreeSet<RepoPath>) -> Result<TreeId, ObjectError> {
        let remove = |path: &RepoPath| TreeEdit { path: path.clone(), value: TreeValue::Remove };
        self.db.edit_tree(tree, paths.iter().map(remove).collect())
    }
}

#[cfg(test)]
mod tests;
