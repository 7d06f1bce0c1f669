//! How every new commit comes to be: candidate tree → pre-hooks → commit object → the branch moves,
//! with the journal, in one transaction → post-hooks. Until the branch moves nothing has changed;
//! after it, everything is durable.

use crate::base::{CommitId, RepoPath, Timestamp, TreeId};
use crate::diff::tree::tree_changes;
use crate::hook::event::Event;
use crate::hook::runner::RunRecord;
use crate::object::{Commit, Signature, TreeEdit, TreeValue};
use crate::ops::hooks::{self, around};
use crate::ops::worktree::{Move, move_to};
use crate::ops::{Context, OpsError};
use crate::refs::{RefEdit, RefError, RefName, RefValue};
use crate::repo::{RepoError, Update};
use crate::store::{ChunkStore, Durability};

/// A commit to be.
#[derive(Debug, Clone)]
pub struct Candidate {
    pub tree: TreeId,
    pub parents: Vec<CommitId>,
    pub message: String,
    pub meta: Vec<(String, String)>,
    /// Who made the change, where that is somebody else than who commits it now.
    pub author: Option<(Signature, Timestamp)>,
}

/// Where a commit goes, and under which rules.
#[derive(Debug, Clone)]
pub struct Landing {
    /// The events around it.
    pub pre: Event,
    pub post: Event,
    /// The branch that moves; nothing for a detached `HEAD`.
    pub branch: Option<RefName>,
    /// The commit it moves from.
    pub base: Option<CommitId>,
    /// For a merge: what is merged.
    pub source: Option<String>,
    /// The tree whose `mlv.yaml` says which hooks run.
    pub definitions: TreeId,
    /// Runs no `pre-` hook, and leaves a mark in the commit.
    pub no_verify: bool,
    /// Where the working copy stands on the branch: the tree its files are believed to hold.
    pub worktree: Option<TreeId>,
    /// Refs that are edited together with the branch.
    pub edits: Vec<RefEdit>,
    /// The commit that the branch may simply move to, where the hooks add nothing to its tree.
    pub fast_forward: Option<CommitId>,
}

/// What came of it.
#[derive(Debug, Clone)]
pub struct Landed {
    pub id: CommitId,
    pub tree: TreeId,
    pub parents: Vec<CommitId>,
    pub files_changed: u64,
    pub fast_forward: bool,
    pub runs: Vec<RunRecord>,
    pub message: String,
}

/// The key of a commit's meta that says that no hook judged it.
const NO_VERIFY_MARK: &str = "mlv.no-verify";

/// Makes the commit and moves the branch, or changes nothing.
pub fn land(context: &Context, candidate: Candidate, landing: Landing) -> Result<Landed, OpsError> {
    let now = context.now()?;
    let planned = candidate.tree;
    let mut commit = draft(context, candidate, now)?;
    hooks::check_spec_change(context, landing.base, commit.tree)?;
    let spec = hooks::definitions(context, landing.definitions)?;
    if landing.pre == Event::PreCommit {
        // What the user commits here is the user's own.
        spec.iter().try_for_each(|spec| hooks::trust_own(context, landing.base, spec))?;
    }
    let mut runs = Vec::new();
    if let Some(spec) = spec.as_ref().filter(|_| !landing.no_verify) {
        let told = told(context, &landing, landing.pre, &commit)?;
        let passed = hooks::run_pre(context, spec, &told, landing.worktree)?;
        hooks::check_spec_change(context, landing.base, passed.tree)?;
        commit.tree = passed.tree;
        runs = passed.runs;
    } else if spec.is_some() {
        commit.meta.push((NO_VERIFY_MARK.to_owned(), "true".to_owned()));
        commit.meta.sort();
        commit.meta.dedup_by(|a, b| a.0 == b.0);
    }
    let (id, fast_forward) = match landing.fast_forward {
        Some(id) if commit.tree == planned => (id, true),
        _ => (context.repo.objects().write_commit(&commit)?, false),
    };
    context.repo.store().flush(Durability::Durable)?;

    let mut after = told(context, &landing, landing.post, &commit)?;
    after.commit = Some(id);
    let noted = match &spec {
        Some(spec) => hooks::note_post(context, spec, &after, landing.definitions)?,
        None => None,
    };
    let number = move_branch(context, &landing, id, commit.tree, now, noted.as_ref())?;
    if let (Some(number), Some(noted)) = (number, &noted) {
        runs.extend(hooks::run_post(context, number, noted)?);
    }
    Ok(Landed {
        id,
        tree: commit.tree,
        parents: if fast_forward { Vec::new() } else { commit.parents },
        files_changed: after.changes.len() as u64,
        fast_forward,
        runs,
        message: commit.message,
    })
}

