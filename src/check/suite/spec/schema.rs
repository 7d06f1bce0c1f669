//! The JSON Schema of suites, for editors: made of the same list of checks as the reader.

use serde_json::{Map, Value, json};

use crate::check::suite::spec::catalogue::{CHECKS, CheckInfo, Stands};
use crate::check::suite::spec::keys::{KeyInfo, NOT_RUN_KEYS, READ_KEYS, SUITE_KEYS, Shape};

/// A text, a number or a truth value: all are taken as they are written.
const SCALAR: [&str; 3] = ["string", "number", "boolean"];

/// Returns the schema, in draft 2020-12.
pub fn json_schema() -> Value {
    let mut properties = Map::new();
    for (name, about) in SUITE_KEYS {
        let mut property = suite_key(name);
        property["description"] = json!(about);
        properties.insert((*name).to_owned(), property);
    }
    json!({
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": "a suite of checks of mlv",
        "type": "object",
        "properties": properties,
        "additionalProperties": false,
    })
}

fn suite_key(name: &str) -> Value {
    match name {
        "read" => mapping(READ_KEYS.iter(), &[]),
        "checks" => json!({"type": ["array", "null"], "items": one_check()}),
        "columns" => json!({"type": ["object", "null"], "additionalProperties": column()}),
        "not_run" => json!({"type": "array", "items": mapping(NOT_RUN_KEYS.iter(), &[])}),
        _ => one_or_more(&json!({"type": SCALAR})),
    }
}

/// Returns an item of `checks`: a mapping of one key, or a name alone.
fn one_check() -> Value {
    let table = || CHECKS.iter().filter(|check| check.stands == Stands::Dataset);
    let names: Vec<&str> =
        table().filter(|check| needs_nothing(check)).map(|check| check.name).collect();
    let all: Map<_, _> =
        table().map(|check| (check.name.to_owned(), check_schema(check))).collect();
    json!({"anyOf": [
        {"enum": names},
        {"type": "object", "properties": all, "additionalProperties": false, "minProperties": 1,
            "maxProperties": 1},
    ]})
}

fn column() -> Value {
    let mut properties = Map::new();
    for check in CHECKS.iter().filter(|check| check.stands == Stands::Column) {
        let mut schema = check_schema(check);
        let form = mapping_of(check);
        if let Some(forms) = schema["anyOf"].as_array_mut() {
            forms.push(json!({"type": "array", "items": form, "minItems": 1}));
        }
        properties.insert(check.name.to_owned(), schema);
    }
    let restricted =
        json!({"type": "boolean", "description": "whether its values are never shown"});
    properties.insert("restricted".to_owned(), restricted);
    json!({"type": ["object", "null"], "properties": properties, "additionalProperties": false})
}

fn needs_nothing(check: &CheckInfo) -> bool {
    check.one_of.is_empty() && check.keys.iter().all(|key| !key.required)
}

fn check_schema(check: &CheckInfo) -> Value {
    let mut forms = vec![mapping_of(check)];
    if needs_nothing(check) {
        forms.push(json!({"enum": [true, null]}));
    }
    let bare = check.keys.iter().find(|key| Some(key.name) == check.bare);
    forms.extend(bare.map(|key| shape(key.shape)));
    json!({"description": check.about, "anyOf": forms})
}

/// Returns the mapping of what a check takes.
fn mapping_of(check: &CheckInfo) -> Value {
    let mut form = mapping(check.all_keys(), check.one_of);
    for (key, needed) in check.together {
        form["dependentRequired"][key] = json!([needed]);
    }
    form
}

/// Returns a mapping with these keys and no others, of which one of some must be there.
fn mapping<'k>(keys: impl Iterator<Item = &'k KeyInfo> + Clone, one_of: &[&str]) -> Value {
    let mut properties = Map::new();
    for key in keys.clone() {
        let mut property = shape(key.shape);
        property["description"] = json!(key.about);
        properties.insert(key.name.to_owned(), property);
    }
    let required: Vec<&str> = keys.filter(|key| key.required).map(|key| key.name).collect();
    let mut mapping =
        json!({"type": "object", "properties": properties, "additionalProperties": false});
    if !required.is_empty() {
        mapping["required"] = json!(required);
    }
    if !one_of.is_empty() {
        mapping["anyOf"] = one_of.iter().map(|key| json!({"required": [key]})).collect();
    }
    mapping
}

fn shape(shape: Shape) -> Value {
    match shape {
        Shape::Number => json!({"type": "number"}),
        Shape::Count => json!({"type": "integer", "minimum": 0}),
        Shape::Share => json!({"type": "number", "minimum": 0, "maximum": 1}),
        Shape::SomeShare => json!({"type": "number", "exclusiveMinimum": 0, "maximum": 1}),
        Shape::Size => json!({"type": ["string", "number"]}),
        Shape::Bound => json!({"type": ["number", "string"]}),
        Shape::Truth => json!({"type": "boolean"}),
        Shape::Texts => one_or_more(&json!({"type": SCALAR})),
        Shape::Scalars => json!({"type": "array", "items": {"type": SCALAR}}),
        Shape::OneOf(words) => json!({"enum": words}),
        Shape::SomeOf(words) => one_or_more(&json!({"enum": words})),
        Shape::Duration => json!({"type": "string", "pattern": r"^\s*([0-9]+(ms|s|m|h|d))+\s*$"}),
        Shape::JsonSchema => json!({"type": ["object", "boolean"]}),
        Shape::Text | Shape::Regex | Shape::Expression => json!({"type": SCALAR, "pattern": r"\S"}),
    }
}

fn one_or_more(item: &Value) -> Value {
    json!({"anyOf": [item, {"type": "array", "items": item}]})
}
