//! The candidate and the champion on the same rows: all of them, or those of a slice.

use std::borrow::Cow;

use crate::base::suggest;
use crate::check::gate::report::Status;
use crate::check::metrics::{Metric, Predictions};

/// Metrics that were read from a file, by their names.
pub type Measured = [(String, f64)];

/// What metrics are taken from.
#[derive(Debug)]
pub struct Contest<'a> {
    /// The slice, where it is not all rows, as `region=north`.
    pub slice: Option<String>,
    pub candidate: Option<Cow<'a, Predictions>>,
    /// What the candidate's file of metrics says.
    pub measured: Option<&'a Measured>,
    /// Why a metric that is nowhere is missing, after its name.
    pub lacking: &'a str,
    pub champion_name: &'a str,
    pub opponent: Opponent<'a>,
}

/// The champion.
#[derive(Debug)]
pub enum Opponent<'a> {
    /// There is none, and why.
    Absent(&'a str),
    /// It cannot be compared with; a rule of its own says why, and fails.
    Unfit,
    Present {
        /// The candidate and the champion on the rows that both have.
        shared: Option<(Cow<'a, Predictions>, Cow<'a, Predictions>)>,
        measured: Option<&'a Measured>,
    },
}

impl Contest<'_> {
    /// Returns a metric of the candidate, or why there is none.
    pub fn candidate(&self, name: &str) -> Result<f64, String> {
        let computed = self.candidate.as_deref().and_then(|it| computed(name, it));
        let found = computed.or_else(|| measured(name, self.measured?));
        found.ok_or_else(|| {
            let near = self.measured.map(|measured| near(name, measured)).unwrap_or_default();
            let near = suggest::did_you_mean(&near).map(|near| format!("; {near}"));
            format!("{name} {}{}", self.lacking, near.unwrap_or_default())
        })
    }

    /// Returns a metric of the candidate on the rows that the champion has too.
    pub fn candidate_shared(&self, name: &str) -> Option<f64> {
        computed(name, self.shared()?.0)
    }

    /// Returns a metric of the champion, or how a rule that needs it ends.
    pub fn champion(&self, name: &str) -> Result<f64, (Status, String)> {
        match &self.opponent {
            Opponent::Absent(why) => Err((Status::NoChampion, (*why).to_owned())),
            Opponent::Unfit => {
                Err((Status::NotRun, format!("not compared with {}", self.champion_name)))
            }
            Opponent::Present { measured: from_file, .. } => {
                let computed = self.shared().and_then(|(_, champion)| computed(name, champion));
                let found = computed.or_else(|| measured(name, (*from_file)?));
                found.filter(|value| !value.is_nan()).ok_or_else(|| {
                    (Status::NoChampion, format!("{} has none to compare with", self.champion_name))
                })
            }
        }
    }

    /// Returns the candidate and the champion on the rows that both have.
    pub fn shared(&self) -> Option<(&Predictions, &Predictions)> {
        match &self.opponent {
            Opponent::Present { shared: Some((candidate, champion)), .. } => {
                Some((candidate, champion))
            }
            _ => None,
        }
    }
}

fn computed(name: &str, predictions: &Predictions) -> Option<f64> {
    predictions.metric(Metric::find(name)?)
}

/// Returns the names of a file that may be meant by one that it lacks: those within others first.
fn near(name: &str, measured: &Measured) -> Vec<String> {
    let names = || measured.iter().map(|(name, _)| name.as_str());
    let within = names().filter(|known| known.rsplit('.').next() == Some(name));
    let within: Vec<String> = within.take(3).map(str::to_owned).collect();
    if within.is_empty() { suggest::candidates(name, names()) } else { within }
}

fn measured(name: &str, measured: &Measured) -> Option<f64> {
    measured.iter().find(|(known, _)| known == name).map(|(_, value)| *value)
}

/// Returns every metric of these predictions, then those of a file that are none of them.
pub fn all_metrics(
    predictions: Option<&Predictions>,
    measured: Option<&Measured>,
) -> Vec<(String, f64)> {
    let mut all = Vec::new();
    if let Some(predictions) = predictions {
        let computed = predictions
            .metrics()
            .filter_map(|metric| Some((metric.name().to_owned(), predictions.metric(metric)?)));
        all.extend(computed);
    }
    for (name, value) in measured.unwrap_or_default() {
        if !all.iter().any(|(known, _)| known == name) {
            all.push((name.clone(), *value));
        }
    }
    all
}
