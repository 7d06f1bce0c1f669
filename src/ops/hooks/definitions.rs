//! `mlv.yaml` of a tree: read, and checked where it changes.

use std::collections::{HashMap, HashSet};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use crate::base::{CommitId, Hash, TreeId};
use crate::hook::spec::{FILE_NAME, Globs, Spec, SpecErrors};
use crate::ops::hooks::spec_files::FilesOfTree;
use crate::ops::{Context, OpsError};

/// More files than this are forgotten: a worker that stays sees many in its life.
const MOST_KNOWN: usize = 64;

/// What files of definitions say: a command asks for the same ones many times, and a file may be long.
#[derive(Debug, Default)]
pub struct KnownDefinitions {
    /// What files include, by their content.
    includes: Mutex<HashMap<Hash, Arc<Globs>>>,
    specs: Mutex<Vec<(FilesOfTree, Said)>>,
    /// The hashes of what the user was told of broken files.
    told: Mutex<HashSet<Hash>>,
}

/// What files of definitions came to.
type Said = Result<Arc<Spec>, SpecErrors>;

impl KnownDefinitions {
    /// Returns what a file of this content includes.
    pub(super) fn includes(
        &self,
        content: Hash,
        read: impl FnOnce() -> Result<Globs, OpsError>,
    ) -> Result<Arc<Globs>, OpsError> {
        if let Some(known) = locked(&self.includes).get(&content) {
            return Ok(known.clone());
        }
        let found = Arc::new(read()?);
        let mut includes = locked(&self.includes);
        if includes.len() >= MOST_KNOWN {
            includes.clear();
        }
        Ok(includes.entry(content).or_insert(found).clone())
    }

    fn spec(&self, context: &Context, files: FilesOfTree) -> Result<Arc<Spec>, OpsError> {
        let known = locked(&self.specs).iter().find(|(known, _)| *known == files).cloned();
        if let Some((_, said)) = known {
            return said.map_err(OpsError::BrokenSpec);
        }
        let said: Said = files.read(context)?.parse().map(Arc::new);
        let mut specs = locked(&self.specs);
        if specs.len() >= MOST_KNOWN {
            specs.clear();
        }
        specs.push((files, said.clone()));
        said.map_err(OpsError::BrokenSpec)
    }
}

fn locked<T>(known: &Mutex<T>) -> MutexGuard<'_, T> {
    known.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Returns the definitions in a tree; nothing where it has none.
pub fn spec_of(context: &Context, tree: TreeId) -> Result<Option<Arc<Spec>>, OpsError> {
    let Some(files) = FilesOfTree::find(context, tree)? else { return Ok(None) };
    context.definitions.spec(context, files).map(Some)
}

/// Returns the definitions in a tree for running them. A file that was committed broken, with
/// another version of mlv say, defines nothing: it must not block what has nothing to do with it.
pub fn definitions(context: &Context, tree: TreeId) -> Result<Option<Arc<Spec>>, OpsError> {
    match spec_of(context, tree) {
        Err(OpsError::BrokenSpec(errors)) => {
            let message = format!("`{FILE_NAME}` is broken, so no hook runs: {errors}");
            if locked(&context.definitions.told).insert(Hash::of(message.as_bytes())) {
                context.progress.notice(&message);
            }
            Ok(None)
        }
        found => found,
    }
}

/// Refuses a tree that changes the definitions, an included file among them, into broken ones.
pub fn check_spec_change(
    context: &Context,
    base: Option<CommitId>,
    tree: TreeId,
) -> Result<(), OpsError> {
    let before = FilesOfTree::find(context, context.repo.tree_of(base)?)?;
    if FilesOfTree::find(context, tree)? == before {
        return Ok(());
    }
    spec_of(context, tree).map(|_| ())
}
