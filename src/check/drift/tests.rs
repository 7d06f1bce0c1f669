//! Scores beside those of Evidently, scipy and NannyML, and laws of comparisons.

use std::path::{Path, PathBuf};

use proptest::prelude::*;
use serde_json::Value as Json;

use super::*;
use crate::check::stats::{Edges, Sample, kolmogorov, wasserstein};
use crate::format::table::Column;

fn folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/golden/drift")
}

fn cases() -> Vec<Json> {
    let text = std::fs::read_to_string(folder().join("golden.json")).unwrap();
    // JSON has no NaN; Python writes one all the same.
    serde_json::from_str(&text.replace("NaN", "null")).unwrap()
}

/// Returns the profiles of both sides.
fn sides(case: &Json) -> (Profile, Profile) {
    let file = folder().join(format!("{}.csv", case["case"].as_str().unwrap()));
    let text = std::fs::read_to_string(file).unwrap();
    let side = |set: &str| {
        let rows = text.lines().skip(1).filter_map(|line| line.split_once(','));
        let cells = rows.filter(|(of, _)| *of == set).map(|(_, x)| (!x.is_empty()).then_some(x));
        profile(&cells.collect::<Vec<_>>())
    };
    (side("ref"), side("cur"))
}

fn profile(cells: &[Option<&str>]) -> Profile {
    let mut collector = Collector::default();
    collector.take(&Column::Text(cells.to_vec().into()));
    collector.finish().unwrap()
}

/// Returns both sides as the golden file takes them: whole numbers as numbers too.
fn pair<'a>(reference: &'a Profile, new: &'a Profile) -> Pair<'a> {
    match (&reference.values, &new.values) {
        (
            Values::Numbers { sample: reference, integers: were },
            Values::Numbers { sample: new, integers: are },
        ) => Pair::Numeric { reference, new, integers: *were && *are },
        (Values::Texts(reference), Values::Texts(new)) => Pair::Categorical(reference.counts(new)),
        other => panic!("{other:?}"),
    }
}

#[track_caller]
fn assert_near(case: &Json, what: &str, found: f64, expected: f64) {
    let apart = (found - expected).abs();
    let tolerance = 1e-9 * expected.abs().max(1e-6);
    assert!(apart <= tolerance, "{}: {what} is {found}, not {expected}", case["case"]);
}

#[test]
fn every_score_is_that_of_evidently() {
    let mut compared = 0;
    for case in cases() {
        let (reference, new) = sides(&case);
        let pair = pair(&reference, &new);
        for (name, golden) in case["all"].as_object().unwrap() {
            let Some(expected) = golden["score"].as_f64() else { continue };
            let method = Method::parse(name).unwrap();
            assert!(method.fits(&pair), "{}: {name}", case["case"]);
            let score = method.score(&pair);
            assert_near(&case, name, score, expected);
            let drifts = method.drifts(score, method.default_threshold());
            assert_eq!(drifts, golden["drift"].as_bool().unwrap(), "{}: {name}", case["case"]);
            compared += 1;
        }
    }
    assert_eq!(compared, 53);
}

#[test]
fn what_is_chosen_where_nothing_is_named_is_what_evidently_chooses() {
    for case in cases() {
        let (reference, new) = sides(&case);
        let pair = pair(&reference, &new);
        let method = Method::default_for(&pair, Mode::Evidently);
        assert_eq!(method.name(), case["default"]["method"], "{}", case["case"]);
        let expected = case["default"]["score"].as_f64().unwrap();
        assert_near(&case, "the default", method.score(&pair), expected);
        // Whole numbers of few values are categories; that changes no default score.
        let report = compare("x", &reference, &new, &Settings::default());
        assert_near(&case, "the score", report.score.unwrap(), expected);
        assert_eq!(report.drift, case["default"]["drift"].as_bool().unwrap(), "{}", case["case"]);
    }
}

