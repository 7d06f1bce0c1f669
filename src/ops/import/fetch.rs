//! From references to files: what lies elsewhere is copied in, staged, and put into the working copy.

use std::ffi::OsString;

use rayon::prelude::*;

use crate::base::progress::Unit;
use crate::base::{PathList, RepoPath, interrupt};
use crate::object::{Entry, Reference, TreeEdit, TreeValue};
use crate::ops::import::check::matching;
use crate::ops::import::hash::in_parallel;
use crate::ops::merge::settle_paths;
use crate::ops::worktree::{Extent, Move, move_to};
use crate::ops::{Context, OpsError, sparse};
use crate::refs::{RefEdit, RefName, RefValue};
use crate::repo::Update;
use crate::workspace::checkout::Policy;

/// What was copied in.
#[derive(Debug, Clone, Default, serde::Serialize)]
pub struct FetchedReferences {
    pub fetched: PathList,
    pub bytes: u64,
}

/// Makes files of the staged references at and below these paths.
pub fn fetch(context: &Context, paths: &[OsString]) -> Result<FetchedReferences, OpsError> {
    let _lock = context.lock()?;
    let staged = context.repo.staged()?;
    let found = matching(context, paths)?;
    let mut fetched = FetchedReferences::default();
    let total = found.iter().map(|(_, reference)| reference.size).fold(0, u64::saturating_add);
    context.progress.phase("fetching", Some(total), Unit::Bytes);
    if found.is_empty() {
        return Ok(fetched);
    }
    fetched.bytes = total;
    fetched.fetched = found.iter().map(|(path, _)| path.clone()).collect();
    let (objects, progress) = (context.repo.objects(), context.progress.as_ref());
    let url = found[0].1.url.clone();
    let copy = |(path, reference): (RepoPath, Reference)| {
        interrupt::check()?;
        let file = objects.ingest_reference(&reference, progress)?;
        let entry = Entry::File { file, executable: false };
        Ok(TreeEdit { path, value: TreeValue::Set(entry) })
    };
    let edits = in_parallel(&context.places, &url, || {
        found.into_par_iter().with_max_len(1).map(copy).collect::<Result<Vec<_>, OpsError>>()
    })??;
    let target = context.repo.objects().edit_tree(staged, edits)?;
    context.flush_staged()?;
    let named = context.pathspecs(paths)?;
    let mut edits = Vec::from_iter(settle_paths(context, target, |path| named.matches(path))?);
    edits.push(RefEdit::set(RefName::staged(), RefValue::Tree(target)));
    let update = Update::new(&context.command, context.now()?, edits);
    let outside = sparse::outside(context, paths, &sparse::held(context, &[staged])?)?;
    let (policy, extent) = (Policy::Keep, Extent::Held(&outside));
    move_to(context, Move { from: staged, to: target, policy, extent }, update)?;
    Ok(fetched)
}
