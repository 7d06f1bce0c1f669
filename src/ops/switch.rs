//! `switch`: stand on another branch or commit; only paths that differ are touched.

use crate::base::lock::FileLock;
use crate::base::{CommitId, TreeId};
use crate::hook::runner::RunRecord;
use crate::merge::{History, MergeOptions, plan_merge};
use crate::ops::hooks::Deed;
use crate::ops::merge::read_pending;
use crate::ops::upstream::upstream_of;
use crate::ops::worktree::{Move, move_to};
use crate::ops::{Context, OpsError, branch, hooks};
use crate::refs::{RefEdit, RefError, RefName, RefValue, Revision, operation};
use crate::repo::{Head, Update, Updated};

/// Where to stand.
#[derive(Debug, Clone)]
pub enum Target {
    /// A branch; `-` is where one stood before, be it a branch or a commit.
    Branch(String),
    /// A new branch at a revision, or at `HEAD`.
    NewBranch { name: String, start: Option<String> },
    /// A commit, on no branch.
    Detached(String),
}

/// Where one stands now.
#[derive(Debug, Clone, PartialEq, serde::Serialize)]
pub struct Switched {
    pub branch: Option<String>,
    pub id: Option<CommitId>,
    pub created: bool,
    /// Whether one stood there already.
    pub already: bool,
    /// How many files were changed.
    pub files: u64,
    /// How many files held unsaved work that the operation log keeps.
    pub saved: u64,
    pub hooks: Vec<RunRecord>,
    /// The commit one stood on, where no branch or tag leads to it.
    #[serde(skip)]
    pub left: Option<CommitId>,
}

/// Switches. What is staged comes along; unsaved work in the way refuses the switch, every path
/// named; with `discard` it is kept in the operation log only.
pub fn switch(context: &Context, target: &Target, discard: bool) -> Result<Switched, OpsError> {
    let lock = context.lock()?;
    let (head, place) = survey(context, target)?;
    let act = |lock: Option<FileLock>, noted| {
        let held = lock.is_some();
        let _lock = lock.map_or_else(|| context.lock_patiently(), Ok)?;
        // Hooks may take hours: what they judged is what is done, or nothing.
        if !held && survey(context, target)? != (head.clone(), place.clone()) {
            return Err(OpsError::Moved { name: "HEAD".to_owned() });
        }
        go(context, &head, &place, discard, noted)
    };
    let (updated, hooks) = hooks::around(context, &deeds(&head, &place), Some(lock), act)?;
    Ok(Switched {
        already: is_there(&head, &place),
        branch: place.branch.map(|name| name.short().to_owned()),
        id: place.id,
        created: place.created,
        files: updated.files,
        saved: updated.saved,
        hooks,
        left: left_behind(context, &head)?,
    })
}

/// Finds out where one stands and where one is to stand; the caller holds the lock.
fn survey(context: &Context, target: &Target) -> Result<(Head, Place), OpsError> {
    if read_pending(context)?.is_some() {
        return Err(OpsError::MergeUnderWay);
    }
    let head = context.repo.head()?;
    let place = find(context, &head, target)?;
    Ok((head, place))
}

fn is_there(head: &Head, place: &Place) -> bool {
    head.branch() == place.branch.as_ref() && head.commit() == place.id
}

/// Returns what hooks are told; of a branch without a commit they are told nothing.
fn deeds(head: &Head, place: &Place) -> Vec<Deed> {
    let Some(id) = place.id.filter(|_| !is_there(head, place)) else { return Vec::new() };
    let from = head.branch().map(RefName::short);
    let to = place.branch.as_ref().map(RefName::short);
    let created = to.filter(|_| place.created);
    let created = created.map(|name| Deed::branch(name, id, None, place.source.as_deref()));
    created.into_iter().chain([Deed::switch((from, head.commit()), (to, id))]).collect()
}

/// Moves `HEAD`, the staged tree and the files; the caller holds the lock of the working copy.
fn go(
    context: &Context,
    head: &Head,
    place: &Place,
    discard: bool,
    noted: Vec<(String, String)>,
) -> Result<Updated, OpsError> {
    let (head_tree, staged) = (context.repo.tree_of(head.commit())?, context.repo.staged()?);
    let to = context.repo.tree_of(place.id)?;
    let (staged_after, way) = if discard {
        (to, Move::forcing(staged, to))
    } else {
        let carried = carry_staged(context, head_tree, staged, to)?;
        (carried, Move::keeping(staged, carried))
    };
    let mut edits = place.edits();
    if !is_there(head, place) || staged_after != staged {
        edits.push(RefEdit::set(RefName::staged(), RefValue::Tree(staged_after)));
    }
    context.flush_trees()?;
    let mut update = Update::new(&context.command, context.now()?, edits);
    update.pending = noted;
    move_to(context, way, update)
}

/// Returns the commit one stood on, where nothing that has a name leads to it now.
fn left_behind(context: &Context, head: &Head) -> Result<Option<CommitId>, OpsError> {
    let Head::Detached(left) = *head else { return Ok(None) };
    let here = context.repo.head()?.commit();
    let named = context.repo.list("refs/")?.into_iter().filter_map(|(_, value)| value.commit());
    let mut history = History::of(context.repo.objects());
    for id in here.into_iter().chain(named) {
        if history.is_ancestor(left, id)? {
            return Ok(None);
        }
    }
    Ok(Some(left))
}

