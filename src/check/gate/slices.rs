//! Rules for each group of the rows, and between groups.

use std::borrow::Cow;

use crate::check::gate::contest::{Contest, Opponent};
use crate::check::gate::judge::Predicted;
use crate::check::gate::report::{RuleResult, Status, figure};
use crate::check::gate::rows::{Groups, Rows, Texts};
use crate::check::gate::spec::{FairnessRules, GateSpec, Slices};
use crate::check::gate::verdict;
use crate::check::metrics::{Fairness, GroupRates, Predictions, group_rates};

/// More groups than this are no slices.
const MOST_GROUPS: usize = 1_000;

/// Returns the columns that make groups, each once.
pub fn columns(spec: &GateSpec) -> Vec<&str> {
    let slices = spec.slices.iter().map(|slices| slices.by.as_str());
    let mut columns: Vec<&str> =
        slices.chain(spec.fairness.iter().map(|rules| rules.by.as_str())).collect();
    columns.sort_unstable();
    columns.dedup();
    columns
}

/// Returns the groups of each column: from the predictions, else from the evaluation set by its ids.
pub fn groups(columns: &[&str], rows: &Rows, eval: Option<&Rows>) -> Vec<(String, Option<Groups>)> {
    let of_column = |(at, name): (usize, &&str)| {
        let own = rows.groups.get(at).cloned().flatten();
        let found = own.or_else(|| {
            let eval = eval?;
            Some(brought(eval.groups.get(at)?.as_ref()?, eval, rows))
        });
        ((*name).to_owned(), found)
    };
    columns.iter().enumerate().map(of_column).collect()
}

/// Brings the groups of the evaluation set to the rows of the predictions.
fn brought(groups: &Groups, eval: &Rows, rows: &Rows) -> Groups {
    let mut names: Texts = groups.names.clone();
    let missing = names.code("");
    let code = |id| eval.ids.row_of(id).map_or(missing, |row| groups.codes[row as usize]);
    Groups { codes: rows.ids.iter().map(code).collect(), names }
}

/// All that slices are cut from.
#[derive(Debug)]
pub struct Scene<'a> {
    pub contest: &'a Contest<'a>,
    pub candidate: &'a Predicted,
    /// The candidate's rows that the champion has too, and the champion on them.
    pub shared: Option<(&'a [u32], &'a Predictions)>,
}

impl Scene<'_> {
    fn groups(&self, by: &str) -> Result<&Groups, String> {
        let found = self.candidate.groups.iter().find(|(name, _)| name == by);
        match found.and_then(|(_, groups)| groups.as_ref()) {
            Some(groups) if groups.names.all.len() > MOST_GROUPS => {
                let count = groups.names.all.len();
                Err(format!("`{by}` has {count} different values: that is no column of groups"))
            }
            Some(groups) => Ok(groups),
            None => Err(format!("there is no column `{by}`, by which the gate compares")),
        }
    }

    /// Returns the contest on these rows of the candidate.
    fn cut(&self, slice: String, rows: &[u32], is_member: impl Fn(u32) -> bool) -> Contest<'_> {
        let whole = self.contest;
        let opponent = match (&whole.opponent, self.shared) {
            (Opponent::Present { .. }, Some((shared_rows, champion))) => {
                let places: Vec<u32> = (0..shared_rows.len() as u32)
                    .filter(|place| is_member(shared_rows[*place as usize]))
                    .collect();
                let own: Vec<u32> =
                    places.iter().map(|place| shared_rows[*place as usize]).collect();
                let own = Cow::Owned(self.candidate.answers.rows(&own));
                let shared = Some((own, Cow::Owned(champion.rows(&places))));
                Opponent::Present { shared, measured: None }
            }
            (Opponent::Present { .. }, None) => {
                Opponent::Absent("the champion has no predictions to cut")
            }
            (Opponent::Absent(why), _) => Opponent::Absent(why),
            (Opponent::Unfit, _) => Opponent::Unfit,
        };
        Contest {
            slice: Some(slice),
            candidate: Some(Cow::Owned(self.candidate.answers.rows(rows))),
            measured: None,
            lacking: whole.lacking,
            champion_name: whole.champion_name,
            opponent,
        }
    }
}

/// Returns the names of groups with their codes, in their order, as `region=north`.
fn named<'a>(by: &'a str, groups: &'a Groups) -> impl Iterator<Item = (String, u32)> + 'a {
    let mut order: Vec<(&String, u32)> = groups.names.all.iter().zip(0..).collect();
    order.sort_unstable();
    order.into_iter().map(move |(name, code)| {
        let name = if name.is_empty() { "(none)" } else { name };
        (format!("{by}={name}"), code)
    })
}

