//! The score of a pair by a method, and which methods there are for it.

use crate::check::drift::method::Method;
use crate::check::drift::pair::Pair;
use crate::check::drift::settings::Mode;
use crate::check::stats::{
    chi_square, contingency, energy, hellinger, jensen_shannon, kolmogorov, kullback_leibler,
    largest_gap, proportions, stability, wasserstein,
};

/// A reference of at most so many values is tested; that of a larger one nearly every difference is
/// significant, so its distance is measured.
const MOST_TESTED: usize = 1000;

/// Numbers with at most this many distinct values are compared as categories.
const FEW_VALUES: usize = 5;

/// A test of counts on more distinct numbers says nothing.
const MOST_COUNTED: usize = 20;

/// The least that distances are measured in.
const LEAST_DEVIATION: f64 = 0.001;

impl Method {
    /// Returns the method for a pair where none is named.
    pub fn default_for(pair: &Pair<'_>, mode: Mode) -> Self {
        let (reference, _) = pair.sizes();
        let is_spread = matches!(pair, Pair::Numeric { .. }) && pair.has_more_than(FEW_VALUES);
        let counts_are_samples = mode == Mode::Strict;
        match reference <= MOST_TESTED {
            true if is_spread => Self::Ks,
            true if counts_are_samples => Self::Contingency,
            true if pair.has_more_than(2) => Self::ChiSquare,
            true => Self::Z,
            false if is_spread => Self::Wasserstein,
            false => Self::JensenShannon,
        }
    }

    /// Tells whether it can compare a pair.
    pub fn fits(self, pair: &Pair<'_>) -> bool {
        match (self, pair) {
            (Self::Ks | Self::Wasserstein | Self::Ed, Pair::Categorical(_))
            | (Self::LInfinity, Pair::Numeric { .. }) => false,
            (Self::ChiSquare | Self::Contingency, Pair::Numeric { .. }) => {
                !pair.has_more_than(MOST_COUNTED)
            }
            (Self::Z, _) => !pair.has_more_than(2),
            _ => true,
        }
    }

    /// Returns the score of a pair that it fits, neither side of which is empty.
    pub fn score(self, pair: &Pair<'_>) -> f64 {
        let score = match (self, pair) {
            (Self::Psi, _) => stability(&pair.shares().filled()),
            (Self::KlDiv, _) => kullback_leibler(&pair.shares().filled()),
            (Self::JensenShannon, _) => jensen_shannon(&pair.shares(), std::f64::consts::E),
            (Self::NannymlJs, _) => jensen_shannon(&pair.shares_of_reference(), 2.0),
            (Self::Hellinger, _) => hellinger(&pair.shares_of_distinct()),
            (Self::LInfinity, _) => largest_gap(&pair.shares()),
            (Self::ChiSquare, _) => chi_square(&pair.counts()),
            (Self::Contingency, _) => contingency(&pair.counts()),
            (Self::Z, _) => proportions(&pair.counts()),
            (Self::Ks, Pair::Numeric { reference, new, .. }) => kolmogorov::p_value(reference, new),
            (Self::Wasserstein, Pair::Numeric { reference, new, .. }) => {
                wasserstein(reference, new) / reference.deviation().max(LEAST_DEVIATION)
            }
            (Self::Ed, Pair::Numeric { reference, new, .. }) => energy(reference, new),
            (Self::Ks | Self::Wasserstein | Self::Ed, Pair::Categorical(_)) => f64::NAN,
        };
        // Only numbers at the ends of what a float can hold give none; such a distance is no small one.
        if score.is_nan() { if self.is_test() { 0.0 } else { f64::INFINITY } } else { score }
    }
}