/// A place to stand.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Place {
    branch: Option<RefName>,
    id: Option<CommitId>,
    created: bool,
    /// Of a new branch: the one it starts from.
    source: Option<String>,
}

impl Place {
    fn on(branch: RefName, id: Option<CommitId>) -> Self {
        Self { branch: Some(branch), id, created: false, source: None }
    }

    fn commit(id: CommitId) -> Self {
        Self { branch: None, id: Some(id), created: false, source: None }
    }

    fn edits(&self) -> Vec<RefEdit> {
        let head = match (&self.branch, self.id) {
            (Some(branch), _) => Some(RefValue::on_branch(branch)),
            (None, id) => id.map(RefValue::Commit),
        };
        let mut edits = Vec::from_iter(head.map(|head| RefEdit::set(RefName::head(), head)));
        if let (true, Some(branch), Some(id)) = (self.created, &self.branch, self.id) {
            edits.push(RefEdit::create(branch.clone(), RefValue::Commit(id)));
        }
        edits
    }
}

fn find(context: &Context, head: &Head, target: &Target) -> Result<Place, OpsError> {
    match target {
        Target::Branch(name) if name == "-" => previous(context),
        Target::Branch(name) => existing(context, head, name),
        Target::NewBranch { name, start } => new(context, head, name, start.as_deref()),
        Target::Detached(revision) => {
            Ok(Place::commit(context.resolve(&Revision::parse(revision)?)?))
        }
    }
}

fn existing(context: &Context, head: &Head, name: &str) -> Result<Place, OpsError> {
    match branch::tip(context, name) {
        Ok((branch, id)) => Ok(Place::on(branch, Some(id))),
        // A branch without a commit is only there as long as one stands on it.
        Err(_) if head.branch().is_some_and(|branch| branch.short() == name) => {
            Ok(Place::on(RefName::branch(name)?, head.commit()))
        }
        Err(error) => match on_remote(context, name)? {
            Some((branch, id)) => {
                Ok(Place { branch: Some(branch), id: Some(id), created: true, source: None })
            }
            None => Err(explained(context, name, error)),
        },
    }
}

/// Returns the branch that is to be made where just one remote has one of this name.
fn on_remote(context: &Context, name: &str) -> Result<Option<(RefName, CommitId)>, OpsError> {
    let branch = RefName::branch(name)?;
    let upstream = upstream_of(context, &branch)?;
    Ok(upstream.and_then(|upstream| upstream.commit).map(|id| (branch, id)))
}

/// Says what a name is that is no branch.
fn explained(context: &Context, name: &str, error: OpsError) -> OpsError {
    let is_commit = Revision::parse(name).is_ok_and(|revision| context.resolve(&revision).is_ok());
    let remotes = context.repo.list("refs/remotes/").unwrap_or_default();
    let end = format!("/{name}");
    let remote = remotes.iter().find(|(remote, _)| remote.short().ends_with(&end));
    match remote {
        _ if is_commit => OpsError::NotABranch { name: name.to_owned() },
        Some((remote, _)) => {
            OpsError::OnlyOnRemote { name: name.to_owned(), remote: remote.short().to_owned() }
        }
        None => error,
    }
}

fn new(context: &Context, head: &Head, name: &str, start: Option<&str>) -> Result<Place, OpsError> {
    let branch = RefName::branch(name)?;
    if context.repo.get(&branch)?.is_some() {
        return Err(RefError::Exists { name: branch }.into());
    }
    let (id, source) = match start {
        Some(start) => {
            let (id, name) = context.resolve_named(&Revision::parse(start)?)?;
            (Some(id), name.filter(RefName::is_branch))
        }
        None => (head.commit(), head.branch().cloned()),
    };
    let source = source.map(|name| name.short().to_owned());
    Ok(Place { branch: Some(branch), id, created: true, source })
}

/// Returns where one stood before; a branch that is gone is passed over.
fn previous(context: &Context) -> Result<Place, OpsError> {
    let values = operation::history(&context.repo.connection(), &RefName::head())?;
    let mut values = values.into_iter().flatten();
    let now = values.next();
    for value in values.filter(|value| Some(value) != now.as_ref()) {
        if let Some(commit) = value.commit() {
            return Ok(Place::commit(commit));
        }
        let Some(branch) = value.branch() else { continue };
        let id = context.repo.get(&branch)?.and_then(|value| value.commit());
        if id.is_some() {
            return Ok(Place::on(branch, id));
        }
    }
    Err(OpsError::NothingTo { verb: "switch back to" })
}

/// Returns `to` with what is staged on top of `head`; a path that is staged and differs between the
/// two commits is in the way.
pub(in crate::ops) fn carry_staged(
    context: &Context,
    head: TreeId,
    staged: TreeId,
    to: TreeId,
) -> Result<TreeId, OpsError> {
    if staged == head {
        return Ok(to);
    }
    let objects = context.repo.objects();
    let options = MergeOptions { text_limit: 0, ..MergeOptions::default() };
    let plan = plan_merge(objects, &head.into(), to, staged, &options)?;
    if !plan.is_clean() {
        let paths = plan.conflicts.iter().map(|conflict| conflict.path.clone()).collect();
        return Err(OpsError::StagedInTheWay { paths });
    }
    Ok(plan.apply_clean_part(objects)?)
}
