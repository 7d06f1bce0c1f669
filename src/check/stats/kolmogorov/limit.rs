//! The p-value of large samples: that of one sample of the size that two such samples count for. After
//! Pelz and Good (1976) in the middle, after Smirnov (1944) in the tail, where both sides of it hardly
//! ever happen at once.

use std::f64::consts::PI;

use statrs::function::gamma::ln_gamma;

/// Where `n d²` is above this, the two-sided tail is twice the one-sided one but for less than 1e-7 of it.
const TAIL: f64 = 2.2;

/// Returns how probable a gap of at least `statistic` is.
pub(super) fn p_value(left: usize, right: usize, statistic: f64) -> f64 {
    let (left, right) = (left as f64, right as f64);
    let n = (left * right / (left + right)).round().max(1.0);
    match n * statistic * statistic {
        _ if statistic >= 1.0 => 0.0,
        _ if statistic <= 0.0 => 1.0,
        square if square >= 370.0 => 0.0,
        square if square >= TAIL => 2.0 * one_sided(n, statistic),
        square => 1.0 - below(n, square.sqrt()),
    }
}

/// Returns the exact tail of the largest gap to one side, for a sample of `n`.
fn one_sided(n: f64, gap: f64) -> f64 {
    let last = (n * (1.0 - gap)).floor() as u64;
    let all = ln_gamma(n + 1.0);
    let term = |j: u64| {
        let j = j as f64;
        let above = 1.0 - gap - j / n;
        let choices = all - ln_gamma(j + 1.0) - ln_gamma(n - j + 1.0);
        let rest = if above > 0.0 { (n - j) * above.ln() } else { return 0.0 };
        (choices + (j - 1.0) * (gap + j / n).ln() + rest).exp()
    };
    gap * (0..=last).map(term).sum::<f64>()
}

/// Returns how probable it is that √n times the gap stays below `z`: the limit of Kolmogorov and the
/// first three terms by which a sample of `n` differs from it.
fn below(n: f64, z: f64) -> f64 {
    let (z2, z4) = (z * z, z.powi(4));
    let z6 = z2 * z4;
    let mut sums = [0.0; 4];
    for k in 0..=20 {
        // The terms of k and of -k-1 are the same.
        let q = (f64::from(k) + 0.5) * PI;
        let (q2, q4, q6) = (q * q, q.powi(4), q.powi(6));
        let weight = 2.0 * (-q2 / (2.0 * z2)).exp();
        sums[0] += weight;
        sums[1] += weight * (q2 - z2);
        sums[2] +=
            weight * (6.0 * z6 + 2.0 * z4 + q2 * (2.0 * z4 - 5.0 * z2) + q4 * (1.0 - 2.0 * z2));
        sums[3] += weight
            * (q6 * (5.0 - 30.0 * z2)
                + q4 * (-60.0 * z2 + 212.0 * z4)
                + q2 * (135.0 * z4 - 96.0 * z6)
                - (30.0 * z6 + 90.0 * z2 * z6));
    }
    let mut whole = [0.0; 2];
    for k in 1..=20 {
        let q2 = (f64::from(k) * PI).powi(2);
        let weight = 2.0 * (-q2 / (2.0 * z2)).exp();
        whole[0] += weight * q2;
        whole[1] += weight * (3.0 * q2 * z2 - q2 * q2);
    }
    let root = (PI / 2.0).sqrt();
    let terms = [
        root * sums[0] / z,
        root * sums[1] / (6.0 * z4),
        root * (sums[2] / (72.0 * z6 * z) - whole[0] / (36.0 * z * z2)),
        root * (sums[3] / (6480.0 * z4 * z6) + whole[1] / (216.0 * z6)),
    ];
    terms[0] + (terms[1] + (terms[2] + terms[3] / n.sqrt()) / n.sqrt()) / n.sqrt()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn p_values_of_large_samples_are_those_of_the_exact_distribution() {
        let expected = [
            (20_000, 15_000, 0.004, 0.999_090_691_613_513_6),
            (20_000, 15_000, 0.008, 0.639_923_253_295_440_6),
            (20_000, 15_000, 0.0146, 0.051_268_919_722_793_57),
            (20_000, 15_000, 0.02, 0.002_075_777_528_008_902),
            (20_000, 15_000, 0.05, 4.623_614_963_013_288e-19),
            (1_000_000, 1_000_000, 0.001, 0.698_980_144_366_366_1),
            (1_000_000, 1_000_000, 0.00195, 0.044_571_287_200_538_38),
            (1_000_000, 1_000_000, 0.004, 2.244_597_849_387_146_7e-7),
            (12_000, 200, 0.05, 0.689_076_042_143_464_5),
            (12_000, 200, 0.097, 0.045_848_593_890_155_83),
            (12_000, 200, 0.2, 2.206_340_771_294_086e-7),
        ];
        for (left, right, gap, expected) in expected {
            let p = p_value(left, right, gap);
            // Of 200 numbers the expansion knows the p-value to seven digits.
            let tolerance = if right == 200 { 1e-6 } else { 1e-8 };
            let apart = (p / expected - 1.0).abs();
            assert!(apart < tolerance, "{left} {right} {gap}: {p} not {expected}, {apart:e}");
        }
        assert_eq!((p_value(20_000, 5, 0.0), p_value(20_000, 5, 1.0)), (1.0, 0.0));
    }
}
