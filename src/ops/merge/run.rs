//! A merge from the asking to the moved branch.

use crate::base::lock::FileLock;
use crate::base::{CommitId, RepoPath, TreeId};
use crate::diff::tree::tree_changes;
use crate::hook::event::Around;
use crate::merge::{
    Conflict, History, MergeOptions, MergePlan, PendingMerge, Side, merge_base, plan_merge,
};
use crate::object::{Entry, TreeEdit, TreeValue};
use crate::ops::land::{Candidate, Landing, Stage, land};
use crate::ops::merge::pending::{no_merge_begins, read_pending, write_pending};
use crate::ops::merge::report::{MergeReport, MergeResult, ReportedConflict, reported};
use crate::ops::worktree::{Extent, Move, move_to};
use crate::ops::{Context, OpsError, branch, hooks};
use crate::refs::{RefEdit, RefName, RefValue, Revision};
use crate::repo::{Head, Update};
use crate::store::{ChunkStore, Durability};

/// What is asked for.
#[derive(Debug, Clone, Default)]
pub struct MergeRequest {
    pub source: String,
    /// The branch to merge into; the one checked out where nothing is said.
    pub into: Option<String>,
    pub message: Option<String>,
    /// One commit on top of the target, without a second parent.
    pub squash: bool,
    /// A commit even where the branch could simply move forward.
    pub no_fast_forward: bool,
    /// Whose side wins where both changed a path.
    pub strategy: Option<Side>,
    /// Prepare everything in the working copy and stop before the commit.
    pub no_commit: bool,
    pub dry_run: bool,
}

/// Both sides of a merge, found.
struct Sides {
    target: Option<RefName>,
    target_name: String,
    ours: Option<CommitId>,
    theirs: CommitId,
    source_name: String,
    /// Whether the working copy stands on the target.
    checked_out: bool,
}

impl Sides {
    fn find(context: &Context, request: &MergeRequest) -> Result<Self, OpsError> {
        let head = context.repo.head()?;
        let (target, ours) = match &request.into {
            Some(name) if head.branch().is_none_or(|branch| branch.short() != name) => {
                let (name, commit) = branch::tip(context, name)?;
                (Some(name), Some(commit))
            }
            _ => (head.branch().cloned(), head.commit()),
        };
        let stands_there = match &head {
            Head::Branch { name, .. } => Some(name) == target.as_ref(),
            Head::Detached(_) => target.is_none(),
        };
        let checked_out = context.has_working_copy() && stands_there;
        let (theirs, name) = context.resolve_named(&Revision::parse(&request.source)?)?;
        let source_name = name.map_or(request.source.clone(), |name| name.short().to_owned());
        let target_name = target.as_ref().map_or("HEAD", |name| name.short()).to_owned();
        Ok(Self { target, target_name, ours, theirs, source_name, checked_out })
    }

    fn report(&self, result: MergeResult, id: Option<CommitId>) -> MergeReport {
        MergeReport {
            result,
            id,
            target: self.target.as_ref().map(|name| name.short().to_owned()),
            source: self.source_name.clone(),
            conflicts: Vec::new(),
            files_changed: 0,
            line_merged: Vec::new(),
            hooks: Vec::new(),
        }
    }
}

/// Merges, or says why not; nothing is changed where it does not come to its end.
pub fn merge(context: &Context, request: &MergeRequest) -> Result<MergeReport, OpsError> {
    let writes = !request.dry_run;
    // What others do to the branch meanwhile is noticed when it moves.
    let lock = writes.then(|| context.lock()).transpose()?;
    let sides = Sides::find(context, request)?;
    if request.no_commit && !sides.checked_out {
        return Err(OpsError::NotCheckedOut { branch: sides.target_name });
    }
    let lock = lock.filter(|_| sides.checked_out);
    if lock.is_some() {
        refuse_unready(context)?;
    }
    let mut history = History::of(context.repo.objects());
    if let Some(ours) = sides.ours
        && history.is_ancestor(sides.theirs, ours)?
    {
        return Ok(sides.report(MergeResult::UpToDate, Some(ours)));
    }
    let forward = match sides.ours {
        Some(ours) => history.is_ancestor(ours, sides.theirs)?,
        None => true,
    };
    let plan = plan(context, request, &sides, &mut history)?;
    let prepares = request.no_commit && writes;
    if !plan.is_clean() && !prepares {
        return Ok(conflicted(&sides, &plan));
    }
    let fast_forward = forward && !request.no_fast_forward && !request.squash;
    if request.dry_run {
        return foretell(context, &sides, &plan, fast_forward);
    }
    if request.no_commit {
        return prepare(context, request, &sides, &plan);
    }
    commit_merge(context, lock, request, &sides, &plan, fast_forward)
}

