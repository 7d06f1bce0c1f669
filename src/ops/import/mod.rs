//! `import`: files that lie elsewhere enter the staged tree as references, and no byte of them is
//! copied. Imported again, what is new, changed or gone there is found out.

mod check;
mod fetch;
mod hash;
mod plan;

use std::ffi::OsString;

pub use self::check::{ChangedSource, CheckedReferences, GoneSource, check, references};
pub use self::fetch::{FetchedReferences, fetch};
use self::plan::Plan;
use crate::base::{PathList, RepoPath};
use crate::object::{Entry, TreeEdit, TreeValue};
use crate::ops::merge::settle_paths;
use crate::ops::{Context, OpsError};
use crate::refs::{RefEdit, RefName, RefValue};
use crate::remote::RemoteUrl;
use crate::remote::elsewhere::Skipped;
use crate::repo::Update;

/// What to import.
#[derive(Debug, Clone, Default)]
pub struct ImportOptions {
    pub url: String,
    /// Where in the repository; the last part of the address where nothing is named.
    pub path: Option<OsString>,
    /// Whether everything is read once, and its hash recorded.
    pub hash: bool,
    pub dry_run: bool,
}

/// What was imported.
#[derive(Debug, Clone, Default, serde::Serialize)]
pub struct Imported {
    pub url: String,
    pub path: RepoPath,
    pub new: PathList,
    pub changed: PathList,
    /// References that are staged no longer: their sources are gone.
    pub gone: PathList,
    pub unchanged: u64,
    /// How large all that lies there is.
    pub bytes: u64,
    /// How many files were read for their hashes.
    pub hashed: u64,
    pub skipped: Vec<Skipped>,
}

/// Stages references to what lies at an address, or with `dry_run` tells which would be.
pub fn import(context: &Context, options: &ImportOptions) -> Result<Imported, OpsError> {
    let url = RemoteUrl::parse(&options.url, &context.directory)?;
    context.progress.phase("listing", None, crate::base::progress::Unit::Files);
    let listing = context.places.list(&url)?;
    if listing.found.is_empty() {
        return Err(OpsError::NothingThere { url: url.to_string() });
    }
    let _lock = if options.dry_run { None } else { Some(context.lock()?) };
    let staged = context.repo.staged()?;
    let target = plan::target(context, staged, options, &url, &listing)?;
    let mut plan = plan::plan(context, staged, &target, listing)?;
    if options.dry_run {
        return Ok(told(&url, &target, &plan, 0));
    }
    let hashed = if options.hash { hash::fill(context, &mut plan)? } else { 0 };
    let imported = told(&url, &target, &plan, hashed);
    let tree = context.repo.objects().edit_tree(staged, edits(plan, options.hash))?;
    context.flush_staged()?;
    let mut edits = Vec::from_iter(settle_paths(context, tree, |path| path.starts_with(&target))?);
    edits.push(RefEdit::set(RefName::staged(), RefValue::Tree(tree)));
    context.repo.update(&Update::new(&context.command, context.now()?, edits))?;
    Ok(imported)
}

/// Returns the edits of a plan; what is unchanged is one only where it may have a hash now.
fn edits(plan: Plan, is_hashed: bool) -> Vec<TreeEdit> {
    let remove = |path: RepoPath| TreeEdit { path, value: TreeValue::Remove };
    let set = |planned: plan::Planned| TreeEdit {
        path: planned.path,
        value: TreeValue::Set(Entry::Reference(Box::new(planned.reference))),
    };
    let found = plan.found.into_iter();
    let found = found.filter(|planned| is_hashed || planned.state != plan::State::Unchanged);
    plan.gone.into_iter().map(remove).chain(found.map(set)).collect()
}

fn told(url: &RemoteUrl, target: &RepoPath, plan: &Plan, hashed: u64) -> Imported {
    let of = |state| plan.found.iter().filter(move |planned| planned.state == state);
    let paths = |state| of(state).map(|planned| planned.path.clone()).collect();
    Imported {
        url: url.to_string(),
        path: target.clone(),
        new: paths(plan::State::New),
        changed: paths(plan::State::Changed),
        gone: plan.gone.iter().cloned().collect(),
        unchanged: of(plan::State::Unchanged).count() as u64,
        bytes: plan.found.iter().map(|planned| planned.reference.size).fold(0, u64::saturating_add),
        hashed,
        skipped: plan.skipped.clone(),
    }
}
