//! `docs/json.md` shows every shape of `--json` as it is.

use std::collections::BTreeSet;

use serde_json::Value;

use crate::common::TestEnvironment;
use crate::common::guide::{Guide, play};
use crate::docs::{document, is_updating, update};

const FILE: &str = "docs/json.md";

#[test]
fn every_shape_is_as_documented() {
    let guide = Guide::parse(&document(FILE));
    let (env, steps) = (TestEnvironment::new(), guide.steps());
    let outputs = play(&env, &steps);
    if is_updating() {
        return update(FILE, &guide.with_outputs(&outputs));
    }
    for (step, output) in steps.iter().zip(&outputs).filter(|(step, _)| step.is_json) {
        let read = |text: &str| -> Value {
            serde_json::from_str(text)
                .unwrap_or_else(|error| panic!("`{}`: {error}\n{text}", step.command))
        };
        let (documented, printed) = (shape(&read(&step.output)), shape(&read(output)));
        let missing: Vec<_> = documented.difference(&printed).collect();
        let new: Vec<_> = printed.difference(&documented).collect();
        assert!(
            missing.is_empty() && new.is_empty(),
            "`{}`: documented but not printed {missing:?}; printed but not documented {new:?}; see \
             MLV_UPDATE_DOCS=1 cargo test --locked every_shape",
            step.command
        );
    }
}

#[test]
fn every_verb_with_json_has_an_example() {
    let steps = Guide::parse(&document(FILE)).steps();
    for verb in with_json(&document("docs/reference.md")) {
        let shown = |command: &str| command.starts_with(&format!("{verb} "));
        assert!(
            steps.iter().any(|step| step.is_json && shown(&step.command)),
            "{FILE} has no example of `{verb} --json`"
        );
    }
}

#[test]
fn every_field_is_described() {
    let text = document(FILE);
    for step in Guide::parse(&text).steps().iter().filter(|step| step.is_json) {
        for path in shape(&serde_json::from_str(&step.output).unwrap()) {
            let keys = path.split(": ").next().unwrap();
            let is_users_own = keys.contains(".meta.") || keys.contains("metrics.");
            let key = keys.rsplit('.').next().unwrap().trim_end_matches("[]");
            assert!(
                key.is_empty() || is_users_own || text.contains(&format!("`{key}`")),
                "{FILE} says nothing of `{key}` in `{}`",
                step.command
            );
        }
    }
}

/// Returns the verbs, those below others included, that take `--json`.
fn with_json(reference: &str) -> Vec<&str> {
    let sections = reference.split("\n### ").skip(1).filter(|text| text.contains("--json"));
    let verbs: Vec<_> = sections.filter_map(|text| text.lines().next()).collect();
    assert!(verbs.contains(&"mlv op log"), "the reference is read wrongly: {verbs:?}");
    verbs
}

/// Returns every path of keys with the type of what is there.
fn shape(value: &Value) -> BTreeSet<String> {
    let mut found = BTreeSet::new();
    collect(value, String::new(), &mut found);
    found
}

fn collect(value: &Value, path: String, found: &mut BTreeSet<String>) {
    match value {
        Value::Object(map) => {
            map.iter().for_each(|(key, value)| collect(value, format!("{path}.{key}"), found));
            found.insert(format!("{path}: object"));
        }
        Value::Array(items) => {
            for item in items {
                collect(item, format!("{path}[]"), found);
            }
            found.insert(format!("{path}: array"));
        }
        Value::Null => drop(found.insert(format!("{path}: null"))),
        Value::Bool(_) => drop(found.insert(format!("{path}: boolean"))),
        Value::Number(_) => drop(found.insert(format!("{path}: number"))),
        Value::String(_) => drop(found.insert(format!("{path}: string"))),
    }
}
