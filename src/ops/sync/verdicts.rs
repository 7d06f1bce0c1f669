//! What hooks found travels with the commits: the files of both sides together.

use crate::base::{RepoPath, TreeId};
use crate::diff::tree::tree_changes;
use crate::object::{TreeEdit, TreeValue};
use crate::ops::{Context, OpsError};
use crate::refs::{RefName, RefValue};
use crate::remote::{Part, Remote};
use crate::repo::reach::Roots;

/// Returns the files of `theirs` that `ours` lacks. A verdict is named by its content, so no two sides
/// have different ones of one name.
pub fn lacking(
    context: &Context,
    ours: Option<TreeId>,
    theirs: TreeId,
) -> Result<Vec<TreeEdit>, OpsError> {
    let objects = context.repo.objects();
    let ours = ours.map_or_else(|| objects.empty_tree(), Ok)?;
    let mut files = Vec::new();
    for change in tree_changes(objects, ours, theirs, &RepoPath::root()) {
        let change = change?;
        if let (None, Some(entry)) = (change.old, change.new) {
            files.push(TreeEdit { path: change.path, value: TreeValue::Set(entry) });
        }
    }
    Ok(files)
}

/// Takes in what hooks found elsewhere, as a remote has it.
pub fn take_in(context: &Context, remote: &mut Remote) -> Result<(), OpsError> {
    let (repo, theirs) = (&context.repo, remote.get(&RefName::verdicts()).and_then(RefValue::tree));
    let Some(tree) = theirs.filter(|tree| remote_has_more(context, *tree)) else { return Ok(()) };
    bring(context, remote, tree)?;
    let files = lacking(context, repo.verdicts()?, tree)?;
    if files.is_empty() {
        return Ok(());
    }
    Ok(repo.with_verdicts(&files, |_| Ok(()))?)
}

/// Tells whether a remote may have verdicts that are not here.
fn remote_has_more(context: &Context, theirs: TreeId) -> bool {
    !matches!(context.repo.verdicts(), Ok(Some(ours)) if ours == theirs)
}

fn bring(context: &Context, remote: &mut Remote, tree: TreeId) -> Result<(), OpsError> {
    let (mut tips, known) = (Roots::default(), context.repo.ref_roots()?);
    tips.trees.push(tree);
    let progress = context.progress.as_ref();
    remote.fetch(&context.repo, (&tips, &known), (Part::Whole, None), progress)?;
    Ok(())
}

/// Returns the edit that gives a remote the verdicts of both sides, where it lacks some.
pub fn verdict_edit(
    context: &Context,
    remote: &mut Remote,
) -> Result<Option<(RefName, Option<RefValue>)>, OpsError> {
    let theirs = remote.get(&RefName::verdicts()).and_then(RefValue::tree);
    if let Some(tree) = theirs.filter(|tree| remote_has_more(context, *tree)) {
        bring(context, remote, tree)?;
    }
    let Some(tree) = united(context, theirs)? else { return Ok(None) };
    context.flush_trees()?;
    Ok(Some((RefName::verdicts(), Some(RefValue::Tree(tree)))))
}

/// Returns the tree with the verdicts of both sides, where it holds more than `theirs`.
fn united(context: &Context, theirs: Option<TreeId>) -> Result<Option<TreeId>, OpsError> {
    let Some(ours) = context.repo.verdicts()? else { return Ok(None) };
    let Some(theirs) = theirs else { return Ok(Some(ours)) };
    let files = lacking(context, Some(theirs), ours)?;
    if files.is_empty() {
        return Ok(None);
    }
    Ok(Some(context.repo.objects().edit_tree(theirs, files)?))
}
