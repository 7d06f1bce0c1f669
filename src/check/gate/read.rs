//! Reads the file of a gate; every fault is told with its place.

use crate::base::RepoPath;
use crate::base::yaml::{self, Key, Node, Place, Reader, SpecErrors, Value};
use crate::check::gate::read_rules;
use crate::check::gate::spec::{Columns, DataSet, FairnessRules, GateSpec, Slices, Task};
use crate::check::metrics::Fairness;

const KEYS: [&str; 15] = [
    "predictions",
    "columns",
    "task",
    "threshold",
    "positive",
    "metrics_file",
    "eval_set",
    "allow_new_eval_set",
    "train_set",
    "model",
    "inputs",
    "champion",
    "metrics",
    "slices",
    "fairness",
];

/// Groups of fewer rows are not judged where the file does not say.
const USUAL_MIN_ROWS: u64 = 30;

impl GateSpec {
    /// Reads a file, which messages call `name`.
    pub fn read(name: &str, text: &str) -> Result<Self, SpecErrors> {
        let mut reader = Reader::new();
        reader.open(name, text);
        let mut draft = Draft::default();
        match yaml::parse(text) {
            Ok(tree) => top(&mut reader, &tree, &mut draft),
            Err((place, message)) => reader.fault(place, message),
        }
        reader.finish(draft.spec)
    }
}

/// A file that is half read.
#[derive(Debug, Default)]
struct Draft {
    spec: GateSpec,
    model: Option<String>,
    inputs: Option<Vec<String>>,
}

impl Default for GateSpec {
    fn default() -> Self {
        Self {
            predictions: None,
            columns: Columns::default(),
            task: None,
            threshold: 0.5,
            positive: None,
            metrics_file: None,
            eval_set: None,
            allow_new_eval_set: false,
            train_set: None,
            inputs: Vec::new(),
            champion: "target".to_owned(),
            metrics: Vec::new(),
            slices: Vec::new(),
            fairness: Vec::new(),
        }
    }
}

fn top(reader: &mut Reader<'_>, tree: &Node, draft: &mut Draft) {
    let entries = reader.entries(tree, "the gate");
    let is_there = |wanted: &str| entries.iter().any(|(key, _)| key.text == wanted);
    let sources = Sources { predictions: is_there("predictions"), file: is_there("metrics_file") };
    if !sources.predictions && !sources.file {
        let help = "name a table under `predictions`, or a file under `metrics_file`".to_owned();
        reader.fault_with(tree.place, "the gate has nothing to measure", Some(help));
    }
    for (key, value) in entries {
        entry(reader, key, value, sources, draft);
    }
    let spec = &mut draft.spec;
    if !["metrics", "slices", "fairness"].iter().any(|key| is_there(key)) {
        let help = "give it one, as `metrics: {auc: {min: 0.7}}`".to_owned();
        reader.fault_with(tree.place, "the gate has no rule", Some(help));
    }
    let usual = || {
        let sets = [&spec.eval_set, &spec.train_set].into_iter().flatten();
        sets.map(|set| set.path.clone()).chain(draft.model.clone()).collect()
    };
    spec.inputs = draft.inputs.take().unwrap_or_else(usual);
}

/// Where metrics can come from.
#[derive(Debug, Clone, Copy)]
pub struct Sources {
    pub predictions: bool,
    pub file: bool,
}

fn entry(reader: &mut Reader<'_>, key: &Key, value: &Node, from: Sources, draft: &mut Draft) {
    let spec = &mut draft.spec;
    let name = format!("`{}`", key.text);
    match key.text.as_str() {
        "predictions" => spec.predictions = glob(reader, value, &name),
        "columns" => spec.columns = columns(reader, value),
        "task" => spec.task = one_of(reader, value, &name, &Task::ALL),
        "threshold" => spec.threshold = number(reader, value, &name).unwrap_or(0.5),
        "positive" => spec.positive = words(reader, value, &name),
        "metrics_file" => {
            spec.metrics_file = words(reader, value, &name)
                .and_then(|text| reader.path(value.place, &text))
                .filter(|path: &RepoPath| !path.is_root());
        }
        "eval_set" => spec.eval_set = data_set(reader, value, &name),
        "train_set" => spec.train_set = data_set(reader, value, &name),
        "allow_new_eval_set" => spec.allow_new_eval_set = reader.truth(value, &name),
        "model" => draft.model = glob(reader, value, &name),
        "inputs" => {
            let globs = reader.texts(value, &name);
            let globs = globs.into_iter().filter_map(|(place, text)| as_glob(reader, place, text));
            draft.inputs = Some(globs.collect());
        }
        "champion" => spec.champion = words(reader, value, &name).unwrap_or_default(),
        "metrics" => spec.metrics = read_rules::metrics(reader, value, &name, from),
        "slices" | "fairness" if !from.predictions => {
            reader.fault(key.place, format!("{name} needs `predictions`"));
        }
        "slices" => spec.slices = listed(reader, value, &name, slices),
        "fairness" => spec.fairness = listed(reader, value, &name, fairness),
        _ => reader.stray_key(key, "the gate", KEYS),
    }
}

fn columns(reader: &mut Reader<'_>, node: &Node) -> Columns {
    let mut columns = Columns::default();
    for (key, value) in reader.entries(node, "`columns`") {
        let column = match key.text.as_str() {
            "id" => &mut columns.id,
            "y_true" => &mut columns.y_true,
            "y_score" => &mut columns.y_score,
            "y_pred" => &mut columns.y_pred,
            _ => {
                reader.stray_key(key, "`columns`", ["id", "y_true", "y_score", "y_pred"]);
                continue;
            }
        };
        if let Some(text) = reader.words(value, &format!("`{}`", key.text)) {
            text.clone_into(column);
        }
    }
    columns
}

