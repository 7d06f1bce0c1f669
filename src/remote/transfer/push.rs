//! What a remote may lack of some roots: everything that they lead to and its own refs do not.

use std::collections::HashSet;

use crate::base::interrupt;
use crate::object::{Link, ObjectDb};
use crate::remote::RemoteError;
use crate::remote::transfer::frontier::Frontier;
use crate::remote::transfer::history::Descent;
use crate::repo::reach::Roots;
use crate::store::{BlobId, BlobKind};

/// Returns every blob that `tips` lead to, but for what the remote has because its refs, `known`, lead
/// to it. It costs what has changed since, and may name some blobs that the remote has all the same.
pub fn to_push(
    objects: &ObjectDb,
    tips: &Roots,
    known: &Roots,
) -> Result<HashSet<BlobId>, RemoteError> {
    let mut wanted = HashSet::new();
    let mut descent = Descent::new(objects, &known.commits)?;
    let mut level = descent.unmet(tips.commits.clone());
    while !level.is_empty() {
        interrupt::check()?;
        let new = descent.enter(level, |id| objects.commit(id))?;
        wanted.extend(new.iter().map(|(id, _)| BlobId { kind: BlobKind::Commit, hash: id.0 }));
        level = descent.unmet(new.into_iter().flat_map(|(_, commit)| commit.parents).collect());
    }
    let old = descent.boundary.iter().chain(&known.trees).map(|tree| Link::root(*tree));
    let mut frontier = Frontier::new(objects, None, old.collect());
    let trees = descent.trees.iter().chain(&tips.trees);
    let mut level = frontier.enter(trees.map(|tree| Link::root(*tree)).collect());
    while !level.is_empty() {
        interrupt::check()?;
        let next = frontier.descend(&level)?;
        level = frontier.enter(next);
    }
    wanted.extend(frontier.into_seen());
    Ok(wanted)
}
