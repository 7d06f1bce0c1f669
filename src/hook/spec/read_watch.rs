//! Reads what a hook watches: `metric` and `drift` below `on`, and how often it may run for it.

use crate::base::RepoPath;
use crate::base::yaml::{Node, Value};
use crate::hook::spec::keys::{DRIFT_KEYS, METRIC_KEYS};
use crate::hook::spec::reader::Reader;
use crate::hook::spec::watch::{DriftWatch, MetricWatch, Watch};

/// No hook watches more than this.
const MAX_WATCHES: usize = 100;

/// The most runs that `max_in_flight` can name.
pub(super) const MOST_IN_FLIGHT: u32 = 1_000;

impl Reader<'_> {
    /// Reads one thing to watch, or a list of them.
    pub(super) fn watches(
        &mut self,
        node: &Node,
        read: fn(&mut Self, &Node) -> Option<Watch>,
    ) -> Vec<Watch> {
        let one = std::slice::from_ref(node);
        let items = if let Value::List(items) = &node.value { items } else { one };
        if items.len() > MAX_WATCHES {
            self.fault(node.place, format!("more than {MAX_WATCHES} are watched"));
            return Vec::new();
        }
        items.iter().filter_map(|item| read(self, item)).collect()
    }

    pub(super) fn metric_watch(&mut self, node: &Node) -> Option<Watch> {
        let (mut file, mut name, mut below, mut above) = (None, None, None, None);
        let before = self.faults();
        for (key, value) in self.entries(node, "`metric`") {
            match key.text.as_str() {
                "file" => file = self.repo_path(value, "`file`"),
                "name" => name = self.words(value, "`name`").map(str::to_owned),
                "below" => below = self.bound(value, "`below`"),
                "above" => above = self.bound(value, "`above`"),
                _ => self.stray_key(key, "`metric`", METRIC_KEYS),
            }
        }
        if self.faults() > before {
            return None;
        }
        let help = "as in `metric: {file: metrics/live.json, name: auc, below: 0.7}`".to_owned();
        if below.is_none() && above.is_none() {
            self.fault_with(node.place, "`metric` has no `below` and no `above`", Some(help));
            return None;
        }
        let (Some(file), Some(name)) = (file, name) else {
            self.fault_with(node.place, "`metric` needs a `file` and a `name`", Some(help));
            return None;
        };
        Some(Watch::Metric(MetricWatch { file, name, below, above }))
    }

    pub(super) fn drift_watch(&mut self, node: &Node) -> Option<Watch> {
        let (mut data, mut reference, mut spec) = (None, None, None);
        let before = self.faults();
        for (key, value) in self.entries(node, "`drift`") {
            match key.text.as_str() {
                "data" => data = self.words(value, "`data`").map(str::to_owned),
                "reference" => {
                    reference = self.words(value, "`reference`").map(str::to_owned);
                }
                "spec" => spec = self.repo_path(value, "`spec`"),
                _ => self.stray_key(key, "`drift`", DRIFT_KEYS),
            }
        }
        if self.faults() > before {
            return None;
        }
        if spec.is_none() && data.is_none() {
            let help = "as in `drift: {data: data/live/**, reference: \"main:data/train.csv\"}`";
            let message = "`drift` needs `data`, or a `spec` that names them";
            self.fault_with(node.place, message, Some(help.to_owned()));
            return None;
        }
        Some(Watch::Drift(DriftWatch { data, reference, spec }))
    }

    /// Reads how many runs may be under way.
    pub(super) fn in_flight(&mut self, node: &Node) -> Option<u32> {
        let number = match &node.value {
            Value::Number(text) => text.parse().ok(),
            _ => None,
        };
        let number = number.filter(|number| (1..=MOST_IN_FLIGHT).contains(number));
        if number.is_none() {
            let message = format!("`max_in_flight` must be a number from 1 to {MOST_IN_FLIGHT}");
            self.fault(node.place, message);
        }
        number
    }

    fn repo_path(&mut self, node: &Node, what: &str) -> Option<RepoPath> {
        let text = self.words(node, what)?;
        self.path(node.place, text)
    }

    fn bound(&mut self, node: &Node, what: &str) -> Option<f64> {
        let number = match &node.value {
            Value::Number(text) => text.parse().ok().filter(|number: &f64| number.is_finite()),
            _ => None,
        };
        if number.is_none() {
            self.wrong(node, what, "a number");
        }
        number
    }
}
