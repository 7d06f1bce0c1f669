//! `switch`: stand on another branch or commit; only paths that differ are touched.

use crate::base::CommitId;
use crate::ops::merge::read_pending;
use crate::ops::worktree::{Move, move_to};
use crate::ops::{Context, OpsError, branch};
use crate::refs::{RefEdit, RefName, RefValue, Revision, operation};
use crate::repo::{Head, Update};

/// Where to stand.
#[derive(Debug, Clone)]
pub enum Target {
    /// A branch; `-` is the one before.
    Branch(String),
    /// A new branch at a revision, or at `HEAD`.
    NewBranch { name: String, start: Option<String> },
    /// A commit, on no branch.
    Detached(String),
}

/// Where one stands now.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize)]
pub struct Switched {
    pub branch: Option<String>,
    pub id: Option<CommitId>,
    pub created: bool,
}

/// Switches. What is staged comes along; unsaved work in the way refuses the switch, every path
/// named.
pub fn switch(context: &Context, target: &Target, discard: bool) -> Result<Switched, OpsError> {
    let _lock = context.lock()?;
    if read_pending(context)?.is_some() {
        return Err(OpsError::MergeUnderWay);
    }
    let head = context.repo.head()?;
    let (mut edits, branch, id, created) = match target {
        Target::Branch(name) if name == "-" => existing(context, &previous(context)?)?,
        Target::Branch(name) => existing(context, name)?,
        Target::NewBranch { name, start } => new(context, &head, name, start.as_deref())?,
        Target::Detached(revision) => {
            let id = context.resolve(&Revision::parse(revision)?)?;
            (vec![RefEdit::set(RefName::head(), RefValue::Commit(id))], None, Some(id), false)
        }
    };
    let (head_tree, staged) = (context.repo.tree_of(head.commit())?, context.repo.staged()?);
    let to = context.repo.tree_of(id)?;
    let (staged_after, way) = if discard {
        (to, Move::forcing(staged, to))
    } else {
        let carried = carry_staged(context, head_tree, staged, to)?;
        (carried, Move::keeping(staged, carried))
    };
    edits.push(RefEdit::set(RefName::staged(), RefValue::Tree(staged_after)));
    move_to(context, way, Update::new(&context.command, context.now()?, edits))?;
    Ok(Switched { branch: branch.map(|name| name.short().to_owned()), id, created })
}

type Found = (Vec<RefEdit>, Option<RefName>, Option<CommitId>, bool);

fn existing(context: &Context, name: &str) -> Result<Found, OpsError> {
    let (branch, id) = branch::tip(context, name)?;
    let head = RefEdit::set(RefName::head(), RefValue::on_branch(&branch));
    Ok((vec![head], Some(branch), Some(id), false))
}

fn new(context: &Context, head: &Head, name: &str, start: Option<&str>) -> Result<Found, OpsError> {
    let branch = RefName::branch(name)?;
    if context.repo.get(&branch)?.is_some() {
        return Err(crate::refs::RefError::Exists { name: branch }.into());
    }
    let id = match start {
        Some(start) => Some(context.resolve(&Revision::parse(start)?)?),
        None => head.commit(),
    };
    let mut edits = vec![RefEdit::set(RefName::head(), RefValue::on_branch(&branch))];
    edits.extend(id.map(|id| RefEdit::create(branch.clone(), RefValue::Commit(id))));
    Ok((edits, Some(branch), id, true))
}

/// Returns the branch that was checked out before.
fn previous(context: &Context) -> Result<String, OpsError> {
    let values = operation::history(&context.repo.connection(), &RefName::head())?;
    let mut branches = values.into_iter().flatten().filter_map(|value| value.branch());
    let now = branches.next();
    let before = branches.find(|branch| Some(branch) != now.as_ref());
    let before = before.ok_or(OpsError::NothingTo { verb: "switch back to" })?;
    Ok(before.short().to_owned())
}

/// Returns `to` with what is staged on top of `head`; a path that is staged and differs between the
/// two commits is in the way.
pub(in crate::ops) fn carry_staged(
    context: &Context,
    head: crate::base::TreeId,
    staged: crate::base::TreeId,
    to: crate::base::TreeId,
) -> Result<crate::base::TreeId, OpsError> {
    if staged == head {
        return Ok(to);
    }
    let objects = context.repo.objects();
    let options = crate::merge::MergeOptions { text_limit: 0, ..Default::default() };
    let plan = crate::merge::plan_merge(objects, &head.into(), to, staged, &options)?;
    if !plan.is_clean() {
        let paths = plan.conflicts.iter().map(|conflict| conflict.path.clone()).collect();
        return Err(OpsError::StagedInTheWay { paths });
    }
    Ok(plan.apply_clean_part(objects)?)
}
