//! The operation log: `undo`, `redo`, `op log`, `op restore`. Each is one more operation, so each
//! can be taken back too.

use crate::base::{Timestamp, TreeId};
use crate::object::{TreeEdit, TreeValue};
use crate::ops::worktree::{Move, move_to};
use crate::ops::{Context, OpsError};
use crate::refs::operation::{self, Operation, OperationKind, UndoStacks};
use crate::refs::table::{AppliedEdit, Expected};
use crate::refs::{RefEdit, RefError, RefName, RefValue};
use crate::repo::{RepoError, Update};
use crate::workspace::checkout::Policy;

/// A line of the operation log.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize)]
pub struct OperationInfo {
    pub id: i64,
    pub time: Timestamp,
    pub command: String,
    pub kind: &'static str,
    /// The operation that was undone or redone.
    pub of: Option<i64>,
    /// The refs it moved, by their short names.
    pub refs: Vec<String>,
    /// Whether it moved the working copy.
    pub moved_files: bool,
    /// Whether it keeps files of the working copy that it overwrote.
    pub saved_files: bool,
}

impl OperationInfo {
    fn of(operation: &Operation) -> Self {
        let (kind, of) = match operation.kind {
            OperationKind::Normal => ("normal", None),
            OperationKind::Undo { of } => ("undo", Some(of)),
            OperationKind::Redo { of } => ("redo", Some(of)),
        };
        Self {
            id: operation.id,
            time: operation.time,
            command: operation.command.clone(),
            kind,
            of,
            refs: operation.edits.iter().map(|edit| edit.name.short().to_owned()).collect(),
            moved_files: operation.checkout.is_some_and(|moved| moved.from != moved.to),
            saved_files: operation.saved.is_some(),
        }
    }
}

/// Returns the newest operations, newest first.
pub fn log(context: &Context, limit: usize) -> Result<Vec<OperationInfo>, OpsError> {
    let operations = operation::list(&context.repo.connection(), limit)?;
    Ok(operations.iter().map(OperationInfo::of).collect())
}

/// Takes the newest operation back that is not taken back yet.
pub fn undo(context: &Context) -> Result<OperationInfo, OpsError> {
    let _lock = context.lock()?;
    let stacks = UndoStacks::read(&context.repo.connection())?;
    let of = *stacks.undo.last().ok_or(OpsError::NothingTo { verb: "undo" })?;
    let target = operation::get(&context.repo.connection(), of)?;
    // Where it was redone meanwhile, the last time it was done is the one to take back.
    let last = newest(context, OperationKind::Redo { of })?.unwrap_or_else(|| target.clone());
    let back: Vec<_> = last.edits.iter().map(inverse).collect();
    let moved = last.checkout.map(|moved| (moved.to, moved.from));
    go(context, of, OperationKind::Undo { of }, back, moved, last.saved)?;
    Ok(OperationInfo::of(&target))
}

/// Does the operation again that was taken back last.
pub fn redo(context: &Context) -> Result<OperationInfo, OpsError> {
    let _lock = context.lock()?;
    let stacks = UndoStacks::read(&context.repo.connection())?;
    let of = *stacks.redo.last().ok_or(OpsError::NothingTo { verb: "redo" })?;
    let target = operation::get(&context.repo.connection(), of)?;
    // What undoing it overwrote is what the working copy held after it.
    let undone = newest(context, OperationKind::Undo { of })?;
    let forth: Vec<_> = target.edits.iter().map(edit_of).collect();
    let moved = target.checkout.map(|moved| (moved.from, moved.to));
    let saved = undone.and_then(|undone| undone.saved);
    go(context, of, OperationKind::Redo { of }, forth, moved, saved)?;
    Ok(OperationInfo::of(&target))
}

