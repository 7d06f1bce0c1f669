//! What was deployed where: a row for each release that an environment got, or was to get.

use rusqlite::{Connection, OptionalExtension, Row};

use crate::refs::RefError;

/// The table of this room.
pub const SCHEMA: &str = "
    CREATE TABLE releases (
        env    TEXT NOT NULL,
        seq    INTEGER NOT NULL,
        status TEXT NOT NULL,
        record TEXT NOT NULL,
        PRIMARY KEY (env, seq)
    ) STRICT, WITHOUT ROWID;
";

/// One deed of a deployment.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ReleaseRow {
    pub env: String,
    /// Counts the deeds of the environment.
    pub seq: u64,
    pub status: String,
    /// The rest, JSON.
    pub record: String,
}

fn from_row(row: &Row<'_>) -> rusqlite::Result<ReleaseRow> {
    Ok(ReleaseRow {
        env: row.get(0)?,
        seq: u64::try_from(row.get::<_, i64>(1)?).unwrap_or_default(),
        status: row.get(2)?,
        record: row.get(3)?,
    })
}

/// Writes a deed, or replaces what was known of it.
pub fn write(connection: &Connection, row: &ReleaseRow) -> Result<(), RefError> {
    let seq = i64::try_from(row.seq).unwrap_or(i64::MAX);
    connection
        .prepare_cached(
            "INSERT OR REPLACE INTO releases (env, seq, status, record) VALUES (?1, ?2, ?3, ?4)",
        )?
        .execute((&row.env, seq, &row.status, &row.record))?;
    Ok(())
}

/// Returns the deeds of an environment, newest first.
pub fn of(connection: &Connection, env: &str) -> Result<Vec<ReleaseRow>, RefError> {
    let mut statement = connection.prepare_cached(
        "SELECT env, seq, status, record FROM releases WHERE env = ?1 ORDER BY seq DESC",
    )?;
    let rows = statement.query_map([env], from_row)?;
    Ok(rows.collect::<Result<_, _>>()?)
}

/// Returns the environments that got something, or were to, sorted by name.
pub fn environments(connection: &Connection) -> Result<Vec<String>, RefError> {
    let mut statement =
        connection.prepare_cached("SELECT DISTINCT env FROM releases ORDER BY env")?;
    let rows = statement.query_map([], |row| row.get(0))?;
    Ok(rows.collect::<Result<_, _>>()?)
}

/// Returns the newest deed of an environment with a status.
pub fn newest(
    connection: &Connection,
    env: &str,
    status: &str,
) -> Result<Option<ReleaseRow>, RefError> {
    let mut statement = connection.prepare_cached(
        "SELECT env, seq, status, record FROM releases WHERE env = ?1 AND status = ?2
         ORDER BY seq DESC LIMIT 1",
    )?;
    Ok(statement.query_row((env, status), from_row).optional()?)
}
