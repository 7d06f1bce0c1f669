//! The operation log as it is shown: `op log` and `op show`.

use crate::base::{CommitId, Timestamp, TreeId};
use crate::ops::{Context, OpsError};
use crate::refs::RefValue;
use crate::refs::operation::{self, Operation, OperationKind};
use crate::refs::table::AppliedEdit;

/// A line of the operation log.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize)]
pub struct OperationInfo {
    pub id: i64,
    pub time: Timestamp,
    pub command: String,
    pub kind: &'static str,
    /// The operation that was undone or redone.
    pub of: Option<i64>,
    pub refs: Vec<RefMove>,
    /// Whether it moved the working copy.
    pub moved_files: bool,
    /// Whether it keeps files of the working copy that it overwrote.
    pub saved_files: bool,
}

/// How an operation moved a ref: ids, or for `HEAD` perhaps the name of a branch; nothing where the
/// ref was not there.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize)]
pub struct RefMove {
    pub name: String,
    pub old: Option<String>,
    pub new: Option<String>,
}

impl RefMove {
    fn of(edit: &AppliedEdit) -> Self {
        let value = |value: &Option<RefValue>| value.as_ref().and_then(shown);
        Self { name: edit.name.short().to_owned(), old: value(&edit.old), new: value(&edit.new) }
    }
}

fn shown(value: &RefValue) -> Option<String> {
    let id = value.commit().map(CommitId::to_hex);
    let tree = || value.tree().map(TreeId::to_hex);
    id.or_else(tree).or_else(|| Some(value.branch()?.short().to_owned()))
}

impl OperationInfo {
    pub(super) fn of(operation: &Operation) -> Self {
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
            refs: operation.edits.iter().map(RefMove::of).collect(),
            moved_files: operation.checkout.is_some_and(|moved| moved.from != moved.to),
            saved_files: operation.saved.is_some(),
        }
    }
}

/// Returns the newest operations, newest first.
pub fn list(context: &Context, limit: usize) -> Result<Vec<OperationInfo>, OpsError> {
    let operations = operation::list(&context.repo.connection(), limit)?;
    Ok(operations.iter().map(OperationInfo::of).collect())
}

/// Returns one operation.
pub fn show(context: &Context, id: i64) -> Result<OperationInfo, OpsError> {
    Ok(OperationInfo::of(&operation::get(&context.repo.connection(), id)?))
}
