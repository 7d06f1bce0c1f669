//! The two-sample test of Kolmogorov and Smirnov: the largest gap between two distribution functions,
//! and how probable one as large is where nothing has changed.

mod exact;
mod limit;

use crate::check::stats::{Sample, Steps};

/// The p-value is exact while neither sample is larger.
const MOST_EXACT: usize = 10_000;

/// Returns the largest gap between both distribution functions.
pub fn statistic(left: &Sample, right: &Sample) -> f64 {
    let (left_len, right_len) = (left.len() as f64, right.len() as f64);
    let gap = |step: crate::check::stats::Step| {
        (step.left as f64 / left_len - step.right as f64 / right_len).abs()
    };
    Steps::new(left, right).map(gap).fold(0.0, f64::max)
}

/// Returns how probable a gap at least as large is between two samples of one distribution.
pub fn p_value(left: &Sample, right: &Sample) -> f64 {
    let statistic = statistic(left, right);
    let (left, right) = (left.len(), right.len());
    if left == 0 || right == 0 {
        return 1.0;
    }
    let p = if left.max(right) <= MOST_EXACT {
        exact::p_value(left, right, statistic)
    } else {
        limit::p_value(left, right, statistic)
    };
    p.clamp(0.0, 1.0)
}
