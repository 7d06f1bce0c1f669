//! What a hook sees of a tree and of the code, as a list of paths and hashes.

use std::collections::{BTreeMap, HashMap};
use std::sync::{Arc, Mutex, PoisonError};

use crate::base::{RepoPath, TreeId};
use crate::hook::key::{Input, InputKind};
use crate::hook::spec::{Globs, Reach};
use crate::object::tree::TreeEntry;
use crate::object::{Entry, ObjectDb};
use crate::ops::OpsError;
use crate::ops::hooks::cache::code::Code;

/// A directory of more files counts as one input, by its tree.
const MOST_FILES: u64 = 64;

/// Globs in a tree, as they were written.
type Question = (TreeId, Vec<String>);

/// Looks up what globs match, each list of globs once for a tree.
#[derive(Debug)]
pub struct Lens<'a> {
    pub objects: &'a ObjectDb,
    pub code: Code,
    seen: Mutex<HashMap<Question, Arc<Vec<Input>>>>,
}

impl<'a> Lens<'a> {
    pub fn new(objects: &'a ObjectDb, code: Code) -> Self {
        Self { objects, code, seen: Mutex::default() }
    }

    /// Returns what globs match in a tree and in the code, sorted by path. Where both have a path,
    /// the tree counts.
    pub fn matched(&self, tree: TreeId, globs: &Globs) -> Result<Arc<Vec<Input>>, OpsError> {
        let question = (tree, globs.patterns().to_vec());
        let known =
            self.seen.lock().unwrap_or_else(PoisonError::into_inner).get(&question).cloned();
        if let Some(known) = known {
            return Ok(known);
        }
        let mut found = BTreeMap::new();
        for reach in globs.reach() {
            let wanted = |path: &RepoPath| globs.matches_path(path);
            for input in self.code.below(&reach.below, &wanted) {
                found.insert(input.path.clone(), input);
            }
            self.look_into(tree, &reach, globs, &mut found)?;
        }
        let found = Arc::new(found.into_values().collect::<Vec<_>>());
        let mut seen = self.seen.lock().unwrap_or_else(PoisonError::into_inner);
        Ok(seen.entry(question).or_insert(found).clone())
    }

    fn look_into(
        &self,
        tree: TreeId,
        reach: &Reach,
        globs: &Globs,
        found: &mut BTreeMap<RepoPath, Input>,
    ) -> Result<(), OpsError> {
        if reach.whole
            && let Some(TreeEntry::Directory(summary)) =
                self.objects.tree_entry(tree, &reach.below)?
            && summary.files > MOST_FILES
            && let Some(subtree) = self.objects.subtree(tree, &reach.below)?
        {
            let path = reach.below.clone();
            let input = Input { path: path.clone(), kind: InputKind::Directory, hash: subtree.0 };
            found.insert(path, input);
            return Ok(());
        }
        for item in self.objects.walk_tree(tree, &reach.below) {
            let (path, entry) = item?;
            if reach.whole || globs.matches_path(&path) {
                found.insert(path.clone(), input_of(path, &entry));
            }
        }
        Ok(())
    }
}

/// Returns an entry of a tree as an input.
pub fn input_of(path: RepoPath, entry: &Entry) -> Input {
    let kind = match entry {
        Entry::File { executable: true, .. } => InputKind::Executable,
        Entry::File { executable: false, .. } => InputKind::File,
        Entry::Symlink { .. } => InputKind::Link,
        Entry::Reference(_) => InputKind::Reference,
    };
    Input { path, kind, hash: entry.content() }
}
