use proptest::prelude::*;
use serde_json::Value;

use super::*;

/// A table of `tests/golden/metrics/`, column by column.
struct Case {
    name: &'static str,
    header: Vec<String>,
    rows: Vec<Vec<String>>,
}

impl Case {
    fn new(name: &'static str, text: &str) -> Self {
        let cells = |line: &str| line.split(',').map(str::to_owned).collect();
        let mut lines = text.lines();
        Self { name, header: cells(lines.next().unwrap()), rows: lines.map(cells).collect() }
    }

    fn column(&self, name: &str) -> Vec<&str> {
        let at = self.header.iter().position(|known| known == name).unwrap();
        self.rows.iter().map(|row| row[at].as_str()).collect()
    }

    fn parsed<T: std::str::FromStr<Err: std::fmt::Debug>>(&self, name: &str) -> Vec<T> {
        self.column(name).iter().map(|text| text.parse().unwrap()).collect()
    }

    /// Returns a column as numbers of its different texts, in their order, and how many there are.
    fn numbered(&self, name: &str, of: &[&str]) -> Vec<u32> {
        let known = different(of);
        self.column(name).iter().map(|text| known.binary_search(text).unwrap() as u32).collect()
    }

    fn predictions(&self) -> Predictions {
        if self.header.iter().any(|name| name == "y_score") {
            let score: Vec<f64> = self.parsed("y_score");
            return Predictions::Binary {
                truth: self.column("y_true").iter().map(|text| *text == "1").collect(),
                predicted: score.iter().map(|score| *score >= 0.5).collect(),
                score: Some(score),
            };
        }
        if self.name.starts_with("numbers") {
            let (truth, predicted) = (self.parsed("y_true"), self.parsed("y_pred"));
            return Predictions::Numbers { truth, predicted };
        }
        let all = [self.column("y_true"), self.column("y_pred")].concat();
        Predictions::Classes {
            count: different(&all).len(),
            truth: self.numbered("y_true", &all),
            predicted: self.numbered("y_pred", &all),
        }
    }
}

fn different<'a>(texts: &[&'a str]) -> Vec<&'a str> {
    let mut known = texts.to_vec();
    known.sort_unstable();
    known.dedup();
    known
}

macro_rules! case {
    ($name:literal) => {
        Case::new($name, include_str!(concat!("../../../tests/golden/metrics/", $name, ".csv")))
    };
}

fn cases() -> Vec<Case> {
    vec![
        case!("binary"),
        case!("binary_ties"),
        case!("binary_extreme"),
        case!("binary_group_without_positives"),
        case!("binary_nothing_said"),
        case!("classes"),
        case!("numbers"),
        case!("numbers_zero"),
        case!("numbers_constant"),
        case!("numbers_perfect"),
    ]
}

fn golden() -> Value {
    let text = include_str!("../../../tests/golden/metrics/golden.json");
    serde_json::from_str(text).unwrap()
}

fn assert_close(found: f64, expected: &Value, what: &str) {
    let expected = expected.as_f64().unwrap();
    let near = (found - expected).abs() <= 1e-9 * expected.abs().max(1.0);
    assert!(near, "{what}: {found}, and scikit-learn has {expected}");
}

#[test]
fn metrics_are_those_of_scikit_learn_weighted_or_not() {
    let golden = golden();
    for case in cases() {
        let predictions = case.predictions();
        let ones = vec![1; case.rows.len()];
        for (key, weights) in [("plain", ones), ("weighted", case.parsed("weight"))] {
            let expected = golden["cases"][case.name][key].as_object().unwrap();
            let own: Vec<_> = predictions.metrics().map(Metric::name).collect();
            let theirs: Vec<_> = expected.keys().map(String::as_str).collect();
            assert_eq!(own, theirs, "{}", case.name);
            for metric in predictions.metrics() {
                let found = Prepared::new(metric, &predictions).unwrap().value(&weights);
                let what = format!("{} of {}, {key}", metric.name(), case.name);
                assert_close(found, &expected[metric.name()], &what);
            }
        }
    }
}

#[test]
fn differences_between_groups_are_those_of_fairlearn() {
    let golden = golden();
    for case in cases() {
        let Predictions::Binary { truth, predicted, .. } = case.predictions() else { continue };
        let groups = case.numbered("group", &case.column("group"));
        let rates = group_rates(&truth, &predicted, &groups, 3);
        for fairness in Fairness::ALL {
            let expected = &golden["cases"][case.name]["fairness"][fairness.name()];
            assert_close(fairness.of(&rates), expected, case.name);
        }
    }
}

