//! Numbers, row by row: between bounds, finite, increasing, near the mean.

use std::cmp::Ordering;

use crate::check::suite::engine::{Flow, View};
use crate::check::suite::error::CheckError;
use crate::check::suite::rules::found::{Finding, Found};
use crate::check::suite::rules::moment::Moment;
use crate::check::suite::rules::row::{CellTest, by_cells};
use crate::check::suite::rules::statistic::Moments;
use crate::check::suite::rules::{Checker, Look, Scope, look_at_numbers};
use crate::check::suite::spec::{Bound, Check};
use crate::format::table::number;

#[derive(Clone)]
struct Finite;

pub(in crate::check::suite) fn finite(
    check: &Check,
    scope: &Scope<'_>,
) -> Result<Box<dyn Checker>, CheckError> {
    by_cells(check, scope, Finite)
}

impl CellTest for Finite {
    fn is_fit(&self, view: &View<'_>, column: usize, row: usize) -> bool {
        view.numbers(column)[row].is_some_and(f64::is_finite)
    }

    fn complaint(&self) -> String {
        "not a finite number".to_owned()
    }
}

/// An end of a range, and whether it lies in it.
#[derive(Clone)]
struct End {
    bound: Bound,
    strict: bool,
}

#[derive(Clone)]
struct Range {
    min: Option<End>,
    max: Option<End>,
}

pub(in crate::check::suite) fn range(
    check: &Check,
    scope: &Scope<'_>,
) -> Result<Box<dyn Checker>, CheckError> {
    let both = check.settings.truth("strict", false);
    let end = |key, own| {
        let strict = check.settings.truth(own, both);
        check.settings.bound(key).map(|bound| End { bound: bound.clone(), strict })
    };
    by_cells(check, scope, Range { min: end("min", "strict_min"), max: end("max", "strict_max") })
}

impl End {
    /// Tells how a cell compares with the bound; nothing where it does not.
    fn compare(&self, view: &View<'_>, column: usize, row: usize) -> Option<Ordering> {
        match &self.bound {
            Bound::Number(bound) => view.numbers(column)[row]?.partial_cmp(bound),
            Bound::Moment(bound, _) => Some(Moment::of(view, column, row)?.cmp(bound)),
        }
    }

    fn shown(&self) -> String {
        match &self.bound {
            Bound::Number(number) => number.to_string(),
            Bound::Moment(_, text) => text.clone(),
        }
    }
}

impl CellTest for Range {
    fn is_fit(&self, view: &View<'_>, column: usize, row: usize) -> bool {
        let lies = |end: &Option<End>, side: Ordering| match end {
            None => true,
            Some(end) => end
                .compare(view, column, row)
                .is_some_and(|order| order == side || (order == Ordering::Equal && !end.strict)),
        };
        lies(&self.min, Ordering::Greater) && lies(&self.max, Ordering::Less)
    }

    fn complaint(&self) -> String {
        let word = |end: &End, strict: &str, open: &str| {
            format!("{} {}", if end.strict { strict } else { open }, end.shown())
        };
        let min = self.min.as_ref().map(|end| word(end, "greater than", "at least"));
        let max = self.max.as_ref().map(|end| word(end, "less than", "at most"));
        let ends: Vec<String> = min.into_iter().chain(max).collect();
        format!("not {}", ends.join(" and "))
    }
}

/// Compares each value with the one before.
struct Increasing {
    column: usize,
    strict: bool,
    before: Option<String>,
    found: Found,
}

pub(in crate::check::suite) fn increasing(
    check: &Check,
    scope: &Scope<'_>,
) -> Result<Box<dyn Checker>, CheckError> {
    let strict = check.settings.truth("strict", false);
    let (column, found) = (scope.column(check), Found::default());
    Ok(Box::new(Increasing { column, strict, before: None, found }))
}

/// Returns how two cells compare: as numbers where both are, else as texts.
pub(super) fn compare(left: &str, right: &str) -> Option<Ordering> {
    match (number(left), number(right)) {
        (Some(left), Some(right)) => left.partial_cmp(&right),
        _ => Some(left.cmp(right)),
    }
}

impl Increasing {
    /// Tells whether a value is as expected, and remembers it.
    fn is_next(&mut self, text: &str) -> bool {
        let order = self.before.as_deref().map(|before| compare(before, text));
        let before = self.before.get_or_insert_default();
        before.clear();
        before.push_str(text);
        match order {
            None | Some(Some(Ordering::Less)) => true,
            Some(Some(Ordering::Equal)) => !self.strict,
            Some(Some(Ordering::Greater) | None) => false,
        }
    }
}

impl Checker for Increasing {
    fn see(&mut self, view: &View<'_>) -> Result<(), CheckError> {
        for row in 0..view.rows() {
            let Some(text) = view.text(self.column, row) else { continue };
            self.found.considered += 1;
            if !self.is_next(&text) {
                self.found.note(view, self.column, row);
            }
        }
        Ok(())
    }

    fn finish(self: Box<Self>) -> Result<Finding, CheckError> {
        let complaint = if self.strict {
            "not greater than the one before"
        } else {
            "less than the one before"
        };
        Ok(self.found.finding(complaint))
    }
}

/// Measures mean and deviation first, and then each value by them.
struct ZScore {
    column: usize,
    max: f64,
    moments: Moments,
    found: Found,
}

pub(in crate::check::suite) fn z_score(
    check: &Check,
    scope: &Scope<'_>,
) -> Result<Box<dyn Checker>, CheckError> {
    Ok(Box::new(ZScore {
        column: scope.column(check),
        max: check.settings.number("max").unwrap_or_default(),
        moments: Moments::default(),
        found: Found::default(),
    }))
}

impl Checker for ZScore {
    fn look(&self) -> Option<Look> {
        look_at_numbers(self.column)
    }

    fn see(&mut self, view: &View<'_>) -> Result<(), CheckError> {
        let numbers = view.numbers(self.column).iter().flatten();
        numbers.filter(|number| number.is_finite()).for_each(|number| self.moments.add(*number));
        Ok(())
    }

    fn wants_more(&mut self) -> Result<bool, CheckError> {
        Ok(true)
    }

    fn see_again(&mut self, view: &View<'_>) -> Result<Flow, CheckError> {
        let (mean, deviation) = (self.moments.mean(), self.moments.stdev());
        for (row, number) in view.numbers(self.column).iter().enumerate() {
            if view.is_null(self.column, row) {
                continue;
            }
            self.found.considered += 1;
            let distance = number.map(|number| (number - mean).abs());
            let is_near = distance
                .is_some_and(|distance| distance == 0.0 || distance / deviation <= self.max);
            if !is_near {
                self.found.note(view, self.column, row);
            }
        }
        Ok(Flow::On)
    }

    fn finish(self: Box<Self>) -> Result<Finding, CheckError> {
        let complaint = format!("more than {} standard deviations from the mean", self.max);
        Ok(self.found.finding(complaint))
    }
}
