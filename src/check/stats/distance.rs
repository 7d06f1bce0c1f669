//! Distances between two samples of numbers, by the area between their distribution functions.

use crate::check::stats::Sample;

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
    let (left, right) = (left.numbers(), right.numbers());
    let (left_len, right_len) = (left.len() as f64, right.len() as f64);
    let (mut sum, mut before, mut gap) = (0.0, 0.0, 0.0);
    let mut step = |value: f64, lefts: usize, rights: usize| {
        if gap != 0.0 {
            sum += weight(gap) * (value - before);
        }
        gap = lefts as f64 / left_len - rights as f64 / right_len;
        before = value;
    };
    // Numbers that are equal are a step each: one of no width adds nothing. Which side is next is not
    // branched on, since nobody can foresee it.
    let (mut lefts, mut rights) = (0, 0);
    while let (Some(a), Some(b)) = (left.get(lefts), right.get(rights)) {
        lefts += usize::from(a <= b);
        rights += usize::from(b <= a);
        step(a.min(*b), lefts, rights);
    }
    for (at, value) in left.iter().enumerate().skip(lefts) {
        step(*value, at + 1, rights);
    }
    for (at, value) in right.iter().enumerate().skip(rights) {
        step(*value, lefts, at + 1);
    }
    sum
}
