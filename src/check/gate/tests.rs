use std::sync::Arc;

use proptest::prelude::*;

use super::evidence::{Champion, Evidence, Side};
use super::report::Status;
use super::spec::{Margin, Rule};
use super::*;
use crate::format::table::{Table, TableFile, TableOptions};

fn spec(text: &str) -> GateSpec {
    GateSpec::read("gate.yaml", text).unwrap_or_else(|errors| panic!("{errors}"))
}

fn faults(text: &str) -> String {
    GateSpec::read("gate.yaml", text).unwrap_err().to_string()
}

fn table(name: &str, text: &str) -> Table {
    let source = Arc::new(text.as_bytes().to_vec());
    let file = TableFile { name: format!("{name}.csv"), source };
    Table::open(vec![file], TableOptions::default()).unwrap()
}

fn side(name: &str, text: &str) -> Side {
    Side { name: name.to_owned(), predictions: Some(table(name, text)), measured: None }
}

fn judged(spec: &GateSpec, candidate: &str, champion: Option<&str>) -> Report {
    let champion = match champion {
        Some(text) => Champion::Present(side("main", text)),
        None => Champion::Absent("main has no commit yet".to_owned()),
    };
    let evidence = Evidence {
        spec: "gate.yaml".to_owned(),
        candidate: side("candidate", candidate),
        champion,
        eval_table: None,
        eval_set: None,
        train_table: None,
        findings: Vec::new(),
    };
    judge(spec, &evidence).unwrap()
}

fn statuses(report: &Report) -> Vec<Status> {
    report.rules.iter().map(|rule| rule.status).collect()
}

#[test]
fn every_key_is_read() {
    let spec = spec(
        "predictions: p/*.csv\ncolumns: {id: key, y_true: t, y_score: s, y_pred: p}\n\
         task: classification\nthreshold: 0.4\npositive: yes\nmetrics_file: m.json\n\
         eval_set: e.csv\nallow_new_eval_set: true\ntrain_set: {path: t.csv, id: i, y_true: l}\n\
         model: models\nchampion: v1\n\
         metrics:\n  auc: {min: 0.7, max: 1, max_drop: 0.1, min_gain: 0.2, relative: true,\n    \
         guard: [{ci: 0.9, rule: non_inferior}]}\n  \
         accuracy: {relative: 0.05, guard: {rule: mcnemar}}\n  x.loss: {max: 3}\n  \
         y: {max: 3, better: lower}\n\
         slices: [{by: a, metrics: {auc: {min: 0.6}}}, {by: b, metrics: {f1: {min: 0}}, min_rows: 5}]\n\
         fairness: {by: g, demographic_parity_difference: {max: 0.2}, min_positives: 7}\n",
    );
    assert_eq!(spec.inputs, ["e.csv", "t.csv", "models"]);
    let share = |by| Margin { by, is_share: true };
    let expected = [
        Rule::Min(0.7),
        Rule::Max(1.0),
        Rule::MaxDrop(share(0.1)),
        Rule::MinGain(share(0.2)),
        Rule::NonInferior { level: 0.9, margin: share(0.1) },
    ];
    assert_eq!(spec.metrics[0].rules, expected);
    assert_eq!(spec.metrics[1].rules, [Rule::Relative(0.05), Rule::McNemar { level: 0.95 }]);
    let lower: Vec<bool> = spec.metrics.iter().map(|rules| rules.lower_is_better).collect();
    assert_eq!(lower, [false, false, true, true]);
    assert_eq!((spec.slices[0].min_rows, spec.slices[1].min_rows), (30, 5));
    assert_eq!(spec.fairness[0].min_positives, 7);
}