#[test]
fn statistics_are_those_of_scipy_and_distances_those_of_nannyml() {
    for case in cases() {
        let (reference, new) = sides(&case);
        let pair = pair(&reference, &new);
        if let Some(expected) = case["nannyml_js_base2"].as_f64() {
            assert_near(&case, "nannyml_js", Method::NannymlJs.score(&pair), expected);
        }
        if let Some(expected) = case["l_infinity"].as_f64() {
            assert_near(&case, "l_infinity", Method::LInfinity.score(&pair), expected);
        }
        if let Some(expected) = case["chi2_contingency"]["p"].as_f64() {
            assert_near(&case, "contingency", Method::Contingency.score(&pair), expected);
        }
        let Pair::Numeric { reference, new, integers } = pair else { continue };
        let expected = |value: &Json| value.as_f64().unwrap();
        assert_near(
            &case,
            "d",
            kolmogorov::statistic(reference, new),
            expected(&case["scipy_ks"]["d"]),
        );
        assert_near(
            &case,
            "p",
            kolmogorov::p_value(reference, new),
            expected(&case["scipy_ks"]["p"]),
        );
        let moved = wasserstein(reference, new);
        assert_near(&case, "wasserstein", moved, expected(&case["scipy_wasserstein_raw"]));
        assert_near(&case, "deviation", reference.deviation(), expected(&case["std_ref_ddof0"]));
        let all = [reference.numbers(), new.numbers()].concat();
        let all = Sample::new(all);
        let (low, high) = (all.numbers()[0], all.numbers()[all.len() - 1]);
        let edges = Edges::sturges(low, high, all.len(), integers);
        assert_eq!(edges.bins(), case["sturges_bins"], "{}", case["case"]);
    }
}

/// Compares lists of cells with the fewest rows that can be compared.
fn compared(reference: &[&str], new: &[&str]) -> ColumnReport {
    let cells = |texts: &[&str]| profile(&texts.iter().copied().map(Some).collect::<Vec<_>>());
    let settings = Settings { min_rows: 2, ..Settings::default() };
    compare("x", &cells(reference), &cells(new), &settings)
}

#[test]
fn what_a_column_is_decides_both_sides_together() {
    let kind = |reference: &[&str], new: &[&str]| {
        let report = compared(reference, new);
        (report.kind, report.status)
    };
    let many: Vec<String> = (0..11).map(|n| n.to_string()).collect();
    let many: Vec<&str> = many.iter().map(String::as_str).collect();
    assert_eq!(kind(&many[..5], &many[..5]), (Kind::Categorical, Status::Stable));
    assert_eq!(kind(&many[..6], &many[6..]), (Kind::Numeric, Status::Drifted));
    assert_eq!(kind(&["1.5", "2"], &["2", "1.5"]), (Kind::Numeric, Status::Stable));
    assert_eq!(kind(&["a", "b"], &["a", "b"]), (Kind::Categorical, Status::Stable));
    assert_eq!(kind(&["a", "b"], &["c", "d"]), (Kind::Text, Status::Skipped));
    assert_eq!(kind(&["1", "2"], &["c", "d"]), (Kind::Mixed, Status::Drifted));
    assert_eq!(kind(&["1", "2"], &[]), (Kind::Empty, Status::NotRun));
    assert_eq!(kind(&["1", "2"], &["inf", "nan"]), (Kind::Empty, Status::NotRun));
    assert_eq!(kind(&["1", "2"], &["1"]), (Kind::Categorical, Status::NotRun));
}

fn reports(drifts: &[bool], settings: &Settings) -> Vec<ColumnReport> {
    let cells = |shift: usize| {
        let cells: Vec<String> = (0..300).map(|n| format!("{}.5", n % 50 + shift)).collect();
        profile(&cells.iter().map(|cell| Some(cell.as_str())).collect::<Vec<_>>())
    };
    let column = |(at, drifts): (usize, &bool)| {
        let shift = if *drifts { 9 } else { 0 };
        compare(&format!("c{at}"), &cells(0), &cells(shift), settings)
    };
    drifts.iter().enumerate().map(column).collect()
}

fn judged(drifts: &[bool], only_in_reference: &[&str], settings: &Settings) -> Report {
    let lacks = only_in_reference.iter().map(|name| (*name).to_owned()).collect();
    let columns = reports(drifts, settings);
    Report::new(columns, Sides::default(), lacks, Vec::new(), settings)
}

