//! What is replayed: the commit, or the commit to be, that an event is about, and the definitions that
//! count for it.

use std::path::PathBuf;
use std::sync::Arc;

use crate::base::{CommitId, TreeId};
use crate::hook::context::EventContext;
use crate::hook::event::Event;
use crate::hook::spec::Spec;
use crate::object::Commit;
use crate::ops::hooks::definitions::spec_of;
use crate::ops::hooks::list::check;
use crate::ops::hooks::rules::definitions_of_commit;
use crate::ops::hooks::told::event_context;
use crate::ops::hooks::trust::is_trusted;
use crate::ops::merge::{Foreseen, MergeRequest, foresee};
use crate::ops::{Context, OpsError};
use crate::refs::{RefName, Revision};

/// What is asked for. Without a place in history it is what is staged, or `HEAD` for what comes after
/// a deed.
#[derive(Debug, Clone)]
pub struct ReplayRequest {
    pub event: Event,
    /// A commit, as it was.
    pub at: Option<String>,
    /// `A..B`: the commits from `A` on, without it, to `B`, along first parents.
    pub range: Option<String>,
    /// What is merged, into `into` or the branch checked out.
    pub source: Option<String>,
    /// The branch it happens on; the one checked out where none is named.
    pub into: Option<String>,
    /// Only these hooks, and what they need.
    pub only: Vec<String>,
    pub definitions: Option<WhichDefinitions>,
    /// Tell what would run, and run nothing.
    pub dry_run: bool,
}

/// Whose hooks are run.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum WhichDefinitions {
    /// Those that counted, or would.
    History,
    /// Those in the `mlv.yaml` of the working copy.
    Worktree,
    /// Those in another file.
    File(PathBuf),
}

/// One event to replay.
pub(super) struct Subject {
    pub told: EventContext,
    /// The commit of history that it is about.
    pub commit: Option<CommitId>,
    pub base_tree: TreeId,
}

/// Returns a commit as it would be made now.
pub fn draft(
    context: &Context,
    tree: TreeId,
    parents: Vec<CommitId>,
    message: String,
) -> Result<Commit, OpsError> {
    let (now, committer) = (context.now()?, context.signature()?);
    Ok(Commit {
        tree,
        parents,
        author: committer.clone(),
        time: now,
        committer,
        commit_time: now,
        message,
        meta: Vec::new(),
        code: context.code_revision()?,
    })
}

impl ReplayRequest {
    /// Returns what is to be replayed, the oldest first.
    pub(super) fn subjects(&self, context: &Context) -> Result<Vec<Subject>, OpsError> {
        if let Some(range) = &self.range {
            let commits = commits_of_range(context, range)?.into_iter();
            return commits.map(|id| self.of_commit(context, id)).collect();
        }
        if let Some(source) = &self.source {
            return Ok(self.of_merge(context, source)?.into_iter().collect());
        }
        let place = match &self.at {
            None if self.event == Event::PreCommit => return Ok(vec![self.of_staged(context)?]),
            None => "HEAD",
            Some(at) => at,
        };
        let id = context.resolve(&Revision::parse(place)?)?;
        Ok(vec![self.of_commit(context, id)?])
    }

    /// Returns whose hooks are run: a range asks what the file at hand would have said.
    pub(super) fn which(&self) -> WhichDefinitions {
        let usual = if self.range.is_some() {
            WhichDefinitions::Worktree
        } else {
            WhichDefinitions::History
        };
        self.definitions.clone().unwrap_or(usual)
    }

    fn branch(&self, context: &Context) -> Result<Option<RefName>, OpsError> {
        match &self.into {
            Some(name) => Ok(Some(RefName::branch(name)?)),
            None => Ok(context.repo.head()?.branch().cloned()),
        }
    }

    fn of_staged(&self, context: &Context) -> Result<Subject, OpsError> {
        let (base, tree) = (context.repo.head()?.commit(), context.repo.staged()?);
        let commit = draft(context, tree, base.into_iter().collect(), String::new())?;
        self.about(context, &commit, None, base, None)
    }

    fn of_commit(&self, context: &Context, id: CommitId) -> Result<Subject, OpsError> {
        let commit = context.repo.objects().commit(id)?;
        let base = commit.parents.first().copied().filter(|_| !self.event.is_about_a_name());
        self.about(context, &commit, Some(id), base, None)
    }

