//! Tails of distributions: how probable it is to land as far out, or farther.

use statrs::function::{erf, gamma};

/// Returns how probable a standard normal number is that is at least as far from 0.
pub fn normal_two_sided(z: f64) -> f64 {
    erf::erfc(z.abs() / std::f64::consts::SQRT_2)
}

/// Returns how probable a chi-square number of at least `statistic` is.
pub fn chi_square(statistic: f64, degrees: usize) -> f64 {
    if degrees == 0 || statistic <= 0.0 {
        return 1.0;
    }
    if !statistic.is_finite() {
        return 0.0;
    }
    let tail = gamma::checked_gamma_ur(degrees as f64 / 2.0, statistic / 2.0);
    tail.map_or(0.0, |tail| tail.clamp(0.0, 1.0))
}
