//! Data contracts of the Open Data Contract Standard (version 3).

use serde_json::{Value as Json, json};

use super::draft::{Draft, mapping, type_of};
use super::{ImportError, items, texts};

/// Classifications whose values are not shown.
const RESTRICTED: &[&str] = &["restricted", "confidential", "sensitive", "pii", "secret"];

pub(super) fn import(tree: &Json, draft: &mut Draft) -> Result<(), ImportError> {
    let tables = items(&tree["schema"]);
    let table = tables.first().ok_or(ImportError::Lacks("schema"))?;
    for other in &tables[1..] {
        let name = other["name"].as_str().unwrap_or("a table");
        draft.leave_out(name, None, "a suite is of one table: import this one into its own");
    }
    let properties = items(&table["properties"]);
    let names: Vec<&str> = properties.iter().filter_map(name_of).collect();
    if !names.is_empty() {
        draft.table("columns", json!({"match": "superset", "names": names}));
    }
    add_key(properties, draft);
    for rule in items(&table["quality"]) {
        add_rule(rule, None, draft);
    }
    for property in properties {
        add_property(property, draft);
    }
    Ok(())
}

/// Returns how a property is called in the data.
fn name_of(property: &Json) -> Option<&str> {
    property["physicalName"].as_str().or(property["name"].as_str())
}

fn add_key(properties: &[Json], draft: &mut Draft) {
    let mut key: Vec<&Json> =
        properties.iter().filter(|property| property["primaryKey"] == true).collect();
    key.sort_by_key(|property| property["primaryKeyPosition"].as_i64());
    let names: Vec<&str> = key.into_iter().filter_map(name_of).collect();
    if !names.is_empty() {
        draft.table("unique", json!(names));
        names.iter().for_each(|column| draft.column(column, "not_null", json!(true)));
    }
}

fn add_property(property: &Json, draft: &mut Draft) {
    let Some(column) = name_of(property) else { return };
    if let Some(theirs) = property["logicalType"].as_str() {
        match type_of(theirs) {
            Some("text") => {}
            Some(ours) => draft.column(column, "type", json!(ours)),
            None => {
                draft.leave_out("logicalType", Some(column), format!("`{theirs}` is no type here"))
            }
        }
    }
    if property["required"] == true {
        draft.column(column, "not_null", json!(true));
    }
    if property["unique"] == true {
        draft.column(column, "unique", json!(true));
    }
    let classification = property["classification"].as_str().unwrap_or_default();
    if RESTRICTED.contains(&classification.to_ascii_lowercase().as_str()) {
        draft.column(column, "restricted", json!(true));
    }
    add_options(column, &property["logicalTypeOptions"], draft);
    for rule in items(&property["quality"]) {
        add_rule(rule, Some(column), draft);
    }
}

fn add_options(column: &str, options: &Json, draft: &mut Draft) {
    let range = [("min", &options["minimum"]), ("max", &options["maximum"])];
    let strict = [("min", &options["exclusiveMinimum"]), ("max", &options["exclusiveMaximum"])];
    let length = [("min", &options["minLength"]), ("max", &options["maxLength"])];
    if let Some(range) = mapping(&range) {
        draft.column(column, "range", range);
    }
    if let Some(mut range) = mapping(&strict) {
        range["strict"] = json!(true);
        draft.column(column, "range", range);
    }
    if let Some(length) = mapping(&length) {
        draft.column(column, "length", length);
    }
    if let Some(pattern) = options["pattern"].as_str() {
        draft.column(column, "regex", json!(pattern));
    }
    for (option, value) in options.as_object().into_iter().flatten() {
        let known = [
            "minimum",
            "maximum",
            "exclusiveMinimum",
            "exclusiveMaximum",
            "minLength",
            "maxLength",
            "pattern",
        ];
        if !known.contains(&option.as_str()) {
            let reason = format!("there is no check that means the same as `{value}`");
            draft.leave_out(option, Some(column), reason);
        }
    }
}

