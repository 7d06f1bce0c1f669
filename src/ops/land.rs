//! How every new commit comes to be: candidate tree → pre-hooks → commit object → the branch moves,
//! with the journal, in one transaction → post-hooks. Until the branch moves nothing has changed;
//! after it, everything is durable.

use crate::base::{CommitId, RepoPath, Timestamp, TreeId};
use crate::diff::tree::tree_changes;
use crate::hook::{Event, RunRecord};
use crate::object::{Commit, Signature};
use crate::ops::hooks::{self, Subject};
use crate::ops::worktree::{self, Move};
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
    /// The tree whose `mlv.yaml` says which hooks run; nothing where none shall.
    pub definitions: Option<TreeId>,
    /// Whether the working copy stands on the branch, and the tree its files are believed to hold.
    pub worktree: Option<TreeId>,
    /// Refs that are edited together with the branch.
    pub edits: Vec<RefEdit>,
    /// Lets the branch move to a commit that exists, where the hooks have added nothing to its tree.
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
}

/// Makes the commit and moves the branch, or changes nothing.
pub fn land(context: &Context, candidate: Candidate, landing: Landing) -> Result<Landed, OpsError> {
    let committer = context.signature()?;
    let now = context.now()?;
    let code = context.code_revision()?;
    let (author, time) = candidate.author.clone().unwrap_or_else(|| (committer.clone(), now));
    let mut commit = Commit {
        tree: candidate.tree,
        parents: candidate.parents,
        author,
        time,
        committer,
        commit_time: now,
        message: candidate.message,
        meta: candidate.meta,
        code,
    };
    hooks::check_spec_change(context, landing.base, commit.tree)?;
    let mut runs = Vec::new();
    let spec = landing.definitions.map(|tree| hooks::definitions(context, tree)).transpose()?;
    let spec = spec.flatten();
    if let Some(spec) = &spec {
        let subject = subject(&landing, landing.pre, &commit, None);
        let passed = hooks::run_pre(context, spec, &subject, landing.worktree)?;
        hooks::check_spec_change(context, landing.base, passed.tree)?;
        commit.tree = passed.tree;
        runs = passed.runs;
    }
    let (id, fast_forward) = match landing.fast_forward {
        Some(id) if commit.tree == candidate.tree => (id, true),
        _ => (context.repo.objects().write_commit(&commit)?, false),
    };
    context.repo.store().flush(Durability::Durable)?;

    let post = subject(&landing, landing.post, &commit, Some(id));
    let queued = match &spec {
        Some(spec) => hooks::queue_post(context, spec, &post)?,
        None => Vec::new(),
    };
    let mut update = Update::new(&context.command, now, edits(&landing, id, commit.tree));
    update.queued = queued.iter().map(|run| run.row.clone()).collect();
    let outcome = match landing.worktree {
        Some(held) => worktree::move_to(context, Move::saving_changes(held, commit.tree), update),
        None => context.repo.update(&update).map(|_| ()).map_err(OpsError::from),
    };
    outcome.map_err(|error| name_the_race(error, &landing))?;

    runs.extend(hooks::run_post(context, queued)?);
    let files_changed = count_changes(context, landing.base, commit.tree)?;
    Ok(Landed {
        id,
        tree: commit.tree,
        parents: commit.parents,
        files_changed,
        fast_forward,
        runs,
    })
}

/// Returns the edits that move the branch, or the detached `HEAD`, and what goes with it.
fn edits(landing: &Landing, id: CommitId, tree: TreeId) -> Vec<RefEdit> {
    let old = landing.base.map(RefValue::Commit);
    let name = landing.branch.clone().unwrap_or_else(RefName::head);
    let mut edits = vec![RefEdit::replace(name, old, RefValue::Commit(id))];
    if landing.worktree.is_some() && !landing.edits.iter().any(|edit| edit.name == RefName::staged())
    {
        edits.push(RefEdit::set(RefName::staged(), RefValue::Tree(tree)));
    }
    edits.extend(landing.edits.iter().cloned());
    edits
}

/// Says which branch moved, where that is why the transaction failed.
fn name_the_race(error: OpsError, landing: &Landing) -> OpsError {
    match error {
        OpsError::Repo(RepoError::Ref(RefError::Moved { name, .. } | RefError::Exists { name }))
            if Some(&name) == landing.branch.as_ref() || name == RefName::head() =>
        {
            OpsError::Moved { branch: name.short().to_owned() }
        }
        error => error,
    }
}

fn subject(landing: &Landing, event: Event, commit: &Commit, id: Option<CommitId>) -> Subject {
    let branch = landing.branch.as_ref().map(|name| name.short().to_owned());
    let is_merge = landing.source.is_some();
    Subject {
        event,
        source_branch: landing.source.clone(),
        target_branch: branch.clone().filter(|_| is_merge),
        branch,
        tree: commit.tree,
        commit: id,
        base_commit: landing.base,
        parents: commit.parents.clone(),
        message: commit.message.clone(),
        author: commit.author.clone(),
        time: commit.time,
        meta: commit.meta.clone(),
        code: commit.code.clone(),
    }
}

fn count_changes(
    context: &Context,
    base: Option<CommitId>,
    tree: TreeId,
) -> Result<u64, OpsError> {
    let before = context.repo.tree_of(base)?;
    let mut count = 0;
    for change in tree_changes(context.repo.objects(), before, tree, &RepoPath::root()) {
        change?;
        count += 1;
    }
    Ok(count)
}