    fn of_merge(&self, context: &Context, source: &str) -> Result<Option<Subject>, OpsError> {
        let request = MergeRequest {
            source: source.to_owned(),
            into: self.into.clone(),
            ..MergeRequest::default()
        };
        let merge = match foresee(context, &request)? {
            Foreseen::UpToDate => return Ok(None),
            Foreseen::Conflicts(conflicts) => {
                let paths = conflicts.into_iter().map(|conflict| conflict.path).collect();
                return Err(OpsError::Conflicts { source_name: source.to_owned(), paths });
            }
            Foreseen::Clean(merge) => merge,
        };
        let parents = merge.ours.into_iter().chain([merge.theirs]).collect();
        let commit = draft(context, merge.tree, parents, merge.message)?;
        self.about(context, &commit, None, merge.ours, Some(merge.source)).map(Some)
    }

    /// Returns the event of a commit, told as it was or would be.
    fn about(
        &self,
        context: &Context,
        commit: &Commit,
        id: Option<CommitId>,
        base: Option<CommitId>,
        source: Option<String>,
    ) -> Result<Subject, OpsError> {
        let branch = self.branch(context)?;
        let name = branch.as_ref().map(RefName::short);
        let mut told = event_context(context, self.event, commit, base, name, source.as_deref())?;
        told.commit = id.filter(|_| !self.event.may_refuse());
        let base_tree = context.repo.tree_of(base)?;
        if self.which() == WhichDefinitions::History {
            told.definitions = Some(match self.event {
                Event::PreMerge | Event::PostMerge => base_tree,
                Event::PreCommit | Event::PostCommit => {
                    definitions_of_commit(context, branch.as_ref(), base_tree, commit.tree)?
                }
                _ => commit.tree,
            });
        }
        Ok(Subject { told, commit: id, base_tree })
    }

    /// Returns the definitions for a subject, which the user trusts.
    pub(super) fn spec(
        &self,
        context: &Context,
        subject: &Subject,
    ) -> Result<Option<Arc<Spec>>, OpsError> {
        let spec = match (self.which(), subject.told.definitions) {
            (WhichDefinitions::File(path), _) => Arc::new(check(context, Some(&path))?),
            (WhichDefinitions::Worktree, _) | (_, None) => Arc::new(check(context, None)?),
            (WhichDefinitions::History, Some(tree)) => match spec_of(context, tree)? {
                Some(spec) => spec,
                None => return Ok(None),
            },
        };
        // Who names a file means it; what nobody has changed here may have come from elsewhere.
        let is_named = matches!(self.which(), WhichDefinitions::File(_));
        if !self.dry_run && !is_named && !is_trusted(context, &spec)? && !is_own(context, &spec)? {
            return Err(OpsError::NotTrusted);
        }
        Ok(Some(spec))
    }
}

/// Tells whether definitions are the user's own: `HEAD` has others, so a commit would trust them.
fn is_own(context: &Context, spec: &Spec) -> Result<bool, OpsError> {
    let staged_or_written = [Some(context.repo.staged()?), None];
    let known = spec_of(context, context.repo.head_tree()?)?;
    let hash = spec.definition_hash();
    if known.is_some_and(|known| known.definition_hash() == hash) {
        return Ok(false);
    }
    for place in staged_or_written {
        let found = match place {
            Some(tree) => spec_of(context, tree)?,
            None => check(context, None).ok().map(Arc::new),
        };
        if found.is_some_and(|found| found.definition_hash() == hash) {
            return Ok(true);
        }
    }
    Ok(false)
}

/// Returns the commits of `A..B` along first parents, the oldest first.
fn commits_of_range(context: &Context, range: &str) -> Result<Vec<CommitId>, OpsError> {
    let Some((from, to)) = range.split_once("..") else {
        let what = format!("`{range}` is no range: write it as `A..B`");
        return Err(OpsError::Unsupported { what });
    };
    let end = |text: &str| if text.is_empty() { "HEAD" } else { text }.to_owned();
    let from = context.resolve(&Revision::parse(&end(from))?)?;
    let to = context.resolve(&Revision::parse(&end(to))?)?;
    let mut history = crate::merge::History::of(context.repo.objects());
    let (mut commits, mut next) = (Vec::new(), Some(to));
    while let Some(id) = next {
        if id == from || history.is_ancestor(id, from)? {
            break;
        }
        commits.push(id);
        next = context.repo.objects().commit(id)?.parents.first().copied();
    }
    commits.reverse();
    Ok(commits)
}
