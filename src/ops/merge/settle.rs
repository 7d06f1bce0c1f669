//! The end of a merge under way: `merge --continue` and `merge --abort`.

use crate::base::RepoPath;
use crate::ops::commit::{CommitOptions, Committed, commit};
use crate::ops::merge::pending::read_pending;
use crate::ops::merge::run::{shown_tree, side_files};
use crate::ops::worktree::{Move, move_to};
use crate::ops::{Context, OpsError};
use crate::refs::{RefEdit, RefName, RefValue};
use crate::repo::Update;
use crate::workspace::checkout::Policy;

/// Commits the merge under way, through the gates of the target.
pub fn proceed(context: &Context, message: Option<String>) -> Result<Committed, OpsError> {
    if read_pending(context)?.is_none() {
        return Err(OpsError::NoMergeUnderWay);
    }
    commit(context, CommitOptions { message, ..CommitOptions::default() })
}

/// Takes the merge under way back: what it staged, what it wrote, and the sides beside conflicts.
/// Other changes of the working copy stay.
pub fn abort(context: &Context) -> Result<(), OpsError> {
    let _lock = context.lock()?;
    let pending = read_pending(context)?.ok_or(OpsError::NoMergeUnderWay)?;
    let (staged, head) = (context.repo.staged()?, context.repo.head_tree()?);
    let from = shown_tree(context, staged, &pending)?;
    let objects = context.repo.objects();
    let mut touched: std::collections::BTreeSet<RepoPath> = std::collections::BTreeSet::new();
    for change in crate::diff::tree::tree_changes(objects, from, head, &RepoPath::root()) {
        touched.insert(change?.path);
    }
    touched.extend(pending.conflicts.iter().map(|conflict| conflict.path.clone()));
    touched.extend(side_files(&pending.conflicts).into_iter().map(|edit| edit.path));
    let wanted = |path: &RepoPath| touched.contains(path);
    let way = Move { from, to: head, policy: Policy::Force { wanted: &wanted } };
    let edits = vec![
        RefEdit::delete(RefName::merge()),
        RefEdit::set(RefName::staged(), RefValue::Tree(head)),
    ];
    move_to(context, way, Update::new(&context.command, context.now()?, edits))?;
    Ok(())
}
