//! Which commits a listing shows.

use std::collections::{HashMap, HashSet};
use std::ffi::OsString;

use crate::base::{CommitId, TreeId};
use crate::diff::tree::tree_changes;
use crate::object::Commit;
use crate::ops::hooks::VerdictBook;
use crate::ops::log::order::{by_time, topological};
use crate::ops::log::{LogEntry, names_by_commit};
use crate::ops::{Context, OpsError};
use crate::refs::Revision;
use crate::workspace::Pathspecs;

/// Which commits are wanted.
#[derive(Debug, Clone, Default)]
pub struct LogOptions {
    /// Where to start, or `A..B` for those of B that A has not: `HEAD` where nothing is said.
    pub revision: Option<String>,
    pub limit: Option<usize>,
    /// Only commits that changed one of these paths.
    pub paths: Vec<OsString>,
    /// Children strictly before their parents, and parents as the nearest commits that are shown: as
    /// a graph needs it.
    pub topological: bool,
    /// Look up what hooks found.
    pub verdicts: bool,
}

/// Visits the wanted commits, newest first, each as soon as it is found.
pub fn visit<E: From<OpsError>>(
    context: &Context,
    options: &LogOptions,
    take: &mut dyn FnMut(LogEntry) -> Result<(), E>,
) -> Result<(), E> {
    let (hidden, start) = range(context, options.revision.as_deref().unwrap_or("HEAD"))?;
    let filter =
        Filter { context, paths: context.pathspecs(&options.paths).map_err(OpsError::from)? };
    let names = names_by_commit(context)?;
    let mut left = options.limit.unwrap_or(usize::MAX);
    let book = options.verdicts.then(|| VerdictBook::open(context)).transpose()?;
    let mut show = |id: CommitId, commit: Commit| {
        let refs = names.get(&id).cloned().unwrap_or_default();
        let found = book.as_ref().map_or(Ok(Vec::new()), |book| book.on(commit.tree));
        take(LogEntry { verdicts: found?, ..LogEntry::new(id, commit, refs) })?;
        left -= 1;
        Ok::<_, E>(left > 0)
    };
    if options.limit == Some(0) {
        return Ok(());
    }
    let objects = context.repo.objects();
    if !options.topological {
        return by_time(objects, start, &hidden, &mut |id, commit| {
            Ok(!filter.wants(&commit)? || show(id, commit)?)
        });
    }
    for (id, commit) in joined(&filter, topological(objects, start, &hidden)?)? {
        if !show(id, commit)? {
            break;
        }
    }
    Ok(())
}

/// Counts the commits that lead to one commit and to none of the others.
pub fn count_only_in(
    context: &Context,
    id: CommitId,
    others: &[CommitId],
) -> Result<usize, OpsError> {
    let objects = context.repo.objects();
    let mut hidden = HashSet::new();
    for other in others {
        hidden.extend(topological(objects, *other, &hidden)?);
    }
    Ok(topological(objects, id, &hidden)?.len())
}

/// Returns the commits to leave out and the one to start at.
fn range(context: &Context, text: &str) -> Result<(HashSet<CommitId>, CommitId), OpsError> {
    let resolve = |text: &str| {
        let text = if text.is_empty() { "HEAD" } else { text };
        context.resolve(&Revision::parse(text)?)
    };
    let Some((from, to)) = text.split_once("..") else {
        return Ok((HashSet::new(), resolve(text)?));
    };
    let from = topological(context.repo.objects(), resolve(from)?, &HashSet::new())?;
    Ok((from.into_iter().collect(), resolve(to)?))
}

/// Tells which commits are shown.
struct Filter<'a> {
    context: &'a Context,
    paths: Pathspecs,
}

impl Filter<'_> {
    /// Tells whether a commit differs from each of its parents in one of the paths.
    fn wants(&self, commit: &Commit) -> Result<bool, OpsError> {
        if self.paths.is_everything() {
            return Ok(true);
        }
        let repo = &self.context.repo;
        if commit.parents.is_empty() {
            return self.differ(repo.tree_of(None)?, commit.tree);
        }
        for parent in &commit.parents {
            if !self.differ(repo.objects().commit(*parent)?.tree, commit.tree)? {
                return Ok(false);
            }
        }
        Ok(true)
    }

    fn differ(&self, old: TreeId, new: TreeId) -> Result<bool, OpsError> {
        for start in self.paths.starts() {
            for change in tree_changes(self.context.repo.objects(), old, new, &start) {
                if self.paths.matches(&change?.path) {
                    return Ok(true);
                }
            }
        }
        Ok(false)
    }
}

/// Returns the commits that are shown, in the same order, with the nearest of them as parents.
fn joined(filter: &Filter<'_>, order: Vec<CommitId>) -> Result<Vec<(CommitId, Commit)>, OpsError> {
    let mut shown = Vec::new();
    let mut nearest: HashMap<CommitId, Vec<CommitId>> = HashMap::new();
    for id in order.into_iter().rev() {
        crate::base::interrupt::check()?;
        let mut commit = filter.context.repo.objects().commit(id)?;
        let mut parents: Vec<CommitId> = Vec::new();
        for parent in commit.parents.iter().filter_map(|parent| nearest.get(parent)).flatten() {
            if !parents.contains(parent) {
                parents.push(*parent);
            }
        }
        if filter.wants(&commit)? {
            nearest.insert(id, vec![id]);
            commit.parents = parents;
            shown.push((id, commit));
        } else {
            nearest.insert(id, parents);
        }
    }
    shown.reverse();
    Ok(shown)
}
