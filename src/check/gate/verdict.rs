//! Holds one metric against one rule.

use crate::check::gate::contest::Contest;
use crate::check::gate::guard::{Interval, McNemar, paired_interval};
use crate::check::gate::report::{RuleResult, Status, figure};
use crate::check::gate::spec::{Margin, MetricRules, Rule};
use crate::check::metrics::Metric;

/// What rounding may take away from a bound that is met exactly.
pub const ROUNDING: f64 = 1e-12;

/// Judges a metric by all of its rules.
pub fn judge(contest: &Contest<'_>, rules: &MetricRules) -> Vec<RuleResult> {
    let value = contest.candidate(&rules.metric);
    let judged = rules.rules.iter().map(|rule| {
        let verdict = Verdict { contest, rules, rule: *rule };
        match &value {
            Ok(value) if value.is_nan() => {
                verdict.end(Status::Fail, format!("{} is not a number", verdict.what()))
            }
            Ok(value) => verdict.of_value(*value),
            Err(why) => verdict.end(Status::Fail, why.clone()),
        }
    });
    judged.collect()
}

/// Returns the rules of a metric as not judged.
pub fn not_run(slice: &str, rules: &MetricRules, why: &str) -> Vec<RuleResult> {
    let of_rule = |rule: &Rule| RuleResult {
        metric: Some(rules.metric.clone()),
        slice: Some(slice.to_owned()),
        bound: Some(rule.bound()),
        ..RuleResult::of_all(rule.name(), Status::NotRun, why)
    };
    rules.rules.iter().map(of_rule).collect()
}

struct Verdict<'a> {
    contest: &'a Contest<'a>,
    rules: &'a MetricRules,
    rule: Rule,
}

