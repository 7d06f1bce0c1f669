//! The YAML of the file as a tree whose every key and value knows its place.

use std::fmt;

use serde::de::{Deserialize, Deserializer, MapAccess, SeqAccess, Visitor};
use serde_saphyr::{DuplicateKeyPolicy, Location, NonFiniteFloatPolicy, Spanned};

use crate::base::yaml::fault::Place;

/// The largest file that is read at all.
pub const MAX_BYTES: usize = 1024 * 1024;

#[derive(Debug, Clone)]
pub struct Node {
    pub place: Place,
    pub value: Value,
}

#[derive(Debug, Clone)]
pub enum Value {
    Null,
    Text(String),
    /// A number, as it stands in the file.
    Number(String),
    Truth(bool),
    List(Vec<Node>),
    Map(Vec<(Key, Node)>),
}

#[derive(Debug, Clone)]
pub struct Key {
    pub place: Place,
    pub text: String,
}

/// A file of which a tree is made: its number among the files that are read together, and its text.
#[derive(Debug, Clone, Copy)]
pub struct Source<'a> {
    pub file: usize,
    pub text: &'a str,
}

/// Returns the tree of a text, or its first fault of syntax with its place.
pub fn parse(text: &str) -> Result<Node, (Place, String)> {
    parse_file(Source { file: 0, text })
}

/// Returns the tree of one of several files.
pub fn parse_file(source: Source<'_>) -> Result<Node, (Place, String)> {
    read(source, DuplicateKeyPolicy::Error).map_err(|error| with_first(source, fault(&error)))
}

fn read(source: Source<'_>, duplicates: DuplicateKeyPolicy) -> Result<Node, serde_saphyr::Error> {
    let raw: Spanned<Raw> = serde_saphyr::from_str_with_options(source.text, options(duplicates))?;
    Ok(raw.into_node(source))
}

impl Value {
    /// Returns what stands in the file as a text, a number or a truth value.
    pub fn scalar(&self) -> Option<&str> {
        match self {
            Self::Text(text) | Self::Number(text) => Some(text),
            Self::Truth(true) => Some("true"),
            Self::Truth(false) => Some("false"),
            Self::Null | Self::List(_) | Self::Map(_) => None,
        }
    }

    /// Returns what this is, in words.
    pub fn kind(&self) -> &'static str {
        match self {
            Self::Null => "nothing",
            Self::Text(_) => "a text",
            Self::Number(_) => "a number",
            Self::Truth(_) => "a truth value",
            Self::List(_) => "a list",
            Self::Map(_) => "a mapping",
        }
    }
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

/// Adds to the fault of a key that is named twice where it was named first.
fn with_first(source: Source<'_>, (place, message): (Place, String)) -> (Place, String) {
    let place = Place { file: source.file, ..place };
    if !message.ends_with("is named twice") {
        return (place, message);
    }
    let tree = read(source, DuplicateKeyPolicy::LastWins).ok();
    match tree.and_then(|tree| first_of(&tree, place)) {
        Some(first) => (place, format!("{message}, first on line {}", first.line)),
        None => (place, message),
    }
}

/// Returns where the key that is named again at `place` was named first.
fn first_of(node: &Node, place: Place) -> Option<Place> {
    match &node.value {
        Value::List(items) => items.iter().find_map(|item| first_of(item, place)),
        Value::Map(entries) => {
            let again = entries
                .iter()
                .map(|(key, _)| key)
                .find(|key| (key.place.line, key.place.column) == (place.line, place.column));
            match again {
                Some(again) => {
                    let mut keys = entries.iter().map(|(key, _)| key);
                    keys.find(|key| key.text == again.text && key.place < again.place)
                        .map(|key| key.place)
                }
                None => entries.iter().find_map(|(_, value)| first_of(value, place)),
            }
        }
        _ => None,
    }
}

/// The limits of a file that a stranger may have written: aliases cannot make it grow much.
fn options(duplicates: DuplicateKeyPolicy) -> serde_saphyr::Options {
    serde_saphyr::options! {
        strict_booleans: true,
        with_snippet: false,
        duplicate_keys: duplicates,
        // It is taken as it is written, as every number.
        non_finite_float_policy: NonFiniteFloatPolicy::PassThrough,
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
    Truth(bool),
    List(Vec<Spanned<Raw>>),
    Map(Vec<(Spanned<String>, Spanned<Raw>)>),
}

trait IntoNode {
    fn into_node(self, source: Source<'_>) -> Node;
}

impl IntoNode for Spanned<Raw> {
    fn into_node(self, source: Source<'_>) -> Node {
        let value = match self.value {
            Raw::Null => Value::Null,
            Raw::Text(text) => Value::Text(text),
            Raw::Truth(truth) => Value::Truth(truth),
            // `1.10` must not become `1.1`: what was written is what counts.
            Raw::Number(text) => Value::Number(source.written(self.defined).unwrap_or(text)),
            Raw::List(items) => {
                Value::List(items.into_iter().map(|item| item.into_node(source)).collect())
            }
            Raw::Map(entries) => Value::Map(
                entries
                    .into_iter()
                    .map(|(key, value)| (source.key(key), value.into_node(source)))
                    .collect(),
            ),
        };
        Node { place: source.place(self.referenced), value }
    }
}

impl Source<'_> {
    fn key(self, key: Spanned<String>) -> Key {
        let mut place = self.place(key.referenced);
        place.width = key.value.chars().count();
        Key { place, text: key.value }
    }

    fn place(self, location: Location) -> Place {
        Place { file: self.file, ..place_of(location) }
    }

    fn written(self, location: Location) -> Option<String> {
        let start = location.span().byte_offset()? as usize;
        let length = location.span().byte_len()? as usize;
        let text = self.text.get(start..start.checked_add(length)?)?.trim();
        (!text.is_empty()).then(|| text.to_owned())
    }
}

fn place_of(location: Location) -> Place {
    Place {
        file: 0,
        line: location.line() as usize,
        column: location.column() as usize,
        width: location.span().len() as usize,
    }
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
        Ok(Raw::Truth(value))
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
