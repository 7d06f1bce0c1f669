//! The JSON Schema and the parser agree.

use jsonschema::Validator;
use serde_json::Value;

use super::*;
use crate::hook::spec::keys;

fn validator() -> Validator {
    jsonschema::draft202012::new(&json_schema()).unwrap()
}

fn as_json(text: &str) -> Value {
    let options = serde_saphyr::options! { strict_booleans: true };
    serde_saphyr::from_str_with_options(text, options).unwrap()
}

fn one(lines: &str) -> String {
    format!("version: 1\nhooks:\n  h:\n    {}\n", lines.replace('\n', "\n    "))
}

#[test]
fn what_the_parser_reads_is_valid() {
    let validator = validator();
    let lists = [
        "on: pre-commit\nrun: x",
        "on: [pre-commit, {schedule: [\"@daily\"]}, {manual: }]\nrun: 5",
        "on: {metric: {file: a, name: b, below: 1}}\nrun: x\ncooldown: 6h\nmax_in_flight: 3",
        "on: {metric: [{file: a, name: b, above: 1.5}], drift: {spec: c}}\nrun: x\noutputs: d\nauto_merge: true",
        "on: {drift: [{data: a, reference: b}, {spec: c}]}\nrun: x",
        "on: {schedule: \"0 3 * * *\"}\nrun: true\nretries: 3\nlevel: warn\nalways: true",
        "on: post-merge\nrun: x\nretries: {max: 0}\nasync: true\nconcurrency: 7\ncache: false",
        "on: pre-merge\nrun: x\nmatrix: {a: [1, b], c: d}\nconcurrency: g-${{ matrix.a }}\nneeds: []",
        "on: pre-merge\nrun: x\nenv: {A: 1, B: true, c: text}\nsecrets: TOKEN\ntimeout: 1h30m\nenv2: ",
        "on: pre-merge\nrun: x\nshell: bash -eu\nworkdir: .\ninputs: a\ncode: []\noutputs: []\npinned: [a]",
    ];
    let hooks = lists.iter().map(|lines| one(&lines.replace("\nenv2: ", "")));
    let files = [
        EXAMPLE.to_owned(),
        "version: 1\n".to_owned(),
        "version: 1\nhooks:\nbranches:\nartifacts:\n".to_owned(),
        "version: 1\nbranches: {main: , 'release/*': {require: h, allow_dirty: true}}\nhooks: {h: {on: pre-merge, run: x}}\n".to_owned(),
    ];
    for text in files.into_iter().chain(hooks) {
        spec(&text);
        let faults: Vec<String> =
            validator.iter_errors(&as_json(&text)).map(|error| error.to_string()).collect();
        assert!(faults.is_empty(), "{text}{faults:?}");
    }
}

