//! What a suite may say, and how it is told what it may not.

use serde_json::Value;

use crate::check::drift::{Method, Settings};
use crate::check::suite::spec::{CHECKS, Level, Stands, docs_page, json_schema, parse};

/// The suite of the design.
const EXAMPLE: &str = "\
dataset: data/raw
checks:
  - columns: {match: equal, names: [customer_id, age, plan, monthly_spend, snapshot_date]}
  - row_count: {min: 100}
  - row_count_change: {against: target, min: 0.5, max: 2.0}
  - unique: {columns: [customer_id]}
columns:
  age: {type: int, not_null: {mostly: 0.99}, range: {min: 18, max: 100}}
  plan: {in_set: [basic, plus, pro]}
  monthly_spend: {not_null: {warn_below: 1.0, mostly: 0.99}, range: {min: 0, level: warn}}
  snapshot_date: {date_format: \"%Y-%m-%d\"}
";

fn faults(text: &str) -> String {
    parse("suite.yaml", text.as_bytes()).expect_err(text).to_string()
}

fn as_json(text: &str) -> Value {
    let options = serde_saphyr::options! { strict_booleans: true };
    serde_saphyr::from_str_with_options(text, options).unwrap()
}

#[test]
fn a_check_of_drift_says_what_mlv_drift_takes() {
    let suite = parse(
        "s.yaml",
        b"checks:\n- drift: {against: v1, columns: [a], critical: b, method: ks, threshold: 0.01, \
          share: 0.2, min_rows: 9}\ncolumns:\n  c: {drift: {method: psi, threshold: 0.3}}\n",
    )
    .unwrap();
    let specs: Vec<_> = suite.checks.iter().map(|check| check.drift().unwrap()).collect();
    assert_eq!(
        (specs[0].columns.as_slice(), specs[1].columns.as_slice()),
        (&["a".to_owned()][..], &["c".to_owned()][..])
    );
    let settings = &specs[0].settings;
    assert_eq!((settings.share, settings.min_rows), (0.2, 9));
    assert_eq!(settings.critical, ["b"]);
    assert_eq!(
        [Method::Ks, Method::Psi].map(|it| settings.threshold(it).to_string()),
        ["0.01", "0.1"]
    );
    let usual = Settings::default();
    assert_eq!(
        (specs[1].settings.share, specs[1].settings.min_rows),
        (usual.share, usual.min_rows)
    );
    let text = "checks:\n- drift: {threshold: 0.1, share: 0}\n- drift: {method: spi}\n- drift: {colums: [a]}\n\
                - dirft: true\n";
    let errors = parse("s.yaml", text.as_bytes()).unwrap_err().0;
    let told: Vec<String> = errors
        .iter()
        .map(|error| format!("{} [{}]", error.message, error.help.as_deref().unwrap_or_default()))
        .collect();
    insta::assert_snapshot!(told.join("\n"), @"
    `drift`: `threshold` needs `method` [what `threshold` means hangs on `method`: name it too]
    `share` must be a number above 0, at most 1 []
    `spi` is not a value of `method` [one of ks, wasserstein, jensenshannon, psi, kl_div, hellinger, ed, chisquare, chisquare_contingency, z, l_infinity, nannyml_js]
    unknown key `colums` of `drift` [did you mean `columns`?]
    no check here is called `dirft` [did you mean `drift`?]
    ");
}

#[test]
fn a_suite_is_read_with_its_levels_and_thresholds() {
    let suite = parse("suite.yaml", EXAMPLE.as_bytes()).unwrap();
    assert_eq!(suite.dataset, ["data/raw"]);
    assert_eq!(suite.checks.len(), 11);
    let spend: Vec<_> = suite
        .checks
        .iter()
        .filter(|check| check.column.as_deref() == Some("monthly_spend"))
        .map(|check| (check.info.name, check.level, check.mostly, check.warn_below))
        .collect();
    assert_eq!(
        spend,
        [("not_null", Level::Fail, 0.99, Some(1.0)), ("range", Level::Warn, 1.0, None)]
    );
    assert_eq!(suite.needs().len(), 1);
}

#[test]
fn faults_are_told_with_their_place() {
    insta::assert_snapshot!(faults("colums:\n  a: {}\n"), @"
    suite.yaml:1:1: unknown key `colums` of the suite
      |
    1 | colums:
      | ^^^^^^
      = did you mean `columns`?
    ");
    insta::assert_snapshot!(faults("columns:\n  age: {not_nul: true}\n"), @"
    suite.yaml:2:9: no check here is called `not_nul`
      |
    2 |   age: {not_nul: true}
      |         ^^^^^^^
      = did you mean `not_null`?
    ");
    insta::assert_snapshot!(faults("columns:\n  age: {row_count: 5}\n"), @"
    suite.yaml:2:9: no check here is called `row_count`
      |
    2 |   age: {row_count: 5}
      |         ^^^^^^^^^
      = it is a check of the table: under `checks:`
    ");
    insta::assert_snapshot!(faults("columns:\n  age: {range: {mim: 5}}\n"), @"
    suite.yaml:2:16: `range` needs one of `min`, `max`
      |
    2 |   age: {range: {mim: 5}}
      |                ^
    suite.yaml:2:17: unknown key `mim` of `range`
      |
    2 |   age: {range: {mim: 5}}
      |                 ^^^
      = did you mean `min`?
    ");
    insta::assert_snapshot!(faults("columns:\n  age: {range: 5}\n"), @"
    suite.yaml:2:16: `range` must be a mapping with `min`, `max`, `strict`, `strict_min`, `strict_max`; this is a number
      |
    2 |   age: {range: 5}
      |                ^
    ");
    insta::assert_snapshot!(faults("columns:\n  age: {regex: '('}\n"), @"
    suite.yaml:2:16: `regex` must be a regular expression: unclosed group
      |
    2 |   age: {regex: '('}
      |                ^^^
    ");
    insta::assert_snapshot!(faults("checks:\n- row_count: {min: 5, max: 4}\n"), @"
    suite.yaml:2:14: `row_count`: nothing is at least 5 and at most 4
      |
    2 | - row_count: {min: 5, max: 4}
      |              ^
    ");
    insta::assert_snapshot!(faults("checks:\n- expression: 'a >'\n"), @"
    suite.yaml:2:15: `expression` must be a CEL expression: Syntax error: mismatched input '<EOF>' expecting {'[', '{', '(', '.', '-', '!', 'true', 'false', 'null', NUM_FLOAT, NUM_INT, NUM_UINT, STRING, BYTES, IDENTIFIER}
      |
    2 | - expression: 'a >'
      |               ^^^^^
    ");
    insta::assert_snapshot!(faults("checks:\n- row_count: 5\n  columns: [a]\n"), @"
    suite.yaml:3:3: an item of `checks` is one check
      |
    3 |   columns: [a]
      |   ^^^^^^^
      = begin each check with `- `; what a check takes stands deeper than its name
    ");
    insta::assert_snapshot!(faults("checks: [{pair: {left: a, op: =<, right: b}}]"), @"
    suite.yaml:1:31: `=<` is not a value of `op`
      |
    1 | checks: [{pair: {left: a, op: =<, right: b}}]
      |                               ^^
      = one of <, <=, ==, !=, >=, >
    ");
    insta::assert_snapshot!(faults("columns: {a: {not_null: {mostly: 99}}}"), @"
    suite.yaml:1:34: `mostly` must be a number from 0 to 1
      |
    1 | columns: {a: {not_null: {mostly: 99}}}
      |                                  ^^
    ");
    insta::assert_snapshot!(faults(""), @"
    suite.yaml:1:1: the suite is empty: `checks` or `columns` is expected
      |
    1 | 
      | ^
    ");
}

#[test]
fn names_of_checks_are_once_at_each_place_and_bare_keys_are_keys() {
    for (at, check) in CHECKS.iter().enumerate() {
        let again = CHECKS[..at]
            .iter()
            .any(|other| other.name == check.name && other.stands == check.stands);
        assert!(!again, "{}", check.name);
        let has = |name: &str| check.keys.iter().any(|key| key.name == name);
        assert!(check.bare.is_none_or(has), "{}", check.name);
        assert!(check.one_of.iter().all(|key| has(key)), "{}", check.name);
        assert!(check.stands == Stands::Column || check.name != "restricted");
    }
}

#[test]
fn the_schema_takes_what_the_reader_takes_and_no_more() {
    let validator = jsonschema::draft202012::new(&json_schema()).unwrap();
    let sound = [
        EXAMPLE,
        "checks: [duplicate_rows, {file_size: {max: 1MB}}]\ncolumns: {a: {pii: true, min: {min: 1}}}",
        "columns: {a: {regex: [{pattern: a}, {pattern: b, level: warn}]}}",
        "read: {delimiter: ;}\ncolumns: {a: {restricted: true, freshness: 7d}}\nallow_not_run: x",
        "columns: {a: {quantile: {q: 0.5, max: 3, level: info}, length: 5, not_null: , pii: [email]}}",
        "checks: [drift, {drift: {columns: a, method: ks, threshold: 0.01, share: 1, min_rows: 0}}]\n\
         columns: {a: {drift: {against: v1, level: warn}}}",
    ];
    for text in sound {
        parse("suite.yaml", text.as_bytes()).unwrap_or_else(|errors| panic!("{errors}"));
        let faults: Vec<_> = validator.iter_errors(&as_json(text)).map(|e| e.to_string()).collect();
        assert!(faults.is_empty(), "{text}: {faults:?}");
    }
    let unsound = [
        "checks: [{row_count: -1}]",
        "checks: [{row_count: {}}]",
        "checks: [{row_cuont: 1}]",
        "checks: [unique]",
        "columns: {a: {in_set: b}}",
        "columns: {a: {not_null: {mostly: 2}}}",
        "columns: {a: {mean: {min: 1, mostly: 1}}}",
        "columns: {a: {range: {min: 1, level: error}}}",
        "columns: {a: {not_null: false}}",
        "checks: [{drift: {threshold: 0.1}}]",
        "checks: [{drift: {share: 0}}]",
        "columns: {a: {drift: {method: spi}}}",
        "columns: {a: {drift: {share: 0.5}}}",
        "colums: {}",
    ];
    for text in unsound {
        assert!(parse("suite.yaml", text.as_bytes()).is_err(), "{text}");
        assert!(!validator.is_valid(&as_json(text)), "{text}");
    }
}

#[test]
fn schema_and_page_are_those_of_the_list() {
    let mut schema = serde_json::to_string_pretty(&json_schema()).unwrap();
    schema.push('\n');
    for (file, made) in [("docs/suite.schema.json", schema), ("docs/checks.md", docs_page())] {
        let path = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join(file);
        if is_updating() {
            crate::base::fs::atomic_write(&path, made.as_bytes()).unwrap();
        }
        let written = std::fs::read_to_string(&path).unwrap_or_default();
        assert!(
            written == made,
            "{file} is out of date: MLV_UPDATE_REFERENCE=1 cargo test schema_and_page"
        );
    }
}

#[expect(clippy::disallowed_methods, reason = "not a setting of the program")]
fn is_updating() -> bool {
    std::env::var_os("MLV_UPDATE_REFERENCE").is_some()
}

proptest::proptest! {
    #[test]
    fn no_text_makes_the_reader_panic(text in "(checks|columns|read|[a-z:{}\\[\\], \n-]){0,60}") {
        let _ = parse("suite.yaml", text.as_bytes());
    }
}
