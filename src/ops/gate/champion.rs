//! Which model a candidate is compared with.

use crate::base::{CommitId, suggest};
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
    if let Ok(alias) = RefName::model(text) {
        refuse_slip(context, &alias)?;
        return Ok(None);
    }
    commit_of(context, &Revision::parse(text)?)
}

/// Returns the error that an alias is a slip of the pen: its model has others, or is called almost as
/// one that has. No model with a name like it, and it is the first of its own.
fn refuse_slip(context: &Context, alias: &RefName) -> Result<(), OpsError> {
    let Some((own, _)) = alias.model_alias() else { return Ok(()) };
    let known = model::list(context, None)?;
    let is_known = known.iter().any(|known| known.model == own);
    let others = known.iter().map(|known| known.model.as_str());
    let others = others.filter(|other| !is_variant(own, other));
    if !is_known && suggest::candidates(own, others).is_empty() {
        return Ok(());
    }
    Err(model::no_such(context, alias.short())?)
}

/// Tells whether two names are alike on purpose, as `churn`, `churn-eu` and `churn-v2` are.
fn is_variant(one: &str, other: &str) -> bool {
    one != other && stem(one) == stem(other)
}

/// Returns a name without what tells variants apart: a number at its end, or a short last part.
fn stem(name: &str) -> &str {
    const SHORT: usize = 3;
    let plain = name.trim_end_matches(|c: char| c.is_ascii_digit());
    let plain = if plain.is_empty() { name } else { plain };
    match plain.rsplit_once(['-', '_', '.', '/']) {
        Some((stem, last)) if !stem.is_empty() && last.len() <= SHORT => stem,
        _ => plain,
    }
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_that_differ_in_a_number_or_a_short_part_are_variants_and_slips_are_not() {
        for (one, other) in [
            ("churn", "churn2"),
            ("churn-v1", "churn-v2"),
            ("churn", "churn-eu"),
            ("fraud-de", "fraud-dk"),
            ("model_10", "model_9"),
        ] {
            assert!(is_variant(one, other) && is_variant(other, one), "{one} {other}");
        }
        for (one, other) in [
            ("churn", "chrun"),
            ("churn", "chur"),
            ("churn", "churn"),
            ("churn-model", "churn-mdoel"),
            ("1", "2"),
        ] {
            assert!(!is_variant(one, other), "{one} {other}");
        }
    }
}
