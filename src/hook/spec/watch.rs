//! What a hook watches, so that it runs when a metric leaves its bounds or data drift.

use crate::base::RepoPath;
use crate::hook::event::Event;

/// Something that a worker looks at on a branch, to tell whether the hook is to run.
#[derive(Debug, Clone, PartialEq)]
pub enum Watch {
    Metric(MetricWatch),
    Drift(DriftWatch),
}

/// A number in a file, and the bounds within which it is to stay.
#[derive(Debug, Clone, PartialEq)]
pub struct MetricWatch {
    pub file: RepoPath,
    /// Its name; one within another is reached with dots, as in `test.auc`.
    pub name: String,
    pub below: Option<f64>,
    pub above: Option<f64>,
}

/// Data, and what they are compared with: named here, or in a file of their own.
#[derive(Debug, Clone, PartialEq)]
pub struct DriftWatch {
    /// A path, a glob or a directory.
    pub data: Option<String>,
    /// The same, or such of a revision as `REV:PATH`, or what a model was trained on: `MODEL@ALIAS`.
    pub reference: Option<String>,
    pub spec: Option<RepoPath>,
}

impl Watch {
    /// Returns the event that it fires.
    pub fn event(&self) -> Event {
        match self {
            Self::Metric(_) => Event::Metric,
            Self::Drift(_) => Event::Drift,
        }
    }

    /// Returns all that it says, in one line that changes when any of it does.
    pub fn text(&self) -> String {
        match self {
            Self::Metric(MetricWatch { file, name, below, above }) => {
                let bound = |word: &str, bound: Option<f64>| {
                    bound.map(|bound| format!(" {word} {bound:?}")).unwrap_or_default()
                };
                let (below, above) = (bound("below", *below), bound("above", *above));
                format!("metric {name} of {file}{below}{above}")
            }
            Self::Drift(DriftWatch { data, reference, spec }) => {
                let part = |word: &str, text: Option<String>| {
                    text.map(|text| format!("{word}{text}")).unwrap_or_default()
                };
                let data = part(" ", data.clone());
                let against = part(" against ", reference.clone());
                let by = part(" by ", spec.as_ref().map(ToString::to_string));
                format!("drift{data}{against}{by}")
            }
        }
    }
}

impl MetricWatch {
    /// Tells whether a value lies outside of the bounds.
    pub fn is_crossed(&self, value: f64) -> bool {
        self.below.is_some_and(|bound| value < bound)
            || self.above.is_some_and(|bound| value > bound)
    }
}