/// What a merge would come to.
#[derive(Debug, Clone)]
pub enum Foreseen {
    UpToDate,
    Conflicts(Vec<ReportedConflict>),
    Clean(ForeseenMerge),
}

/// A merge that could be made.
#[derive(Debug, Clone)]
pub struct ForeseenMerge {
    /// Its tree, stored, before any hook has seen it.
    pub tree: TreeId,
    pub ours: Option<CommitId>,
    pub theirs: CommitId,
    pub source: String,
    pub message: String,
}

/// Works out the candidate of a merge; nothing is changed.
pub fn foresee(context: &Context, request: &MergeRequest) -> Result<Foreseen, OpsError> {
    let sides = Sides::find(context, request)?;
    let mut history = History::of(context.repo.objects());
    if let Some(ours) = sides.ours
        && history.is_ancestor(sides.theirs, ours)?
    {
        return Ok(Foreseen::UpToDate);
    }
    let plan = plan(context, request, &sides, &mut history)?;
    if !plan.is_clean() {
        return Ok(Foreseen::Conflicts(reported(&plan.conflicts)));
    }
    let tree = plan.apply_clean_part(context.repo.objects())?;
    context.repo.store().flush(Durability::Visible)?;
    let message = message(request, &sides);
    let Sides { ours, theirs, source_name: source, .. } = sides;
    Ok(Foreseen::Clean(ForeseenMerge { tree, ours, theirs, source, message }))
}

fn refuse_unready(context: &Context) -> Result<(), OpsError> {
    if read_pending(context)?.is_some() {
        return Err(OpsError::MergeUnderWay);
    }
    let (head, staged) = (context.repo.head_tree()?, context.repo.staged()?);
    let changes = tree_changes(context.repo.objects(), head, staged, &RepoPath::root());
    let paths = changes.map(|change| change.map(|change| change.path));
    let paths = paths.collect::<Result<Vec<_>, _>>()?;
    if paths.is_empty() { Ok(()) } else { Err(OpsError::StagedInTheWay { paths }) }
}

fn plan(
    context: &Context,
    request: &MergeRequest,
    sides: &Sides,
    history: &mut crate::merge::CommitHistory<'_>,
) -> Result<MergePlan, OpsError> {
    let objects = context.repo.objects();
    let theirs = objects.commit(sides.theirs)?.tree;
    let Some(ours) = sides.ours else {
        let empty = objects.empty_tree()?;
        return Ok(plan_merge(objects, &empty.into(), empty, theirs, &MergeOptions::default())?);
    };
    if history.merge_bases(ours, sides.theirs)?.is_empty() {
        let target = sides.target.clone().unwrap_or_else(RefName::head);
        return Err(OpsError::Unrelated { target, source_name: sides.source_name.clone() });
    }
    let base = merge_base(objects, history, ours, sides.theirs)?;
    let options = MergeOptions { strategy: request.strategy, ..MergeOptions::default() };
    Ok(plan_merge(objects, &base, objects.commit(ours)?.tree, theirs, &options)?)
}

fn conflicted(sides: &Sides, plan: &MergePlan) -> MergeReport {
    MergeReport {
        conflicts: reported(&plan.conflicts),
        ..sides.report(MergeResult::Conflicts, None)
    }
}

/// Tells what a merge would do.
fn foretell(
    context: &Context,
    sides: &Sides,
    plan: &MergePlan,
    fast_forward: bool,
) -> Result<MergeReport, OpsError> {
    let result = if fast_forward { MergeResult::FastForward } else { MergeResult::Merged };
    let before = context.repo.tree_of(sides.ours)?;
    let after = plan.apply_clean_part(context.repo.objects())?;
    let changes = tree_changes(context.repo.objects(), before, after, &RepoPath::root());
    Ok(MergeReport {
        files_changed: changes.count() as u64,
        line_merged: plan.line_merged.clone(),
        ..sides.report(result, None)
    })
}

fn message(request: &MergeRequest, sides: &Sides) -> String {
    let said = request.message.clone();
    said.unwrap_or_else(|| format!("Merge `{}` into `{}`", sides.source_name, sides.target_name))
}

