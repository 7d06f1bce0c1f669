//! The refs in the repository's database: read, and edited with the expectation spelled out.

use rusqlite::{Connection, OptionalExtension};

use crate::base::Hash;
use crate::refs::{RefError, RefName, RefValue};

/// The tables of this room.
pub const SCHEMA: &str = "
    CREATE TABLE refs (
        name  TEXT PRIMARY KEY NOT NULL,
        value BLOB NOT NULL
    ) STRICT, WITHOUT ROWID;
    CREATE TABLE refs_sum (
        one INTEGER PRIMARY KEY CHECK (one = 1),
        sum BLOB NOT NULL
    ) STRICT;
";

/// What must hold of a ref before it is edited.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Expected {
    Anything,
    Absent,
    Exactly(RefValue),
}

/// One change of a ref; `new` is nothing where the ref is deleted.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RefEdit {
    pub name: RefName,
    pub expected: Expected,
    pub new: Option<RefValue>,
}

impl RefEdit {
    /// Sets a ref, whatever it held.
    pub fn set(name: RefName, new: RefValue) -> Self {
        Self { name, expected: Expected::Anything, new: Some(new) }
    }

    /// Creates a ref that must not exist.
    pub fn create(name: RefName, new: RefValue) -> Self {
        Self { name, expected: Expected::Absent, new: Some(new) }
    }

    /// Moves a ref from what it held, or creates it where it held nothing.
    pub fn replace(name: RefName, old: Option<RefValue>, new: RefValue) -> Self {
        let expected = old.map_or(Expected::Absent, Expected::Exactly);
        Self { name, expected, new: Some(new) }
    }

    /// Deletes a ref, whatever it held.
    pub fn delete(name: RefName) -> Self {
        Self { name, expected: Expected::Anything, new: None }
    }
}

/// What an edit did, as the operation log keeps it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AppliedEdit {
    pub name: RefName,
    pub old: Option<RefValue>,
    pub new: Option<RefValue>,
}

/// Returns what a ref holds.
pub fn get(connection: &Connection, name: &RefName) -> Result<Option<RefValue>, RefError> {
    let mut statement = connection.prepare_cached("SELECT value FROM refs WHERE name = ?1")?;
    let bytes: Option<Vec<u8>> =
        statement.query_row([name.as_str()], |row| row.get(0)).optional()?;
    bytes.map(|bytes| RefValue::from_bytes(name.as_str(), &bytes)).transpose()
}

/// Returns the refs whose full names start with `prefix`, sorted by name.
pub fn list(connection: &Connection, prefix: &str) -> Result<Vec<(RefName, RefValue)>, RefError> {
    let mut statement = connection.prepare_cached(
        "SELECT name, value FROM refs WHERE name >= ?1 AND substr(name, 1, length(?1)) = ?1
         ORDER BY name",
    )?;
    let rows = statement
        .query_map([prefix], |row| Ok((row.get::<_, String>(0)?, row.get::<_, Vec<u8>>(1)?)))?;
    let mut refs = Vec::new();
    for row in rows {
        let (name, bytes) = row?;
        let value = RefValue::from_bytes(&name, &bytes)?;
        refs.push((name.parse()?, value));
    }
    Ok(refs)
}

/// Applies edits inside the caller's transaction; the first broken expectation is the error, and
/// the caller must then roll back. Edits that change nothing are left out of the result.
pub fn apply(connection: &Connection, edits: &[RefEdit]) -> Result<Vec<AppliedEdit>, RefError> {
    let mut applied = Vec::new();
    let mut sum = stored_sum(connection)?;
    for edit in edits {
        let old = get(connection, &edit.name)?;
        check_expectation(edit, old.as_ref())?;
        if old == edit.new {
            continue;
        }
        match &edit.new {
            Some(value) => connection
                .prepare_cached("INSERT OR REPLACE INTO refs (name, value) VALUES (?1, ?2)")?
                .execute((edit.name.as_str(), value.to_bytes()))?,
            None => connection
                .prepare_cached("DELETE FROM refs WHERE name = ?1")?
                .execute([edit.name.as_str()])?,
        };
        for value in old.iter().chain(&edit.new) {
            sum.toggle(edit.name.as_str(), &value.to_bytes());
        }
        applied.push(AppliedEdit { name: edit.name.clone(), old, new: edit.new.clone() });
    }
    if !applied.is_empty() {
        connection
            .prepare_cached("INSERT OR REPLACE INTO refs_sum (one, sum) VALUES (1, ?1)")?
            .execute([sum.0])?;
    }
    Ok(applied)
}

/// The exclusive or of the hashes of all refs, kept beside them so that a damaged name or value
/// shows, and at the cost of the refs that an edit concerns.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Sum([u8; 32]);

