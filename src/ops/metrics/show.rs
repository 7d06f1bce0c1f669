//! The metrics of revisions.

use serde::Serialize;
use serde_json::{Map, Value as Json};

use crate::base::CommitId;
use crate::ops::data::DataView;
use crate::ops::log::{self, LogOptions};
use crate::ops::metrics::{FileValues, Kind, Reader};
use crate::ops::{Context, OpsError, branch};
use crate::refs::Revision;

/// Which metrics are wanted.
#[derive(Debug, Clone, Default)]
pub struct ShowOptions {
    /// Revisions, or `A..B`; the working copy where none is named.
    pub revisions: Vec<String>,
    pub all_branches: bool,
}

/// What one file says in one revision.
#[derive(Debug, Clone, Serialize)]
pub struct Shown {
    /// As it was named; nothing for the working copy.
    pub revision: Option<String>,
    pub commit: Option<CommitId>,
    pub path: String,
    pub metrics: Map<String, Json>,
    /// Why the file could not be read.
    pub fault: Option<String>,
}

impl Shown {
    fn new(revision: Option<&str>, commit: Option<CommitId>, file: FileValues) -> Self {
        Self {
            revision: revision.map(str::to_owned),
            commit,
            path: file.path.to_string(),
            metrics: file.values.iter().cloned().collect(),
            fault: file.fault,
        }
    }
}

/// Returns what the files of metrics say in each revision.
pub fn show(context: &Context, options: &ShowOptions) -> Result<Vec<Shown>, OpsError> {
    let mut reader = Reader::new(context, Kind::Metrics);
    let mut shown = Vec::new();
    if options.revisions.is_empty() && !options.all_branches {
        let view = DataView::at(context, None)?;
        let files = reader.read(&view)?;
        shown.extend(files.into_iter().map(|file| Shown::new(None, None, file)));
        return Ok(shown);
    }
    for (name, commit) in commits(context, options)? {
        let files = reader.read(&view_of(context, commit, &name)?)?;
        shown.extend(files.into_iter().map(|file| Shown::new(Some(&name), Some(commit), file)));
    }
    Ok(shown)
}

/// Returns the files of a commit.
pub fn view_of<'a>(
    context: &'a Context,
    commit: CommitId,
    name: &str,
) -> Result<DataView<'a>, OpsError> {
    let tree = context.repo.objects().commit(commit)?.tree;
    Ok(DataView::of_tree(context, tree, name))
}

fn commits(context: &Context, options: &ShowOptions) -> Result<Vec<(String, CommitId)>, OpsError> {
    let mut commits = Vec::new();
    for text in &options.revisions {
        if text.contains("..") {
            commits.extend(history(context, text)?);
        } else {
            commits.push((text.clone(), context.resolve(&Revision::parse(text)?)?));
        }
    }
    if options.all_branches {
        commits.extend(branch::list(context)?.into_iter().map(|branch| (branch.name, branch.id)));
    }
    Ok(commits)
}

/// Returns the commits of a range by their short ids, newest first.
pub fn history(context: &Context, range: &str) -> Result<Vec<(String, CommitId)>, OpsError> {
    let options = LogOptions { revision: Some(range.to_owned()), ..LogOptions::default() };
    let mut commits = Vec::new();
    log::visit(context, &options, &mut |entry| -> Result<(), OpsError> {
        commits.push((entry.id.short(), entry.id));
        Ok(())
    })?;
    Ok(commits)
}
