//! The action `drift`: the verb on a candidate.

use serde_json::{Map, json};

use crate::action::{Outcome, Told};
use crate::base::RepoPath;
use crate::base::yaml::MAX_BYTES;
use crate::check::drift::{ColumnReport, Method, Spec, Status};
use crate::hook::Annotation;
use crate::hook::output::Level;
use crate::ops::act::ActError;
use crate::ops::data::DataView;
use crate::ops::drift::{DriftReport, Standpoint, champion, drift, missing, parse};
use crate::ops::{Context, OpsError};

/// Compares data of the candidate with its reference.
pub fn act(context: &Context, view: &DataView<'_>, told: &Told) -> Result<Outcome, ActError> {
    let spec = spec(context, view, told)?;
    let target = told.base_commit();
    let standpoint = Standpoint::Candidate { view: view.clone(), target };
    let is_optional = spec.reference.as_deref().is_some_and(|text| text.starts_with("target:"));
    match drift(context, &spec, &standpoint) {
        Ok(report) => Ok(outcome(&report, told.truth("fail_on_drift"))),
        // The first data there is has nothing to drift from.
        Err(OpsError::NoReference { .. }) if is_optional => Ok(nothing_before("no commit")),
        Err(OpsError::NoSuchPath { place, .. }) if is_optional && place == "the target" => {
            Ok(nothing_before("no such data"))
        }
        Err(error) => Err(error.into()),
    }
}

fn nothing_before(what: &str) -> Outcome {
    Outcome {
        passed: true,
        annotations: Vec::new(),
        metrics: Map::new(),
        summary: format!("nothing to compare with: the target has {what}"),
        valid_until: None,
    }
}

/// Returns the specification that is named, with what the hook says itself in its place.
fn spec(context: &Context, view: &DataView<'_>, told: &Told) -> Result<Spec, ActError> {
    let mut spec = match told.text("spec") {
        "" => Spec::default(),
        path => read(view, path)?,
    };
    let given = |name| Some(told.text(name).to_owned()).filter(|text| !text.is_empty());
    spec.data = given("data").or(spec.data);
    spec.reference = given("reference").or(spec.reference);
    spec.settings.method = Method::parse(told.text("method")).or(spec.settings.method);
    for (name, list) in [("columns", &mut spec.columns), ("critical", &mut spec.settings.critical)]
    {
        let texts = told.texts(name);
        if !texts.is_empty() {
            *list = texts;
        }
    }
    if spec.reference.is_none() {
        let at_target = || spec.data.as_ref().map(|data| format!("target:{data}"));
        spec.reference = champion::default(context)?.or_else(at_target);
    }
    Ok(spec)
}

fn read(view: &DataView<'_>, path: &str) -> Result<Spec, OpsError> {
    let absent = || missing(path, view);
    let path = RepoPath::from_bytes(path).map_err(|_| absent())?;
    let bytes = view.read(&path, MAX_BYTES as u64)?.ok_or_else(absent)?;
    parse(&path, &bytes)
}

fn outcome(report: &DriftReport, fails: bool) -> Outcome {
    let found = &report.report;
    let grave = if fails && found.drift { Level::Fail } else { Level::Warn };
    let remark = |column: &ColumnReport| {
        let level = match column.status {
            Status::Drifted if found.drift => grave,
            Status::Drifted | Status::NotRun => Level::Warn,
            Status::Stable | Status::Skipped => return None,
        };
        let message = column.to_string();
        Some(Annotation { level, path: Some(report.data.clone()), row: None, message })
    };
    let mut metrics = Map::new();
    metrics.insert("drift_share".to_owned(), json!(found.share));
    metrics.insert("drifted_columns".to_owned(), json!(found.drifted));
    Outcome {
        passed: !(fails && found.drift),
        annotations: found.columns.iter().filter_map(remark).collect(),
        metrics,
        summary: found.to_string(),
        valid_until: None,
    }
}