#[test]
fn faults_of_shape_are_faults_of_the_schema() {
    let validator = validator();
    let hooks = [
        "run: x",
        "on: pre-commit",
        "on: pre-comit\nrun: x",
        "on: drift\nrun: x",
        "on: schedule\nrun: x",
        "on: metric\nrun: x",
        "on: {metric: }\nrun: x",
        "on: {metric: []}\nrun: x",
        "on: {metric: {file: a, name: b}}\nrun: x",
        "on: {metric: {file: a, below: 1}}\nrun: x",
        "on: {metric: {file: a, name: b, below: low}}\nrun: x",
        "on: {metric: {file: a, name: b, below: 1, abov: 2}}\nrun: x",
        "on: [{drift: {}}]\nrun: x",
        "on: {drift: {reference: a}}\nrun: x",
        "on: {schedule: \"@daily\"}\nrun: x\nmax_in_flight: 0",
        "on: {schedule: \"@daily\"}\nrun: x\ncooldown: 5",
        "on: []\nrun: x",
        "on: {}\nrun: x",
        "on: {schedule: }\nrun: x",
        "on: {schedule: []}\nrun: x",
        "on: {pre-commit: {a: b}}\nrun: x",
        "on: {paths: a}\nrun: x",
        "on: [[pre-commit]]\nrun: x",
        "on: pre-commit\nrun: ' '",
        "on: pre-commit\nrun: [x]",
        "on: pre-commit\nrun: x\nuses: y",
        "on: pre-commit\nrun: x\nwith: {a: b}",
        "on: pre-commit\nrun: x\noutptus: a",
        "on: pre-commit\nrun: x\nalways: yes",
        "on: pre-commit\nrun: x\nalways: 'true'",
        "on: pre-commit\nrun: x\ncontinue_on_error: 1",
        "on: pre-commit\nrun: x\nasync: ",
        "on: pre-commit\nrun: x\ncache: [true]",
        "on: pre-commit\nrun: x\nallow_dirty: off",
        "on: pre-commit\nrun: x\nlevel: error",
        "on: pre-commit\nrun: x\nretries: -1",
        "on: pre-commit\nrun: x\nretries: '3'",
        "on: pre-commit\nrun: x\nretries: 101",
        "on: pre-commit\nrun: x\nretries: {backoff: 1s}",
        "on: pre-commit\nrun: x\nretries: {max: 1, backoff: 1}",
        "on: pre-commit\nrun: x\nretries: {max: 1, more: 1}",
        "on: pre-commit\nrun: x\ntimeout: 90",
        "on: pre-commit\nrun: x\ntimeout: 5 parsecs",
        "on: pre-commit\nrun: x\nneeds: {a: b}",
        "on: pre-commit\nrun: x\nneeds: [Bad Name]",
        "on: pre-commit\nrun: x\npaths: ['']",
        "on: pre-commit\nrun: x\npaths: {a: b}",
        "on: pre-commit\nrun: x\nbranches: [[a]]",
        "on: pre-commit\nrun: x\nif: ''",
        "on: pre-commit\nrun: x\nif: [a]",
        "on: pre-commit\nrun: x\nshell: ''",
        "on: pre-commit\nrun: x\nworkdir: [a]",
        "on: pre-commit\nrun: x\ndescription: {a: b}",
        "on: pre-commit\nrun: x\nenv: [A]",
        "on: pre-commit\nrun: x\nenv: {1A: x}",
        "on: pre-commit\nrun: x\nenv: {MLV_A: x}",
        "on: pre-commit\nrun: x\nenv: {A: [x]}",
        "on: pre-commit\nrun: x\nsecrets: [A-B]",
        "on: pre-commit\nrun: x\nconcurrency: a b",
        "on: pre-commit\nrun: x\nmatrix: {}",
        "on: pre-commit\nrun: x\nmatrix: [a]",
        "on: pre-commit\nrun: x\nmatrix: {a: []}",
        "on: pre-commit\nrun: x\nmatrix: {a: [[b]]}",
        "on: pre-commit\nrun: x\nmatrix: {a-b: [c]}",
    ];
    let files = [
        "hooks: {}\n",
        "version: 2\n",
        "version: '1'\n",
        "version: 1\nhoks: {}\n",
        "version: 1\nhooks: []\n",
        "version: 1\nhooks: {Bad Name: {on: pre-commit, run: x}}\n",
        "version: 1\nhooks: {a: }\n",
        "version: 1\nhooks: {a: text}\n",
        "version: 1\ninclude: {a: b}\n",
        "version: 1\nartifacts: {a: {kind: cat}}\n",
        "version: 1\nartifacts: {a: {}}\n",
        "version: 1\nartifacts: {a: {kind: model, more: x}}\n",
        "version: 1\nbranches: {main: {protected: maybe}}\n",
        "version: 1\nbranches: {main: {require: {a: b}}}\n",
        "version: 1\nbranches: {main: protected}\n",
        "[]\n",
    ];
    let hooks = hooks.iter().map(|lines| one(lines));
    for text in hooks.chain(files.iter().map(|text| (*text).to_owned())) {
        assert!(parse("mlv.yaml", text.as_bytes()).is_err(), "the parser reads\n{text}");
        assert!(!validator.is_valid(&as_json(&text)), "the schema allows\n{text}");
    }
}

#[test]
fn every_key_is_in_the_schema_with_what_it_is_for() {
    fn described(value: &Value, found: &mut Vec<String>) {
        if let Some(properties) = value["properties"].as_object() {
            for (name, property) in properties {
                assert!(property["description"].is_string(), "{name}");
                found.push(name.clone());
            }
        }
        if let Some(members) = value.as_object() {
            members.values().for_each(|member| described(member, found));
        } else if let Some(items) = value.as_array() {
            for item in items {
                described(item, found);
            }
        }
    }
    let mut found = Vec::new();
    described(&json_schema(), &mut found);
    let lists = [keys::FILE_KEYS, keys::ARTIFACT_KEYS, keys::BRANCH_KEYS, keys::HOOK_KEYS];
    for name in lists.into_iter().chain([keys::RETRY_KEYS]).flat_map(keys::names) {
        assert!(found.iter().any(|key| key == name), "{name}");
    }
}

proptest! {
    /// Whatever stands behind a key: what the parser reads, the schema allows.
    #[test]
    fn no_value_of_a_key_is_read_but_invalid(
        key in prop::sample::select(keys::names(keys::HOOK_KEYS).collect::<Vec<_>>()),
        value in prop::sample::select(vec![
            "x", "1", "1.5", "true", "", "[]", "{}", "[a]", "[1, true]", "{a: b}", "{a: [1]}",
            "pre-commit", "10s", "[[a]]", "{max: 2}", "warn", "h", "'main'", "{pre-merge: }", "' '",
        ]),
    ) {
        let lines: Vec<String> = [("on", "post-commit"), ("run", "x")]
            .into_iter()
            .filter(|(known, _)| *known != key)
            .map(|(known, value)| format!("{known}: {value}"))
            .chain([format!("{key}: {value}")])
            .collect();
        let text = one(&lines.join("\n"));
        if parse("mlv.yaml", text.as_bytes()).is_ok() {
            prop_assert!(validator().is_valid(&as_json(&text)), "{text}");
        }
    }
}
