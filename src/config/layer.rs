//! One layer: the settings of one file, read and checked.

use toml_edit::{DocumentMut, Item, TableLike, Value as TomlValue};

use crate::config::Source;
use crate::config::error::{ConfigError, Origin, Warning};
use crate::config::keys::Key;

/// The settings of one source, in its order.
pub(super) type Settings = Vec<(String, String)>;

/// Returns the TOML of a file.
pub(super) fn document(source: &Source, text: &str) -> Result<DocumentMut, ConfigError> {
    text.parse::<DocumentMut>().map_err(|error| ConfigError::Syntax {
        origin: Origin(source.clone()),
        reason: error.to_string().trim_end().to_owned(),
    })
}

/// Returns the known settings of a file; each unknown one becomes a warning.
pub(super) fn read(
    source: &Source,
    text: &str,
    warnings: &mut Vec<Warning>,
) -> Result<Settings, ConfigError> {
    let document = document(source, text)?;
    let mut settings = Vec::new();
    for (name, item) in flatten("", document.as_table()) {
        match Key::find(&name) {
            Some(key) => {
                let text = checked(source, key, &name, &written(item))?;
                settings.push((name, text));
            }
            None => warnings.push(Warning {
                source: source.clone(),
                candidates: Key::candidates(&name),
                key: name,
            }),
        }
    }
    Ok(settings)
}

/// Returns `text` if it is a value for this setting.
pub(super) fn checked(
    source: &Source,
    key: &Key,
    name: &str,
    text: &str,
) -> Result<String, ConfigError> {
    let unset = *source == Source::Default && text.is_empty();
    if unset || key.kind.accepts(text) {
        return Ok(text.to_owned());
    }
    Err(ConfigError::BadValue {
        origin: Origin(source.clone()),
        key: name.to_owned(),
        found: text.to_owned(),
        expected: key.kind.expected(),
    })
}

fn flatten<'t>(prefix: &str, table: &'t dyn TableLike) -> Vec<(String, &'t Item)> {
    let mut found = Vec::new();
    for (name, item) in table.iter() {
        let name = if prefix.is_empty() { name.to_owned() } else { format!("{prefix}.{name}") };
        match item.as_table_like() {
            // A setting that is written as a table is shown as the wrong value it is.
            Some(table) if Key::find(&name).is_none() => found.extend(flatten(&name, table)),
            _ => found.push((name, item)),
        }
    }
    found
}

fn written(item: &Item) -> String {
    match item.as_value() {
        Some(TomlValue::String(text)) => text.value().clone(),
        Some(value) => value.to_string().trim().to_owned(),
        None => item.to_string().trim().to_owned(),
    }
}
