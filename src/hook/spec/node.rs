//! The YAML of the file as a tree whose every key and value knows its place.

use std::fmt;

use serde::de::{Deserialize, Deserializer, MapAccess, SeqAccess, Visitor};
use serde_saphyr::{Location, Spanned};

use crate::hook::spec::error::Place;

/// The largest file that is read at all.
pub const MAX_BYTES: usize = 1024 * 1024;

#[derive(Debug)]
pub struct Node {
    pub place: Place,
    pub value: Value,
}

#[derive(Debug)]
pub enum Value {
    Null,
    /// A text, a number or a truth value, as it stands in the file.
    Scalar(String),
    List(Vec<Node>),
    Map(Vec<(Key, Node)>),
}

#[derive(Debug, Clone)]
pub struct Key {
    pub place: Place,
    pub text: String,
}

/// Returns the tree of a file, or its first fault of syntax with its place.
pub fn parse(source: &str) -> Result<Node, (Place, String)> {
    let raw: Spanned<Raw> =
        serde_saphyr::from_str_with_options(source, options()).map_err(|error| fault(&error))?;
    Ok(raw.into_node(source))
}

/// Returns where an error of the YAML reader is, and what it says.
pub fn fault(error: &serde_saphyr::Error) -> (Place, String) {
    let place = error.location().map(place_of).unwrap_or_default();
    let text = error.without_snippet().to_string();
    // The place is shown by us; the library would say it a second time.
    let message = text.lines().next().unwrap_or_default();
    let message = message.split(" at line ").next().unwrap_or(message);
    if let Some(key) = message.strip_prefix("duplicate mapping key: ") {
        let key = key.split(", set ").next().unwrap_or(key);
        return (Place { width: key.chars().count(), ..place }, format!("`{key}` is named twice"));
    }
    (place, message.trim_end_matches([':', ' ']).to_owned())
}

/// The limits of a file that a stranger may have written: aliases cannot make it grow much.
fn options() -> serde_saphyr::Options {
    serde_saphyr::options! {
        strict_booleans: true,
        with_snippet: false,
        budget: serde_saphyr::budget! {
            max_depth: 32,
            max_documents: 1,
            max_nodes: 50_000,
            max_events: 150_000,
            max_total_scalar_bytes: 4 * MAX_BYTES,
            max_recorded_anchor_bytes: 4 * MAX_BYTES,
        },
        alias_limits: serde_saphyr::alias_limits! {
            max_total_replayed_events: 20_000,
            max_replay_stack_depth: 8,
            max_alias_expansions_per_anchor: 1_000,
        },
    }
}

/// A value before its numbers are turned back into the text they were written as.
enum Raw {
    Null,
    Text(String),
    Number(String),
    List(Vec<Spanned<Raw>>),
    Map(Vec<(Spanned<String>, Spanned<Raw>)>),
}

trait IntoNode {
    fn into_node(self, source: &str) -> Node;
}

impl IntoNode for Spanned<Raw> {
    fn into_node(self, source: &str) -> Node {
        let value = match self.value {
            Raw::Null => Value::Null,
            Raw::Text(text) => Value::Scalar(text),
            // `1.10` must not become `1.1`: what was written is what counts.
            Raw::Number(text) => Value::Scalar(written(self.defined, source).unwrap_or(text)),
            Raw::List(items) => {
                Value::List(items.into_iter().map(|item| item.into_node(source)).collect())
            }
            Raw::Map(entries) => Value::Map(
                entries
                    .into_iter()
                    .map(|(key, value)| (to_key(key), value.into_node(source)))
                    .collect(),
            ),
        };
        Node { place: place_of(self.referenced), value }
    }
}

fn to_key(key: Spanned<String>) -> Key {
    let mut place = place_of(key.referenced);
    place.width = key.value.chars().count();
    Key { place, text: key.value }
}

fn place_of(location: Location) -> Place {
    Place {
        line: location.line() as usize,
        column: location.column() as usize,
        width: location.span().len() as usize,
    }
}

fn written(location: Location, source: &str) -> Option<String> {
    let start = location.span().byte_offset()? as usize;
    let length = location.span().byte_len()? as usize;
    let text = source.get(start..start.checked_add(length)?)?.trim();
    (!text.is_empty()).then(|| text.to_owned())
}

impl<'de> Deserialize<'de> for Raw {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(RawVisitor)
    }
}

struct RawVisitor;

impl<'de> Visitor<'de> for RawVisitor {
    type Value = Raw;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a text, a number, a list or a mapping")
    }

    fn visit_unit<E>(self) -> Result<Raw, E> {
        Ok(Raw::Null)
    }

    fn visit_none<E>(self) -> Result<Raw, E> {
        Ok(Raw::Null)
    }

    fn visit_some<D: Deserializer<'de>>(self, deserializer: D) -> Result<Raw, D::Error> {
        deserializer.deserialize_any(self)
    }

    fn visit_str<E>(self, text: &str) -> Result<Raw, E> {
        Ok(Raw::Text(text.to_owned()))
    }

    fn visit_bool<E>(self, value: bool) -> Result<Raw, E> {
        Ok(Raw::Number(value.to_string()))
    }

    fn visit_i64<E>(self, value: i64) -> Result<Raw, E> {
        Ok(Raw::Number(value.to_string()))
    }

    fn visit_u64<E>(self, value: u64) -> Result<Raw, E> {
        Ok(Raw::Number(value.to_string()))
    }

    fn visit_i128<E>(self, value: i128) -> Result<Raw, E> {
        Ok(Raw::Number(value.to_string()))
    }

    fn visit_u128<E>(self, value: u128) -> Result<Raw, E> {
        Ok(Raw::Number(value.to_string()))
    }

    fn visit_f64<E>(self, value: f64) -> Result<Raw, E> {
        Ok(Raw::Number(value.to_string()))
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut list: A) -> Result<Raw, A::Error> {
        let mut items = Vec::new();
        while let Some(item) = list.next_element()? {
            items.push(item);
        }
        Ok(Raw::List(items))
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Raw, A::Error> {
        let mut entries = Vec::new();
        while let Some(entry) = map.next_entry()? {
            entries.push(entry);
        }
        Ok(Raw::Map(entries))
    }
}
