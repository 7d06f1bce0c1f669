//! What hooks are told of an event: the commit it is about, and what that changes.

use crate::base::{CommitId, RepoPath};
use crate::diff::tree::{TreeChange, tree_changes};
use crate::hook::context::{Author, Change, ChangeKind, EventContext, GitState};
use crate::hook::event::Event;
use crate::object::Commit;
use crate::ops::{Context, OpsError};

/// Returns what hooks are told of a commit, or of one to be. A name that is made or deleted changes
/// no path; one that moves changes what differs.
pub fn event_context(
    context: &Context,
    event: Event,
    commit: &Commit,
    base: Option<CommitId>,
    branch: Option<&str>,
    source: Option<&str>,
) -> Result<EventContext, OpsError> {
    let branch = branch.map(str::to_owned);
    let root = context.repo.root().to_owned();
    let mut told = EventContext::new(event, root, commit.time);
    told.target_branch = branch.clone().filter(|_| source.is_some());
    told.source_branch = source.map(str::to_owned);
    told.branch = branch;
    told.tree = Some(commit.tree);
    told.base_commit = base;
    told.parents.clone_from(&commit.parents);
    told.message = Some(commit.message.clone());
    let author = commit.author.clone();
    told.author = Some(Author { name: author.name, email: author.email });
    told.meta.clone_from(&commit.meta);
    let code = commit.code.clone();
    told.git = code.map(|code| GitState { commit: code.commit, dirty: code.dirty });
    if event.is_about_a_name() && base.is_none() {
        return Ok(told);
    }
    let before = context.repo.tree_of(base)?;
    for change in tree_changes(context.repo.objects(), before, commit.tree, &RepoPath::root()) {
        told.changes.push(told_change(change?));
    }
    Ok(told)
}

fn told_change(change: TreeChange) -> Change {
    let kind = match (&change.old, &change.new) {
        (None, _) => ChangeKind::Added,
        (_, None) => ChangeKind::Deleted,
        (Some(old), Some(new)) if old.same_type(new) => ChangeKind::Modified,
        _ => ChangeKind::TypeChange,
    };
    Change { path: change.path, change: kind }
}
