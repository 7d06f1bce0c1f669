//! A suite that is being written.

use serde_json::{Map, Value as Json, json};

use crate::check::suite::spec::parse;
use crate::check::suite::yaml_text::{flow, list};

/// What is known of the suite so far.
#[derive(Debug, Default)]
pub(super) struct Draft {
    pub(super) dataset: Vec<String>,
    pub(super) null_values: Vec<String>,
    checks: Vec<(&'static str, Json)>,
    columns: Vec<(String, Vec<(&'static str, Vec<Json>)>)>,
    not_run: Vec<(String, Option<String>, String)>,
}

impl Draft {
    /// Adds a check of the table.
    pub(super) fn table(&mut self, check: &'static str, value: Json) {
        match fault(&format!("checks:\n- {check}: {}\n", shown(&value))) {
            Some(fault) => self.leave_out(check, None, fault),
            None => self.checks.push((check, value)),
        }
    }

    /// Adds a check of a column.
    pub(super) fn column(&mut self, column: &str, check: &'static str, value: Json) {
        if let Some(fault) =
            fault(&format!("columns:\n  {}:\n    {check}: {}\n", flow(column), shown(&value)))
        {
            return self.leave_out(check, Some(column), fault);
        }
        let at = self.columns.iter().position(|(name, _)| name == column);
        let at = at.unwrap_or_else(|| {
            self.columns.push((column.to_owned(), Vec::new()));
            self.columns.len() - 1
        });
        let checks = &mut self.columns[at].1;
        match checks.iter_mut().find(|(name, _)| *name == check) {
            Some((_, values)) if values.contains(&value) => {}
            Some((_, values)) => values.push(value),
            None => checks.push((check, vec![value])),
        }
    }

    /// Notes a rule that has no check; its name is made one of its own.
    pub(super) fn leave_out(
        &mut self,
        name: &str,
        column: Option<&str>,
        reason: impl Into<String>,
    ) {
        let taken = |name: &str| self.not_run.iter().any(|(known, ..)| known == name);
        let mut own = name.to_owned();
        let mut number = 2;
        while taken(&own) {
            own = format!("{name}-{number}");
            number += 1;
        }
        self.not_run.push((own, column.map(str::to_owned), reason.into()));
    }

    pub(super) fn left_out(&self) -> usize {
        self.not_run.len()
    }

    pub(super) fn to_yaml(&self) -> String {
        let mut text = String::new();
        match self.dataset.is_empty() {
            true => text
                .push_str("# dataset: the path or glob of the data, or give it to `mlv check`\n"),
            false => text.push_str(&format!("dataset: {}\n", list(&self.dataset))),
        }
        if !self.null_values.is_empty() {
            text.push_str(&format!("read: {{null_values: {}}}\n", list(&self.null_values)));
        }
        if !self.checks.is_empty() {
            text.push_str("checks:\n");
        }
        for (check, value) in &self.checks {
            text.push_str(&format!("- {check}: {}\n", shown(value)));
        }
        if !self.columns.is_empty() {
            text.push_str("columns:\n");
        }
        for (column, checks) in &self.columns {
            text.push_str(&format!("  {}:\n", flow(column)));
            for (check, values) in checks {
                text.push_str(&format!("    {check}: {}\n", several(values)));
            }
        }
        if !self.not_run.is_empty() {
            text.push_str("# Rules without a check here: each refuses until `allow_not_run` names it.\nnot_run:\n");
        }
        for (name, column, reason) in &self.not_run {
            let column = column.as_ref().map(|name| format!(", column: {}", flow(name)));
            let column = column.unwrap_or_default();
            let (name, reason) = (flow(name), flow(reason));
            text.push_str(&format!("- {{name: {name}{column}, reason: {reason}}}\n"));
        }
        text
    }
}

/// Returns what is wrong with a suite of one check: what others allow need not be allowed here.
fn fault(suite: &str) -> Option<String> {
    let errors = parse("", suite.as_bytes()).err()?;
    errors.0.first().map(|error| error.message.clone())
}

/// Returns what stands behind a check: one value, or a list of mappings where there are several.
fn several(values: &[Json]) -> String {
    match values {
        [value] => shown(value),
        values => {
            let values: Vec<String> = values.iter().map(shown).collect();
            format!("[{}]", values.join(", "))
        }
    }
}

/// Returns a value as YAML within brackets.
fn shown(value: &Json) -> String {
    match value {
        Json::String(text) => flow(text),
        Json::Array(items) => {
            format!("[{}]", items.iter().map(shown).collect::<Vec<_>>().join(", "))
        }
        Json::Object(map) => {
            let pair = |(key, value): (&String, &Json)| format!("{}: {}", flow(key), shown(value));
            format!("{{{}}}", map.iter().map(pair).collect::<Vec<_>>().join(", "))
        }
        value => value.to_string(),
    }
}

/// Returns the mapping of these keys, without those that have no value; nothing where none has.
pub(super) fn mapping(pairs: &[(&str, &Json)]) -> Option<Json> {
    let there = pairs.iter().filter(|(_, value)| !value.is_null());
    let map: Map<_, _> = there.map(|(key, value)| ((*key).to_owned(), (*value).clone())).collect();
    (!map.is_empty()).then(|| json!(map))
}

/// Returns the type of ours that a name of another tool means; `text` where any text does.
pub(super) fn type_of(name: &str) -> Option<&'static str> {
    Some(match name.to_ascii_lowercase().as_str() {
        "int" | "integer" | "int8" | "int16" | "int32" | "int64" | "long" | "bigint"
        | "smallint" | "year" | "integertype" | "longtype" => "int",
        "float" | "number" | "double" | "decimal" | "float32" | "float64" | "numeric" | "real"
        | "doubletype" | "floattype" => "number",
        "bool" | "boolean" | "bool_" | "booleantype" => "bool",
        "date" | "datetype" => "date",
        "timestamp" | "datetime" | "datetime64" | "date-time" | "timestamptype" => "timestamp",
        "str" | "string" | "text" | "varchar" | "char" | "any" | "stringtype" => "text",
        "object" | "array" | "json" => "json",
        _ => return None,
    })
}