/// Judges every slice.
pub fn judge(spec: &GateSpec, scene: &Scene<'_>, results: &mut Vec<RuleResult>) {
    for slices in &spec.slices {
        match scene.groups(&slices.by) {
            Ok(groups) => judge_groups(slices, groups, scene, results),
            Err(why) => results.push(RuleResult::failed("slices", why)),
        }
    }
}

fn judge_groups(
    slices: &Slices,
    groups: &Groups,
    scene: &Scene<'_>,
    results: &mut Vec<RuleResult>,
) {
    let mut members = vec![Vec::new(); groups.names.all.len()];
    for (row, code) in (0..).zip(&groups.codes) {
        members[*code as usize].push(row);
    }
    for (name, code) in named(&slices.by, groups) {
        let rows = &members[code as usize];
        // A value that only rows without a prediction have makes no slice.
        if rows.is_empty() {
            continue;
        }
        if (rows.len() as u64) < slices.min_rows {
            let why = format!("{name} has {} rows, fewer than {}", rows.len(), slices.min_rows);
            let of_metric = |rules| verdict::not_run(&name, rules, &why);
            results.extend(slices.metrics.iter().flat_map(of_metric));
            continue;
        }
        let is_member = |row: u32| groups.codes[row as usize] == code;
        let contest = scene.cut(name, rows, is_member);
        results.extend(slices.metrics.iter().flat_map(|rules| verdict::judge(&contest, rules)));
    }
}

/// Judges how far groups are apart.
pub fn judge_fairness(
    spec: &GateSpec,
    scene: &Scene<'_>,
    results: &mut Vec<RuleResult>,
    notes: &mut Vec<String>,
) {
    for rules in &spec.fairness {
        let groups = scene.groups(&rules.by);
        let counted = groups.and_then(|groups| rates(groups, &scene.candidate.answers, rules));
        match counted {
            Ok((kept, left_out)) => {
                results.extend(
                    rules.bounds.iter().map(|(metric, bound)| apart(*metric, *bound, rules, &kept)),
                );
                notes.extend(left_out);
            }
            Err(why) => results.push(RuleResult::failed("fairness", why)),
        }
    }
}

type Named = (String, GroupRates);

/// Returns what was said of each group that is large enough, and the names of others.
fn rates(
    groups: &Groups,
    answers: &Predictions,
    rules: &FairnessRules,
) -> Result<(Vec<Named>, Vec<String>), String> {
    let Predictions::Binary { truth, predicted, .. } = answers else {
        return Err("fairness is of predictions that are positive or negative".to_owned());
    };
    let rates = group_rates(truth, predicted, &groups.codes, groups.names.all.len());
    let all = named(&rules.by, groups).map(|(name, code)| (name, rates[code as usize]));
    let present = all.filter(|(_, rates)| rates.rows > 0);
    let (kept, small): (Vec<Named>, Vec<Named>) =
        present.partition(|(_, rates)| rates.positives >= rules.min_positives);
    let left_out = small.into_iter().map(|(name, rates)| {
        let (has, least) = (rates.positives, rules.min_positives);
        format!("{name} has {has} positive rows, fewer than {least}: fairness leaves it out")
    });
    Ok((kept, left_out.collect()))
}

fn apart(metric: Fairness, bound: f64, rules: &FairnessRules, kept: &[Named]) -> RuleResult {
    let (name, by) = (metric.name(), &rules.by);
    let result = |status, message: String| RuleResult {
        metric: Some(name.to_owned()),
        slice: Some(by.clone()),
        bound: Some(bound),
        ..RuleResult::of_all("max", status, message)
    };
    if kept.len() < 2 {
        let least = rules.min_positives;
        let why = format!("{name} by {by}: fewer than 2 groups have {least} positive rows");
        return result(Status::NotRun, why);
    }
    let rates: Vec<GroupRates> = kept.iter().map(|(_, rates)| *rates).collect();
    let value = metric.of(&rates);
    let status = if value <= bound + verdict::ROUNDING { Status::Pass } else { Status::Fail };
    let side = verdict::distance(value, bound);
    let message = format!("{name} by {by} {} is {side} {bound} (max)", figure(value));
    RuleResult { value: Some(value), ..result(status, message) }
}
