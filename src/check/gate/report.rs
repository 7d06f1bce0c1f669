//! What a gate found: the value that is shown, printed as JSON, and answered to hooks.

use std::fmt::Write as _;

use serde::Serialize;
use serde_json::{Map, Value as Json};

use crate::base::Hash;
use crate::check::gate::guard::Interval;
use crate::check::gate::ids::on_one_line;

/// How a rule ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Status {
    Pass,
    Fail,
    /// There is nothing to compare with yet: it counts as passed.
    NoChampion,
    /// Not judged, for a reason that is told: it stops nothing.
    NotRun,
}

/// A rule, and what came of it.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct RuleResult {
    /// Nothing for rules about the predictions as a whole.
    pub metric: Option<String>,
    pub rule: &'static str,
    pub slice: Option<String>,
    pub value: Option<f64>,
    pub champion: Option<f64>,
    pub bound: Option<f64>,
    pub interval: Option<Interval>,
    pub status: Status,
    /// One line.
    pub message: String,
}

impl RuleResult {
    /// Returns the result of a rule about the predictions as a whole.
    pub fn of_all(rule: &'static str, status: Status, message: impl Into<String>) -> Self {
        Self {
            metric: None,
            rule,
            slice: None,
            value: None,
            champion: None,
            bound: None,
            interval: None,
            status,
            message: message.into(),
        }
    }

    pub fn failed(rule: &'static str, message: impl Into<String>) -> Self {
        Self::of_all(rule, Status::Fail, message)
    }

    pub fn passed(rule: &'static str, message: impl Into<String>) -> Self {
        Self::of_all(rule, Status::Pass, message)
    }

    pub fn is_failed(&self) -> bool {
        self.status == Status::Fail
    }
}

/// The evaluation set that was used.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct EvalSet {
    pub path: String,
    /// BLAKE3 of its bytes; of several files, of their paths and hashes.
    pub hash: Hash,
    /// That of the champion's tree, where it has one.
    pub champion_hash: Option<Hash>,
}

/// All that a gate found.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Report {
    pub passed: bool,
    /// Why it did not pass, in one line.
    pub reason: Option<String>,
    pub spec: String,
    pub candidate: String,
    pub champion: Option<String>,
    /// How many rows were predicted.
    pub rows: u64,
    /// On how many of them the champion was scored too.
    pub shared_rows: u64,
    pub metrics: Map<String, Json>,
    pub champion_metrics: Option<Map<String, Json>>,
    pub eval_set: Option<EvalSet>,
    pub rules: Vec<RuleResult>,
    pub notes: Vec<String>,
}

impl Report {
    /// Settles whether it passed, and why not.
    pub fn settle(mut self) -> Self {
        let messages = self.rules.iter_mut().map(|rule| &mut rule.message);
        for message in messages.chain(&mut self.notes) {
            *message = on_one_line(message);
        }
        let mut failed = self.rules.iter().filter(|rule| rule.is_failed());
        let first = failed.next().map(|rule| rule.message.clone());
        let more = failed.count();
        self.reason = first.map(|first| match more {
            0 => first,
            1 => format!("{first}; 1 more rule failed"),
            more => format!("{first}; {more} more rules failed"),
        });
        self.passed = self.reason.is_none();
        self
    }

    /// Returns how it ended, in one line.
    pub fn summary(&self) -> String {
        let Some(reason) = &self.reason else {
            let of = |status| self.rules.iter().filter(|rule| rule.status == status).count();
            let mut line = self.headline();
            line.push_str(&counted(of(Status::Pass), "rule"));
            line.push_str(" passed");
            for (status, word) in
                [(Status::NoChampion, "without champion"), (Status::NotRun, "not run")]
            {
                if of(status) > 0 {
                    let _ = write!(line, ", {} {word}", of(status));
                }
            }
            return line;
        };
        reason.clone()
    }

    /// Returns the value of the first metric that has a rule.
    fn headline(&self) -> String {
        let first = self.rules.iter().find(|rule| rule.metric.is_some() && rule.slice.is_none());
        match first {
            Some(RuleResult { metric: Some(metric), value: Some(value), .. }) => {
                format!("{metric} {}, ", figure(*value))
            }
            _ => String::new(),
        }
    }
}

fn counted(number: usize, noun: &str) -> String {
    if number == 1 { format!("1 {noun}") } else { format!("{number} {noun}s") }
}

/// Returns a number as people read it.
pub fn figure(number: f64) -> String {
    if number != 0.0 && !(1e-3..1e7).contains(&number.abs()) {
        return format!("{number:.3e}");
    }
    format!("{number:.4}")
}

/// Returns numbers by their names as JSON, NaN as null.
pub fn as_json(metrics: &[(String, f64)]) -> Map<String, Json> {
    metrics.iter().map(|(name, value)| (name.clone(), Json::from(*value))).collect()
}
