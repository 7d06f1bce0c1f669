//! Whether a difference between two models is more than chance: a paired bootstrap over the rows, and
//! McNemar's exact test over those that only one of both has right.

use rayon::iter::{IntoParallelIterator, ParallelIterator};
use statrs::distribution::{Binomial, DiscreteCDF};

use crate::check::metrics::{Metric, Predictions, Prepared};

/// How often rows are drawn.
const RESAMPLES: u64 = 1_000;

/// Of more rows, so many are drawn by lot once, and the interval is narrowed to what all would give.
/// Tests draw fewer.
const MOST_ROWS: usize = if cfg!(test) { 1_000 } else { 100_000 };

/// Where every drawing of lots begins: the same rows give the same interval.
const SEED: u64 = 0x6D6C_7620_6761_7465;

/// An interval of the difference candidate − champion.
#[derive(Debug, Clone, Copy, PartialEq, serde::Serialize)]
pub struct Interval {
    pub low: f64,
    pub high: f64,
}

/// Returns the percentile interval of the difference of a metric; rows are drawn with replacement, the
/// same for both. Nothing where the metric is not defined.
pub fn paired_interval(
    metric: Metric,
    candidate: &Predictions,
    champion: &Predictions,
    level: f64,
) -> Option<Interval> {
    let difference = candidate.metric(metric)? - champion.metric(metric)?;
    let rows = candidate.len();
    let drawn = rows.min(MOST_ROWS);
    let lots = (drawn < rows).then(|| lots(rows, drawn));
    let part = |of: &Predictions| match &lots {
        Some(lots) => Prepared::new(metric, &of.rows(lots)),
        None => Prepared::new(metric, of),
    };
    let (candidate, champion) = (part(candidate)?, part(champion)?);
    let gap = |weights: &[u32]| candidate.value(weights) - champion.value(weights);
    let middle = gap(&vec![1; drawn]);
    // The error of a mean over n rows shrinks with the root of n.
    let scale = (drawn as f64 / rows as f64).sqrt();
    let resampled = (0..RESAMPLES).into_par_iter().map(|number| gap(&resample(drawn, number)));
    let mut gaps: Vec<f64> = resampled.collect();
    gaps.retain(|gap| gap.is_finite());
    if gaps.is_empty() || !difference.is_finite() {
        return None;
    }
    gaps.sort_by(f64::total_cmp);
    let at = |share: f64| difference + scale * (quantile(&gaps, share) - middle);
    let tail = (1.0 - level) / 2.0;
    Some(Interval { low: at(tail), high: at(1.0 - tail) })
}

/// Returns how often each row is drawn in a drawing with replacement.
fn resample(rows: usize, number: u64) -> Vec<u32> {
    let mut random = Random::new(SEED ^ number);
    let mut weights = vec![0; rows];
    for _ in 0..rows {
        weights[random.below(rows as u64) as usize] += 1;
    }
    weights
}

/// Draws so many of the rows, each at most once, in their order.
fn lots(rows: usize, wanted: usize) -> Vec<u32> {
    let mut random = Random::new(SEED);
    let mut left = wanted as u64;
    let taken = (0..rows).filter(|row| {
        let is_taken = random.below((rows - row) as u64) < left;
        left -= u64::from(is_taken);
        is_taken
    });
    taken.map(|row| row as u32).collect()
}

/// Returns a quantile of sorted values, between two of them where it falls there.
fn quantile(sorted: &[f64], share: f64) -> f64 {
    let at = share * (sorted.len() - 1) as f64;
    let below = sorted[at.floor() as usize];
    below + (sorted[at.ceil() as usize] - below) * at.fract()
}

/// Numbers that look random: SplitMix64.
#[derive(Debug)]
struct Random(u64);

impl Random {
    fn new(seed: u64) -> Self {
        let mut random = Self(seed);
        // Neighbouring seeds begin far from each other.
        Self(random.next())
    }

    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mixed = (self.0 ^ (self.0 >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        let mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        mixed ^ (mixed >> 31)
    }

    /// Returns a number below a bound that is far below 2^64, so that no number is noticeably likelier.
    fn below(&mut self, bound: u64) -> u64 {
        ((u128::from(self.next()) * u128::from(bound)) >> 64) as u64
    }
}

/// The rows that only one of two models has right.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct McNemar {
    pub only_candidate: u64,
    pub only_champion: u64,
    /// How likely so uneven a split is where both are equally good, two-sided.
    pub p: f64,
}

