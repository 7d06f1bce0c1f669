//! Reads the rules of metrics.

use crate::base::suggest;
use crate::base::yaml::{Key, Node, Reader, Value};
use crate::check::gate::read::{Sources, number};
use crate::check::gate::spec::{Margin, MetricRules, Rule};
use crate::check::metrics::{Fairness, Metric, is_lower_better};

const KEYS: [&str; 7] = ["min", "max", "max_drop", "min_gain", "relative", "guard", "better"];

/// How sure a guard is where the file does not say.
const USUAL_LEVEL: f64 = 0.95;

/// Reads a mapping of metrics to their rules.
pub fn metrics(
    reader: &mut Reader<'_>,
    node: &Node,
    name: &str,
    from: Sources,
) -> Vec<MetricRules> {
    let mut metrics = Vec::new();
    for (key, value) in reader.entries(node, name) {
        let rules = metric(reader, key, value, from);
        if rules.rules.is_empty() && reader.faults() == 0 {
            let help = "as `min: 0.7` or `max_drop: 0.02`".to_owned();
            reader.fault_with(key.place, format!("`{}` has no rule", key.text), Some(help));
        }
        metrics.push(rules);
    }
    metrics
}

fn metric(reader: &mut Reader<'_>, name: &Key, node: &Node, from: Sources) -> MetricRules {
    let computed = Metric::find(&name.text).filter(|_| from.predictions);
    if computed.is_none() && !from.file {
        unknown(reader, name, from);
    }
    let whose = format!("`{}`", name.text);
    let mut draft = Draft::default();
    let mut lower_is_better = is_lower_better(&name.text);
    for (key, value) in reader.entries(node, &whose) {
        let what = format!("`{}` of {whose}", key.text);
        match key.text.as_str() {
            "min" => draft.min = number(reader, value, &what),
            "max" => draft.max = number(reader, value, &what),
            "max_drop" => draft.drop = distance(reader, value, &what),
            "min_gain" => draft.gain = distance(reader, value, &what),
            "relative" if matches!(value.value, Value::Truth(_)) => {
                draft.is_share = reader.truth(value, &what);
            }
            "relative" => draft.relative = distance(reader, value, &what),
            "guard" => draft.guards = guards(reader, key, value, computed),
            "better" => match reader.text(value, &what) {
                Some(word @ ("lower" | "higher")) => lower_is_better = word == "lower",
                Some(_) => reader.fault(value.place, format!("{what} is `lower` or `higher`")),
                None => {}
            },
            _ => reader.stray_key(key, &whose, KEYS),
        }
    }
    MetricRules { metric: name.text.clone(), lower_is_better, rules: draft.rules() }
}

/// The rules of a metric, before `relative` says what its distances mean.
#[derive(Debug, Default)]
struct Draft {
    min: Option<f64>,
    max: Option<f64>,
    drop: Option<f64>,
    gain: Option<f64>,
    relative: Option<f64>,
    is_share: bool,
    guards: Vec<Guard>,
}

#[derive(Debug, Clone, Copy)]
struct Guard {
    level: f64,
    is_mcnemar: bool,
}

impl Draft {
    fn rules(self) -> Vec<Rule> {
        let margin = |by| Margin { by, is_share: self.is_share };
        let given = [
            self.min.map(Rule::Min),
            self.max.map(Rule::Max),
            self.drop.map(|by| Rule::MaxDrop(margin(by))),
            self.gain.map(|by| Rule::MinGain(margin(by))),
            self.relative.map(Rule::Relative),
        ];
        let of_guard = |guard: &Guard| {
            let (level, margin) = (guard.level, margin(self.drop.unwrap_or(0.0)));
            if guard.is_mcnemar {
                Rule::McNemar { level }
            } else {
                Rule::NonInferior { level, margin }
            }
        };
        let guards = self.guards.iter().map(of_guard);
        given.into_iter().flatten().chain(guards).collect()
    }
}

/// Notes a metric that can be had nowhere.
fn unknown(reader: &mut Reader<'_>, name: &Key, from: Sources) {
    let text = &name.text;
    if Fairness::find(text).is_some() {
        reader.fault(name.place, format!("`{text}` compares groups: put it under `fairness`"));
        return;
    }
    let known = Metric::ALL.map(Metric::name);
    let near = suggest::did_you_mean(&suggest::candidates(text, known));
    let from_file = if from.file { "" } else { "; others are read from a `metrics_file`" };
    let help = near.unwrap_or_else(|| format!("computed are {}{from_file}", known.join(", ")));
    reader.fault_with(name.place, format!("`{text}` is not computed from predictions"), Some(help));
}

fn guards(
    reader: &mut Reader<'_>,
    name: &Key,
    node: &Node,
    computed: Option<Metric>,
) -> Vec<Guard> {
    let Some(metric) = computed else {
        reader.fault(name.place, "a `guard` needs `predictions` of which the metric is computed");
        return Vec::new();
    };
    let nodes = match &node.value {
        Value::List(items) => items.as_slice(),
        _ => std::slice::from_ref(node),
    };
    nodes.iter().map(|node| guard(reader, node, metric)).collect()
}

fn guard(reader: &mut Reader<'_>, node: &Node, metric: Metric) -> Guard {
    let mut guard = Guard { level: USUAL_LEVEL, is_mcnemar: false };
    for (key, value) in reader.entries(node, "`guard`") {
        match key.text.as_str() {
            "ci" => match number(reader, value, "`ci`") {
                Some(level) if level > 0.0 && level < 1.0 => guard.level = level,
                Some(_) => reader.fault(value.place, "`ci` lies between 0 and 1, as 0.95"),
                None => {}
            },
            "rule" => match reader.text(value, "`rule`") {
                Some("non_inferior") | None => {}
                Some("mcnemar") if metric == Metric::Accuracy => guard.is_mcnemar = true,
                Some("mcnemar") => {
                    reader
                        .fault(value.place, "`mcnemar` compares who is right: it is of `accuracy`");
                }
                Some(other) => {
                    let help = Some("one of non_inferior, mcnemar".to_owned());
                    reader.fault_with(
                        value.place,
                        format!("`{other}` is no rule of a guard"),
                        help,
                    );
                }
            },
            _ => reader.stray_key(key, "`guard`", ["ci", "rule"]),
        }
    }
    guard
}

/// Reads `{max: N}`.
pub fn only_max(reader: &mut Reader<'_>, node: &Node, whose: &str) -> Option<f64> {
    let mut max = None;
    for (key, value) in reader.entries(node, whose) {
        match key.text.as_str() {
            "max" => max = distance(reader, value, &format!("`max` of {whose}")),
            _ => reader.stray_key(key, whose, ["max"]),
        }
    }
    if max.is_none() && reader.faults() == 0 {
        reader.fault(node.place, format!("{whose} has no `max`"));
    }
    max
}

/// Reads a number that is not negative.
fn distance(reader: &mut Reader<'_>, node: &Node, what: &str) -> Option<f64> {
    let found = number(reader, node, what)?;
    if found < 0.0 {
        reader.fault(node.place, format!("{what} must not be negative"));
        return None;
    }
    Some(found)
}
