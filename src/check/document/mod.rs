//! Files of names and values, as training code writes metrics and people write parameters: JSON, YAML
//! and TOML, flattened to names with dots.

use serde_json::{Map, Value as Json};

use crate::base::yaml::{self, Node, Value};

/// Names in the order of the file, each with a text, a number, a truth value, nothing, or a list.
pub type Entries = Vec<(String, Json)>;

/// Why a file is no document.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum DocumentError {
    #[error("{file}: the end of its name tells no format (json, yaml, yml and toml are known)")]
    UnknownFormat { file: String },
    #[error("{file}:{line}: {reason}")]
    Malformed { file: String, line: usize, reason: String },
    #[error("{file}: {reason}")]
    Unreadable { file: String, reason: String },
}

/// How a document is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Syntax {
    Json,
    Yaml,
    Toml,
}

impl Syntax {
    /// Returns the syntax that the end of a name tells.
    pub fn of(name: &str) -> Option<Self> {
        match name.rsplit_once('.')?.1.to_ascii_lowercase().as_str() {
            "json" => Some(Self::Json),
            "yaml" | "yml" => Some(Self::Yaml),
            "toml" => Some(Self::Toml),
            _ => None,
        }
    }
}

/// Reads a document; `file` is what messages call it, and its end tells the syntax.
pub fn read(file: &str, bytes: &[u8]) -> Result<Entries, DocumentError> {
    let unreadable = |reason: &str| DocumentError::Unreadable {
        file: file.to_owned(),
        reason: reason.to_owned(),
    };
    let malformed = |line, reason| DocumentError::Malformed { file: file.to_owned(), line, reason };
    let syntax =
        Syntax::of(file).ok_or_else(|| DocumentError::UnknownFormat { file: file.to_owned() })?;
    let text = std::str::from_utf8(bytes).map_err(|_| unreadable("it is not UTF-8"))?;
    let text = text.trim_start_matches('\u{feff}');
    let tree = match syntax {
        Syntax::Json => serde_json::from_str(&without_bare_nan(text))
            .map_err(|error| malformed(error.line(), json_reason(&error)))?,
        Syntax::Yaml => {
            of_yaml(yaml::parse(text).map_err(|(place, reason)| malformed(place.line, reason))?)
        }
        Syntax::Toml => of_toml(text).map_err(|(line, reason)| malformed(line, reason))?,
    };
    if !tree.is_object() && !tree.is_null() {
        return Err(unreadable("it is no mapping of names to values"));
    }
    let mut entries = Vec::new();
    flatten(String::new(), tree, &mut entries);
    Ok(entries)
}

/// Returns a value as a number; NaN and infinities may stand as texts.
pub fn number(value: &Json) -> Option<f64> {
    match value {
        Json::Number(number) => number.as_f64(),
        Json::String(text) => match text.trim_start_matches(['+', '.']) {
            "NaN" | "nan" => Some(f64::NAN),
            "Infinity" | "inf" => Some(f64::INFINITY),
            "-Infinity" | "-inf" | "-.inf" => Some(f64::NEG_INFINITY),
            _ => None,
        },
        _ => None,
    }
}

/// Returns the numbers of a document by their names.
pub fn numbers(entries: &Entries) -> Vec<(String, f64)> {
    let numbers = entries.iter();
    numbers.filter_map(|(name, value)| Some((name.clone(), number(value)?))).collect()
}

fn flatten(name: String, value: Json, entries: &mut Entries) {
    let below = |part: &str| match name.as_str() {
        "" => part.to_owned(),
        name => format!("{name}.{part}"),
    };
    match value {
        Json::Object(map) => {
            for (part, value) in map {
                flatten(below(&part), value, entries);
            }
        }
        Json::Array(items) if items.iter().any(|item| item.is_object() || item.is_array()) => {
            for (at, value) in items.into_iter().enumerate() {
                flatten(below(&at.to_string()), value, entries);
            }
        }
        value if !name.is_empty() => entries.push((name, value)),
        _ => {}
    }
}

