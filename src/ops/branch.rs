//! Branches: list, create, move, rename, delete. None of it touches data.

use crate::base::CommitId;
use crate::merge::History;
use crate::ops::{Context, OpsError, hooks};
use crate::refs::{RefEdit, RefName, RefValue, Revision};
use crate::repo::Update;

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
            upstream: None,
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
) -> Result<BranchInfo, OpsError> {
    let branch = RefName::branch(name)?;
    let id = context.resolve(&Revision::parse(start.unwrap_or("HEAD"))?)?;
    let value = RefValue::Commit(id);
    let edit = if force {
        hooks::refuse_protected(context, &branch, "branch -f")?;
        if context.repo.head()?.branch() == Some(&branch) {
            return Err(OpsError::CheckedOut { name: name.to_owned() });
        }
        RefEdit::set(branch, value)
    } else {
        RefEdit::create(branch, value)
    };
    context.repo.update(&Update::new(&context.command, context.now()?, vec![edit]))?;
    Ok(BranchInfo { name: name.to_owned(), id, current: false, upstream: None })
}

/// Deletes a branch; without `force` only where its commits are on another branch or in `HEAD`.
pub fn delete(context: &Context, name: &str, force: bool) -> Result<BranchInfo, OpsError> {
    let (branch, id) = tip(context, name)?;
    if context.repo.head()?.branch() == Some(&branch) {
        return Err(OpsError::CheckedOut { name: name.to_owned() });
    }
    hooks::refuse_protected(context, &branch, "branch -D")?;
    if !force {
        let commits = commits_only_on(context, &branch, id)?;
        if commits > 0 {
            return Err(OpsError::Unmerged { name: name.to_owned(), commits });
        }
    }
    let edit = RefEdit {
        new: None,
        ..RefEdit::replace(branch, Some(RefValue::Commit(id)), RefValue::Commit(id))
    };
    context.repo.update(&Update::new(&context.command, context.now()?, vec![edit]))?;
    Ok(BranchInfo { name: name.to_owned(), id, current: false, upstream: None })
}

/// Counts the commits that would be on no branch or tag any more.
fn commits_only_on(context: &Context, branch: &RefName, id: CommitId) -> Result<usize, OpsError> {
    let mut history = History::of(context.repo.objects());
    let mut fewest = usize::MAX;
    let others = context.repo.list("refs/")?.into_iter().filter(|(name, _)| name != branch);
    let others = others.filter_map(|(_, value)| value.commit());
    for other in others.chain(context.repo.head()?.commit()) {
        fewest = fewest.min(history.ahead_behind(id, other)?.ahead as usize);
        if fewest == 0 {
            break;
        }
    }
    Ok(if fewest == usize::MAX { 1 } else { fewest })
}

/// Renames a branch, and what is checked out with it.
pub fn rename(
    context: &Context,
    old: &str,
    new: &str,
    force: bool,
) -> Result<BranchInfo, OpsError> {
    let (from, id) = tip(context, old)?;
    let to = RefName::branch(new)?;
    hooks::refuse_protected(context, &from, "branch -m")?;
    let value = RefValue::Commit(id);
    let mut edits = vec![RefEdit::delete(from.clone())];
    edits.push(if force {
        hooks::refuse_protected(context, &to, "branch -M")?;
        RefEdit::set(to.clone(), value)
    } else {
        RefEdit::create(to.clone(), value)
    });
    let current = context.repo.head()?.branch() == Some(&from);
    if current {
        edits.push(RefEdit::set(RefName::head(), RefValue::on_branch(&to)));
    }
    context.repo.update(&Update::new(&context.command, context.now()?, edits))?;
    Ok(BranchInfo { name: new.to_owned(), id, current, upstream: None })
}
