//! Changes one setting of a file and leaves the rest, comments and order, as it was.

use std::path::Path;

use toml_edit::{Item, Table, Value as TomlValue, value};

use crate::base::fs::{atomic_write, create_dirs, parent_of, read_if_exists};
use crate::config::Source;
use crate::config::error::{ConfigError, Origin};
use crate::config::keys::{Key, Kind};
use crate::config::layer;

/// Sets a setting in the file at `path`, which is created where missing.
pub fn set(path: &Path, name: &str, text: &str) -> Result<(), ConfigError> {
    let source = Source::File(path.to_owned());
    let key = known(name)?;
    let text = layer::checked(&source, key, name, text)?;
    let mut document = layer::document(&source, &content(path)?)?;
    let mut table = document.as_table_mut() as &mut dyn toml_edit::TableLike;
    let (sections, last) = split(name);
    for section in sections {
        let item = table.entry(section).or_insert_with(section_table);
        table = item.as_table_like_mut().ok_or_else(|| ConfigError::NotATable {
            origin: Origin(source.clone()),
            key: section.to_owned(),
        })?;
    }
    put(table.entry(last).or_insert(Item::None), to_toml(key.kind, &text));
    create_dirs(parent_of(path))?;
    Ok(atomic_write(path, document.to_string().as_bytes())?)
}

/// Returns a table whose header is written only where it holds settings itself.
fn section_table() -> Item {
    let mut table = Table::new();
    table.set_implicit(true);
    Item::Table(table)
}

/// Removes a setting from the file at `path`; tells whether it was there.
pub fn unset(path: &Path, name: &str) -> Result<bool, ConfigError> {
    let source = Source::File(path.to_owned());
    known(name)?;
    let mut document = layer::document(&source, &content(path)?)?;
    let mut table = document.as_table_mut() as &mut dyn toml_edit::TableLike;
    let (sections, last) = split(name);
    for section in sections {
        match table.get_mut(section).and_then(Item::as_table_like_mut) {
            Some(inner) => table = inner,
            None => return Ok(false),
        }
    }
    if table.remove(last).is_none() {
        return Ok(false);
    }
    atomic_write(path, document.to_string().as_bytes())?;
    Ok(true)
}

fn known(name: &str) -> Result<&'static Key, ConfigError> {
    Key::find(name).ok_or_else(|| ConfigError::UnknownKey {
        key: name.to_owned(),
        candidates: Key::candidates(name),
    })
}

fn content(path: &Path) -> Result<String, ConfigError> {
    let bytes = read_if_exists(path)?.unwrap_or_default();
    String::from_utf8(bytes).map_err(|_| ConfigError::Syntax {
        origin: Origin(Source::File(path.to_owned())),
        reason: "it is not UTF-8 text".to_owned(),
    })
}

fn split(name: &str) -> (Vec<&str>, &str) {
    let mut sections: Vec<&str> = name.split('.').collect();
    let last = sections.pop().unwrap_or(name);
    (sections, last)
}

fn to_toml(kind: Kind, text: &str) -> TomlValue {
    match (kind, text.parse::<i64>()) {
        (Kind::Integer, Ok(number)) => number.into(),
        _ => text.into(),
    }
}

/// Replaces a value and keeps the blanks and the comment around it.
fn put(place: &mut Item, mut new: TomlValue) {
    match place.as_value_mut() {
        Some(old) => {
            *new.decor_mut() = old.decor().clone();
            *old = new;
        }
        None => *place = value(new),
    }
}
