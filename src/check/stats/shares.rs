//! Distances between two distributions that are given as shares of the same bins or categories.

use crate::check::stats::Counts;

/// The shares that bins or categories have in the reference and in the new data.
#[derive(Debug, Clone, PartialEq)]
pub struct Shares {
    pub reference: Vec<f64>,
    pub new: Vec<f64>,
}

impl Shares {
    /// Returns the shares of counts in as many numbers as there are on each side.
    pub fn new(counts: &[Counts], reference: usize, new: usize) -> Self {
        let share = |count: u64, all: usize| count as f64 / all as f64;
        Self {
            reference: counts.iter().map(|count| share(count.reference, reference)).collect(),
            new: counts.iter().map(|count| share(count.new, new)).collect(),
        }
    }

    /// Gives every share of 0 a little, since logarithms of it are infinite. The sums grow by that.
    pub fn filled(mut self) -> Self {
        fill(&mut self.reference);
        fill(&mut self.new);
        self
    }

    fn pairs(&self) -> impl Iterator<Item = (f64, f64)> {
        self.reference.iter().copied().zip(self.new.iter().copied())
    }

    /// Returns the pairs, scaled so that each side sums up to 1.
    fn normalized(&self) -> impl Iterator<Item = (f64, f64)> {
        let sums: (f64, f64) = (self.reference.iter().sum(), self.new.iter().sum());
        self.pairs().map(move |(reference, new)| (reference / sums.0, new / sums.1))
    }
}

fn fill(shares: &mut [f64]) {
    let least = shares.iter().copied().filter(|share| *share != 0.0).fold(f64::INFINITY, f64::min);
    let little = if least <= 1e-4 { least / 1e6 } else { 1e-4 };
    for share in shares.iter_mut().filter(|share| **share == 0.0) {
        *share = little;
    }
}

/// Returns the population stability index; no share may be 0.
pub fn stability(shares: &Shares) -> f64 {
    shares.pairs().map(|(reference, new)| (reference - new) * (reference / new).ln()).sum()
}

/// Returns the Kullback-Leibler divergence of the reference from the new data, in nats.
pub fn kullback_leibler(shares: &Shares) -> f64 {
    let occurs = shares.normalized().filter(|(reference, _)| *reference > 0.0);
    occurs.map(|(reference, new)| reference * (reference / new).ln()).sum::<f64>().max(0.0)
}

/// Returns the Jensen-Shannon distance, with logarithms to this base.
pub fn jensen_shannon(shares: &Shares, base: f64) -> f64 {
    let term = |share: f64, middle: f64| {
        if share > 0.0 { share * (share / middle).ln() } else { 0.0 }
    };
    let divergence: f64 = shares
        .normalized()
        .map(|(reference, new)| {
            let middle = f64::midpoint(reference, new);
            term(reference, middle) + term(new, middle)
        })
        .sum();
    (divergence.max(0.0) / base.ln() / 2.0).sqrt()
}

/// Returns the Hellinger distance.
pub fn hellinger(shares: &Shares) -> f64 {
    let alike: f64 = shares.pairs().map(|(reference, new)| (reference * new).sqrt()).sum();
    (1.0 - alike.clamp(0.0, 1.0)).sqrt()
}

/// Returns by how much a share differs at the most.
pub fn largest_gap(shares: &Shares) -> f64 {
    shares.pairs().map(|(reference, new)| (reference - new).abs()).fold(0.0, f64::max)
}