#[test]
fn what_makes_no_sense_is_told() {
    for (text, expected) in [
        ("", "the gate has nothing to measure"),
        ("predictions: p.csv\n", "the gate has no rule"),
        ("predictions: p.csv\nmetrics: {auc: {}}\n", "`auc` has no rule"),
        ("predictions: p.csv\nmetrics: {rouge: {min: 1}}\n", "`rouge` is not computed"),
        ("predictions: p.csv\nmetrics: {auc: {min: high}}\n", "must be a number"),
        ("predictions: p.csv\nmetrics: {auc: {min: .inf}}\n", "must be a number"),
        ("metrics_file: m.json\nmetrics: {auc: {guard: {ci: 0.9}}}\n", "a `guard` needs"),
        ("predictions: p.csv\nmetrics: {auc: {guard: {ci: 95}}}\n", "between 0 and 1"),
        ("predictions: p.csv\nmetrics: {auc: {guard: {rule: mcnemar}}}\n", "is of `accuracy`"),
        ("metrics_file: m.json\nslices: {by: a}\n", "`slices` needs `predictions`"),
        ("predictions: p.csv\nslices: {metrics: {auc: {min: 0}}}\n", "has no `by`"),
        ("predictions: p.csv\nfairness: {by: g}\n", "has no rule"),
        ("predictions: ../p.csv\nmetrics: {auc: {min: 0}}\n", "is not a path"),
        ("predictions: p.csv\nmetric: {auc: {min: 0}}\n", "did you mean `metrics`?"),
        (
            "predictions: p.csv\nmetrics: {equalized_odds_difference: {max: 0}}\n",
            "put it under `fairness`",
        ),
    ] {
        let told = faults(text);
        assert!(told.contains(expected), "{text}{told}");
    }
}

const BINARY: &str = "id,y_true,y_score\na,1,0.9\nb,0,0.2\nc,1,0.6\nd,0,0.4\n";

#[test]
fn labels_may_be_words_where_the_positive_one_is_named() {
    let rules = "predictions: p.csv\nmetrics: {auc: {min: 1}, recall: {min: 1}}\n";
    let words = BINARY.replace(",1,", ",left,").replace(",0,", ",stayed,");
    let report = judged(&spec(rules), &words, None);
    assert!(report.reason.unwrap().contains("say which is `positive:`"));
    let report = judged(&spec(&format!("{rules}positive: left\n")), &words, None);
    assert_eq!(report.reason, None);
    for truth in ["True,False", "1.0,0.0", "1,-1", "true,false"] {
        let (is, is_not) = truth.split_once(',').unwrap();
        let text = BINARY.replace(",1,", &format!(",{is},")).replace(",0,", &format!(",{is_not},"));
        assert_eq!(judged(&spec(rules), &text, None).reason, None, "{truth}");
    }
}

#[test]
fn more_classes_than_two_are_averaged() {
    let rules =
        "predictions: p.csv\nmetrics: {accuracy: {min: 0.5}, f1: {min: 0.5}, auc: {min: 0}}\n";
    let text = "id,y_true,y_pred\n1,a,a\n2,b,b\n3,c,a\n4,c,c\n";
    let report = judged(&spec(rules), text, None);
    assert_eq!(statuses(&report), [Status::Pass, Status::Pass, Status::Fail]);
    assert_eq!(report.reason.unwrap(), "auc is not a metric of these predictions");
}

#[test]
fn the_champion_is_scored_on_the_same_rows_in_any_order() {
    let rules = "predictions: p.csv\nmetrics: {accuracy: {max_drop: 0}}\n";
    let champion = "id,y_true,y_score\nz,1,0.1\nd,0,0.9\nc,1,0.9\na,1,0.9\n";
    let report = judged(&spec(rules), BINARY, Some(champion));
    assert_eq!((report.rows, report.shared_rows), (4, 3));
    let rule = &report.rules[0];
    assert_eq!((rule.value, rule.champion), (Some(1.0), Some(2.0 / 3.0)));
    assert_eq!(
        report.notes,
        [
            "1 row only in the predictions of candidate, as `b`",
            "1 row only in the predictions of main, as `z`"
        ]
    );
    let none = judged(&spec(rules), BINARY, Some("id,y_true,y_score\nz,1,0.1\n"));
    assert_eq!(statuses(&none), [Status::Fail, Status::NotRun]);
}