/// Reads a path, or a mapping that tells the names of columns too.
fn data_set(reader: &mut Reader<'_>, node: &Node, name: &str) -> Option<DataSet> {
    if !matches!(node.value, Value::Map(_)) {
        let path = glob(reader, node, name)?;
        return Some(DataSet { path, id: None, y_true: None });
    }
    let (mut path, mut id, mut y_true) = (None, None, None);
    for (key, value) in reader.entries(node, name) {
        let whose = format!("`{}` of {name}", key.text);
        match key.text.as_str() {
            "path" => path = glob(reader, value, &whose),
            "id" => id = words(reader, value, &whose),
            "y_true" => y_true = words(reader, value, &whose),
            _ => reader.stray_key(key, name, ["path", "id", "y_true"]),
        }
    }
    if path.is_none() {
        reader.fault(node.place, format!("{name} has no `path`"));
    }
    Some(DataSet { path: path?, id, y_true })
}

/// Reads one mapping, or a list of them.
fn listed<T>(
    reader: &mut Reader<'_>,
    node: &Node,
    name: &str,
    read: fn(&mut Reader<'_>, &Node, &str) -> Option<T>,
) -> Vec<T> {
    match &node.value {
        Value::List(items) => items.iter().filter_map(|item| read(reader, item, name)).collect(),
        _ => read(reader, node, name).into_iter().collect(),
    }
}

fn slices(reader: &mut Reader<'_>, node: &Node, name: &str) -> Option<Slices> {
    let (mut by, mut metrics, mut min_rows) = (None, Vec::new(), USUAL_MIN_ROWS);
    for (key, value) in reader.entries(node, name) {
        let whose = format!("`{}` of {name}", key.text);
        match key.text.as_str() {
            "by" => by = words(reader, value, &whose),
            "metrics" => {
                let from = Sources { predictions: true, file: false };
                metrics = read_rules::metrics(reader, value, &whose, from);
            }
            "min_rows" => min_rows = count(reader, value, &whose).unwrap_or(min_rows),
            _ => reader.stray_key(key, name, ["by", "metrics", "min_rows"]),
        }
    }
    let by = by_column(reader, node, name, by)?;
    if metrics.is_empty() {
        reader.fault(node.place, format!("{name} has no rule: `metrics` is missing"));
    }
    Some(Slices { by, metrics, min_rows })
}

fn fairness(reader: &mut Reader<'_>, node: &Node, name: &str) -> Option<FairnessRules> {
    let (mut by, mut bounds, mut min_positives) = (None, Vec::new(), 0);
    for (key, value) in reader.entries(node, name) {
        let whose = format!("`{}` of {name}", key.text);
        match (key.text.as_str(), Fairness::find(&key.text)) {
            ("by", _) => by = words(reader, value, &whose),
            ("min_positives", _) => min_positives = count(reader, value, &whose).unwrap_or(0),
            (_, Some(metric)) => {
                let bound = read_rules::only_max(reader, value, &whose);
                bounds.extend(bound.map(|bound| (metric, bound)));
            }
            _ => {
                let names = Fairness::ALL.map(Fairness::name);
                reader.stray_key(key, name, ["by", "min_positives"].into_iter().chain(names));
            }
        }
    }
    let by = by_column(reader, node, name, by)?;
    if bounds.is_empty() {
        let help = "as `equalized_odds_difference: {max: 0.1}`".to_owned();
        reader.fault_with(node.place, format!("{name} has no rule"), Some(help));
    }
    Some(FairnessRules { by, bounds, min_positives })
}

fn by_column(
    reader: &mut Reader<'_>,
    node: &Node,
    name: &str,
    by: Option<String>,
) -> Option<String> {
    if by.is_none() {
        let help = "name the column that makes the groups".to_owned();
        reader.fault_with(node.place, format!("{name} has no `by`"), Some(help));
    }
    by
}

fn one_of<T: Copy>(
    reader: &mut Reader<'_>,
    node: &Node,
    what: &str,
    words: &[(&str, T)],
) -> Option<T> {
    let text = reader.text(node, what)?;
    let found = words.iter().find(|(word, _)| *word == text);
    if found.is_none() {
        let known: Vec<_> = words.iter().map(|(word, _)| *word).collect();
        let help = format!("one of {}", known.join(", "));
        reader.fault_with(node.place, format!("`{text}` is not a value of {what}"), Some(help));
    }
    found.map(|(_, value)| *value)
}

fn words(reader: &mut Reader<'_>, node: &Node, what: &str) -> Option<String> {
    reader.words(node, what).map(str::to_owned)
}

fn glob(reader: &mut Reader<'_>, node: &Node, what: &str) -> Option<String> {
    let text = words(reader, node, what)?;
    as_glob(reader, node.place, &text)
}

/// Returns a glob that stays below the root; what else is wrong with it is found when it is built.
fn as_glob(reader: &mut Reader<'_>, place: Place, text: &str) -> Option<String> {
    reader.path(place, text).map(|_| text.to_owned())
}

/// Reads a finite number.
pub fn number(reader: &mut Reader<'_>, node: &Node, what: &str) -> Option<f64> {
    let found = match &node.value {
        Value::Number(text) => text.parse().ok().filter(|number: &f64| number.is_finite()),
        _ => None,
    };
    if found.is_none() {
        reader.wrong(node, what, "a number");
    }
    found
}

fn count(reader: &mut Reader<'_>, node: &Node, what: &str) -> Option<u64> {
    let found = match &node.value {
        Value::Number(text) => text.parse().ok(),
        _ => None,
    };
    if found.is_none() {
        reader.wrong(node, what, "a whole number, not negative");
    }
    found
}
