//! What was found last: by the newest run of each hook on each branch, by workers that watch, and of
//! the models that have a name.

use std::collections::HashSet;
use std::sync::Arc;

use serde_json::Value;

use crate::hook::runner::RunRecord;
use crate::hook::spec::{Spec, Watch, Work};
use crate::ops::check::ratio_of;
use crate::ops::hooks::{self, VerdictBook};
use crate::ops::prometheus::exposition::{Family, Kind, Labels};
use crate::ops::{Context, OpsError};
use crate::refs::RefName;
use crate::repo::journal::{self, Filter};

/// No more runs than this are looked at: what ran before them was found long ago.
const MOST_RUNS: usize = 10_000;

/// The numbers of what was found.
struct Found {
    check_passed: Family,
    unexpected_ratio: Family,
    gate_passed: Family,
    hook_metric: Family,
    model_metric: Family,
    drift_detected: Family,
    drift_score: Family,
}

/// Returns the metrics of what was found last.
pub(super) fn families(context: &Context) -> Result<[Family; 7], OpsError> {
    let gauge = |name, help| Family::new(name, Kind::Gauge, help);
    let mut found = Found {
        check_passed: gauge("mlv_check_passed", "Whether the newest run of a check passed."),
        unexpected_ratio: gauge(
            "mlv_check_unexpected_ratio",
            "The share of unexpected rows, from 0 to 1, that the newest run of a check found.",
        ),
        gate_passed: gauge("mlv_gate_passed", "Whether the newest run of a gate passed."),
        hook_metric: gauge("mlv_hook_metric", "What the newest run of a hook measured."),
        model_metric: gauge("mlv_model_metric", "What hooks measured of a model with a name."),
        drift_detected: gauge("mlv_drift_detected", "Whether data drift from their reference."),
        drift_score: gauge("mlv_drift_score", "How far a column is from its reference."),
    };
    found.take_runs(context)?;
    found.take_models(context)?;
    found.take_watched(context)?;
    let Found { check_passed, unexpected_ratio, gate_passed, .. } = found;
    let Found { hook_metric, model_metric, drift_detected, drift_score, .. } = found;
    Ok([
        check_passed,
        unexpected_ratio,
        gate_passed,
        hook_metric,
        model_metric,
        drift_detected,
        drift_score,
    ])
}

impl Found {
    /// Takes in the newest run of each hook on each branch.
    fn take_runs(&mut self, context: &Context) -> Result<(), OpsError> {
        let rows = journal::list(&context.repo.connection(), &Filter::default(), MOST_RUNS)?;
        let mut known = HashSet::new();
        for row in rows {
            let Some(run) = RunRecord::read(&row.record, None) else { continue };
            let Some(branch) = run.branch.clone() else { continue };
            let has_run = run.status.is_good() || run.exit_code.is_some();
            if !run.status.is_final() || !has_run || !known.insert((branch.clone(), row.hook)) {
                continue;
            }
            self.take_run(&run, &branch, spec_of(context, &branch)?.as_deref());
        }
        Ok(())
    }

    fn take_run(&mut self, run: &RunRecord, branch: &str, spec: Option<&Spec>) {
        let hook = spec.and_then(|spec| spec.hook(&run.hook));
        let of =
            |run: &RunRecord| vec![("hook", run.hook.to_string()), ("branch", branch.to_owned())];
        if let Some(Work::Uses { action, with }) = hook.map(|hook| &hook.work) {
            let named = |key: &'static str| {
                let text = with.0.get(key).and_then(Value::as_str).unwrap_or_default();
                [of(run), vec![(key, text.to_owned())]].concat()
            };
            match action.name {
                "validate" => {
                    self.check_passed.add_truth(named("suite"), run.status.is_good());
                    for (metric, value) in &run.metrics.0 {
                        let Some(title) = ratio_of(metric) else { continue };
                        let (check, columns) = title.split_once(" of ").unwrap_or((title, ""));
                        let of = [("check", check), ("column", columns)];
                        let of = of.map(|(label, value)| (label, value.to_owned()));
                        self.unexpected_ratio.add([named("suite"), of.into()].concat(), *value);
                    }
                }
                "gate" => self.gate_passed.add_truth(named("spec"), run.status.is_good()),
                _ => {}
            }
        }
        let own = run.metrics.0.iter().filter(|(metric, _)| ratio_of(metric).is_none());
        for (metric, value) in own {
            self.hook_metric.add([of(run), vec![("metric", metric.clone())]].concat(), *value);
        }
    }

    /// Takes in what hooks measured on the commits that the aliases of models name.
    fn take_models(&mut self, context: &Context) -> Result<(), OpsError> {
        let verdicts = VerdictBook::open(context)?;
        for (name, value) in context.repo.list("refs/models/")? {
            let named = name.as_str().strip_prefix("refs/models/");
            let Some((model, alias)) = named.and_then(|named| named.rsplit_once('/')) else {
                continue;
            };
            let Some(commit) = value.commit() else { continue };
            let tree = context.repo.tree_of(Some(commit))?;
            for verdict in verdicts.on(tree)? {
                for (metric, value) in verdict.metrics {
                    if ratio_of(&metric).is_some() {
                        continue;
                    }
                    let labels = model_labels(model, alias, &metric);
                    self.model_metric.add(labels, value.as_f64().unwrap_or(f64::NAN));
                }
            }
        }
        Ok(())
    }

    /// Takes in what workers saw of data that they watch.
    fn take_watched(&mut self, context: &Context) -> Result<(), OpsError> {
        for watched in hooks::watched(context)? {
            let (Watch::Drift(_), Some(cause)) = (&watched.watch, watched.seen.cause) else {
                continue;
            };
            let dataset = cause["dataset"].as_str().unwrap_or_default();
            let drift = cause["drift"].as_bool().unwrap_or_default();
            let labels = vec![("dataset", dataset.to_owned()), ("branch", watched.branch.clone())];
            self.drift_detected.add_truth(labels, drift);
            for column in cause["columns"].as_array().into_iter().flatten() {
                let text = |key: &str| column[key].as_str().unwrap_or_default().to_owned();
                let Some(score) = column["score"].as_f64() else { continue };
                let labels = vec![
                    ("dataset", dataset.to_owned()),
                    ("column", text("column")),
                    ("method", text("method")),
                    ("branch", watched.branch.clone()),
                ];
                self.drift_score.add(labels, score);
            }
        }
        Ok(())
    }
}

/// Returns what labels the metric of a model; one of a slice is named `METRIC[SLICE]`.
fn model_labels(model: &str, alias: &str, metric: &str) -> Labels {
    let (metric, slice) = match metric.strip_suffix(']').and_then(|text| text.split_once('[')) {
        Some((metric, slice)) => (metric, slice),
        None => (metric, ""),
    };
    let labels = [("model", model), ("alias", alias), ("metric", metric), ("slice", slice)];
    labels.map(|(label, value)| (label, value.to_owned())).into()
}

/// Returns the definitions at the tip of a branch, where it is there and they can be read.
fn spec_of(context: &Context, branch: &str) -> Result<Option<Arc<Spec>>, OpsError> {
    let Ok(name) = RefName::branch(branch) else { return Ok(None) };
    let Some(commit) = context.repo.get(&name)?.and_then(|value| value.commit()) else {
        return Ok(None);
    };
    let tree = context.repo.tree_of(Some(commit))?;
    Ok(hooks::definitions(context, tree).ok().flatten())
}
