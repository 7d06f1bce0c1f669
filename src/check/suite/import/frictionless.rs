//! Table schemas and data packages of Frictionless.

use serde_json::{Value as Json, json};

use super::draft::{Draft, mapping, type_of};
use super::{ImportError, items, texts};

pub(super) fn import(tree: &Json, draft: &mut Draft) -> Result<(), ImportError> {
    let mut schema = tree;
    if let Some(resources) = tree["resources"].as_array() {
        let first = resources.first().ok_or(ImportError::Lacks("resources"))?;
        draft.dataset = texts(&first["path"]).into_iter().map(str::to_owned).collect();
        schema = &first["schema"];
        for other in &resources[1..] {
            let name = other["name"].as_str().unwrap_or("a resource");
            draft.leave_out(name, None, "a suite is of one table: import this one into its own");
        }
    }
    let fields = schema["fields"].as_array().ok_or(ImportError::Lacks("fields"))?;
    draft.null_values = texts(&schema["missingValues"]).into_iter().map(str::to_owned).collect();
    draft.null_values.retain(|text| !text.is_empty());
    let names: Vec<&str> = fields.iter().filter_map(|field| field["name"].as_str()).collect();
    draft.table("columns", json!({"match": "exact", "names": names}));
    let key = texts(&schema["primaryKey"]);
    if !key.is_empty() {
        draft.table("unique", json!(key));
        key.iter().for_each(|column| draft.column(column, "not_null", json!(true)));
    }
    fields.iter().for_each(|field| add_field(field, draft));
    items(&schema["foreignKeys"]).iter().for_each(|key| add_foreign_key(tree, key, draft));
    Ok(())
}

fn add_field(field: &Json, draft: &mut Draft) {
    let Some(name) = field["name"].as_str() else { return };
    let format = field["format"].as_str().filter(|format| format.contains('%'));
    match (field["type"].as_str().unwrap_or("any"), format) {
        ("date" | "datetime", Some(format)) => draft.column(name, "date_format", json!(format)),
        (theirs, _) => match type_of(theirs) {
            Some("text") => {}
            Some(ours) => draft.column(name, "type", json!(ours)),
            None => draft.leave_out("type", Some(name), format!("`{theirs}` is no type here")),
        },
    }
    let Some(constraints) = field["constraints"].as_object() else { return };
    let given = &field["constraints"];
    for (constraint, value) in constraints {
        match constraint.as_str() {
            "required" | "unique" if *value == false => {}
            "required" => draft.column(name, "not_null", json!(true)),
            "unique" => draft.column(name, "unique", json!(true)),
            "enum" => draft.column(name, "in_set", value.clone()),
            // There it must match the whole value.
            "pattern" => {
                let pattern = format!("^(?:{})$", value.as_str().unwrap_or_default());
                draft.column(name, "regex", json!(pattern));
            }
            "jsonSchema" => draft.column(name, "json_schema", json!({"schema": value})),
            "minimum" | "maximum" => {
                let ends = [("min", &given["minimum"]), ("max", &given["maximum"])];
                draft.column(name, "range", mapping(&ends).unwrap_or_default());
            }
            "minLength" | "maxLength" => {
                let ends = [("min", &given["minLength"]), ("max", &given["maxLength"])];
                draft.column(name, "length", mapping(&ends).unwrap_or_default());
            }
            other => draft.leave_out(other, Some(name), "there is no check that means the same"),
        }
    }
}

fn add_foreign_key(package: &Json, key: &Json, draft: &mut Draft) {
    let reference = &key["reference"];
    let resource = reference["resource"].as_str().unwrap_or_default();
    let named = |other: &&Json| other["name"] == resource;
    let path = items(&package["resources"]).iter().find(named);
    let path = path.and_then(|other| texts(&other["path"]).first().copied());
    match (texts(&key["fields"]).as_slice(), texts(&reference["fields"]).as_slice(), path) {
        ([own], [other], Some(path)) => {
            draft.column(own, "foreign_key", json!({"dataset": path, "key": other}));
        }
        _ => draft.leave_out("foreignKeys", None, format!("its table is not known: `{resource}`")),
    }
}
