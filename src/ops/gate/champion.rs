//! Which model a candidate is compared with.

use crate::base::CommitId;
use crate::ops::data::DataView;
use crate::ops::{Context, OpsError, model};
use crate::refs::{RefError, RefName, Revision};

/// What the candidate would replace.
#[derive(Debug, Clone)]
pub struct Target {
    pub name: String,
    /// Nothing before the first commit.
    pub commit: Option<CommitId>,
}

/// The tree of the champion.
#[derive(Debug)]
pub struct Found<'a> {
    pub name: String,
    /// The tree, or why there is none.
    pub view: Result<DataView<'a>, String>,
}

/// Finds what `champion:` names: `target`, an alias of a model, or a revision.
pub fn find<'a>(context: &'a Context, text: &str, target: &Target) -> Result<Found<'a>, OpsError> {
    let (name, commit) = match text {
        "target" => (target.name.clone(), target.commit),
        _ => (text.to_owned(), named(context, text)?),
    };
    let view = match commit {
        Some(commit) => Ok(view_of(context, commit, &name)?),
        None => Err(format!("{name} names no commit yet")),
    };
    Ok(Found { name, view })
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

/// Returns the commit that a name means; nothing where it has none yet.
fn named(context: &Context, text: &str) -> Result<Option<CommitId>, OpsError> {
    if let Some(model) = model::resolve(context, text)? {
        return Ok(Some(model.commit));
    }
    // An alias may be given with the first promotion; a branch that nobody made is a slip.
    if RefName::model(text).is_ok() {
        return Ok(None);
    }
    commit_of(context, &Revision::parse(text)?)
}

/// Returns the commit of a revision; nothing where its branch has none yet.
pub fn commit_of(context: &Context, revision: &Revision) -> Result<Option<CommitId>, OpsError> {
    match context.resolve(revision) {
        Ok(commit) => Ok(Some(commit)),
        Err(OpsError::Ref(RefError::Unborn { .. })) => Ok(None),
        Err(OpsError::Ref(RefError::NoSuchRevision { name, .. }))
            if context.repo.head()?.branch().is_some_and(|branch| branch.short() == name) =>
        {
            Ok(None)
        }
        Err(error) => Err(error),
    }
}
