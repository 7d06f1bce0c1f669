//! Data that drift from their reference, compared as `mlv drift` compares them.

use serde_json::{Value, json};

use crate::base::yaml::MAX_BYTES;
use crate::base::{Hash, RepoPath, TreeId};
use crate::check::drift::{ColumnReport, Spec};
use crate::hook::spec::DriftWatch;
use crate::ops::data::DataView;
use crate::ops::drift::{self, DriftReport, Standpoint};
use crate::ops::hooks::trigger::seen::Finding;
use crate::ops::{Context, OpsError};

/// Returns the hash of what is looked at: the specification and both sides. What cannot be found counts
/// as what is said of it.
pub(super) fn content(
    context: &Context,
    tree: TreeId,
    watch: &DriftWatch,
) -> Result<String, OpsError> {
    let view = view(context, tree);
    let text = match &watch.spec {
        Some(path) => view.read(path, MAX_BYTES as u64)?.unwrap_or_default(),
        None => Vec::new(),
    };
    let data = spec(&view, watch).and_then(|spec| drift::content(context, &spec, &of(view)));
    crate::base::interrupt::check()?;
    let data = data.map_or_else(|error| error.to_string(), Hash::to_hex);
    Ok(Hash::of(&[text.as_slice(), data.as_bytes()].concat()).to_hex())
}

/// Looks whether the data drift.
pub(super) fn find(
    context: &Context,
    tree: TreeId,
    watch: &DriftWatch,
) -> Result<Finding, OpsError> {
    let view = view(context, tree);
    let spec = spec(&view, watch)?;
    let report = drift::drift(context, &spec, &of(view))?;
    let says = report.report.to_string();
    Ok(Finding { crossed: report.report.drift, says, cause: cause(&report) })
}

fn view(context: &Context, tree: TreeId) -> DataView<'_> {
    DataView::of_tree(context, tree, "the branch")
}

fn of(view: DataView<'_>) -> Standpoint<'_> {
    Standpoint::Candidate { view, target: None }
}

/// Returns the specification of the branch, with what the hook says itself in its place.
fn spec(view: &DataView<'_>, watch: &DriftWatch) -> Result<Spec, OpsError> {
    let mut spec = match &watch.spec {
        Some(path) => read(view, path)?,
        None => Spec::default(),
    };
    spec.data = watch.data.clone().or(spec.data);
    spec.reference = watch.reference.clone().or(spec.reference);
    Ok(spec)
}

fn read(view: &DataView<'_>, path: &RepoPath) -> Result<Spec, OpsError> {
    let bytes = view.read(path, MAX_BYTES as u64)?;
    let absent = || OpsError::NoMetric { what: format!("`{path}` is not there") };
    drift::parse(path, &bytes.ok_or_else(absent)?)
}

fn cause(report: &DriftReport) -> Value {
    let column = |column: &ColumnReport| {
        json!({
            "column": column.column, "method": column.method, "score": column.score,
            "threshold": column.threshold, "drift": column.drift,
        })
    };
    let compared = report.report.columns.iter().filter(|column| column.score.is_some());
    json!({
        "dataset": report.data, "reference": report.reference, "drift": report.report.drift,
        "share": report.report.share, "columns": compared.map(column).collect::<Vec<_>>(),
    })
}