/// Brings the refs and the staged tree to what they were after operation `id`, and the working copy
/// with them.
pub fn restore(context: &Context, id: i64) -> Result<OperationInfo, OpsError> {
    let _lock = context.lock()?;
    let target = operation::get(&context.repo.connection(), id)?;
    let later = operation::list(&context.repo.connection(), usize::MAX)?;
    let later: Vec<_> = later.into_iter().take_while(|operation| operation.id > id).collect();
    let mut values: std::collections::BTreeMap<RefName, Option<RefValue>> = Default::default();
    for edit in later.iter().flat_map(|operation| &operation.edits) {
        values.insert(edit.name.clone(), edit.old.clone());
    }
    let edits = values
        .into_iter()
        .map(|(name, new)| RefEdit { name, expected: Expected::Anything, new })
        .collect::<Vec<_>>();
    let from = context.repo.staged()?;
    let to = edits
        .iter()
        .find(|edit| edit.name == RefName::staged())
        .and_then(|edit| edit.new.as_ref().and_then(RefValue::tree))
        .unwrap_or(from);
    go(context, id, OperationKind::Normal, edits, Some((from, to)), None)?;
    Ok(OperationInfo::of(&target))
}

/// Returns the newest operation of this kind.
fn newest(context: &Context, kind: OperationKind) -> Result<Option<Operation>, OpsError> {
    let operations = operation::list(&context.repo.connection(), usize::MAX)?;
    Ok(operations.into_iter().find(|operation| operation.kind == kind))
}

fn edit_of(edit: &AppliedEdit) -> RefEdit {
    let expected = edit.old.clone().map_or(Expected::Absent, Expected::Exactly);
    RefEdit { name: edit.name.clone(), expected, new: edit.new.clone() }
}

fn inverse(edit: &AppliedEdit) -> RefEdit {
    edit_of(&AppliedEdit { name: edit.name.clone(), old: edit.new.clone(), new: edit.old.clone() })
}

/// Applies edits, moves the working copy, and brings back files that the operation had overwritten.
fn go(
    context: &Context,
    subject: i64,
    kind: OperationKind,
    edits: Vec<RefEdit>,
    moved: Option<(TreeId, TreeId)>,
    saved: Option<TreeId>,
) -> Result<(), OpsError> {
    let mut update = Update::new(&context.command, context.now()?, edits);
    update.kind = kind;
    let outcome = match moved {
        Some((from, to)) => {
            let to = with_saved(context, to, saved)?;
            let touched = touched(context, from, to, saved)?;
            let wanted = |path: &crate::base::RepoPath| touched.contains(path);
            move_to(context, Move { from, to, policy: Policy::Force { wanted: &wanted } }, update)
        }
        None => context.repo.update(&update).map_err(OpsError::from),
    };
    outcome.map(|_| ()).map_err(|error| match error {
        OpsError::Repo(RepoError::Ref(
            RefError::Moved { name, .. } | RefError::Exists { name },
        )) => OpsError::CannotUndo { operation: subject, name },
        error => error,
    })
}

/// Returns the tree with the saved files on top.
fn with_saved(context: &Context, tree: TreeId, saved: Option<TreeId>) -> Result<TreeId, OpsError> {
    let Some(saved) = saved else { return Ok(tree) };
    let mut edits = Vec::new();
    for item in context.repo.objects().walk_tree(saved, &crate::base::RepoPath::root()) {
        let (path, entry) = item?;
        edits.push(TreeEdit { path, value: TreeValue::Set(entry) });
    }
    Ok(context.repo.objects().edit_tree(tree, edits)?)
}

/// Returns the paths that the way between two trees concerns, and those that were saved: other
/// changes of the working copy stay.
fn touched(
    context: &Context,
    from: TreeId,
    to: TreeId,
    saved: Option<TreeId>,
) -> Result<std::collections::BTreeSet<crate::base::RepoPath>, OpsError> {
    let root = crate::base::RepoPath::root();
    let objects = context.repo.objects();
    let mut touched = std::collections::BTreeSet::new();
    for change in crate::diff::tree::tree_changes(objects, from, to, &root) {
        touched.insert(change?.path);
    }
    if let Some(saved) = saved {
        for item in objects.walk_tree(saved, &root) {
            touched.insert(item?.0);
        }
    }
    Ok(touched)
}
