//! `undo`, `redo` and `op restore`: the way back of one operation, or of several at once. Each is
//! one more operation, so each can be taken back too.

mod carry;

use std::collections::{BTreeMap, BTreeSet};

use crate::base::RepoPath;
use crate::diff::tree::tree_changes;
use crate::object::{Entry, TreeEdit, TreeValue};
use crate::ops::operation_log::OperationInfo;
use crate::ops::worktree::{Extent, Move, move_to};
use crate::ops::{Context, OpsError};
use crate::refs::operation::{self, Moved, Operation, OperationKind, UndoStacks};
use crate::refs::table::Expected;
use crate::refs::{RefEdit, RefError, RefName, RefValue};
use crate::repo::{RepoError, Update};
use crate::workspace::checkout::Policy;
use carry::carrying;

/// What was taken back, done again, or gone back to.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize)]
pub struct TakenBack {
    pub operation: OperationInfo,
    /// How many files of the working copy were brought back.
    pub files: u64,
    /// How many files held newer work, which this operation keeps in turn.
    pub saved: u64,
}

/// Takes the newest operation back that is not taken back yet.
pub fn undo(context: &Context) -> Result<TakenBack, OpsError> {
    let _lock = context.lock()?;
    let stacks = UndoStacks::read(&context.repo.connection())?;
    let of = *stacks.undo.last().ok_or(OpsError::NothingTo { verb: "undo" })?;
    let target = operation::get(&context.repo.connection(), of)?;
    // Where it was redone meanwhile, the last time it was done is the one to take back.
    let redone = operation::newest(&context.repo.connection(), OperationKind::Redo { of })?;
    let last = redone.unwrap_or_else(|| target.clone());
    go(context, &target, &way_back(context, &[last])?, OperationKind::Undo { of })
}

/// Does the operation again that was taken back last: takes the taking back back.
pub fn redo(context: &Context) -> Result<TakenBack, OpsError> {
    let _lock = context.lock()?;
    let stacks = UndoStacks::read(&context.repo.connection())?;
    let of = *stacks.redo.last().ok_or(OpsError::NothingTo { verb: "redo" })?;
    let target = operation::get(&context.repo.connection(), of)?;
    let undone = operation::newest(&context.repo.connection(), OperationKind::Undo { of })?;
    let undone = undone.ok_or(OpsError::NothingTo { verb: "redo" })?;
    go(context, &target, &way_back(context, &[undone])?, OperationKind::Redo { of })
}

/// Brings everything back to what it was after operation `id`.
pub fn restore(context: &Context, id: i64) -> Result<TakenBack, OpsError> {
    let _lock = context.lock()?;
    let target = operation::get(&context.repo.connection(), id)?;
    let later = operation::since(&context.repo.connection(), id)?;
    go(context, &target, &way_back(context, &later)?, OperationKind::Normal)
}

/// The way back of some operations.
#[derive(Debug, Default)]
struct WayBack {
    edits: Vec<RefEdit>,
    /// From what the files held after the newest of them to what they held before the oldest.
    moved: Option<Moved>,
}

/// Returns the way back of operations that followed each other, which come newest first.
fn way_back(context: &Context, operations: &[Operation]) -> Result<WayBack, OpsError> {
    let mut refs: BTreeMap<&RefName, (Option<&RefValue>, Option<&RefValue>)> = BTreeMap::new();
    let mut moved = None;
    for operation in operations {
        for edit in &operation.edits {
            let (_, old) = refs.entry(&edit.name).or_insert((edit.new.as_ref(), edit.old.as_ref()));
            *old = edit.old.as_ref();
        }
        if let Some(earlier) = operation.checkout {
            moved = Some(match moved {
                None => Moved { from: earlier.to, to: earlier.from },
                Some(later) => prolonged(context, later, earlier)?,
            });
        }
    }
    let edit =
        |(name, (now, before)): (&RefName, (Option<&RefValue>, Option<&RefValue>))| RefEdit {
            name: name.clone(),
            expected: now.cloned().map_or(Expected::Absent, Expected::Exactly),
            new: before.cloned(),
        };
    Ok(WayBack { edits: refs.into_iter().map(edit).collect(), moved })
}

/// Returns a way back that goes on over an earlier operation: paths that only the earlier one moved
/// are added on both sides.
fn prolonged(context: &Context, back: Moved, earlier: Moved) -> Result<Moved, OpsError> {
    let known = touched(context, back)?;
    let (mut from, mut to) = (Vec::new(), Vec::new());
    let objects = context.repo.objects();
    for change in tree_changes(objects, earlier.to, earlier.from, &RepoPath::root()) {
        let change = change?;
        if !known.contains(&change.path) {
            from.push(edit(change.path.clone(), change.old));
        }
        to.push(edit(change.path, change.new));
    }
    Ok(Moved { from: objects.edit_tree(back.from, from)?, to: objects.edit_tree(back.to, to)? })
}

fn edit(path: RepoPath, entry: Option<Entry>) -> TreeEdit {
    TreeEdit { path, value: entry.map_or(TreeValue::Remove, TreeValue::Set) }
}

/// Returns the paths that a way concerns: other changes of the working copy stay.
fn touched(context: &Context, moved: Moved) -> Result<BTreeSet<RepoPath>, OpsError> {
    let changes = tree_changes(context.repo.objects(), moved.from, moved.to, &RepoPath::root());
    changes.map(|change| Ok(change?.path)).collect()
}

/// Goes a way back; work that is in the way is kept by the operation this is.
fn go(
    context: &Context,
    target: &Operation,
    way: &WayBack,
    kind: OperationKind,
) -> Result<TakenBack, OpsError> {
    let mut update = Update::new(&context.command, context.now()?, way.edits.clone());
    update.kind = kind;
    let mut carried = 0;
    let outcome = match way.moved {
        Some(mut moved) => {
            let touched = touched(context, moved)?;
            let wanted = |path: &RepoPath| touched.contains(path);
            let policy = Policy::Force { wanted: &wanted };
            if way.edits.iter().all(|edit| edit.name == RefName::staged()) {
                (moved, carried) = carrying(context, moved, policy)?;
            }
            let Moved { from, to } = moved;
            move_to(context, Move { from, to, policy, extent: Extent::Whole }, update)
        }
        None => context.repo.update(&update).map_err(OpsError::from),
    };
    let updated = outcome.map_err(|error| name_the_obstacle(error, target.id))?;
    let operation = OperationInfo::of(target);
    let saved = updated.saved.saturating_sub(carried);
    Ok(TakenBack { operation, files: updated.files, saved })
}

fn name_the_obstacle(error: OpsError, operation: i64) -> OpsError {
    match error {
        OpsError::Repo(RepoError::Ref(
            RefError::Moved { name, .. } | RefError::Exists { name },
        )) => OpsError::CannotUndo { operation, name },
        error => error,
    }
}
