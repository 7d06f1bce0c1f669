//! An object of a line, taken apart into the cells of its row.

use std::fmt;

use serde::Deserialize;
use serde::de::value::{MapAccessDeserializer, SeqAccessDeserializer};
use serde::de::{DeserializeSeed, Deserializer, Error, IgnoredAny, MapAccess, SeqAccess, Visitor};
use serde_json::Value;

use super::cells::{Cell, Cells};
use super::keys::Keys;

/// Columns in the making, one for each key that is read.
pub struct Row<'a> {
    pub keys: &'a Keys,
    pub columns: &'a mut [Option<Cells>],
    /// How many rows came before, which is how many cells each column has.
    pub before: usize,
}

impl<'de> DeserializeSeed<'de> for Row<'_> {
    type Value = ();

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<(), D::Error> {
        deserializer.deserialize_map(self)
    }
}

impl<'de> Visitor<'de> for Row<'_> {
    type Value = ();

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an object")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<(), A::Error> {
        let mut guess = 0;
        while let Some(place) = map.next_key_seed(Key { keys: self.keys, guess })? {
            guess = place + 1;
            match &mut self.columns[place] {
                Some(cells) if cells.len() > self.before => {
                    let key = &self.keys.names()[place];
                    return Err(A::Error::custom(format!("the key `{key}` is there twice")));
                }
                Some(cells) => map.next_value_seed(Into(cells))?,
                None => drop(map.next_value::<IgnoredAny>()?),
            }
        }
        for cells in self.columns.iter_mut().flatten().filter(|cells| cells.len() == self.before) {
            cells.push(&Cell::Null);
        }
        Ok(())
    }
}

/// Reads a key as the place of its column.
struct Key<'a> {
    keys: &'a Keys,
    guess: usize,
}

impl<'de> DeserializeSeed<'de> for Key<'_> {
    type Value = usize;

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<usize, D::Error> {
        deserializer.deserialize_str(self)
    }
}

impl Visitor<'_> for Key<'_> {
    type Value = usize;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a key")
    }

    fn visit_str<E: Error>(self, name: &str) -> Result<usize, E> {
        let unknown = || E::custom(format!("the key `{name}` is in none of the first lines"));
        self.keys.place(name, self.guess).ok_or_else(unknown)
    }
}

/// Reads a value into a column.
struct Into<'a>(&'a mut Cells);

impl<'de> DeserializeSeed<'de> for Into<'_> {
    type Value = ();

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<(), D::Error> {
        deserializer.deserialize_any(self)
    }
}

impl Into<'_> {
    fn push(self, cell: &Cell<'_>) {
        self.0.push(cell);
    }
}

impl<'de> Visitor<'de> for Into<'_> {
    type Value = ();

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a value")
    }

    fn visit_unit<E>(self) -> Result<(), E> {
        self.push(&Cell::Null);
        Ok(())
    }

    fn visit_bool<E>(self, value: bool) -> Result<(), E> {
        self.push(&Cell::Bool(value));
        Ok(())
    }

    fn visit_i64<E>(self, value: i64) -> Result<(), E> {
        self.push(&Cell::Int(value));
        Ok(())
    }

    /// Numbers beyond the largest integer of a column are floats.
    fn visit_u64<E>(self, value: u64) -> Result<(), E> {
        self.push(&i64::try_from(value).map_or(Cell::Float(value as f64), Cell::Int));
        Ok(())
    }

    fn visit_f64<E>(self, value: f64) -> Result<(), E> {
        self.push(&Cell::Float(value));
        Ok(())
    }

    fn visit_str<E>(self, value: &str) -> Result<(), E> {
        self.push(&Cell::Text(value));
        Ok(())
    }

    fn visit_seq<A: SeqAccess<'de>>(self, seq: A) -> Result<(), A::Error> {
        let value = Value::deserialize(SeqAccessDeserializer::new(seq))?;
        self.push(&Cell::Nested(value.to_string()));
        Ok(())
    }

    fn visit_map<A: MapAccess<'de>>(self, map: A) -> Result<(), A::Error> {
        let value = Value::deserialize(MapAccessDeserializer::new(map))?;
        self.push(&Cell::Nested(value.to_string()));
        Ok(())
    }
}
