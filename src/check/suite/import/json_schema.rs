//! A JSON Schema that describes a row.

use serde_json::{Value as Json, json};

use super::draft::{Draft, mapping, type_of};
use super::{ImportError, texts};

/// What tells people something, and checks nothing.
const SILENT: &[&str] = &[
    "title",
    "description",
    "default",
    "examples",
    "$comment",
    "$id",
    "$schema",
    "deprecated",
    "readOnly",
    "writeOnly",
];

const NO_CHECK: &str = "there is no check that means the same";

pub(super) fn import(tree: &Json, draft: &mut Draft) -> Result<(), ImportError> {
    let properties = tree["properties"].as_object().ok_or(ImportError::Lacks("properties"))?;
    let required = texts(&tree["required"]);
    let is_closed = tree["additionalProperties"] == false;
    if is_closed {
        let names: Vec<&String> = properties.keys().collect();
        draft.table("columns", json!({"match": "subset", "names": names}));
    }
    if !required.is_empty() {
        draft.table("columns", json!({"match": "superset", "names": required}));
    }
    required.iter().for_each(|column| draft.column(column, "not_null", json!(true)));
    for (column, schema) in properties {
        add_property(column, schema, draft);
    }
    for keyword in tree.as_object().into_iter().flat_map(|map| map.keys()) {
        let known = ["type", "properties", "required", "additionalProperties"];
        if !known.contains(&keyword.as_str()) && !SILENT.contains(&keyword.as_str()) {
            draft.leave_out(keyword, None, NO_CHECK);
        }
    }
    Ok(())
}

fn add_property(column: &str, schema: &Json, draft: &mut Draft) {
    for (keyword, value) in schema.as_object().into_iter().flatten() {
        match keyword.as_str() {
            "type" => add_type(column, value, schema, draft),
            "enum" => draft.column(column, "in_set", value.clone()),
            "const" => draft.column(column, "in_set", json!([value])),
            "pattern" => draft.column(column, "regex", value.clone()),
            "minimum" | "maximum" | "exclusiveMinimum" | "exclusiveMaximum" => {
                add_range(column, schema, draft);
            }
            "minLength" | "maxLength" => {
                let ends = [("min", &schema["minLength"]), ("max", &schema["maxLength"])];
                draft.column(column, "length", mapping(&ends).unwrap_or_default());
            }
            "format" => add_format(column, value, draft),
            silent if SILENT.contains(&silent) => {}
            // Of nested values, the whole schema is one check.
            _ if is_nested(schema) => {}
            other => draft.leave_out(other, Some(column), NO_CHECK),
        }
    }
}

fn is_nested(schema: &Json) -> bool {
    texts(&schema["type"]).iter().any(|name| matches!(*name, "object" | "array"))
}

fn add_type(column: &str, value: &Json, schema: &Json, draft: &mut Draft) {
    let names: Vec<&str> = texts(value).into_iter().filter(|name| *name != "null").collect();
    match names.as_slice() {
        _ if is_nested(schema) => draft.column(column, "json_schema", json!({"schema": schema})),
        ["string"] => {}
        [name] if type_of(name).is_some() => draft.column(column, "type", json!(type_of(name))),
        names => {
            draft.leave_out("type", Some(column), format!("it is one of {}", names.join(", ")))
        }
    }
}

fn add_range(column: &str, schema: &Json, draft: &mut Draft) {
    let inner = [("min", &schema["minimum"]), ("max", &schema["maximum"])];
    let outer = [("min", &schema["exclusiveMinimum"]), ("max", &schema["exclusiveMaximum"])];
    if let Some(range) = mapping(&inner) {
        draft.column(column, "range", range);
    }
    if let Some(mut range) = mapping(&outer) {
        range["strict"] = json!(true);
        draft.column(column, "range", range);
    }
}

fn add_format(column: &str, value: &Json, draft: &mut Draft) {
    match value.as_str().unwrap_or_default() {
        "date" => draft.column(column, "type", json!("date")),
        "date-time" => draft.column(column, "type", json!("timestamp")),
        "uuid" => {
            let pattern = "^[0-9a-fA-F]{8}(-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}$";
            draft.column(column, "regex", json!(pattern));
        }
        other => draft.leave_out("format", Some(column), format!("`{other}`: {NO_CHECK}")),
    }
}