impl Sum {
    /// Takes a ref in, or out again.
    fn toggle(&mut self, name: &str, value: &[u8]) {
        let hash = Hash::of(&[name.as_bytes(), &[0], value].concat());
        self.0.iter_mut().zip(hash.0).for_each(|(byte, other)| *byte ^= other);
    }
}

fn stored_sum(connection: &Connection) -> Result<Sum, RefError> {
    let mut statement = connection.prepare_cached("SELECT sum FROM refs_sum")?;
    let sum = statement.query_row([], |row| row.get(0)).optional()?;
    Ok(Sum(sum.unwrap_or_default()))
}

/// Tells whether the refs are those that edits have left there.
pub fn is_sound(connection: &Connection) -> Result<bool, RefError> {
    let mut statement = connection.prepare_cached("SELECT name, value FROM refs")?;
    let mut rows = statement.query([])?;
    let mut sum = Sum([0; 32]);
    while let Some(row) = rows.next()? {
        sum.toggle(&row.get::<_, String>(0)?, &row.get::<_, Vec<u8>>(1)?);
    }
    Ok(sum == stored_sum(connection)?)
}

fn check_expectation(edit: &RefEdit, found: Option<&RefValue>) -> Result<(), RefError> {
    match (&edit.expected, found) {
        (Expected::Anything, _) | (Expected::Absent, None) => Ok(()),
        (Expected::Absent, Some(_)) => Err(RefError::Exists { name: edit.name.clone() }),
        (Expected::Exactly(wanted), Some(found)) if wanted == found => Ok(()),
        (Expected::Exactly(_), found) => {
            Err(RefError::Moved { name: edit.name.clone(), found: found.cloned().map(Box::new) })
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::base::{CommitId, Hash};

    fn database() -> Connection {
        let connection = Connection::open_in_memory().unwrap();
        connection.execute_batch(SCHEMA).unwrap();
        connection
    }

    fn commit(number: u8) -> RefValue {
        RefValue::Commit(CommitId(Hash::of(&[number])))
    }

    #[test]
    fn an_edit_moves_a_ref_only_from_where_it_was_expected() {
        let connection = database();
        let main = RefName::branch("main").unwrap();
        apply(&connection, &[RefEdit::create(main.clone(), commit(1))]).unwrap();
        let stale = RefEdit::replace(main.clone(), Some(commit(2)), commit(3));
        assert!(matches!(apply(&connection, &[stale]), Err(RefError::Moved { .. })));
        let again = RefEdit::create(main.clone(), commit(3));
        assert!(matches!(apply(&connection, &[again]), Err(RefError::Exists { .. })));
        let right = RefEdit::replace(main.clone(), Some(commit(1)), commit(3));
        assert_eq!(
            apply(&connection, &[right]).unwrap(),
            [AppliedEdit { name: main.clone(), old: Some(commit(1)), new: Some(commit(3)) }]
        );
        assert_eq!(get(&connection, &main).unwrap(), Some(commit(3)));
    }

    #[test]
    fn a_name_or_value_that_no_edit_wrote_shows() {
        let connection = database();
        assert!(is_sound(&connection).unwrap());
        let (main, gone) = (RefName::branch("main").unwrap(), RefName::branch("gone").unwrap());
        for number in [1, 2] {
            apply(&connection, &[RefEdit::set(main.clone(), commit(number))]).unwrap();
            apply(&connection, &[RefEdit::set(gone.clone(), commit(number))]).unwrap();
        }
        apply(&connection, &[RefEdit::delete(gone)]).unwrap();
        assert!(is_sound(&connection).unwrap());
        connection.execute("UPDATE refs SET name = 'refs/heads/maio'", []).unwrap();
        assert!(!is_sound(&connection).unwrap());
    }

    #[test]
    fn deleting_a_ref_which_is_gone_succeeds_and_changes_nothing() {
        let connection = database();
        let gone = RefName::tag("v1").unwrap();
        assert_eq!(apply(&connection, &[RefEdit::delete(gone)]).unwrap(), []);
    }

    #[test]
    fn a_listing_holds_the_prefix_only_and_is_sorted() {
        let connection = database();
        for name in ["b", "a", "a/x"] {
            let name = RefName::branch(name).unwrap();
            apply(&connection, &[RefEdit::set(name, commit(1))]).unwrap();
        }
        apply(&connection, &[RefEdit::set(RefName::tag("t").unwrap(), commit(1))]).unwrap();
        let names: Vec<_> = list(&connection, "refs/heads/").unwrap();
        let names: Vec<_> = names.iter().map(|(name, _)| name.short()).collect();
        assert_eq!(names, ["a", "a/x", "b"]);
    }
}
