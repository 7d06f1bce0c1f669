//! The end of a merge under way: `merge --continue` and `merge --abort`.

use crate::base::{RepoPath, TreeId};
use crate::merge::PendingMerge;
use crate::object::tree::TreeEntry;
use crate::object::{TreeEdit, TreeValue};
use crate::ops::commit::{CommitOptions, commit};
use crate::ops::merge::pending::read_pending;
use crate::ops::merge::report::{MergeReport, MergeResult, ReportedConflict};
use crate::ops::merge::run::{shown_tree, side_files};
use crate::ops::worktree::{Move, move_to};
use crate::ops::{Context, OpsError};
use crate::refs::{RefEdit, RefName, RefValue};
use crate::repo::Update;
use crate::workspace::checkout::Policy;
use crate::workspace::status::{StatusOptions, UntrackedMode};

/// Commits the merge under way, through the gates of the target, or tells which conflicts are left.
pub fn proceed(context: &Context, message: Option<String>) -> Result<MergeReport, OpsError> {
    let pending = read_pending(context)?.ok_or(OpsError::NoMergeUnderWay)?;
    let mut report = MergeReport {
        result: MergeResult::Conflicts,
        id: None,
        target: context.repo.head()?.branch().map(|name| name.short().to_owned()),
        source: pending.source.clone(),
        conflicts: pending.unresolved().map(ReportedConflict::of).collect(),
        files_changed: 0,
        line_merged: Vec::new(),
        hooks: Vec::new(),
    };
    if report.conflicts.is_empty() {
        let done = commit(context, CommitOptions { message, ..CommitOptions::default() })?;
        report.result = MergeResult::Merged;
        report.id = Some(done.id);
        report.files_changed = done.files_changed;
        report.hooks = done.hooks;
    }
    Ok(report)
}

/// Returns the tree to commit and the tree that the files hold: the sides beside conflicts are part
/// of no commit, and go with the merge, unless somebody has made something of them.
pub fn without_side_files(
    context: &Context,
    staged: TreeId,
    pending: &PendingMerge,
) -> Result<(TreeId, TreeId), OpsError> {
    let objects = context.repo.objects();
    let (mut removals, mut shown) = (Vec::new(), Vec::new());
    for edit in side_files(&pending.conflicts) {
        let TreeValue::Set(side) = &edit.value else { continue };
        match objects.tree_entry(staged, &edit.path)? {
            None => shown.push(edit),
            Some(TreeEntry::Leaf(entry)) if entry == *side => {
                removals.push(TreeEdit { path: edit.path, value: TreeValue::Remove });
            }
            Some(_) => {}
        }
    }
    let tree = objects.edit_tree(staged, removals)?;
    let options = StatusOptions { untracked: UntrackedMode::None, ..StatusOptions::default() };
    let held = objects.edit_tree(staged, shown.clone())?;
    let changed = context.workspace()?.unstaged(held, options, context.progress.as_ref())?;
    shown.retain(|edit| !changed.unstaged.iter().any(|change| change.path == edit.path));
    Ok((tree, objects.edit_tree(staged, shown)?))
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
    let way = Move { policy: Policy::Force { wanted: &wanted }, ..Move::keeping(from, head) };
    let edits = vec![
        RefEdit::delete(RefName::merge()),
        RefEdit::set(RefName::staged(), RefValue::Tree(head)),
    ];
    move_to(context, way, Update::new(&context.command, context.now()?, edits))?;
    Ok(())
}
