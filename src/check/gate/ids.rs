//! The ids of rows, each with the row that has it: compact, as there may be millions.

use std::fmt;
use std::hash::BuildHasher;

use hashbrown::{DefaultHashBuilder, HashTable};

/// Ids in the order of their rows.
#[derive(Default)]
pub struct Ids {
    text: String,
    ends: Vec<usize>,
    rows: HashTable<u32>,
    hasher: DefaultHashBuilder,
}

impl fmt::Debug for Ids {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Ids").field("len", &self.len()).finish_non_exhaustive()
    }
}

impl Ids {
    pub fn len(&self) -> usize {
        self.ends.len()
    }

    pub fn is_empty(&self) -> bool {
        self.ends.is_empty()
    }

    /// Adds the id of the next row; tells whether no row before has it.
    pub fn push(&mut self, id: &str) -> bool {
        let row = self.len() as u32;
        self.text.push_str(id);
        self.ends.push(self.text.len());
        let Self { text, ends, rows, hasher } = self;
        let at = |row: u32| get(text, ends, row);
        let hash = hasher.hash_one(id);
        if rows.find(hash, |row| at(*row) == id).is_some() {
            return false;
        }
        rows.insert_unique(hash, row, |row| hasher.hash_one(at(*row)));
        true
    }

    /// Returns the id of a row.
    pub fn get(&self, row: u32) -> &str {
        get(&self.text, &self.ends, row)
    }

    /// Returns the first row that has this id.
    pub fn row_of(&self, id: &str) -> Option<u32> {
        let hash = self.hasher.hash_one(id);
        self.rows.find(hash, |row| self.get(*row) == id).copied()
    }

    pub fn iter(&self) -> impl Iterator<Item = &str> {
        (0..self.len() as u32).map(|row| self.get(row))
    }
}

fn get<'a>(text: &'a str, ends: &[usize], row: u32) -> &'a str {
    let row = row as usize;
    let start = row.checked_sub(1).map_or(0, |before| ends[before]);
    &text[start..ends[row]]
}

/// How many examples are named.
const EXAMPLES: usize = 3;

/// How many letters of an example are shown.
const MOST_LETTERS: usize = 60;

/// Returns a text as it can stand in a line.
pub fn on_one_line(text: &str) -> String {
    let shown = |letter: char| -> String {
        if letter.is_control() { letter.escape_default().collect() } else { letter.into() }
    };
    text.chars().map(shown).collect()
}

/// How many there are of something, and the first few by name.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Named {
    pub count: u64,
    examples: Vec<String>,
}

impl Named {
    pub fn note(&mut self, name: &str) {
        self.count += 1;
        if self.examples.len() < EXAMPLES {
            let start: String = name.chars().take(MOST_LETTERS).collect();
            let more = if start.len() < name.len() { "…" } else { "" };
            self.examples.push(format!("`{}{more}`", on_one_line(&start)));
        }
    }

    pub fn is_empty(&self) -> bool {
        self.count == 0
    }

    /// Returns the count with a noun, as in `2 rows`.
    pub fn counted(&self, noun: &str) -> String {
        let ending = if self.count == 1 { "" } else { "s" };
        format!("{} {noun}{ending}", self.count)
    }
}

/// The examples, as in `` `17`, `31`, … ``.
impl fmt::Display for Named {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.examples.join(", "))?;
        if self.count > self.examples.len() as u64 { f.write_str(", …") } else { Ok(()) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_id_leads_to_its_first_row() {
        let mut ids = Ids::default();
        let news: Vec<bool> = ["a", "", "ab", "a", "b"].iter().map(|id| ids.push(id)).collect();
        assert_eq!(news, [true, true, true, false, true]);
        assert_eq!(ids.iter().collect::<Vec<_>>(), ["a", "", "ab", "a", "b"]);
        assert_eq!((ids.row_of("a"), ids.row_of("b"), ids.row_of("c")), (Some(0), Some(4), None));
    }

    #[test]
    fn examples_stay_short_and_on_their_line() {
        let mut named = Named::default();
        named.note("a\n\u{1b}[31mb");
        named.note(&"long".repeat(1000));
        let text = named.to_string();
        assert!(text.starts_with("`a\\n\\u{1b}[31mb`, `longlong") && text.len() < 120, "{text}");
    }

    #[test]
    fn only_the_first_few_are_named() {
        let mut named = Named::default();
        for id in 0..5 {
            named.note(&id.to_string());
        }
        assert_eq!(format!("{}: {named}", named.counted("row")), "5 rows: `0`, `1`, `2`, …");
    }
}
