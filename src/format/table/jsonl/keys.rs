//! `Keys`: the keys of a table's objects, each a column.

use std::collections::HashMap;
use std::fmt;

use serde::de::{DeserializeSeed, Deserializer, Error, IgnoredAny, MapAccess, Visitor};

use crate::format::table::options::MOST_COLUMNS;

/// Names of columns in the order in which they were first seen.
#[derive(Debug, Clone, Default)]
pub struct Keys {
    names: Vec<String>,
    places: HashMap<String, usize>,
}

impl Keys {
    pub fn names(&self) -> &[String] {
        &self.names
    }

    pub fn len(&self) -> usize {
        self.names.len()
    }

    /// Adds a key where it is new; says so where there are too many.
    pub fn add(&mut self, name: &str) -> Result<(), String> {
        if self.places.contains_key(name) {
            return Ok(());
        }
        if self.len() == MOST_COLUMNS {
            return Err(format!("more than {MOST_COLUMNS} keys, which are the most"));
        }
        self.places.insert(name.to_owned(), self.len());
        self.names.push(name.to_owned());
        Ok(())
    }

    /// Returns the place of a key, which is likely the one guessed: objects resemble each other.
    pub fn place(&self, name: &str, guess: usize) -> Option<usize> {
        if self.names.get(guess).is_some_and(|guessed| guessed == name) {
            return Some(guess);
        }
        self.places.get(name).copied()
    }
}

/// Adds the keys of an object.
pub struct Collect<'a>(pub &'a mut Keys);

impl<'de> DeserializeSeed<'de> for Collect<'_> {
    type Value = ();

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<(), D::Error> {
        deserializer.deserialize_map(self)
    }
}

impl<'de> Visitor<'de> for Collect<'_> {
    type Value = ();

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an object")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<(), A::Error> {
        while let Some(key) = map.next_key::<String>()? {
            map.next_value::<IgnoredAny>()?;
            self.0.add(&key).map_err(A::Error::custom)?;
        }
        Ok(())
    }
}
