//! The JSON Schema of `mlv.yaml`, for editors: made of the same lists of keys as the parser's.

use serde_json::{Map, Value, json};

use crate::hook::event::{EVENTS, Event};
use crate::hook::spec::keys::{DRIFT_KEYS, FILE_KEYS, HOOK_KEYS, KeyInfo, METRIC_KEYS, Shape};
use crate::hook::spec::read_watch::MOST_IN_FLIGHT;
use crate::hook::spec::types::{HookId, Retries};

/// A text, a number or a truth value: all are taken as they are written.
const SCALAR: [&str; 3] = ["string", "number", "boolean"];

const HOOK_NAME: &str = "^[a-z0-9][a-z0-9_-]{0,63}$";
const HOOK_OR_CELL: &str = r"^[a-z0-9][a-z0-9_-]{0,63}(\[[A-Za-z0-9_=,.+-]+\])?$";
const VARIABLE: &str = "^(?!MLV_)[A-Za-z_][A-Za-z0-9_]*$";
const MATRIX_KEY: &str = "^[A-Za-z_][A-Za-z0-9_]{0,31}$";
const DURATION: &str = r"^\s*([0-9]+(ms|s|m|h|d))+\s*$";
/// A name, or one that a matrix makes.
const GROUP: &str = r"^[A-Za-z0-9][A-Za-z0-9._-]{0,63}$|\$\{\{\s*matrix\.";

/// Returns the schema, in draft 2020-12.
pub fn json_schema() -> Value {
    let mut schema = json!({
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": "mlv.yaml",
        "description": "The hooks, branches and artifacts of a repository of mlv.",
    });
    let file = mapping(FILE_KEYS, &["version"], false);
    let members = schema.as_object_mut().expect("it was made as an object");
    members.extend(file.as_object().cloned().unwrap_or_default());
    members.insert("$defs".to_owned(), json!({"hook": hook(), "event": event()}));
    schema
}

/// Returns a mapping with these keys and no others.
fn mapping(keys: &[KeyInfo], required: &[&str], may_be_empty: bool) -> Value {
    let mut properties = Map::new();
    for key in keys {
        let mut property = shape(key.shape);
        if let Some(members) = property.as_object_mut() {
            members.insert("description".to_owned(), key.about.into());
        }
        properties.insert(key.name.to_owned(), property);
    }
    let mut mapping = json!({
        "type": if may_be_empty { json!(["object", "null"]) } else { json!("object") },
        "properties": properties,
        "additionalProperties": false,
    });
    if !required.is_empty() {
        mapping["required"] = json!(required);
    }
    mapping
}

fn hook() -> Value {
    let mut hook = mapping(HOOK_KEYS, &["on"], false);
    hook["oneOf"] = json!([{"required": ["run"]}, {"required": ["uses"]}]);
    hook["dependentRequired"] = json!({"with": ["uses"], "shell": ["run"]});
    hook
}

fn event() -> Value {
    let needs_more = [Event::Schedule, Event::Metric, Event::Drift];
    let plain = EVENTS.iter().filter(|info| !needs_more.contains(&info.event));
    let each = plain.map(|info| json!({"const": info.name, "description": info.description}));
    json!({"oneOf": each.collect::<Vec<_>>()})
}

fn shape(shape: Shape) -> Value {
    match shape {
        Shape::Version => json!({"type": "integer", "const": 1}),
        Shape::Text => json!({"type": SCALAR}),
        Shape::Command => words(),
        Shape::Truth => json!({"type": "boolean"}),
        Shape::Paths | Shape::Names => one_or_more(&json!({"type": SCALAR, "minLength": 1})),
        Shape::Hooks => one_or_more(&json!({"type": SCALAR, "pattern": HOOK_OR_CELL})),
        Shape::Events => events(),
        Shape::Number => json!({"type": "number"}),
        Shape::Count => json!({"type": "integer", "minimum": 1, "maximum": MOST_IN_FLIGHT}),
        Shape::Duration => json!({"type": "string", "pattern": DURATION}),
        Shape::OneOf(words) => json!({"enum": words}),
        Shape::Group => json!({"type": SCALAR, "pattern": GROUP}),
        Shape::Variables => json!({
            "type": ["object", "null"],
            "propertyNames": {"pattern": VARIABLE},
            "additionalProperties": {"type": SCALAR},
        }),
        Shape::VariableNames => one_or_more(&json!({"type": SCALAR, "pattern": VARIABLE})),
        Shape::Retries(keys) => json!({"anyOf": [tries(), mapping(keys, &["max"], false)]}),
        Shape::Tries => tries(),
        Shape::Matrix => matrix(),
        Shape::Anything => json!({"type": ["object", "null"]}),
        Shape::HookMap => json!({
            "type": ["object", "null"],
            "propertyNames": {"pattern": HOOK_NAME},
            "additionalProperties": {"$ref": "#/$defs/hook"},
        }),
        Shape::MapOf { keys, required } => json!({
            "type": ["object", "null"],
            "propertyNames": {"minLength": 1},
            "additionalProperties": mapping(keys, required, required.is_empty()),
        }),
    }
}

/// Returns a text that is more than blanks.
fn words() -> Value {
    json!({"type": SCALAR, "pattern": r"\S"})
}

fn one_or_more(item: &Value) -> Value {
    json!({"anyOf": [item, {"type": "array", "items": item}]})
}

fn tries() -> Value {
    json!({"type": "integer", "minimum": 0, "maximum": Retries::MOST})
}

/// Returns an event, a mapping of events to their settings, or a list of such.
fn events() -> Value {
    let mut settings = Map::new();
    for info in EVENTS {
        let about = info.description;
        let setting = match info.event {
            Event::Schedule => {
                let times = json!({"type": "string", "pattern": r"\S"});
                let list = json!({"type": "array", "items": times, "minItems": 1});
                json!({"anyOf": [times, list], "description": format!("{about}, in UTC")})
            }
            Event::Metric => watched(&metric(), about),
            Event::Drift => watched(&drift(), about),
            _ => json!({"type": "null", "description": about}),
        };
        settings.insert(info.name.to_owned(), setting);
    }
    let with = json!({
        "type": "object",
        "properties": settings,
        "additionalProperties": false,
        "minProperties": 1,
    });
    let plain = json!({"$ref": "#/$defs/event"});
    let item = json!({"anyOf": [plain, with]});
    json!({"anyOf": [plain, with, {"type": "array", "items": item, "minItems": 1}]})
}

/// Returns one thing to watch, or a list of them.
fn watched(one: &Value, about: &str) -> Value {
    let list = json!({"type": "array", "items": one, "minItems": 1});
    json!({"anyOf": [one, list], "description": about})
}

fn metric() -> Value {
    let mut metric = mapping(METRIC_KEYS, &["file", "name"], false);
    metric["anyOf"] = json!([{"required": ["below"]}, {"required": ["above"]}]);
    metric
}

fn drift() -> Value {
    let mut drift = mapping(DRIFT_KEYS, &[], false);
    drift["anyOf"] = json!([{"required": ["data"]}, {"required": ["spec"]}]);
    drift
}

fn matrix() -> Value {
    let value = json!({"type": SCALAR, "minLength": 1});
    let list = json!({"type": "array", "items": value, "minItems": 1});
    json!({
        "type": "object",
        "minProperties": 1,
        "propertyNames": {"pattern": MATRIX_KEY},
        "additionalProperties": {"anyOf": [value, list]},
    })
}

/// The patterns above hold the lengths of names.
const _: () = assert!(HookId::MAX_LENGTH == 64);
