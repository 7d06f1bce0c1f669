//! The moment of a landing: the branch, the working copy where it stands there, the staged tree and
//! the notes about the events move together, or not at all.

use crate::base::{CommitId, Timestamp, TreeId};
use crate::ops::hooks::{self, PendingEvent};
use crate::ops::land::types::{Landing, Stage};
use crate::ops::switch::carry_staged;
use crate::ops::worktree::{Move, move_to};
use crate::ops::{Context, OpsError};
use crate::refs::{RefEdit, RefError, RefName, RefValue};
use crate::repo::{Head, Judged, RepoError, Update};
use crate::store::{ChunkStore, Durability};

/// Where a landing goes.
#[derive(Debug, Clone, Copy)]
pub(super) struct Way {
    pub id: CommitId,
    /// The tree as it was before the hooks.
    pub planned: TreeId,
    pub tree: TreeId,
}

/// Moves the branch to the commit, and notes the events; returns their numbers. The caller holds the
/// lock of the working copy.
pub(super) fn advance(
    context: &Context,
    landing: &Landing,
    way: &Way,
    now: Timestamp,
    noted: &[PendingEvent],
    judged: Judged,
) -> Result<Vec<i64>, OpsError> {
    let stands = context.has_working_copy() && stands_there(&context.repo.head()?, landing);
    if landing.checked_out && !stands {
        return Err(OpsError::Moved { name: "HEAD".to_owned() });
    }
    let name = landing.branch.clone().unwrap_or_else(RefName::head);
    let old = landing.base.filter(|_| !landing.is_new_branch).map(RefValue::Commit);
    let mut edits = vec![RefEdit::replace(name, old, RefValue::Commit(way.id))];
    edits.extend(landing.edits.iter().cloned());
    let mut update = Update::new(&context.command, now, edits);
    update.judged = judged;
    update.pending = hooks::pending_rows(context, noted)?;
    let updated =
        if stands { move_files(context, landing, way, update) } else { context.update(&update) };
    Ok(updated.map_err(name_the_race)?.pending)
}

/// Tells whether the working copy stands where the commit goes.
fn stands_there(head: &Head, landing: &Landing) -> bool {
    match (head, &landing.branch) {
        (Head::Branch { name, .. }, Some(branch)) => name == branch,
        (Head::Detached(commit), None) => Some(*commit) == landing.base,
        _ => false,
    }
}

/// Brings the files and the staged tree to the commit; what is staged beyond it stays.
fn move_files(
    context: &Context,
    landing: &Landing,
    way: &Way,
    mut update: Update,
) -> Result<crate::repo::Updated, OpsError> {
    let staged = context.repo.staged()?;
    let Stage { before, files, after } = landing.stage;
    let with_outputs = carry_staged(context, way.planned, after, way.tree)?;
    let after = carry_staged(context, before, staged, with_outputs)?;
    let held = carry_staged(context, before, staged, files)?;
    context.repo.store().flush(Durability::Durable)?;
    update.edits.push(RefEdit::set(RefName::staged(), RefValue::Tree(after)));
    move_to(context, Move::keeping(held, after), update)
}

/// Says which ref moved, where that is why the transaction failed.
fn name_the_race(error: OpsError) -> OpsError {
    match error {
        OpsError::Repo(RepoError::Ref(
            RefError::Moved { name, .. } | RefError::Exists { name },
        )) => OpsError::Moved { name: name.short().to_owned() },
        error => error,
    }
}