impl McNemar {
    /// Compares who is right of which row.
    pub fn new(candidate: &[bool], champion: &[bool]) -> Self {
        let only = |one: &[bool], other: &[bool]| {
            one.iter().zip(other).filter(|(one, other)| **one && !**other).count() as u64
        };
        let (better, worse) = (only(candidate, champion), only(champion, candidate));
        Self { only_candidate: better, only_champion: worse, p: exact(better, worse) }
    }
}

fn exact(better: u64, worse: u64) -> f64 {
    let Ok(coin) = Binomial::new(0.5, better + worse) else { return 1.0 };
    (2.0 * coin.cdf(better.min(worse))).min(1.0)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn golden() -> serde_json::Value {
        let text = include_str!("../../../tests/golden/metrics/golden.json");
        serde_json::from_str(text).unwrap()
    }

    #[test]
    fn mcnemar_is_the_exact_binomial_test_of_scipy() {
        for case in golden()["cases"]["mcnemar"].as_array().unwrap() {
            let number = |name: &str| case[name].as_u64().unwrap();
            let (found, p) =
                (exact(number("better"), number("worse")), case["p"].as_f64().unwrap());
            assert!((found - p).abs() < 1e-9, "{case}: {found}");
        }
        let mcnemar = McNemar::new(&[true, true, false], &[true, false, false]);
        assert_eq!((mcnemar.only_candidate, mcnemar.only_champion), (1, 0));
        assert!((mcnemar.p - 1.0).abs() < 1e-12);
    }

    /// Returns scores of which a share is right, and others that are right where these are not.
    fn numbers(rows: usize, error: f64) -> Predictions {
        let mut random = Random::new(7);
        let mut uniform = || random.next() as f64 / u64::MAX as f64;
        let truth: Vec<f64> = (0..rows).map(|_| uniform()).collect();
        let predicted = truth.iter().map(|truth| truth + error * (uniform() - 0.5)).collect();
        Predictions::Numbers { truth, predicted }
    }

    #[test]
    fn the_interval_of_a_mean_is_as_wide_as_theory_has_it() {
        for rows in [900, 9_000] {
            let (candidate, champion) = (numbers(rows, 1.0), numbers(rows, 0.5));
            let interval = paired_interval(Metric::Mae, &candidate, &champion, 0.95).unwrap();
            // |e| of the candidate is uniform on 0..½, the champion's is half of the same.
            let deviation = 0.25 / 12_f64.sqrt();
            let expected = 2.0 * 1.96 * deviation / (rows as f64).sqrt();
            let width = interval.high - interval.low;
            assert!((width / expected - 1.0).abs() < 0.15, "{rows}: {width}, not {expected}");
            assert!(interval.low < 0.125 && interval.high > 0.125, "{interval:?}");
        }
    }

    #[test]
    fn the_same_rows_give_the_same_interval() {
        let (a, b) = (numbers(500, 1.0), numbers(500, 0.5));
        let once = paired_interval(Metric::Rmse, &a, &b, 0.9);
        assert_eq!(once, paired_interval(Metric::Rmse, &a, &b, 0.9));
        let same = paired_interval(Metric::Rmse, &a, &a, 0.9).unwrap();
        assert_eq!((same.low, same.high), (0.0, 0.0));
        assert_eq!(paired_interval(Metric::Auc, &a, &b, 0.9), None);
    }

    proptest! {
        #[test]
        fn lots_are_as_many_as_wanted_and_each_once(rows in 1_usize..500, share in 0.0..1.0) {
            let wanted = (rows as f64 * share) as usize;
            let drawn = lots(rows, wanted);
            prop_assert_eq!(drawn.len(), wanted);
            prop_assert!(drawn.windows(2).all(|pair| pair[0] < pair[1]));
        }

        #[test]
        fn a_resample_has_as_many_rows(rows in 1_usize..500, number in any::<u64>()) {
            prop_assert_eq!(resample(rows, number).iter().sum::<u32>() as usize, rows);
        }
    }
}
