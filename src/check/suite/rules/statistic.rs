//! Numbers about a column as a whole.

use serde_json::Value as Json;

use crate::check::suite::engine::{Ordered, View};
use crate::check::suite::error::CheckError;
use crate::check::suite::rules::found::{Finding, shown};
use crate::check::suite::rules::{Checker, Look, Scope, look_at_numbers};
use crate::check::suite::spec::Check;

/// Count, mean and spread of numbers, one after the other, so that they do not depend on where a batch
/// ends.
#[derive(Debug, Default)]
pub(super) struct Moments {
    count: u64,
    mean: f64,
    squares: f64,
    sum: f64,
    /// What the sum has lost to rounding.
    lost: f64,
}

impl Moments {
    /// Takes a number in: Welford for mean and spread, Neumaier for the sum.
    pub(super) fn add(&mut self, number: f64) {
        self.count += 1;
        let distance = number - self.mean;
        self.mean += distance / self.count as f64;
        self.squares += distance * (number - self.mean);
        let sum = self.sum + number;
        self.lost += if self.sum.abs() >= number.abs() {
            (self.sum - sum) + number
        } else {
            (number - sum) + self.sum
        };
        self.sum = sum;
    }

    pub(super) fn sum(&self) -> f64 {
        // What was lost means nothing once the sum is infinite.
        if self.sum.is_finite() { self.sum + self.lost } else { self.sum }
    }

    pub(super) fn mean(&self) -> f64 {
        self.sum() / self.count as f64
    }

    /// Returns the standard deviation (n - 1); NaN of fewer than two numbers.
    pub(super) fn stdev(&self) -> f64 {
        if self.count < 2 { f64::NAN } else { (self.squares / (self.count - 1) as f64).sqrt() }
    }
}

/// What is measured.
enum Measure {
    Least(Option<f64>),
    Greatest(Option<f64>),
    Mean(Moments),
    Deviation(Moments),
    Sum(Moments),
    Quantile(f64, Ordered),
}

struct Statistic {
    name: &'static str,
    column: usize,
    measure: Measure,
    min: Option<f64>,
    max: Option<f64>,
    /// Cells that are no numbers: how many, and the first.
    strangers: u64,
    first: Option<(u64, String)>,
    has_nan: bool,
}

fn statistic(check: &Check, scope: &Scope<'_>, measure: Measure) -> Box<dyn Checker> {
    Box::new(Statistic {
        name: check.info.name,
        column: scope.column(check),
        measure,
        min: check.settings.number("min"),
        max: check.settings.number("max"),
        strangers: 0,
        first: None,
        has_nan: false,
    })
}

/// Makes the functions of the list of checks.
macro_rules! statistics {
    ($($name:ident: |$check:ident, $scope:ident| $measure:expr;)*) => {$(
        pub(in crate::check::suite) fn $name(
            $check: &Check,
            $scope: &Scope<'_>,
        ) -> Result<Box<dyn Checker>, CheckError> {
            let measure = $measure;
            Ok(statistic($check, $scope, measure))
        }
    )*};
}

statistics! {
    minimum: |check, scope| Measure::Least(None);
    maximum: |check, scope| Measure::Greatest(None);
    mean: |check, scope| Measure::Mean(Moments::default());
    stdev: |check, scope| Measure::Deviation(Moments::default());
    sum: |check, scope| Measure::Sum(Moments::default());
    median: |check, scope| Measure::Quantile(0.5, Ordered::new(scope.memory));
    quantile: |check, scope| {
        Measure::Quantile(check.settings.number("q").unwrap_or(0.5), Ordered::new(scope.memory))
    };
}

impl Measure {
    fn add(&mut self, number: f64) -> std::io::Result<()> {
        match self {
            Self::Least(least) => *least = Some(least.map_or(number, |least| least.min(number))),
            Self::Greatest(most) => *most = Some(most.map_or(number, |most| most.max(number))),
            Self::Mean(moments) | Self::Deviation(moments) | Self::Sum(moments) => {
                moments.add(number);
            }
            Self::Quantile(_, numbers) => numbers.push(number)?,
        }
        Ok(())
    }

    fn value(self) -> std::io::Result<Option<f64>> {
        let known = |moments: &Moments| moments.count > 0;
        Ok(match self {
            Self::Least(value) | Self::Greatest(value) => value,
            Self::Mean(moments) => known(&moments).then(|| moments.mean()),
            Self::Deviation(moments) => known(&moments).then(|| moments.stdev()),
            Self::Sum(moments) => known(&moments).then(|| moments.sum()),
            Self::Quantile(q, mut numbers) => numbers.quantile(q)?,
        })
    }
}

impl Checker for Statistic {
    fn look(&self) -> Option<Look> {
        look_at_numbers(self.column)
    }

    fn see(&mut self, view: &View<'_>) -> Result<(), CheckError> {
        for (row, number) in view.numbers(self.column).iter().enumerate() {
            match number {
                Some(number) if number.is_nan() => self.has_nan = true,
                Some(number) => self.measure.add(*number)?,
                None if view.is_null(self.column, row) => {}
                None => {
                    self.strangers += 1;
                    if self.first.is_none() {
                        let text = view.text(self.column, row).unwrap_or_default();
                        self.first = Some((view.number_of(row), shown(&text)));
                    }
                }
            }
        }
        Ok(())
    }

    fn finish(self: Box<Self>) -> Result<Finding, CheckError> {
        let (name, min, max) = (self.name, self.min, self.max);
        if let Some((row, _)) = &self.first {
            let complaint = format!("{} are no numbers, the first in row {row}", self.strangers);
            return Ok(Finding::whole(Json::Null, Some(complaint)));
        }
        let value = if self.has_nan { Some(f64::NAN) } else { self.measure.value()? };
        let Some(value) = value else { return Ok(Finding::vacuous("there is no number")) };
        Ok(between(name, value, min, max))
    }
}

/// Judges a number by the bounds it was given; NaN is never between.
pub(super) fn between(name: &str, value: f64, min: Option<f64>, max: Option<f64>) -> Finding {
    let complaint = match (min, max) {
        _ if value.is_nan() => Some(format!("the {name} is no number")),
        (Some(min), _) if value < min => {
            Some(format!("the {name} is {}, less than {min}", rounded(value)))
        }
        (_, Some(max)) if value > max => {
            Some(format!("the {name} is {}, more than {max}", rounded(value)))
        }
        _ => None,
    };
    Finding::whole(value, complaint)
}

/// Returns a number with at most six digits after the point.
pub(super) fn rounded(number: f64) -> String {
    let text = format!("{number:.6}");
    let text = text.trim_end_matches('0').trim_end_matches('.');
    // A small number is not nothing.
    if matches!(text, "0" | "-0") && number != 0.0 {
        format!("{number:e}")
    } else {
        text.to_owned()
    }
}