#[test]
fn what_is_not_defined_is_not_a_number() {
    let binary = |truth: &[bool], score: &[f64]| Predictions::Binary {
        truth: truth.to_vec(),
        predicted: score.iter().map(|score| *score >= 0.5).collect(),
        score: Some(score.to_vec()),
    };
    let one_class = binary(&[true, true], &[0.1, 0.9]);
    assert!(one_class.metric(Metric::Auc).unwrap().is_nan());
    let no_probability = binary(&[true, false], &[3.5, -1.0]);
    assert_eq!(no_probability.metric(Metric::Auc), Some(1.0));
    assert!(no_probability.metric(Metric::LogLoss).unwrap().is_nan());
    let nothing = binary(&[], &[]);
    assert!(nothing.metrics().all(|metric| nothing.metric(metric).unwrap().is_nan()));
    let one = Predictions::Numbers { truth: vec![1.0], predicted: vec![1.0] };
    assert!(one.metric(Metric::R2).unwrap().is_nan());
    assert_eq!(one.metric(Metric::Auc), None);
}

fn rows() -> impl Strategy<Value = Vec<(bool, f64)>> {
    let score = prop_oneof![0.0..1.0, Just(0.5), Just(0.0), Just(1.0)];
    proptest::collection::vec((any::<bool>(), score), 2..60)
}

fn binary_of(rows: &[(bool, f64)]) -> Predictions {
    Predictions::Binary {
        truth: rows.iter().map(|(truth, _)| *truth).collect(),
        predicted: rows.iter().map(|(_, score)| *score >= 0.5).collect(),
        score: Some(rows.iter().map(|(_, score)| *score).collect()),
    }
}

proptest! {
    #[test]
    fn shares_lie_between_0_and_1(rows in rows()) {
        let predictions = binary_of(&rows);
        for metric in Metric::ALL {
            let Some(value) = predictions.metric(metric).filter(|value| !value.is_nan()) else { continue };
            prop_assert!(value >= 0.0);
            prop_assert!(value <= 1.0 || metric == Metric::LogLoss, "{metric:?} {value}");
        }
    }

    #[test]
    fn the_opposite_score_has_the_opposite_area(rows in rows()) {
        let area = |rows: &[(bool, f64)]| binary_of(rows).metric(Metric::Auc).unwrap();
        let opposite: Vec<_> = rows.iter().map(|(truth, score)| (*truth, -score)).collect();
        let sum = area(&rows) + area(&opposite);
        prop_assert!(sum.is_nan() || (sum - 1.0).abs() < 1e-12);
    }

    #[test]
    fn the_area_is_that_of_all_pairs(rows in rows()) {
        let scores = |wanted: bool| -> Vec<f64> {
            rows.iter().filter(|(truth, _)| *truth == wanted).map(|(_, score)| *score).collect()
        };
        let (positives, negatives) = (scores(true), scores(false));
        let pairs = positives.iter().flat_map(|p| negatives.iter().map(move |n| (p, n)));
        let won: f64 = pairs
            .map(|(p, n)| if p > n { 1.0 } else if p < n { 0.0 } else { 0.5 })
            .sum();
        let expected = won / (positives.len() * negatives.len()) as f64;
        let found = binary_of(&rows).metric(Metric::Auc).unwrap();
        prop_assert!((found.is_nan() && expected.is_nan()) || (found - expected).abs() < 1e-12);
    }

    #[test]
    fn the_order_of_rows_does_not_matter(rows in rows(), seed in any::<u64>()) {
        let mut order: Vec<u32> = (0..rows.len() as u32).collect();
        order.sort_by_key(|row| u64::from(*row).wrapping_add(seed).wrapping_mul(0x9E37_79B9_7F4A_7C15));
        let (one, other) = (binary_of(&rows), binary_of(&rows).rows(&order));
        for metric in one.metrics() {
            let (a, b) = (one.metric(metric).unwrap(), other.metric(metric).unwrap());
            prop_assert!((a.is_nan() && b.is_nan()) || (a - b).abs() < 1e-12, "{metric:?}");
        }
    }

    #[test]
    fn a_row_that_weighs_twice_is_two_rows(rows in rows(), which in any::<prop::sample::Index>()) {
        let which = which.index(rows.len());
        let mut doubled = rows.clone();
        doubled.push(rows[which]);
        let mut weights = vec![1; rows.len()];
        weights[which] = 2;
        let (one, other) = (binary_of(&rows), binary_of(&doubled));
        for metric in one.metrics() {
            let a = Prepared::new(metric, &one).unwrap().value(&weights);
            let b = other.metric(metric).unwrap();
            prop_assert!((a.is_nan() && b.is_nan()) || (a - b).abs() < 1e-12, "{metric:?}");
        }
    }
}
