//! `mlv gate` and the action `gate`: a candidate held against the file of a gate. What it judges is
//! gathered here; `check::gate` judges.

mod champion;
mod evidence;
mod files;
mod reads;

use std::ffi::OsString;

use serde_json::{Map, Value as Json};

use crate::action::{Outcome, Told};
use crate::base::{CommitId, RepoPath};
use crate::check::gate::{self, GateSpec, Report, RuleResult, Status};
use crate::hook::Annotation;
use crate::hook::output::Level;
use crate::hook::spec::MAX_BYTES;
use crate::ops::data::DataView;
use crate::ops::{Context, OpsError};
use crate::refs::Revision;

use champion::Target;

pub use reads::reads;

/// What `mlv gate` was asked.
#[derive(Debug)]
pub struct GateOptions {
    /// The file of the gate, seen from where the user stands.
    pub spec: OsString,
    /// A revision; the files of the working copy where none is named.
    pub candidate: Option<String>,
    /// What to compare with, in place of what the file says.
    pub champion: Option<String>,
}

/// Holds the working copy, or a revision, against a gate.
pub fn gate(context: &Context, options: &GateOptions) -> Result<Report, OpsError> {
    let candidate = DataView::at(context, options.candidate.as_deref())?;
    let path = context.path(&options.spec)?;
    let text = spec_of_user(context, &candidate, &path)?;
    let mut spec = read(&path, &text)?;
    if let Some(champion) = &options.champion {
        spec.champion.clone_from(champion);
    }
    let target = Target { name: "HEAD".to_owned(), commit: head(context)? };
    judge(context, &candidate, &path, &spec, &target)
}

/// Carries the action out on what a hook is to judge.
pub fn act(context: &Context, view: &DataView<'_>, told: &Told) -> Result<Outcome, OpsError> {
    let path = told.text("spec");
    let path = RepoPath::from_bytes(path)
        .map_err(|rule| OpsError::Unsupported { what: format!("`{path}`: {rule}") })?;
    let Some(text) = view.read(&path, MAX_BYTES as u64)? else {
        return Err(missing(&path, view));
    };
    let branch = ["MLV_TARGET_BRANCH", "MLV_BRANCH"].into_iter();
    let mut branch = branch.filter_map(|name| context.environment.get(name));
    let name = branch.find(|name| !name.is_empty()).unwrap_or("the target").to_owned();
    let target = Target { name, commit: told.base_commit() };
    let spec = read(&path, &text)?;
    Ok(outcome(&judge(context, view, &path, &spec, &target)?, &path))
}

fn judge(
    context: &Context,
    candidate: &DataView<'_>,
    path: &RepoPath,
    spec: &GateSpec,
    target: &Target,
) -> Result<Report, OpsError> {
    let champion = champion::find(context, &spec.champion, target)?;
    let evidence = evidence::gather(context, candidate, path, spec, &champion, target)?;
    Ok(gate::judge(spec, &evidence)?)
}

fn head(context: &Context) -> Result<Option<CommitId>, OpsError> {
    champion::commit_of(context, &Revision::parse("HEAD")?)
}

/// Returns the file of a gate as it lies in the working copy, else as it is in the revision.
fn spec_of_user(
    context: &Context,
    candidate: &DataView<'_>,
    path: &RepoPath,
) -> Result<Vec<u8>, OpsError> {
    if context.has_working_copy() {
        let here = DataView::at(context, None)?;
        if let Some(text) = here.read(path, MAX_BYTES as u64)? {
            return Ok(text);
        }
    }
    candidate.read(path, MAX_BYTES as u64)?.ok_or_else(|| missing(path, candidate))
}

fn missing(path: &RepoPath, view: &DataView<'_>) -> OpsError {
    view.no_such_file(path)
}

fn read(path: &RepoPath, text: &[u8]) -> Result<GateSpec, OpsError> {
    let text = String::from_utf8_lossy(text);
    GateSpec::read(&path.to_string(), &text).map_err(OpsError::BrokenFile)
}

/// Returns a report as a hook answers it.
fn outcome(report: &Report, path: &RepoPath) -> Outcome {
    let told = |rule: &&RuleResult| rule.status != Status::Pass;
    let note = |rule: &RuleResult| Annotation {
        level: if rule.is_failed() { Level::Fail } else { Level::Note },
        path: Some(path.to_string()),
        row: None,
        message: rule.message.clone(),
    };
    let numbers = report.metrics.iter().filter(|(_, value)| value.is_number());
    Outcome {
        passed: report.passed,
        annotations: report.rules.iter().filter(told).map(note).collect(),
        metrics: numbers
            .map(|(name, value)| (name.clone(), value.clone()))
            .collect::<Map<_, Json>>(),
        summary: report.summary(),
        valid_until: None,
    }
}