fn commit_merge(
    context: &Context,
    lock: Option<FileLock>,
    request: &MergeRequest,
    sides: &Sides,
    plan: &MergePlan,
    fast_forward: bool,
) -> Result<MergeReport, OpsError> {
    if let Some(target) = sides.target.as_ref().filter(|_| context.skips_hooks()) {
        hooks::refuse_passing_over(context, target)?;
    }
    let ours_tree = context.repo.tree_of(sides.ours)?;
    let tree = plan.apply_clean_part(context.repo.objects())?;
    let source = (!request.squash).then_some(sides.theirs);
    let candidate = Candidate {
        tree,
        parents: sides.ours.into_iter().chain(source).collect(),
        message: message(request, sides),
        meta: Vec::new(),
        author: None,
    };
    let landing = Landing {
        around: &[Around::MERGE],
        branch: sides.target.clone(),
        base: sides.ours,
        is_new_branch: false,
        source: Some(sides.source_name.clone()),
        // The target decides which gates there are: a branch cannot delete its own.
        definitions: ours_tree,
        no_verify: context.skips_hooks(),
        own: false,
        checked_out: sides.checked_out,
        stage: Stage { before: ours_tree, files: ours_tree, after: tree },
        edits: sides.checked_out.then(no_merge_begins).into_iter().collect(),
        fast_forward: fast_forward.then_some(sides.theirs),
        chain: Vec::new(),
        seen: hooks::makers(context, sides.ours, sides.theirs)?,
    };
    let landed = land(context, lock, candidate, landing)?;
    let result = if landed.fast_forward { MergeResult::FastForward } else { MergeResult::Merged };
    Ok(MergeReport {
        files_changed: landed.files_changed,
        line_merged: plan.line_merged.clone(),
        hooks: landed.runs,
        ..sides.report(result, Some(landed.id))
    })
}

/// Brings what merges cleanly into the working copy, with both sides of each conflict beside it, and
/// leaves the rest to the user.
fn prepare(
    context: &Context,
    request: &MergeRequest,
    sides: &Sides,
    plan: &MergePlan,
) -> Result<MergeReport, OpsError> {
    let Some(ours) = sides.ours else {
        return Err(OpsError::Unsupported {
            what: "`--no-commit` needs a branch that has a commit".to_owned(),
        });
    };
    let objects = context.repo.objects();
    let ours_tree = objects.commit(ours)?.tree;
    let staged = plan.apply_clean_part(objects)?;
    let shown = objects.edit_tree(staged, side_files(&plan.conflicts))?;
    context.repo.store().flush(Durability::Durable)?;
    let pending = PendingMerge::new(
        ours,
        sides.theirs,
        sides.source_name.clone(),
        message(request, sides),
        plan.conflicts.clone(),
    );
    let edits =
        vec![RefEdit::set(RefName::staged(), RefValue::Tree(staged)), write_pending(&pending)];
    let update = Update::new(&context.command, context.now()?, edits);
    // Whoever is to settle a conflict sees both sides, wherever they lie.
    let shown_beside = side_files(&plan.conflicts).into_iter().map(|edit| edit.path);
    let shown_beside: Vec<_> = shown_beside.collect();
    let way = Move { extent: Extent::Held(&shown_beside), ..Move::keeping(ours_tree, shown) };
    move_to(context, way, update)?;
    let result = if plan.is_clean() { MergeResult::Prepared } else { MergeResult::Conflicts };
    Ok(MergeReport {
        conflicts: reported(&plan.conflicts),
        line_merged: plan.line_merged.clone(),
        ..sides.report(result, None)
    })
}

/// Returns the edits that put `PATH.ours` and `PATH.theirs` beside each path in conflict.
pub(super) fn side_files(conflicts: &[Conflict]) -> Vec<TreeEdit> {
    let mut edits = Vec::new();
    for conflict in conflicts {
        let sides: [(&str, Option<&Entry>); 2] =
            [(".ours", conflict.side(Side::Ours)), (".theirs", conflict.side(Side::Theirs))];
        for (suffix, entry) in sides {
            let bytes = [conflict.path.as_bytes(), suffix.as_bytes()].concat();
            if let (Some(entry), Ok(path)) = (entry, RepoPath::from_bytes(bytes)) {
                edits.push(TreeEdit { path, value: TreeValue::Set(entry.clone()) });
            }
        }
    }
    edits
}

/// Returns the tree that the working copy is believed to hold while a merge is under way.
pub(super) fn shown_tree(
    context: &Context,
    staged: TreeId,
    pending: &PendingMerge,
) -> Result<TreeId, OpsError> {
    Ok(context.repo.objects().edit_tree(staged, side_files(&pending.conflicts))?)
}
