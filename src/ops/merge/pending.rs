//! The merge under way, kept in the ref `MERGE`.

use crate::base::{RepoPath, TreeId};
use crate::merge::PendingMerge;
use crate::object::tree::TreeEntry;
use crate::ops::{Context, OpsError};
use crate::refs::table::Expected;
use crate::refs::{RefEdit, RefName, RefValue};

/// Returns the merge under way.
pub fn read_pending(context: &Context) -> Result<Option<PendingMerge>, OpsError> {
    let Some(RefValue::Record(_, bytes)) = context.repo.get(&RefName::merge())? else {
        return Ok(None);
    };
    let pending = PendingMerge::decode(&bytes);
    Ok(Some(pending.map_err(|source| OpsError::BadRecord { what: "a merge under way", source })?))
}

/// Returns the edit that keeps a merge.
pub fn write_pending(pending: &PendingMerge) -> RefEdit {
    RefEdit::set(RefName::merge(), record(pending))
}

fn record(pending: &PendingMerge) -> RefValue {
    RefValue::Record(Some(pending.theirs), pending.encode())
}

/// Returns the edit that ends this merge, if nobody has touched it meanwhile.
pub fn end_pending(pending: &PendingMerge) -> RefEdit {
    RefEdit { name: RefName::merge(), expected: Expected::Exactly(record(pending)), new: None }
}

/// Returns the edit that fails where a merge was begun meanwhile.
pub fn no_merge_begins() -> RefEdit {
    RefEdit { name: RefName::merge(), expected: Expected::Absent, new: None }
}

/// Notes that staging settled the conflicts that `is_settled` names, and those whose paths no
/// longer hold ours; returns the edit where anything changed.
pub fn settle_paths(
    context: &Context,
    staged: TreeId,
    is_settled: impl Fn(&RepoPath) -> bool,
) -> Result<Option<RefEdit>, OpsError> {
    let Some(mut pending) = read_pending(context)? else { return Ok(None) };
    let before = pending.unresolved().count();
    let named: Vec<_> = pending.unresolved().map(|conflict| conflict.path.clone()).collect();
    for path in named.iter().filter(|path| is_settled(path)) {
        pending.resolve(path);
    }
    pending.resolve_changed(|path| {
        let found = context.repo.objects().tree_entry(staged, path)?;
        Ok::<_, OpsError>(match found {
            Some(TreeEntry::Leaf(entry)) => Some(entry),
            _ => None,
        })
    })?;
    let changed = pending.unresolved().count() != before;
    Ok(changed.then(|| write_pending(&pending)))
}

/// Refuses to commit a merge that has conflicts left.
pub fn refuse_unresolved(pending: &PendingMerge) -> Result<(), OpsError> {
    let paths: Vec<_> = pending.unresolved().map(|conflict| conflict.path.clone()).collect();
    if paths.is_empty() { Ok(()) } else { Err(OpsError::Unresolved { paths }) }
}
