//! What is reachable: from refs and remembered operations down to every blob.

use std::collections::{BTreeSet, HashSet};

use crate::base::interrupt;
use crate::base::{CommitId, TreeId};
use crate::object::tree::Reached;
use crate::object::{Entry, Irregular, ObjectDb, RegularityCheck};
use crate::refs::{RefValue, operation};
use crate::repo::{Repo, RepoError};
use crate::store::{BlobId, BlobKind};

/// Where reachability starts.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Roots {
    pub commits: Vec<CommitId>,
    pub trees: Vec<TreeId>,
}

impl Roots {
    /// Adds what a ref's value points to.
    pub fn add(&mut self, value: &RefValue) {
        self.commits.extend(value.commit());
        self.trees.extend(value.tree());
    }
}

impl Repo {
    /// Returns the roots of everything that a ref holds.
    pub fn ref_roots(&self) -> Result<Roots, RepoError> {
        let mut roots = Roots::default();
        for (_, value) in self.list("")? {
            roots.add(&value);
        }
        Ok(roots)
    }

    /// Returns the roots of everything that a ref holds or that an operation of the log could bring
    /// back, those left out that are about to be forgotten.
    pub fn roots(&self, forgotten: &BTreeSet<i64>) -> Result<Roots, RepoError> {
        let mut roots = self.ref_roots()?;
        for operation in operation::list(&self.connection(), usize::MAX)? {
            if forgotten.contains(&operation.id) {
                continue;
            }
            for edit in &operation.edits {
                edit.old.iter().chain(&edit.new).for_each(|value| roots.add(value));
            }
            roots.trees.extend(operation.checkout.iter().flat_map(|moved| [moved.from, moved.to]));
            roots.trees.extend(operation.saved);
        }
        Ok(roots)
    }
}

/// A walk over all that is reachable, each blob once.
#[derive(Debug)]
pub struct Walk<'a> {
    objects: &'a ObjectDb,
    seen: HashSet<BlobId>,
    check: Option<RegularityCheck>,
    irregular: Vec<IrregularNode>,
    references: u64,
}

/// A node of a tree that no writer would have made so, and where it was come upon.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct IrregularNode {
    /// The commit whose tree it is of; nothing where something else leads to the tree.
    pub commit: Option<CommitId>,
    pub tree: TreeId,
    pub found: Irregular,
}

/// Something that cannot be followed further: a blob that is missing or damaged.
pub type Broken<'f> = dyn FnMut(crate::object::ObjectError) + 'f;

impl<'a> Walk<'a> {
    pub fn new(objects: &'a ObjectDb) -> Self {
        Self { objects, seen: HashSet::new(), check: None, irregular: Vec::new(), references: 0 }
    }

    /// Returns a walk that also looks for trees whose nodes are not cut by the rule, and lists up to
    /// `limit` of them.
    pub fn checking(objects: &'a ObjectDb, limit: usize) -> Self {
        Self { check: Some(RegularityCheck::new(limit)), ..Self::new(objects) }
    }

    /// Visits all that is reachable from `roots`; what cannot be read is told to `broken`, and the
    /// walk goes on beside it.
    pub fn visit(&mut self, roots: &Roots, broken: &mut Broken<'_>) -> Result<(), RepoError> {
        let mut commits = roots.commits.clone();
        let mut trees = Vec::new();
        while let Some(id) = commits.pop() {
            interrupt::check().map_err(crate::store::StoreError::from)?;
            if !self.seen.insert(BlobId { kind: BlobKind::Commit, hash: id.0 }) {
                continue;
            }
            match self.objects.commit(id) {
                Ok(commit) => {
                    commits.extend(commit.parents);
                    trees.push((Some(id), commit.tree));
                }
                Err(error) => broken(error),
            }
        }
        trees.extend(roots.trees.iter().map(|tree| (None, *tree)));
        for (commit, tree) in trees {
            interrupt::check().map_err(crate::store::StoreError::from)?;
            self.visit_tree(tree, broken);
            let found = self.check.iter_mut().flat_map(RegularityCheck::take_found);
            self.irregular.extend(found.map(|found| IrregularNode { commit, tree, found }));
        }
        Ok(())
    }

    fn visit_tree(&mut self, tree: TreeId, broken: &mut Broken<'_>) {
        let (objects, seen, references) = (self.objects, &mut self.seen, &mut self.references);
        let mut manifests = Vec::new();
        let check = self.check.as_mut();
        let outcome = objects.reach_tree_with(tree, check, &mut |reached| match reached {
            Reached::Node(id) => seen.insert(id),
            Reached::Entry(Entry::File { file, .. }) => {
                match file.manifest {
                    Some(id)
                        if !seen.contains(&BlobId { kind: BlobKind::Manifest, hash: id.0 }) =>
                    {
                        manifests.push(*file);
                    }
                    None if file.size > 0 => _ = seen.insert(BlobId::chunk(file.content)),
                    _ => {}
                }
                true
            }
            Reached::Entry(Entry::Symlink { .. }) => true,
            Reached::Entry(Entry::Reference(_)) => {
                *references += 1;
                true
            }
        });
        if let Err(error) = outcome {
            broken(error);
        }
        for file in manifests {
            if let Err(error) = objects.reach_file(&file, &mut |id| seen.insert(id)) {
                broken(error);
            }
        }
    }

    /// Returns the nodes that are not cut by the rule, as far as they are listed, and their number.
    pub fn take_irregular(&mut self) -> (Vec<IrregularNode>, u64) {
        let count = self.check.as_ref().map_or(0, RegularityCheck::count);
        (std::mem::take(&mut self.irregular), count)
    }

    /// Returns how many files that lie elsewhere were come upon.
    pub fn references(&self) -> u64 {
        self.references
    }

    /// Returns every blob that was reached.
    pub fn into_seen(self) -> HashSet<BlobId> {
        self.seen
    }
}
