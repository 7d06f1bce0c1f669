//! Edges of bins after Sturges and after Doane, as numpy lays them.

use crate::check::stats::{Counts, Sample};

/// The edges of bins, ascending. A bin holds its lower edge; the last one its upper edge too.
#[derive(Debug, Clone, PartialEq)]
pub struct Edges(Vec<f64>);

impl Edges {
    /// Returns the edges after Sturges for `count` numbers from `low` to `high`. Bins of integers are
    /// at least 1 wide.
    pub fn sturges(low: f64, high: f64, count: usize, integers: bool) -> Self {
        let width = (high - low) / ((count as f64).log2() + 1.0);
        Self::of_width(low, high, if integers { width.max(1.0) } else { width })
    }

    /// Returns the edges after Doane, who makes more bins where numbers are skewed.
    pub fn doane(sample: &Sample) -> Self {
        let numbers = sample.numbers();
        let (Some(low), Some(high)) = (numbers.first(), numbers.last()) else {
            return Self::of_width(0.0, 0.0, 0.0);
        };
        let (n, mean, deviation) = (numbers.len() as f64, sample.mean(), sample.deviation());
        if numbers.len() < 3 || deviation == 0.0 {
            return Self::of_width(*low, *high, 0.0);
        }
        let error = (6.0 * (n - 2.0) / ((n + 1.0) * (n + 3.0))).sqrt();
        let cubes: f64 = numbers.iter().map(|number| ((number - mean) / deviation).powi(3)).sum();
        let skew = (cubes / n).abs();
        let width = (high - low) / (1.0 + n.log2() + (1.0 + skew / error).log2());
        Self::of_width(*low, *high, width)
    }

    fn of_width(low: f64, high: f64, width: f64) -> Self {
        let range = high - low;
        let bins = if range > 0.0 && width > 0.0 { (range / width).ceil().max(1.0) } else { 1.0 };
        // Where all numbers are one, its bin is 1 wide.
        let (low, high) = if range == 0.0 { (low - 0.5, high + 0.5) } else { (low, high) };
        let step = if range.is_finite() { (high - low) / bins } else { high / bins - low / bins };
        let lower = (0..bins as usize).map(|bin| low + bin as f64 * step);
        Self(lower.chain([high]).collect())
    }

    pub fn bins(&self) -> usize {
        self.0.len() - 1
    }

    /// Returns how wide a bin is.
    pub fn width(&self) -> f64 {
        (self.0[self.bins()] - self.0[0]) / self.bins() as f64
    }

    /// Returns how many numbers each bin holds; those outside of all are in none.
    pub fn count(&self, sample: &Sample) -> Vec<u64> {
        let numbers = sample.numbers();
        let last = self.bins();
        let below = |(at, edge): (usize, &f64)| {
            let is_below = |number: &f64| if at == last { number <= edge } else { number < edge };
            numbers.partition_point(is_below) as u64
        };
        let below: Vec<u64> = self.0.iter().enumerate().map(below).collect();
        below.windows(2).map(|pair| pair[1].saturating_sub(pair[0])).collect()
    }

    /// Returns how many numbers of both samples each bin holds.
    pub fn counts(&self, reference: &Sample, new: &Sample) -> Vec<Counts> {
        let pairs = self.count(reference).into_iter().zip(self.count(new));
        pairs.map(|(reference, new)| Counts { reference, new }).collect()
    }
}
