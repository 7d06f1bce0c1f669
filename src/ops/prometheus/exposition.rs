//! The text format in which Prometheus reads metrics, version 0.0.4.

use std::collections::BTreeMap;
use std::fmt::Write;

/// What a number means.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// It only grows.
    Counter,
    Gauge,
}

/// Labels with their values, in the order in which they are shown.
pub type Labels = Vec<(&'static str, String)>;

/// The numbers of one name.
#[derive(Debug, Clone)]
pub struct Family {
    pub name: &'static str,
    pub help: &'static str,
    pub kind: Kind,
    samples: BTreeMap<Labels, f64>,
}

impl Family {
    pub fn new(name: &'static str, kind: Kind, help: &'static str) -> Self {
        Self { name, help, kind, samples: BTreeMap::new() }
    }

    /// Adds a number; of two with the same labels the later one counts.
    pub fn add(&mut self, labels: Labels, value: f64) {
        self.samples.insert(labels, value);
    }

    /// Counts one more.
    pub fn count(&mut self, labels: Labels) {
        *self.samples.entry(labels).or_default() += 1.0;
    }

    /// Adds a truth as 1 or 0.
    pub fn add_truth(&mut self, labels: Labels, truth: bool) {
        self.add(labels, f64::from(u8::from(truth)));
    }
}

/// Returns the text of these families; those without a number are left out.
pub fn text(families: &[Family]) -> String {
    let mut text = String::new();
    for family in families.iter().filter(|family| !family.samples.is_empty()) {
        let kind = match family.kind {
            Kind::Counter => "counter",
            Kind::Gauge => "gauge",
        };
        let Family { name, help, .. } = family;
        for part in ["# HELP ", name, " ", help, "\n# TYPE ", name, " ", kind, "\n"] {
            text.push_str(part);
        }
        for (labels, value) in &family.samples {
            write_sample(&mut text, name, labels, *value);
        }
    }
    text
}

fn write_sample(text: &mut String, name: &str, labels: &Labels, value: f64) {
    text.push_str(name);
    for (at, (label, value)) in labels.iter().enumerate() {
        let before = if at == 0 { '{' } else { ',' };
        write!(text, "{before}{label}=\"{}\"", escaped(value)).expect("a text takes all");
    }
    let after = if labels.is_empty() { "" } else { "}" };
    writeln!(text, "{after} {}", number(value)).expect("a text takes all");
}

fn escaped(value: &str) -> String {
    value.replace('\\', "\\\\").replace('"', "\\\"").replace('\n', "\\n")
}

fn number(value: f64) -> String {
    if value.is_nan() {
        "NaN".to_owned()
    } else if value.is_infinite() {
        if value > 0.0 { "+Inf" } else { "-Inf" }.to_owned()
    } else {
        value.to_string()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn each_family_is_described_once_and_an_empty_one_not_at_all() {
        let mut runs = Family::new("runs_total", Kind::Counter, "Runs.");
        runs.add(vec![("hook", "b".to_owned())], 2.0);
        runs.add(vec![("hook", "a \"quoted\" \\ text\nof two lines".to_owned())], 1.0);
        runs.add(vec![("hook", "b".to_owned())], 3.0);
        let mut score = Family::new("score", Kind::Gauge, "A score.");
        for (name, value) in [("nan", f64::NAN), ("inf", f64::INFINITY), ("tiny", 1e-7)] {
            score.add(vec![("of", name.to_owned()), ("by", String::new())], value);
        }
        let mut up = Family::new("up", Kind::Gauge, "One.");
        up.add_truth(Vec::new(), true);
        let empty = Family::new("none", Kind::Gauge, "None.");
        insta::assert_snapshot!(text(&[runs, score, empty, up]), @r#"
        # HELP runs_total Runs.
        # TYPE runs_total counter
        runs_total{hook="a \"quoted\" \\ text\nof two lines"} 1
        runs_total{hook="b"} 3
        # HELP score A score.
        # TYPE score gauge
        score{of="inf",by=""} +Inf
        score{of="nan",by=""} NaN
        score{of="tiny",by=""} 0.0000001
        # HELP up One.
        # TYPE up gauge
        up 1
        "#);
    }

    /// Reads the value of a label back, as Prometheus does.
    fn read_back(line: &str) -> String {
        let (mut value, mut rest) = (String::new(), line.split_once("=\"").unwrap().1.chars());
        while let Some(sign) = rest.next() {
            match sign {
                '\\' => value.push(match rest.next().unwrap() {
                    'n' => '\n',
                    other => other,
                }),
                '"' => return value,
                other => value.push(other),
            }
        }
        panic!("no end: {line}")
    }

    proptest! {
        #[test]
        fn any_label_stays_on_its_line_and_is_read_back(value in "(?s).{0,20}") {
            let mut family = Family::new("m", Kind::Gauge, "M.");
            family.add(vec![("l", value.clone())], 1.0);
            let text = text(&[family]);
            prop_assert_eq!(text.matches('\n').count(), 3);
            prop_assert_eq!(read_back(text.lines().nth(2).unwrap()), value);
        }
    }
}
