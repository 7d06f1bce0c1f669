//! Whether the database is sound: its pages, and what its rows say.

use rusqlite::Connection;
use serde_json::Value;

use crate::refs::{RefError, RefName, RefValue, operation, table};
use crate::repo::{Repo, journal};

impl Repo {
    /// Returns what is wrong with the database, a line for each.
    pub fn verify_database(&self) -> Vec<String> {
        let connection = self.connection();
        let mut problems = Vec::new();
        let mut note = |outcome: Result<Vec<String>, RefError>| match outcome {
            Ok(found) => problems.extend(found),
            Err(error) => problems.push(error.to_string()),
        };
        note(pages(&connection).map_err(RefError::from));
        note(refs(&connection));
        note(operation::list(&connection, usize::MAX).map(|_| Vec::new()));
        note(runs(&connection));
        problems
    }
}

/// How many findings of SQLite are told.
const LIMIT: i64 = 20;

fn pages(connection: &Connection) -> rusqlite::Result<Vec<String>> {
    let mut statement = connection.prepare(&format!("PRAGMA integrity_check({LIMIT})"))?;
    let rows = statement.query_map([], |row| row.get::<_, String>(0))?;
    let lines = rows.collect::<Result<Vec<_>, _>>()?;
    Ok(lines.into_iter().filter(|line| line != "ok").collect())
}

fn refs(connection: &Connection) -> Result<Vec<String>, RefError> {
    let mut problems = Vec::new();
    let mut statement = connection.prepare("SELECT name, value FROM refs")?;
    let mut rows = statement.query([])?;
    while let Some(row) = rows.next()? {
        let (name, bytes): (String, Vec<u8>) = (row.get(0)?, row.get(1)?);
        let value = RefValue::from_bytes(&name, &bytes);
        let error = value.err().or_else(|| name.parse::<RefName>().err());
        problems.extend(error.map(|error| error.to_string()));
    }
    if !table::is_sound(connection)? {
        problems.push("the refs are not those that were written".to_owned());
    }
    Ok(problems)
}

fn runs(connection: &Connection) -> Result<Vec<String>, RefError> {
    let rows = journal::list(connection, &journal::Filter::default(), usize::MAX)?;
    let unreadable = rows.iter().filter(|row| serde_json::from_str::<Value>(&row.record).is_err());
    Ok(unreadable.map(|row| format!("the record of run {} cannot be read", row.run_id)).collect())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::repo::OpenOptions;

    #[test]
    fn a_ref_that_no_command_wrote_is_found() {
        let dir = tempfile::tempdir().unwrap();
        let repo = Repo::init(dir.path(), "main", OpenOptions::default()).unwrap();
        assert_eq!(repo.verify_database(), [""; 0]);
        repo.connection().execute("UPDATE refs SET name = 'HEAC' WHERE name = 'HEAD'", []).unwrap();
        let found = repo.verify_database().join("; ");
        assert!(found.contains("not those that were written"), "{found}");
    }

    #[test]
    fn a_row_that_says_nothing_is_found() {
        let dir = tempfile::tempdir().unwrap();
        let repo = Repo::init(dir.path(), "main", OpenOptions::default()).unwrap();
        repo.connection().execute("UPDATE refs SET value = x'ff'", []).unwrap();
        let found = repo.verify_database().join("; ");
        assert!(found.contains("`HEAD` in the repository's database cannot be decoded"), "{found}");
    }
}
