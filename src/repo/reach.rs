//! What is reachable: from refs and remembered operations down to every blob.

use std::collections::{BTreeSet, HashSet};

use crate::base::interrupt;
use crate::base::{CommitId, TreeId};
use crate::object::tree::Reached;
use crate::object::{Entry, ObjectDb};
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
}

/// Something that cannot be followed further: a blob that is missing or damaged.
pub type Broken<'f> = dyn FnMut(crate::object::ObjectError) + 'f;

impl<'a> Walk<'a> {
    pub fn new(objects: &'a ObjectDb) -> Self {
        Self { objects, seen: HashSet::new() }
    }

    /// Visits all that is reachable from `roots`; what cannot be read is told to `broken`, and the
    /// walk goes on beside it.
    pub fn visit(&mut self, roots: &Roots, broken: &mut Broken<'_>) -> Result<(), RepoError> {
        let mut commits = roots.commits.clone();
        let mut trees = roots.trees.clone();
        while let Some(id) = commits.pop() {
            interrupt::check().map_err(crate::store::StoreError::from)?;
            if !self.seen.insert(BlobId { kind: BlobKind::Commit, hash: id.0 }) {
                continue;
            }
            match self.objects.commit(id) {
                Ok(commit) => {
                    commits.extend(commit.parents);
                    trees.push(commit.tree);
                }
                Err(error) => broken(error),
            }
        }
        for tree in trees {
            interrupt::check().map_err(crate::store::StoreError::from)?;
            self.visit_tree(tree, broken);
        }
        Ok(())
    }

    fn visit_tree(&mut self, tree: TreeId, broken: &mut Broken<'_>) {
        let (objects, seen) = (self.objects, &mut self.seen);
        let mut manifests = Vec::new();
        let outcome = objects.reach_tree(tree, &mut |reached| match reached {
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

    /// Returns every blob that was reached.
    pub fn into_seen(self) -> HashSet<BlobId> {
        self.seen
    }
}