#[test]
fn half_of_the_columns_or_a_critical_one_make_the_whole_drift() {
    let plain = Settings::default();
    assert!(!judged(&[true, false, false], &[], &plain).drift);
    let half = judged(&[true, false], &[], &plain);
    assert_eq!((half.drift, half.share, half.compared, half.drifted), (true, 0.5, 2, 1));
    assert!(!judged(&[], &[], &plain).drift);
    let critical = Settings { critical: vec!["c0".to_owned()], ..Settings::default() };
    assert!(judged(&[true, false, false], &[], &critical).drift);
    assert!(!judged(&[false, true, false], &[], &critical).drift);
    assert!(judged(&[false], &["c0"], &critical).drift);
    assert!(!judged(&[false], &["c9"], &critical).drift);
}

#[test]
fn strict_mode_shares_the_threshold_between_the_columns_that_are_tested() {
    let strict = Settings { mode: Mode::Strict, ..Settings::default() };
    let report = judged(&[true, false, false, false], &[], &strict);
    let thresholds: Vec<f64> = report.columns.iter().filter_map(|c| c.threshold).collect();
    assert_eq!(thresholds, [0.0125; 4]);
    let cells = profile(&[Some("a"), Some("b"), Some("b"), Some("a")]);
    let settings = Settings { min_rows: 1, ..strict };
    assert_eq!(compare("x", &cells, &cells, &settings).method, Some(Method::Contingency));
}

#[test]
fn a_method_that_does_not_fit_leaves_the_choice() {
    let settings = Settings { method: Some(Method::Ks), min_rows: 1, ..Settings::default() };
    let texts = profile(&[Some("a"), Some("b"), Some("b"), Some("a")]);
    assert_eq!(compare("x", &texts, &texts, &settings).method, Some(Method::Z));
    let numbers = profile(&[Some("1.5"), Some("2")]);
    assert_eq!(compare("x", &numbers, &numbers, &settings).method, Some(Method::Ks));
}

#[test]
fn all_methods_are_reported_where_that_is_asked_for() {
    let settings = Settings { all: true, ..Settings::default() };
    for case in cases() {
        let (reference, new) = sides(&case);
        let report = compare("x", &reference, &new, &settings);
        assert!(report.distances.len() >= 7, "{}: {:?}", case["case"], report.distances);
        assert!(report.distances.values().all(|score| score.is_finite()), "{}", case["case"]);
    }
}

fn cells() -> impl Strategy<Value = Vec<String>> {
    let number = (-1000..1000_i32).prop_map(|n| format!("{:.1}", f64::from(n) / 7.0));
    let whole = (0..30_u32).prop_map(|n| n.to_string());
    let word = "[a-e]";
    prop_oneof![
        proptest::collection::vec(number, 6..80),
        proptest::collection::vec(whole, 6..80),
        proptest::collection::vec(word, 12..80),
    ]
}

proptest! {
    #[test]
    fn data_has_not_drifted_from_itself_in_any_order(cells in cells(), cut in 0..80_usize) {
        let whole: Vec<Option<&str>> = cells.iter().map(|cell| Some(cell.as_str())).collect();
        let mut turned = whole.clone();
        turned.reverse();
        // The same rows in other batches and another order.
        let mut collector = Collector::default();
        let (head, tail) = turned.split_at(cut.min(turned.len()));
        for batch in [head, tail] {
            collector.take(&Column::Text(batch.to_vec().into()));
        }
        let (before, after) = (profile(&whole), collector.finish().unwrap());
        prop_assert_eq!(&before, &after);
        let settings = Settings { min_rows: 1, all: true, ..Settings::default() };
        let report = compare("x", &before, &after, &settings);
        prop_assert!(!report.drift);
        for (method, score) in report.distances {
            let same = if method.is_test() { score > 0.999 } else { score < 1e-7 };
            prop_assert!(same, "{}: {}", method.name(), score);
        }
    }

    #[test]
    fn every_score_is_a_number_of_its_kind(a in cells(), b in cells()) {
        let profiles = [a, b].map(|cells| {
            profile(&cells.iter().map(|cell| Some(cell.as_str())).collect::<Vec<_>>())
        });
        let settings = Settings { min_rows: 1, all: true, ..Settings::default() };
        let report = compare("x", &profiles[0], &profiles[1], &settings);
        for (method, score) in report.distances {
            prop_assert!(score >= 0.0 && (!method.is_test() || score <= 1.0), "{}", method.name());
        }
    }
}