/// Quotes the words for what is no number, which Python writes and JSON does not know.
fn without_bare_nan(text: &str) -> String {
    let mut result = String::with_capacity(text.len());
    let (mut rest, mut in_text) = (text, false);
    while let Some(letter) = rest.chars().next() {
        let word = ["NaN", "-Infinity", "Infinity"].into_iter().find(|word| rest.starts_with(word));
        let step = match word.filter(|_| !in_text) {
            Some(word) => {
                result.extend(["\"", word, "\""]);
                word.len()
            }
            None if in_text && letter == '\\' => {
                let escaped = rest[1..].chars().next().map_or(0, char::len_utf8);
                result.push_str(&rest[..=escaped]);
                1 + escaped
            }
            None => {
                in_text ^= letter == '"';
                result.push(letter);
                letter.len_utf8()
            }
        };
        rest = &rest[step..];
    }
    result
}

/// Returns what a JSON reader says, without the place.
fn json_reason(error: &serde_json::Error) -> String {
    let text = error.to_string();
    text.split(" at line ").next().unwrap_or(&text).to_owned()
}

fn of_yaml(node: Node) -> Json {
    match node.value {
        Value::Null => Json::Null,
        Value::Text(text) => Json::String(text),
        Value::Truth(truth) => Json::Bool(truth),
        Value::Number(text) => yaml_number(&text),
        Value::List(items) => Json::Array(items.into_iter().map(of_yaml).collect()),
        Value::Map(entries) => {
            let pairs = entries.into_iter().map(|(key, value)| (key.text, of_yaml(value)));
            Json::Object(pairs.collect())
        }
    }
}

/// Returns a number of YAML; what JSON cannot hold stays as it is written.
fn yaml_number(text: &str) -> Json {
    let whole = text.parse::<i64>().ok().map(Json::from);
    let float = || {
        let number = text.parse().ok().and_then(serde_json::Number::from_f64);
        number.map(Json::Number)
    };
    whole.or_else(float).unwrap_or_else(|| Json::String(text.to_owned()))
}

fn of_toml(text: &str) -> Result<Json, (usize, String)> {
    let read: Result<toml_edit::DocumentMut, toml_edit::TomlError> = text.parse();
    let document = read.map_err(|error| {
        let start = error.span().map_or(0, |span| span.start).min(text.len());
        let line = text.char_indices().filter(|(at, it)| *at < start && *it == '\n').count() + 1;
        (line, error.message().lines().next().unwrap_or_default().to_owned())
    })?;
    Ok(toml_table(document.as_table()))
}

fn toml_table(table: &dyn toml_edit::TableLike) -> Json {
    let pairs = table.iter().map(|(name, item)| (name.to_owned(), toml_item(item)));
    Json::Object(pairs.collect::<Map<_, _>>())
}

fn toml_item(item: &toml_edit::Item) -> Json {
    match item {
        toml_edit::Item::None => Json::Null,
        toml_edit::Item::Value(value) => toml_value(value),
        toml_edit::Item::Table(table) => toml_table(table),
        toml_edit::Item::ArrayOfTables(tables) => {
            Json::Array(tables.iter().map(|table| toml_table(table)).collect())
        }
    }
}

fn toml_value(value: &toml_edit::Value) -> Json {
    match value {
        toml_edit::Value::String(text) => Json::from(text.value().as_str()),
        toml_edit::Value::Integer(number) => Json::from(*number.value()),
        toml_edit::Value::Float(number) => {
            let number = *number.value();
            let json = serde_json::Number::from_f64(number).map(Json::Number);
            json.unwrap_or_else(|| Json::from(number.to_string()))
        }
        toml_edit::Value::Boolean(truth) => Json::from(*truth.value()),
        toml_edit::Value::Datetime(time) => Json::from(time.value().to_string()),
        toml_edit::Value::Array(items) => Json::Array(items.iter().map(toml_value).collect()),
        toml_edit::Value::InlineTable(table) => toml_table(table),
    }
}

#[cfg(test)]
mod tests;