/// Returns the commit before any hook has seen it.
fn draft(context: &Context, candidate: Candidate, now: Timestamp) -> Result<Commit, OpsError> {
    let committer = context.signature()?;
    let (author, time) = candidate.author.unwrap_or_else(|| (committer.clone(), now));
    Ok(Commit {
        tree: candidate.tree,
        parents: candidate.parents,
        author,
        time,
        committer,
        commit_time: now,
        message: candidate.message,
        meta: candidate.meta,
        code: context.code_revision()?,
    })
}

fn told(
    context: &Context,
    landing: &Landing,
    event: Event,
    commit: &Commit,
) -> Result<crate::hook::context::EventContext, OpsError> {
    let branch = landing.branch.as_ref().map(RefName::short);
    let source = landing.source.as_deref();
    around::event_context(context, event, commit, landing.base, branch, source)
}

/// Moves the branch, the working copy with it where it stands there, and notes the event; returns
/// the event's number.
fn move_branch(
    context: &Context,
    landing: &Landing,
    id: CommitId,
    tree: TreeId,
    now: Timestamp,
    noted: Option<&hooks::PendingEvent>,
) -> Result<Option<i64>, OpsError> {
    let mut update = Update::new(&context.command, now, edits(context, landing, id, tree)?);
    if let Some(noted) = noted {
        let text = serde_json::to_string(noted).expect("a noted event has a JSON form");
        update.pending = Some((hooks::owner(context)?.name.clone(), text));
    }
    let updated = match landing.worktree {
        Some(held) => move_to(context, Move::keeping(held, tree), update),
        None => context.repo.update(&update).map_err(OpsError::from),
    };
    Ok(updated.map_err(|error| name_the_race(error, landing))?.pending)
}

/// Returns the edits that move the branch, or the detached `HEAD`, and what goes with it. What is
/// staged beyond the commit stays so, with what the hooks have put into the commit.
fn edits(
    context: &Context,
    landing: &Landing,
    id: CommitId,
    tree: TreeId,
) -> Result<Vec<RefEdit>, OpsError> {
    let old = landing.base.map(RefValue::Commit);
    let name = landing.branch.clone().unwrap_or_else(RefName::head);
    let mut edits = vec![RefEdit::replace(name, old, RefValue::Commit(id))];
    let is_staged = |edit: &&RefEdit| edit.name == RefName::staged();
    let asked = landing.edits.iter().find(is_staged).and_then(|edit| edit.new.as_ref()?.tree());
    if let Some(staged) = asked {
        let held = landing.worktree.unwrap_or(tree);
        let staged = overlay(context, staged, (held, tree), |_| true)?;
        context.repo.store().flush(context.staging_durability())?;
        edits.push(RefEdit::set(RefName::staged(), RefValue::Tree(staged)));
    } else if landing.worktree.is_some() {
        edits.push(RefEdit::set(RefName::staged(), RefValue::Tree(tree)));
    }
    edits.extend(landing.edits.iter().filter(|edit| !is_staged(edit)).cloned());
    Ok(edits)
}

/// Returns `onto` with what differs between two trees, where `wanted` says so.
pub fn overlay(
    context: &Context,
    onto: TreeId,
    (from, to): (TreeId, TreeId),
    wanted: impl Fn(&RepoPath) -> bool,
) -> Result<TreeId, OpsError> {
    let objects = context.repo.objects();
    let mut edits = Vec::new();
    for change in tree_changes(objects, from, to, &RepoPath::root()) {
        let change = change?;
        if wanted(&change.path) {
            let value = change.new.map_or(TreeValue::Remove, TreeValue::Set);
            edits.push(TreeEdit { path: change.path, value });
        }
    }
    Ok(objects.edit_tree(onto, edits)?)
}

/// Says which branch moved, where that is why the transaction failed.
fn name_the_race(error: OpsError, landing: &Landing) -> OpsError {
    match error {
        OpsError::Repo(RepoError::Ref(
            RefError::Moved { name, .. } | RefError::Exists { name },
        )) if Some(&name) == landing.branch.as_ref() || name == RefName::head() => {
            OpsError::Moved { branch: name.short().to_owned() }
        }
        error => error,
    }
}
