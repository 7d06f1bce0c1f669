//! Sorts numbers as the integers that are ordered alike: those are compared in one step, where
//! `total_cmp` takes several.

const SIGN: u64 = 1 << 63;

/// Returns numbers in the order of `total_cmp`.
pub(super) fn sorted(numbers: Vec<f64>) -> Vec<f64> {
    let mut keys: Vec<u64> = numbers.into_iter().map(key).collect();
    keys.sort_unstable();
    keys.into_iter().map(number).collect()
}

/// Returns an integer that is ordered as the number is.
fn key(number: f64) -> u64 {
    let bits = number.to_bits();
    if bits & SIGN == 0 { bits | SIGN } else { !bits }
}

fn number(key: u64) -> f64 {
    f64::from_bits(if key & SIGN == 0 { !key } else { key ^ SIGN })
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn numbers_are_sorted_as_total_cmp_does(
            numbers in proptest::collection::vec(
                prop_oneof![any::<f64>(), -3.0..3.0_f64, Just(0.0), Just(-0.0)],
                0..200,
            ),
        ) {
            let mut expected = numbers.clone();
            expected.sort_unstable_by(f64::total_cmp);
            let bits = |numbers: Vec<f64>| numbers.into_iter().map(f64::to_bits).collect::<Vec<_>>();
            prop_assert_eq!(bits(sorted(numbers)), bits(expected));
        }
    }
}
