//! Tests on counts: how often each category occurs in a reference and in new data.

use crate::check::stats::tails;

/// How often one category occurs in the reference and in the new data.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Counts {
    pub reference: u64,
    pub new: u64,
}

/// Returns how much all categories count together.
fn totals(counts: &[Counts]) -> (f64, f64) {
    let sum = |side: fn(&Counts) -> u64| counts.iter().map(side).sum::<u64>() as f64;
    (sum(|count| count.reference), sum(|count| count.new))
}

/// Returns the p-value of the chi-square test that takes the reference for the truth. A category that
/// the reference lacks cannot occur then: the p-value is 0.
pub fn chi_square(counts: &[Counts]) -> f64 {
    let (reference, new) = totals(counts);
    let scale = new / reference;
    let terms = counts.iter().map(|count| {
        let expected = count.reference as f64 * scale;
        (count.new as f64 - expected).powi(2) / expected
    });
    tails::chi_square(terms.sum(), counts.len().saturating_sub(1))
}

/// Returns the p-value of the chi-square test on the table of both, which knows that the reference is a
/// sample too; with Yates' correction where there are two categories.
pub fn contingency(counts: &[Counts]) -> f64 {
    let (reference, new) = totals(counts);
    let degrees = counts.len().saturating_sub(1);
    let term = |observed: u64, both: u64, side: f64| {
        let expected = both as f64 * side / (reference + new);
        let away = (observed as f64 - expected).abs();
        let away = if degrees == 1 { (away - 0.5).max(0.0) } else { away };
        away * away / expected
    };
    let statistic = counts.iter().map(|count| {
        let both = count.reference + count.new;
        term(count.reference, both, reference) + term(count.new, both, new)
    });
    tails::chi_square(statistic.sum(), degrees)
}

/// Returns the p-value of the test whether the first of two categories has the same share in both.
pub fn proportions(counts: &[Counts]) -> f64 {
    let [first, _] = counts else { return 1.0 };
    let (reference, new) = totals(counts);
    let (in_reference, in_new) = (first.reference as f64, first.new as f64);
    let pooled = (in_reference + in_new) / (reference + new);
    let error = (pooled * (1.0 - pooled) * (1.0 / reference + 1.0 / new)).sqrt();
    tails::normal_two_sided((in_reference / reference - in_new / new) / error)
}
