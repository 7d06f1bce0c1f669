//! A clone of another repository on this machine. What the source has lost is named; all the rest is
//! cloned.

use std::path::Path;

use crate::base::Progress;
use crate::base::progress::Unit;
use crate::ops::clone::check_out::check_out;
use crate::ops::clone::claim::Claim;
use crate::ops::clone::partial::note;
use crate::ops::clone::snapshot::Snapshot;
use crate::ops::clone::{CloneOptions, Cloned, make, write_sparse};
use crate::ops::fsck::{self, LostObjects};
use crate::ops::{Context, OpsError};
use crate::repo::reach::{Roots, Walk};
use crate::repo::{Layout, OpenOptions, Repo};
use crate::store::{Adopted, BlobId, ChunkStore};

/// Clones the repository at `path`.
pub fn clone(
    path: &Path,
    options: &CloneOptions,
    progress: &dyn Progress,
    context: impl FnOnce(Repo) -> Context,
) -> Result<Cloned, OpsError> {
    if options.depth.is_some() {
        let what = "the history of a repository on this machine is taken whole: no `--depth`";
        return Err(OpsError::Unsupported { what: what.to_owned() });
    }
    let source = Repo::open(Layout::at(path), OpenOptions::default())?;
    let snapshot = Snapshot::of(&source, options.branch.as_deref())?;
    let root = options.target(path.file_name());
    let claim = Claim::stake(&root, progress)?;
    make(claim, |layout| {
        let repo = Repo::open_unsealed(layout, OpenOptions::default())?;
        let (adopted, mut lost) = take_over(&source, &repo, &snapshot.roots(), progress)?;
        let address = source.root().to_string_lossy();
        crate::config::set(&repo.layout().config(), "remote.origin.url", &address)?;
        write_sparse(&repo, options)?;
        let context = context(repo);
        let out = check_out(&context, &snapshot, &mut lost)?;
        context.repo.store().note_lost(lost.keys().copied())?;
        Ok(Cloned {
            packs: adopted.packs,
            bytes: adopted.bytes,
            lost: fsck::trace(&context, &lost, fsck::LISTED)?,
            lost_count: lost.len() as u64,
            ..Cloned::of(&context, &snapshot, address.into_owned(), out)
        })
    })
}

/// Takes over the packs that hold what the roots lead to, and finds out what is missing.
fn take_over(
    source: &Repo,
    repo: &Repo,
    roots: &Roots,
    progress: &dyn Progress,
) -> Result<(Adopted, LostObjects), OpsError> {
    progress.phase("finding what to clone", None, Unit::Objects);
    let mut walk = Walk::new(source.objects());
    let (mut lost, mut broken) = (LostObjects::new(), Ok(()));
    walk.visit(roots, &mut |error| {
        let noted = note(&mut lost, error);
        broken = std::mem::replace(&mut broken, Ok(())).and(noted);
    })?;
    broken?;
    let live = walk.into_seen();
    let is_live = |id: &BlobId| live.contains(id);
    let packs = source.store().packs_with(&is_live)?;
    let adopted = repo.store().adopt(source.store(), &packs, &is_live, progress)?;
    for id in live {
        if !repo.store().contains(id)? {
            lost.entry(id).or_insert_with(|| "no sound copy of it is in the source".to_owned());
        }
    }
    Ok((adopted, lost))
}