fn add_rule(rule: &Json, column: Option<&str>, draft: &mut Draft) {
    let metric = rule["metric"].as_str().or(rule["rule"].as_str()).unwrap_or_default();
    if let Err(reason) = library_rule(rule, metric, column, draft) {
        let kind = rule["type"].as_str().unwrap_or("library");
        let name = rule["name"].as_str().unwrap_or(if metric.is_empty() { kind } else { metric });
        draft.leave_out(name, column, reason);
    }
}

fn library_rule(
    rule: &Json,
    metric: &str,
    column: Option<&str>,
    draft: &mut Draft,
) -> Result<(), String> {
    let kind = rule["type"].as_str().unwrap_or("library");
    if kind != "library" {
        return Err(format!("rules of the type `{kind}` are not carried out"));
    }
    let arguments = &rule["arguments"];
    match (metric, column) {
        ("rowCount", _) => draft.table("row_count", counted(rule)?),
        ("nullValues", Some(column)) => {
            draft.column(column, "not_null", with_level(json!({"mostly": mostly(rule)?}), rule));
        }
        ("duplicateValues", Some(column)) => {
            draft.column(column, "unique", with_level(json!({"mostly": mostly(rule)?}), rule));
        }
        ("duplicateValues", None) => {
            let columns = texts(&arguments["properties"]);
            let value = json!({"columns": columns, "mostly": mostly(rule)?});
            draft.table("unique", with_level(value, rule));
        }
        ("invalidValues", Some(column)) => {
            let valid = arguments.get("validValues").or(rule.get("validValues"));
            let pattern = arguments.get("pattern").or(rule.get("pattern"));
            let mostly = mostly(rule)?;
            let (check, value) = match (valid, pattern) {
                (Some(values), _) => ("in_set", json!({"values": values, "mostly": mostly})),
                (_, Some(pattern)) => ("regex", json!({"pattern": pattern, "mostly": mostly})),
                _ => return Err("what is valid is not said".to_owned()),
            };
            draft.column(column, check, with_level(value, rule));
        }
        _ => return Err(format!("`{metric}` has no check here")),
    }
    Ok(())
}

/// Gives a check the level that a rule's severity means.
fn with_level(mut value: Json, rule: &Json) -> Json {
    if matches!(rule["severity"].as_str(), Some("warning" | "info")) {
        value["level"] = json!(if rule["severity"] == "info" { "info" } else { "warn" });
    }
    value
}

/// Returns the share of rows that must be as expected, where a rule bounds that of the others.
fn mostly(rule: &Json) -> Result<f64, String> {
    let in_percent = rule["unit"] == "percent";
    let bound = ["mustBe", "mustBeLessThan", "mustBeLessOrEqualTo", "mustBeLessThanOrEqualTo"];
    let given = bound.iter().find_map(|key| Some((*key, rule[*key].as_f64()?)));
    match given {
        Some(("mustBe", 0.0)) => Ok(1.0),
        Some((_, percent)) if in_percent && (0.0..=100.0).contains(&percent) => {
            Ok((100.0 - percent) / 100.0)
        }
        // Fewer than one row is none.
        Some(("mustBeLessThan", 1.0)) if !in_percent => Ok(1.0),
        Some(_) => Err("it bounds a number of rows, not a share".to_owned()),
        None => Err("its bound is not understood".to_owned()),
    }
}

/// Returns the bounds of a count.
fn counted(rule: &Json) -> Result<Json, String> {
    let number = |key: &str| rule[key].as_u64();
    let between = items(&rule["mustBeBetween"]);
    let least = number("mustBeGreaterThan")
        .map(|least| least + 1)
        .or(number("mustBeGreaterOrEqualTo"))
        .or(number("mustBeGreaterThanOrEqualTo"))
        .or(between.first().and_then(Json::as_u64));
    let most = number("mustBeLessThan")
        .and_then(|most| most.checked_sub(1))
        .or(number("mustBeLessOrEqualTo"))
        .or(number("mustBeLessThanOrEqualTo"))
        .or(between.get(1).and_then(Json::as_u64));
    let (least, most, equal) = (json!(least), json!(most), json!(number("mustBe")));
    let bounds = [("min", &least), ("max", &most), ("equal", &equal)];
    mapping(&bounds).ok_or_else(|| "its bound is not understood".to_owned())
}
