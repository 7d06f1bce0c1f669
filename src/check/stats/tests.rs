//! Laws that hold for all distances and tests.

#![expect(clippy::float_cmp, reason = "what is exact is compared exactly")]

use proptest::collection::vec;
use proptest::prelude::*;

use super::*;

/// Few values, so that ties are common, or any.
fn sample() -> impl Strategy<Value = Vec<f64>> {
    let few = (-4_i32..4).prop_map(f64::from);
    vec(prop_oneof![few, -1e6..1e6], 1..60)
}

fn counts() -> impl Strategy<Value = Vec<Counts>> {
    let both = (0_u64..50, 0_u64..50).prop_filter("it occurs", |(a, b)| a + b > 0);
    let count = both.prop_map(|(reference, new)| Counts { reference, new });
    vec(count, 1..20).prop_filter("neither side is empty", |counts| {
        counts.iter().any(|count| count.reference > 0) && counts.iter().any(|count| count.new > 0)
    })
}

fn swapped(counts: &[Counts]) -> Vec<Counts> {
    counts.iter().map(|count| Counts { reference: count.new, new: count.reference }).collect()
}

fn shares(counts: &[Counts]) -> Shares {
    let reference: u64 = counts.iter().map(|count| count.reference).sum();
    let new: u64 = counts.iter().map(|count| count.new).sum();
    Shares::new(counts, reference as usize, new as usize)
}

fn close(a: f64, b: f64) -> bool {
    (a - b).abs() <= 1e-9 * a.abs().max(b.abs()).max(1.0)
}

const SAMPLE_DISTANCES: [fn(&Sample, &Sample) -> f64; 3] =
    [wasserstein, energy, kolmogorov::statistic];

/// Returns the area between both distribution functions, step by step over their distinct values.
fn area(left: &Sample, right: &Sample, weight: fn(f64) -> f64) -> f64 {
    let (mut sum, mut before, mut gap) = (0.0, 0.0, 0.0);
    for step in Steps::new(left, right) {
        if gap != 0.0 {
            sum += weight(gap) * (step.value - before);
        }
        gap = step.left as f64 / left.len() as f64 - step.right as f64 / right.len() as f64;
        before = step.value;
    }
    sum
}

const SYMMETRIC: [fn(&Shares) -> f64; 4] =
    [stability, hellinger, largest_gap, |shares| jensen_shannon(shares, 2.0)];

const TESTS: [fn(&[Counts]) -> f64; 3] = [chi_square, contingency, proportions];

/// Returns the p-value by trying every order in which two samples of such sizes can come.
fn p_by_trying(left: usize, right: usize, statistic: f64) -> f64 {
    let (mut all, mut reached) = (0_u32, 0_u32);
    for order in 0_u32..1 << (left + right) {
        if order.count_ones() as usize != left {
            continue;
        }
        let (mut a, mut b, mut gap) = (0, 0, 0.0_f64);
        for at in 0..left + right {
            if order >> at & 1 == 1 {
                a += 1;
            } else {
                b += 1;
            }
            gap = gap.max((f64::from(a) / left as f64 - f64::from(b) / right as f64).abs());
        }
        all += 1;
        reached += u32::from(gap > statistic - 1e-9);
    }
    f64::from(reached) / f64::from(all)
}

#[test]
fn the_exact_p_value_is_that_of_trying_all_orders() {
    for (left, right) in [(5, 5), (4, 7), (6, 4), (1, 9), (8, 2), (6, 6)] {
        let a = Sample::new((0..left).map(|n| n as f64).collect());
        for shift in 0..8 {
            let b = Sample::new((0..right).map(|n| n as f64 * 0.7 + f64::from(shift)).collect());
            let tried = p_by_trying(left, right, kolmogorov::statistic(&a, &b));
            let p = kolmogorov::p_value(&a, &b);
            assert!(close(p, tried), "{left} {right} {shift}: {p} not {tried}");
        }
    }
}

#[test]
fn what_is_not_finite_leaves_a_sample() {
    let sample = Sample::new(vec![f64::NAN, 2.0, f64::INFINITY, -0.0, 0.0, f64::NEG_INFINITY]);
    assert_eq!(sample.numbers(), [0.0, 0.0, 2.0]);
    assert_eq!(sample.distinct().count(), 2);
    assert!(Sample::from_sorted(vec![2.0, 1.0]).is_none());
    assert!(Sample::from_sorted(vec![f64::NAN]).is_none());
}

#[test]
fn edges_are_those_of_numpy() {
    let numbers = |edges: &Edges, sample: Vec<f64>| edges.count(&Sample::new(sample));
    let sturges = Edges::sturges(0.0, 10.0, 8, false);
    assert_eq!((sturges.bins(), sturges.width()), (4, 2.5));
    assert_eq!(numbers(&sturges, vec![-1.0, 0.0, 2.5, 9.0, 10.0, 11.0]), [1, 1, 0, 2]);
    assert_eq!(Edges::sturges(0.0, 1.0, 2, true).bins(), 1);
    assert_eq!(Edges::sturges(3.0, 3.0, 9, false).width(), 1.0);
    let skewed = Sample::new((0..100).map(|n| f64::from(n).powi(4)).collect());
    assert_eq!(Edges::doane(&skewed).bins(), 11);
    assert_eq!(Edges::doane(&Sample::new(vec![1.0; 5])).bins(), 1);
    assert_eq!(Edges::doane(&Sample::default()).bins(), 1);
}

