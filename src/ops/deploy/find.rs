//! Which file says how an environment is deployed to.

use std::path::Path;

use crate::base::RepoPath;
use crate::base::yaml::MAX_BYTES;
use crate::hook::spec::Globs;
use crate::ops::data::{DataFile, DataView};
use crate::ops::deploy::DeployError;
use crate::ops::deploy::spec::{Spec, environment_of, parse};
use crate::ops::{Context, OpsError};

/// Where files of deployments are looked for.
const PLACES: [&str; 2] = ["deploy/*.yaml", "deploy/*.yml"];

/// A file and what it says.
#[derive(Debug, Clone)]
pub struct FoundSpec {
    pub path: RepoPath,
    pub spec: Spec,
}

/// Returns the specification of an environment, or that at a path: of the first view that has it.
pub fn find(views: &[DataView<'_>], wanted: &str) -> Result<FoundSpec, OpsError> {
    let end = Path::new(wanted).extension();
    if wanted.contains('/') || end.is_some_and(|end| end == "yaml" || end == "yml") {
        return at_path(views, wanted);
    }
    let mut candidates = Vec::new();
    for view in views {
        let mut found: Option<DataFile> = None;
        for (env, file) in environments(view)? {
            if env != wanted {
                // The working copy and the revision may both have it.
                if !candidates.contains(&env) {
                    candidates.push(env);
                }
            } else if let Some(first) = found.replace(file) {
                let second = found.map(|file| file.path.to_string()).unwrap_or_default();
                let (env, first) = (wanted.to_owned(), first.path.to_string());
                return Err(DeployError::TwoSpecs { env, first, second }.into());
            }
        }
        if let Some(file) = found {
            return read(view, &file.path)?.ok_or_else(|| unknown(wanted, candidates));
        }
    }
    Err(unknown(wanted, candidates))
}

fn unknown(env: &str, candidates: Vec<String>) -> OpsError {
    DeployError::NoSuchEnvironment { env: env.to_owned(), candidates }.into()
}

fn at_path(views: &[DataView<'_>], wanted: &str) -> Result<FoundSpec, OpsError> {
    let gone = |path: &str| OpsError::NoSuchPath {
        path: path.to_owned(),
        place: views.first().map(|view| view.name().to_owned()).unwrap_or_default(),
        candidates: Vec::new(),
    };
    let path = RepoPath::from_bytes(wanted).map_err(|_| gone(wanted))?;
    for view in views {
        if let Some(found) = read(view, &path)? {
            return Ok(found);
        }
    }
    Err(gone(wanted))
}

fn read(view: &DataView<'_>, path: &RepoPath) -> Result<Option<FoundSpec>, OpsError> {
    let Some(bytes) = view.read(path, MAX_BYTES as u64)? else { return Ok(None) };
    let spec = parse(&path.to_string(), &bytes).map_err(DeployError::BrokenSpec)?;
    Ok(Some(FoundSpec { path: path.clone(), spec }))
}

/// Returns the environments that files of a view name, each with its file.
pub fn environments(view: &DataView<'_>) -> Result<Vec<(String, DataFile)>, OpsError> {
    let globs = Globs::of_paths(PLACES.map(str::to_owned).to_vec());
    let globs = globs.expect("the places are globs");
    let mut found = Vec::new();
    for file in view.files(&globs)? {
        let bytes = view.read(&file.path, MAX_BYTES as u64)?;
        found.extend(bytes.and_then(|bytes| environment_of(&bytes)).map(|env| (env, file)));
    }
    Ok(found)
}

/// Returns the views in which files are looked for: the working copy where there is one, then `HEAD`,
/// or the revision that is named.
pub fn views<'a>(
    context: &'a Context,
    revision: Option<&str>,
) -> Result<Vec<DataView<'a>>, OpsError> {
    let mut views = Vec::new();
    if context.has_working_copy() {
        views.push(DataView::at(context, None)?);
    }
    let is_unborn = revision.is_none() && context.repo.head()?.commit().is_none();
    if !is_unborn {
        views.push(DataView::at(context, Some(revision.unwrap_or("HEAD")))?);
    }
    Ok(views)
}
