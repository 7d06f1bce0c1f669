//! Gathers what a gate judges, and what its files themselves give away: predictions that are stale, and
//! an evaluation set that is another.

use crate::base::RepoPath;
use crate::check::document;
use crate::check::gate::{Champion, DataSet, EvalSet, Evidence, GateSpec, RuleResult, Side};
use crate::format::table::Table;
use crate::hook::spec::MAX_BYTES;
use crate::ops::data::DataView;
use crate::ops::gate::champion::{Found, Target, view_of};
use crate::ops::gate::files;
use crate::ops::{Context, OpsError};

pub fn gather(
    context: &Context,
    candidate: &DataView<'_>,
    path: &RepoPath,
    spec: &GateSpec,
    champion: &Found<'_>,
    target: &Target,
) -> Result<Evidence, OpsError> {
    let mut findings = Vec::new();
    let own = own_side(candidate, spec, &mut findings)?;
    let eval_table = set(candidate, "eval_set", spec.eval_set.as_ref(), &mut findings)?;
    let train_table = set(candidate, "train_set", spec.train_set.as_ref(), &mut findings)?;
    let eval_set = pinned(candidate, spec, champion, &mut findings)?;
    findings.extend(stale(context, candidate, spec, champion, target)?);
    Ok(Evidence {
        spec: path.to_string(),
        candidate: own,
        champion: rival(spec, champion)?,
        eval_table,
        eval_set,
        train_table,
        findings,
    })
}

/// Opens what the candidate predicted and measured; what it lacks is noted.
fn own_side(
    view: &DataView<'_>,
    spec: &GateSpec,
    findings: &mut Vec<RuleResult>,
) -> Result<Side, OpsError> {
    let name = view.name().replace('`', "");
    let predictions = match &spec.predictions {
        Some(glob) => files::table(view, glob)?,
        None => None,
    };
    if let (Some(glob), None) = (&spec.predictions, &predictions) {
        let message = format!("there are no predictions: `{glob}` is not in {}", view.name());
        findings.push(RuleResult::failed("predictions", message));
    }
    let mut measured = None;
    if let Some(file) = &spec.metrics_file {
        match read_metrics(view, file)? {
            Some(Ok(metrics)) => measured = Some(metrics),
            Some(Err(why)) => findings.push(RuleResult::failed("metrics_file", why)),
            None => {
                let message = format!("`{file}` is not in {}", view.name());
                findings.push(RuleResult::failed("metrics_file", message));
            }
        }
    }
    Ok(Side { name, predictions, measured })
}

/// Opens what the champion predicted and measured.
fn rival(spec: &GateSpec, champion: &Found<'_>) -> Result<Champion, OpsError> {
    let view = match &champion.view {
        Ok(view) => view,
        Err(why) => return Ok(Champion::Absent(why.clone())),
    };
    let predictions = match &spec.predictions {
        Some(glob) => files::table(view, glob)?,
        None => None,
    };
    let measured = match &spec.metrics_file {
        Some(file) => read_metrics(view, file)?.and_then(Result::ok),
        None => None,
    };
    if predictions.is_none() && measured.is_none() {
        let name = &champion.name;
        let nothing = match (&spec.predictions, &spec.metrics_file) {
            (Some(glob), _) => format!("{name} has no `{glob}`"),
            (None, Some(file)) => format!("{name} has no `{file}` that can be read"),
            (None, None) => format!("{name} has nothing to compare with"),
        };
        return Ok(Champion::Absent(nothing));
    }
    Ok(Champion::Present(Side { name: champion.name.clone(), predictions, measured }))
}

type Measured = Vec<(String, f64)>;

/// Reads a file of metrics; nothing where there is none.
fn read_metrics(
    view: &DataView<'_>,
    path: &RepoPath,
) -> Result<Option<Result<Measured, String>>, OpsError> {
    let Some(bytes) = view.read(path, MAX_BYTES as u64)? else { return Ok(None) };
    let read = document::read(&path.to_string(), &bytes);
    Ok(Some(match read {
        Ok(entries) => Ok(document::numbers(&entries)),
        Err(error) => Err(error.to_string()),
    }))
}

fn set(
    view: &DataView<'_>,
    rule: &'static str,
    set: Option<&DataSet>,
    findings: &mut Vec<RuleResult>,
) -> Result<Option<Table>, OpsError> {
    let Some(set) = set else { return Ok(None) };
    let table = files::table(view, &set.path)?;
    if table.is_none() {
        let message = format!("`{}` is not in {}", set.path, view.name());
        findings.push(RuleResult::failed(rule, message));
    }
    Ok(table)
}

/// Holds the content of the evaluation set against the champion's.
fn pinned(
    candidate: &DataView<'_>,
    spec: &GateSpec,
    champion: &Found<'_>,
    findings: &mut Vec<RuleResult>,
) -> Result<Option<EvalSet>, OpsError> {
    let Some(set) = &spec.eval_set else { return Ok(None) };
    let path = set.path.clone();
    let Some(hash) = files::digest(candidate, &path)? else { return Ok(None) };
    let champion_hash = match &champion.view {
        Ok(view) => files::digest(view, &path)?,
        Err(_) => None,
    };
    if champion_hash.is_some_and(|theirs| theirs != hash) {
        let name = &champion.name;
        findings.push(if spec.allow_new_eval_set {
            let message = format!("`{path}` is not {name}'s: allowed by `allow_new_eval_set`");
            RuleResult::passed("new_eval_set", message)
        } else {
            let message = format!("the evaluation set has changed: `{path}` is not {name}'s");
            RuleResult::failed("new_eval_set", message)
        });
    }
    Ok(Some(EvalSet { path, hash, champion_hash }))
}

/// Refuses predictions and metrics that are those of another tree though what they are made from has
/// changed since.
fn stale(
    context: &Context,
    candidate: &DataView<'_>,
    spec: &GateSpec,
    champion: &Found<'_>,
    target: &Target,
) -> Result<Option<RuleResult>, OpsError> {
    let target_view = match target.commit {
        Some(commit) => Some(view_of(context, commit, &target.name)?),
        None => None,
    };
    let champion_view = champion.view.as_ref().ok();
    let made = [spec.predictions.clone(), spec.metrics_file.as_ref().map(ToString::to_string)];
    let mut bases: Vec<&DataView<'_>> = champion_view.into_iter().chain(&target_view).collect();
    bases.dedup_by_key(|base| base.tree());
    for base in bases {
        for path in made.iter().flatten() {
            let own = files::digest(candidate, path)?;
            if own.is_none() || own != files::digest(base, path)? {
                continue;
            }
            let changed = files::differing(candidate, base, &spec.inputs)?;
            if let Some(first) = changed.first() {
                let more = match changed.len() - 1 {
                    0 => String::new(),
                    more => format!(" and {more} more"),
                };
                let message = format!(
                    "stale predictions: `{path}` is still that of {}, but `{first}`{more} has changed",
                    base.name()
                );
                return Ok(Some(RuleResult::failed("stale_predictions", message)));
            }
        }
    }
    let is_looked_at = made.iter().any(Option::is_some) && !spec.inputs.is_empty();
    let message = "predictions are no older than what they are made from";
    Ok(is_looked_at.then(|| RuleResult::passed("stale_predictions", message)))
}