#[test]
fn numbers_at_the_ends_of_what_there_is_do_not_break_anything() {
    let far = Sample::new(vec![f64::MAX, f64::MIN, 1.0, f64::MIN_POSITIVE]);
    let edges = Edges::sturges(f64::MIN, f64::MAX, 4, false);
    assert_eq!(edges.count(&far).iter().sum::<u64>(), 4);
    assert!(Edges::doane(&far).count(&far).iter().sum::<u64>() <= 4);
    assert!(kolmogorov::p_value(&far, &far) == 1.0);
}

#[test]
fn a_test_knows_no_difference_between_one_category_and_itself() {
    let one = [Counts { reference: 5, new: 9 }];
    assert_eq!(TESTS.map(|test| test(&one)), [1.0; 3]);
    let unheard_of = [Counts { reference: 0, new: 3 }, Counts { reference: 9, new: 3 }];
    assert_eq!(chi_square(&unheard_of), 0.0);
}

proptest! {
    #[test]
    fn a_sample_is_at_no_distance_from_itself(numbers in sample()) {
        let sample = Sample::new(numbers);
        for distance in SAMPLE_DISTANCES {
            prop_assert_eq!(distance(&sample, &sample), 0.0);
        }
        prop_assert_eq!(kolmogorov::p_value(&sample, &sample), 1.0);
    }

    #[test]
    fn areas_are_those_over_distinct_values_to_the_last_digit(a in sample(), b in sample()) {
        let (a, b) = (Sample::new(a), Sample::new(b));
        prop_assert_eq!(wasserstein(&a, &b).to_bits(), area(&a, &b, f64::abs).to_bits());
        let squared = (2.0 * area(&a, &b, |gap| gap * gap)).sqrt();
        prop_assert_eq!(energy(&a, &b).to_bits(), squared.to_bits());
    }

    #[test]
    fn distances_of_samples_are_the_same_both_ways(a in sample(), b in sample()) {
        let (a, b) = (Sample::new(a), Sample::new(b));
        for distance in SAMPLE_DISTANCES {
            prop_assert!(close(distance(&a, &b), distance(&b, &a)) && distance(&a, &b) >= 0.0);
        }
        let p = kolmogorov::p_value(&a, &b);
        prop_assert!((0.0..=1.0).contains(&p) && close(p, kolmogorov::p_value(&b, &a)));
    }

    #[test]
    fn the_order_of_numbers_does_not_matter(numbers in sample(), other in sample()) {
        let mut turned = numbers.clone();
        turned.reverse();
        prop_assert_eq!(Sample::new(numbers.clone()), Sample::new(turned));
        let (a, b) = (Sample::new(numbers), Sample::new(other));
        let steps: Vec<Step> = Steps::new(&a, &b).collect();
        prop_assert!(steps.windows(2).all(|pair| pair[0].value < pair[1].value));
        let last = steps.last().unwrap();
        prop_assert_eq!((last.left, last.right), (a.len(), b.len()));
    }

    #[test]
    fn the_distance_moved_is_that_of_a_shift(numbers in sample(), shift in -100_i32..100) {
        let moved = numbers.iter().map(|number| number + f64::from(shift)).collect();
        let distance = wasserstein(&Sample::new(numbers), &Sample::new(moved));
        prop_assert!((distance - f64::from(shift).abs()).abs() < 1e-6);
    }

    #[test]
    fn equal_shares_are_at_no_distance(counts in counts()) {
        let same: Vec<Counts> = counts
            .iter()
            .map(|count| Counts { reference: count.reference, new: 3 * count.reference })
            .filter(|count| count.reference > 0)
            .collect();
        let shares = shares(&same);
        for distance in SYMMETRIC.iter().chain([&(kullback_leibler as fn(&Shares) -> f64)]) {
            prop_assert!(distance(&shares).abs() < 1e-7);
        }
        prop_assert!(TESTS.iter().all(|test| test(&same) > 0.999));
    }

    #[test]
    fn distances_of_shares_are_never_negative_and_mostly_symmetric(counts in counts()) {
        let (there, back) = (shares(&counts).filled(), shares(&swapped(&counts)).filled());
        for distance in SYMMETRIC {
            prop_assert!(distance(&there) >= 0.0 && close(distance(&there), distance(&back)));
        }
        prop_assert!(kullback_leibler(&there) >= 0.0);
        prop_assert!((0.0..=1.0).contains(&jensen_shannon(&there, 2.0)));
    }

    #[test]
    fn p_values_are_probabilities_whatever_the_order_of_categories(counts in counts()) {
        let mut turned = counts.clone();
        turned.reverse();
        for test in TESTS {
            let p = test(&counts);
            prop_assert!((0.0..=1.0).contains(&p), "{}", p);
            prop_assert!(close(p, test(&turned)));
        }
        prop_assert!(close(contingency(&counts), contingency(&swapped(&counts))));
    }

    #[test]
    fn every_number_between_the_edges_is_in_one_bin(numbers in sample(), integers: bool) {
        let sample = Sample::new(numbers);
        let (low, high) = (sample.numbers()[0], sample.numbers()[sample.len() - 1]);
        let edges = Edges::sturges(low, high, sample.len(), integers);
        prop_assert_eq!(edges.count(&sample).iter().sum::<u64>(), sample.len() as u64);
        let doane = Edges::doane(&sample);
        prop_assert_eq!(doane.count(&sample).iter().sum::<u64>(), sample.len() as u64);
    }
}