#[test]
fn another_truth_of_the_same_row_is_refused() {
    let rules = "predictions: p.csv\nmetrics: {accuracy: {max_drop: 1}}\n";
    let other = BINARY.replace("a,1,", "a,0,");
    let report = judged(&spec(rules), BINARY, Some(&other));
    assert_eq!(report.reason.unwrap(), "1 row had another truth when main was scored, as `a`");
    let allowed = format!("{rules}allow_new_eval_set: true\n");
    assert_eq!(judged(&spec(&allowed), BINARY, Some(&other)).reason, None);
}

#[test]
fn a_bound_that_is_met_exactly_holds() {
    let rules = "predictions: p.csv\nmetrics: {mae: {max: 0.3, max_drop: 0.1}}\n";
    let of = |error: f64| format!("id,y_true,y_pred\n1,1,{}\n2,2,{}\n", 1.0 + error, 2.0 + error);
    let report = judged(&spec(rules), &of(0.3), Some(&of(0.2)));
    assert_eq!(statuses(&report), [Status::Pass, Status::Pass]);
    assert_eq!(statuses(&judged(&spec(rules), &of(0.31), Some(&of(0.2)))), [Status::Fail; 2]);
}

#[test]
fn shares_are_of_the_champions_value() {
    let rules = |rule: &str| spec(&format!("predictions: p.csv\nmetrics: {{mae: {{{rule}}}}}\n"));
    let of = |error: f64| format!("id,y_true,y_pred\n1,1,{}\n", 1.0 + error);
    let passes =
        |rule: &str, candidate: f64| judged(&rules(rule), &of(candidate), Some(&of(2.0))).passed;
    for rule in ["relative: 0.1", "max_drop: 0.1, relative: true"] {
        assert!(passes(rule, 2.2) && !passes(rule, 2.21), "{rule}");
    }
    assert!(passes("min_gain: 0.1, relative: true", 1.8));
    assert!(!passes("min_gain: 0.1, relative: true", 1.81));
}

#[test]
fn groups_with_few_positive_rows_are_left_out_of_fairness() {
    let rules = "predictions: p.csv\nfairness: {by: g, equalized_odds_difference: {max: 0}, \
                 min_positives: 1}\n";
    let text = "id,y_true,y_pred,g\n1,1,1,a\n2,0,0,a\n3,1,1,b\n4,0,0,b\n5,0,1,c\n";
    let report = judged(&spec(rules), text, None);
    assert_eq!(statuses(&report), [Status::Pass]);
    assert_eq!(report.notes, ["g=c has 0 positive rows, fewer than 1: fairness leaves it out"]);
    let one = judged(&spec(rules), &text.replace(",b\n", ",a\n"), None);
    assert_eq!(statuses(&one), [Status::NotRun]);
}

#[test]
fn one_class_only_gives_no_area_and_fails() {
    let rules = "predictions: p.csv\nmetrics: {auc: {max_drop: 1}}\n";
    let report = judged(&spec(rules), "id,y_true,y_score\n1,1,0.5\n2,1,0.6\n", None);
    assert_eq!(report.reason.unwrap(), "auc is not a number");
}

proptest! {
    #[test]
    fn any_file_is_read_or_refused(text in "[ -~\n]{0,300}") {
        let _read_or_not = GateSpec::read("gate.yaml", &text);
    }

    #[test]
    fn a_candidate_is_never_worse_than_itself(
        rows in proptest::collection::vec((any::<bool>(), 0.0..1.0_f64), 2..40)
    ) {
        let rows = rows.iter().enumerate();
        let lines = rows.map(|(id, (is, score))| format!("{id},{},{score}\n", u8::from(*is)));
        let text = format!("id,y_true,y_score\n{}", lines.collect::<String>());
        let rules = "predictions: p.csv\nmetrics:\n  accuracy: {max_drop: 0, relative: 0, \
                     guard: [{rule: non_inferior}, {rule: mcnemar}]}\n  log_loss: {max_drop: 0}\n";
        let report = judged(&spec(rules), &text, Some(&text));
        prop_assert!(report.passed, "{:?}", report.reason);
    }
}
