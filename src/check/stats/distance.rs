//! Distances between two samples of numbers, by the area between their distribution functions.

use crate::check::stats::{Sample, Steps};

/// Returns how far the mass of one sample has to be moved, on average, to make it the other.
pub fn wasserstein(left: &Sample, right: &Sample) -> f64 {
    area(left, right, f64::abs)
}

/// Returns the energy distance: the root of twice the squared area.
pub fn energy(left: &Sample, right: &Sample) -> f64 {
    (2.0 * area(left, right, |gap| gap * gap)).sqrt()
}

/// Sums a function of the gap between both distribution functions over the number line.
fn area(left: &Sample, right: &Sample, weight: impl Fn(f64) -> f64) -> f64 {
    let (left_len, right_len) = (left.len() as f64, right.len() as f64);
    let (mut sum, mut before, mut gap) = (0.0, 0.0, 0.0);
    for step in Steps::new(left, right) {
        if gap != 0.0 {
            sum += weight(gap) * (step.value - before);
        }
        gap = step.left as f64 / left_len - step.right as f64 / right_len;
        before = step.value;
    }
    sum
}
