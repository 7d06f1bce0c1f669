//! Branches: list, create, move, rename, delete. None of it touches data.

use std::collections::BTreeSet;

use crate::base::CommitId;
use crate::merge::History;
use crate::ops::hooks::{Deed, Done};
use crate::ops::upstream::upstream_of;
use crate::ops::{Context, OpsError, hooks, log};
use crate::refs::{Expected, RefEdit, RefError, RefName, RefValue, Revision};

/// A branch in a listing.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize)]
pub struct BranchInfo {
    pub name: String,
    pub id: CommitId,
    pub current: bool,
    pub upstream: Option<String>,
}

/// Returns all branches, sorted by name.
pub fn list(context: &Context) -> Result<Vec<BranchInfo>, OpsError> {
    let head = context.repo.head()?;
    let mut branches = Vec::new();
    for (name, value) in context.repo.list("refs/heads/")? {
        let Some(id) = value.commit() else { continue };
        branches.push(BranchInfo {
            current: head.branch() == Some(&name),
            name: name.short().to_owned(),
            id,
            upstream: upstream_of(context, &name)?.map(|upstream| upstream.name()),
        });
    }
    Ok(branches)
}

/// Returns the commit a branch stands on.
pub fn tip(context: &Context, name: &str) -> Result<(RefName, CommitId), OpsError> {
    let branch = RefName::branch(name)?;
    match context.repo.get(&branch)?.and_then(|value| value.commit()) {
        Some(commit) => Ok((branch, commit)),
        None => Err(no_such_branch(context, name)),
    }
}

/// Returns the error that names the branches there are.
pub fn no_such_branch(context: &Context, name: &str) -> OpsError {
    let candidates = list(context).unwrap_or_default();
    let candidates = candidates.into_iter().map(|branch| branch.name).collect();
    OpsError::NoSuchBranch { name: name.to_owned(), candidates }
}

/// Creates a branch at `start`, or at `HEAD`; with `force`, moves one that exists.
pub fn create(
    context: &Context,
    name: &str,
    start: Option<&str>,
    force: bool,
) -> Result<Done<BranchInfo>, OpsError> {
    let branch = RefName::branch(name)?;
    let (id, source) = context.resolve_named(&Revision::parse(start.unwrap_or("HEAD"))?)?;
    let old = context.repo.get(&branch)?;
    if old.is_some() && !force {
        return Err(RefError::Exists { name: branch }.into());
    }
    hooks::refuse_protected(context, &branch, "branch -f")?;
    let is_checked_out = context.repo.head()?.branch() == Some(&branch);
    if force && context.has_working_copy() && is_checked_out {
        return Err(OpsError::CheckedOut { name: name.to_owned() });
    }
    let base = old.as_ref().and_then(RefValue::commit);
    let source = source.as_ref().filter(|source| source.is_branch()).map(RefName::short);
    let deed = Deed::branch(name, id, base, source);
    let deeds = if base == Some(id) { vec![] } else { vec![deed] };
    let mut edits = vec![RefEdit::replace(branch, old, RefValue::Commit(id))];
    edits.extend(if force { nobody_switches(context)? } else { None });
    let hooks = hooks::edit_refs(context, &deeds, edits)?;
    let done = BranchInfo { name: name.to_owned(), id, current: false, upstream: None };
    Ok(Done { done, hooks })
}

/// Returns the edit that fails where somebody switches meanwhile, and changes nothing.
fn nobody_switches(context: &Context) -> Result<Option<RefEdit>, OpsError> {
    let here = context.repo.get(&RefName::head())?;
    Ok(here.map(|here| RefEdit::replace(RefName::head(), Some(here.clone()), here)))
}