impl Verdict<'_> {
    /// Returns what the metric is called in messages.
    fn what(&self) -> String {
        match &self.contest.slice {
            Some(slice) => format!("{} of {slice}", self.rules.metric),
            None => self.rules.metric.clone(),
        }
    }

    fn end(&self, status: Status, message: String) -> RuleResult {
        RuleResult {
            metric: Some(self.rules.metric.clone()),
            slice: self.contest.slice.clone(),
            bound: Some(self.rule.bound()),
            ..RuleResult::of_all(self.rule.name(), status, message)
        }
    }

    fn of_value(&self, value: f64) -> RuleResult {
        let result = match self.rule {
            Rule::Min(bound) => self.absolute(value, bound, value >= bound - ROUNDING, "min"),
            Rule::Max(bound) => self.absolute(value, bound, value <= bound + ROUNDING, "max"),
            _ => return self.against_champion(value),
        };
        RuleResult { value: Some(value), ..result }
    }

    fn absolute(&self, value: f64, bound: f64, passes: bool, rule: &str) -> RuleResult {
        let side = distance(value, bound);
        let message = format!("{} {} is {side} {bound} ({rule})", self.what(), figure(value));
        self.end(if passes { Status::Pass } else { Status::Fail }, message)
    }

    fn against_champion(&self, value: f64) -> RuleResult {
        let champion = match self.contest.champion(&self.rules.metric) {
            Ok(champion) => champion,
            Err((status, why)) => {
                let result = self.end(status, format!("{}: {why}", self.what()));
                return RuleResult { value: Some(value), ..result };
            }
        };
        // On the rows that both have.
        let value = self.contest.candidate_shared(&self.rules.metric).unwrap_or(value);
        let gain = if self.rules.lower_is_better { champion - value } else { value - champion };
        let result = match self.rule {
            Rule::MaxDrop(margin) => {
                let word = format!("max drop {}", shown(margin));
                self.relative(value, champion, gain >= -margin.at(champion) - ROUNDING, &word)
            }
            Rule::MinGain(margin) => {
                let word = format!("min gain {}", shown(margin));
                self.relative(value, champion, gain >= margin.at(champion) - ROUNDING, &word)
            }
            Rule::Relative(share) => {
                let margin = Margin { by: share, is_share: true };
                let word = format!("relative drop at most {}", shown(margin));
                self.relative(value, champion, gain >= -margin.at(champion) - ROUNDING, &word)
            }
            Rule::NonInferior { level, margin } => self.non_inferior(level, margin, champion),
            Rule::McNemar { level } => self.mcnemar(level),
            Rule::Min(_) | Rule::Max(_) => unreachable!("they need no champion"),
        };
        RuleResult { value: Some(value), champion: Some(champion), ..result }
    }

    fn relative(&self, value: f64, champion: f64, passes: bool, word: &str) -> RuleResult {
        let (what, whose) = (self.what(), &self.contest.champion_name);
        let side = distance(value, champion);
        let message =
            format!("{what} {} is {side} {whose}'s {} ({word})", figure(value), figure(champion));
        self.end(if passes { Status::Pass } else { Status::Fail }, message)
    }

    fn non_inferior(&self, level: f64, margin: Margin, champion: f64) -> RuleResult {
        let sides = Metric::find(&self.rules.metric).zip(self.contest.shared());
        let found = sides.and_then(|(metric, (candidate, champion))| {
            paired_interval(metric, candidate, champion, level)
        });
        let (what, whose) = (self.what(), &self.contest.champion_name);
        let Some(Interval { low, high }) = found else {
            let message = format!("{what} has no interval against {whose}'s: it is not a number");
            return self.end(Status::Fail, message);
        };
        let worst = if self.rules.lower_is_better { -high } else { low };
        let passes = worst >= -margin.at(champion) - ROUNDING;
        let found = if worst < 0.0 {
            format!("may be {} worse than", figure(-worst))
        } else if worst > 0.0 {
            format!("is at least {} better than", figure(worst))
        } else {
            "is no worse than".to_owned()
        };
        let (level, low_end, high_end) = (percent(level), signed(low), signed(high));
        let margin = shown(margin);
        let message = format!(
            "{what} {found} {whose}'s ({level} % interval {low_end} to {high_end}, max drop {margin})"
        );
        let result = self.end(if passes { Status::Pass } else { Status::Fail }, message);
        RuleResult { interval: Some(Interval { low, high }), ..result }
    }

    fn mcnemar(&self, level: f64) -> RuleResult {
        let rights = self
            .contest
            .shared()
            .and_then(|(candidate, champion)| Some((candidate.is_right()?, champion.is_right()?)));
        let Some((candidate, champion)) = rights else {
            return self.end(Status::Fail, format!("{} is not of classes", self.what()));
        };
        let McNemar { only_candidate, only_champion, p } = McNemar::new(&candidate, &champion);
        let is_worse = only_champion > only_candidate && p < 1.0 - level;
        let message = format!(
            "only {} is right in {only_champion} rows, only the candidate in {only_candidate} \
             (McNemar's p {}, refused below {})",
            self.contest.champion_name,
            figure(p),
            figure(1.0 - level),
        );
        self.end(if is_worse { Status::Fail } else { Status::Pass }, message)
    }
}

/// Says where a value lies, as in `0.0760 below`.
pub fn distance(value: f64, bound: f64) -> String {
    let gap = value - bound;
    if gap.abs() <= ROUNDING {
        return "equal to".to_owned();
    }
    let side = if gap < 0.0 { "below" } else { "above" };
    format!("{} {side}", figure(gap.abs()))
}

fn shown(margin: Margin) -> String {
    if margin.is_share { format!("{} %", percent(margin.by)) } else { margin.by.to_string() }
}

/// Returns a share as a percentage, without what binary fractions add.
fn percent(share: f64) -> f64 {
    (share * 1e8).round() / 1e6
}

fn signed(number: f64) -> String {
    let sign = if number < 0.0 { "" } else { "+" };
    format!("{sign}{}", figure(number))
}
