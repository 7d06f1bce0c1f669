//! Whether what is referred to still is what was recorded: each source is asked, and none is read.

use std::ffi::OsString;

use rayon::prelude::*;

use crate::base::progress::Unit;
use crate::base::{RepoPath, TreeId, interrupt};
use crate::object::{ObjectDb, ObjectError, Reference};
use crate::ops::import::hash::in_parallel;
use crate::ops::reset::refuse_unmatched;
use crate::ops::{Context, OpsError};
use crate::remote::elsewhere::Standing;

/// How the sources stand.
#[derive(Debug, Clone, Default, serde::Serialize)]
pub struct CheckedReferences {
    /// How many were looked at.
    pub references: u64,
    pub changed: Vec<ChangedSource>,
    pub gone: Vec<GoneSource>,
    pub ok: bool,
}

/// A source that is not what was recorded.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize)]
pub struct ChangedSource {
    pub path: RepoPath,
    pub url: String,
    /// What differs.
    pub what: &'static str,
    pub recorded: String,
    pub found: String,
}

/// A source that is no longer there.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize)]
pub struct GoneSource {
    pub path: RepoPath,
    pub url: String,
}

/// Asks the sources of the staged references at and below these paths, of all where none is named.
pub fn check(context: &Context, paths: &[OsString]) -> Result<CheckedReferences, OpsError> {
    let found = matching(context, paths)?;
    context.progress.phase("asking the sources", Some(found.len() as u64), Unit::Files);
    let url = found.first().map(|(_, reference)| reference.url.clone()).unwrap_or_default();
    let ask = |(path, reference): (RepoPath, Reference)| {
        interrupt::check()?;
        let standing = context.places.standing(&reference)?;
        context.progress.advance(1);
        Ok((path, reference.url, standing))
    };
    let mut checked = CheckedReferences { references: found.len() as u64, ..Default::default() };
    let asked = in_parallel(&context.places, &url, || {
        found.into_par_iter().with_max_len(1).map(ask).collect::<Result<Vec<_>, OpsError>>()
    })??;
    for (path, url, standing) in asked {
        match standing {
            Standing::Same => {}
            Standing::Gone => checked.gone.push(GoneSource { path, url }),
            Standing::Changed(difference) => {
                let (what, recorded, found) =
                    (difference.what, difference.recorded, difference.found);
                checked.changed.push(ChangedSource { path, url, what, recorded, found });
            }
        }
    }
    checked.ok = checked.changed.is_empty() && checked.gone.is_empty();
    Ok(checked)
}

/// Returns how many files of a tree at and below these paths lie elsewhere.
pub fn references(
    objects: &ObjectDb,
    tree: TreeId,
    paths: &[RepoPath],
) -> Result<u64, ObjectError> {
    let mut found = 0;
    for path in paths {
        for item in objects.walk_tree(tree, path) {
            found += u64::from(item?.1.as_reference().is_some());
        }
    }
    Ok(found)
}

/// Returns the staged references that are meant.
pub(super) fn matching(
    context: &Context,
    paths: &[OsString],
) -> Result<Vec<(RepoPath, Reference)>, OpsError> {
    let staged = context.repo.staged()?;
    refuse_unmatched(context, paths, &[staged])?;
    let named = context.pathspecs(paths)?;
    let start = if paths.is_empty() { RepoPath::root() } else { named.common_parent() };
    let mut found = Vec::new();
    for item in context.repo.objects().walk_tree(staged, &start) {
        let (path, entry) = item?;
        if let Some(reference) = entry.as_reference()
            && (paths.is_empty() || named.matches(&path))
        {
            found.push((path, reference.clone()));
        }
    }
    Ok(found)
}