/// Deletes branches, all or none; without `force` only where their commits are on another branch, on
/// a tag or in `HEAD`.
pub fn delete(
    context: &Context,
    names: &[String],
    force: bool,
) -> Result<Done<Vec<BranchInfo>>, OpsError> {
    let head = context.repo.head()?;
    let (mut edits, mut deleted) = (Vec::new(), Vec::new());
    let mut known = BTreeSet::new();
    for name in names.iter().filter(|name| known.insert(*name)) {
        let (branch, id) = tip(context, name)?;
        if head.branch() == Some(&branch) {
            let name = name.clone();
            return Err(if context.has_working_copy() {
                OpsError::CheckedOut { name }
            } else {
                OpsError::ClonesStandThere { name }
            });
        }
        hooks::refuse_protected(context, &branch, "branch -D")?;
        let expected = Expected::Exactly(RefValue::Commit(id));
        edits.push(RefEdit { name: branch, expected, new: None });
        deleted.push(BranchInfo { name: name.clone(), id, current: false, upstream: None });
    }
    if !force {
        refuse_unmerged(context, &edits, &deleted)?;
    }
    let deed = |branch: &BranchInfo| Deed::branch_delete(&branch.name, branch.id);
    let deeds: Vec<_> = deleted.iter().map(deed).collect();
    edits.extend(nobody_switches(context)?);
    let hooks = hooks::edit_refs(context, &deeds, edits)?;
    Ok(Done { done: deleted, hooks })
}

/// Refuses where commits would be on no branch or tag any more.
fn refuse_unmerged(
    context: &Context,
    edits: &[RefEdit],
    branches: &[BranchInfo],
) -> Result<(), OpsError> {
    let is_deleted = |name: &RefName| edits.iter().any(|edit| edit.name == *name);
    let others = context.repo.list("refs/")?.into_iter().filter(|(name, _)| !is_deleted(name));
    let others = others.filter_map(|(_, value)| value.commit());
    let others: Vec<CommitId> = context.repo.head()?.commit().into_iter().chain(others).collect();
    let mut history = History::of(context.repo.objects());
    for branch in branches {
        let mut is_merged = false;
        for other in &others {
            is_merged = is_merged || history.is_ancestor(branch.id, *other)?;
        }
        if !is_merged {
            let commits = log::count_only_in(context, branch.id, &others)?;
            return Err(OpsError::Unmerged { name: branch.name.clone(), commits });
        }
    }
    Ok(())
}

/// A branch under its new name.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize)]
pub struct RenamedBranch {
    pub old: String,
    /// Where it stands; nothing before its first commit.
    pub id: Option<CommitId>,
}

/// Renames a branch, or the one that is checked out, and what is checked out with it. To the hooks it
/// is a branch that is made where another is deleted.
pub fn rename(
    context: &Context,
    old: Option<&str>,
    new: &str,
    force: bool,
) -> Result<Done<RenamedBranch>, OpsError> {
    let head = context.repo.head()?;
    let from = match (old, head.branch()) {
        (Some(old), _) => RefName::branch(old)?,
        (None, Some(branch)) => branch.clone(),
        (None, None) => return Err(OpsError::Detached),
    };
    let to = RefName::branch(new)?;
    let is_current = head.branch() == Some(&from);
    let (mut edits, mut deeds) = (Vec::new(), Vec::new());
    let tip = context.repo.get(&from)?.and_then(|value| value.commit());
    match tip {
        Some(id) if from != to => {
            let value = context.repo.get(&to)?;
            refuse_renaming(context, (&from, &to), value.is_some(), force)?;
            let base = value.as_ref().and_then(RefValue::commit);
            deeds.push(Deed::branch(new, id, base, Some(from.short())));
            deeds.push(Deed::branch_delete(from.short(), id));
            let expected = Expected::Exactly(RefValue::Commit(id));
            edits.push(RefEdit { name: from.clone(), expected, new: None });
            edits.push(RefEdit::replace(to.clone(), value, RefValue::Commit(id)));
        }
        Some(_) => {}
        None if is_current => {}
        None => return Err(no_such_branch(context, from.short())),
    }
    if is_current {
        let here = RefValue::on_branch(&from);
        edits.push(RefEdit::replace(RefName::head(), Some(here), RefValue::on_branch(&to)));
    }
    let hooks = hooks::edit_refs(context, &deeds, edits)?;
    Ok(Done { done: RenamedBranch { old: from.short().to_owned(), id: tip }, hooks })
}

fn refuse_renaming(
    context: &Context,
    (from, to): (&RefName, &RefName),
    exists: bool,
    force: bool,
) -> Result<(), OpsError> {
    hooks::refuse_protected(context, from, "branch -m")?;
    if exists && !force {
        return Err(RefError::Exists { name: to.clone() }.into());
    }
    hooks::refuse_protected(context, to, "branch -m -f")
}
