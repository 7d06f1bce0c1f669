//! Verdicts kept for reuse, and what each run depended on: tables of the database.

use rusqlite::{Connection, OptionalExtension};

use crate::base::{CacheKey, CommitId, Hash, TreeId};
use crate::refs::RefError;

/// The tables of this room.
pub const SCHEMA: &str = "
    CREATE TABLE hook_cache (
        key     BLOB PRIMARY KEY NOT NULL,
        run_id  TEXT NOT NULL,
        used    INTEGER NOT NULL,
        outputs BLOB,
        commit_id BLOB,
        entry   TEXT NOT NULL
    ) STRICT, WITHOUT ROWID;
    CREATE INDEX hook_cache_by_use ON hook_cache (used);
    CREATE INDEX hook_cache_by_run ON hook_cache (run_id);
    CREATE TABLE run_details (
        run_id TEXT PRIMARY KEY NOT NULL,
        detail TEXT NOT NULL
    ) STRICT, WITHOUT ROWID;
";

/// A verdict that may stand in for a run.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CacheRow {
    pub key: CacheKey,
    /// The run that reached it.
    pub run_id: String,
    /// When it was last reached or reused, in seconds.
    pub used: i64,
    /// The files that the hook made, as a tree of their own.
    pub outputs: Option<TreeId>,
    /// The commit that it was reached for, once there is one.
    pub commit: Option<CommitId>,
    /// The rest, JSON.
    pub entry: String,
}

/// Returns what is kept under a key.
pub fn get(connection: &Connection, key: CacheKey) -> Result<Option<CacheRow>, RefError> {
    let mut statement = connection.prepare_cached(
        "SELECT run_id, used, outputs, commit_id, entry FROM hook_cache WHERE key = ?1",
    )?;
    let row = statement.query_row([key.0.0], |row| {
        Ok(CacheRow {
            key,
            run_id: row.get(0)?,
            used: row.get(1)?,
            outputs: row.get::<_, Option<[u8; 32]>>(2)?.map(|bytes| TreeId(Hash(bytes))),
            commit: row.get::<_, Option<[u8; 32]>>(3)?.map(|bytes| CommitId(Hash(bytes))),
            entry: row.get(4)?,
        })
    });
    Ok(row.optional()?)
}

/// Keeps a verdict, in place of an earlier one with its key.
pub fn put(connection: &Connection, row: &CacheRow) -> Result<(), RefError> {
    let (outputs, commit) = (row.outputs.map(|id| id.0.0), row.commit.map(|id| id.0.0));
    connection
        .prepare_cached(
            "INSERT OR REPLACE INTO hook_cache (key, run_id, used, outputs, commit_id, entry)
             VALUES (?1, ?2, ?3, ?4, ?5, ?6)",
        )?
        .execute((row.key.0.0, &row.run_id, row.used, outputs, commit, &row.entry))?;
    Ok(())
}

/// Forgets what is kept under a key.
pub fn remove(connection: &Connection, key: CacheKey) -> Result<(), RefError> {
    connection.execute("DELETE FROM hook_cache WHERE key = ?1", [key.0.0])?;
    Ok(())
}

/// Notes that a verdict was reused.
pub fn touch(connection: &Connection, key: CacheKey, seconds: i64) -> Result<(), RefError> {
    connection
        .prepare_cached("UPDATE hook_cache SET used = ?2 WHERE key = ?1")?
        .execute((key.0.0, seconds))?;
    Ok(())
}

/// Says which commit the verdicts of a run were reached for.
pub fn name_commit(
    connection: &Connection,
    run_id: &str,
    commit: CommitId,
) -> Result<(), RefError> {
    connection
        .prepare_cached("UPDATE hook_cache SET commit_id = ?2 WHERE run_id = ?1")?
        .execute((run_id, commit.0.0))?;
    Ok(())
}

/// Forgets verdicts that were not used since `before`, and all but the `keep` used last; returns how
/// many.
pub fn prune(connection: &Connection, before: i64, keep: u64) -> Result<u64, RefError> {
    let old = connection.execute("DELETE FROM hook_cache WHERE used < ?1", [before])?;
    let keep = i64::try_from(keep).unwrap_or(i64::MAX);
    let many = connection.execute(
        "DELETE FROM hook_cache WHERE key IN
            (SELECT key FROM hook_cache ORDER BY used DESC, key LIMIT -1 OFFSET ?1)",
        [keep],
    )?;
    Ok((old + many) as u64)
}

/// Returns the trees of all that hooks made and that may be restored.
pub fn outputs(connection: &Connection) -> Result<Vec<TreeId>, RefError> {
    let mut statement =
        connection.prepare_cached("SELECT outputs FROM hook_cache WHERE outputs IS NOT NULL")?;
    let trees = statement.query_map([], |row| Ok(TreeId(Hash(row.get(0)?))))?;
    Ok(trees.collect::<Result<_, _>>()?)
}

/// Writes what a run depended on, JSON.
pub fn put_detail(connection: &Connection, run_id: &str, detail: &str) -> Result<(), RefError> {
    connection
        .prepare_cached("INSERT OR REPLACE INTO run_details (run_id, detail) VALUES (?1, ?2)")?
        .execute((run_id, detail))?;
    Ok(())
}

/// Returns what a run depended on, JSON.
pub fn detail(connection: &Connection, run_id: &str) -> Result<Option<String>, RefError> {
    let mut statement =
        connection.prepare_cached("SELECT detail FROM run_details WHERE run_id = ?1")?;
    Ok(statement.query_row([run_id], |row| row.get(0)).optional()?)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn database() -> Connection {
        let connection = Connection::open_in_memory().unwrap();
        connection.execute_batch(SCHEMA).unwrap();
        connection
    }

    fn row(number: u8, used: i64) -> CacheRow {
        CacheRow {
            key: CacheKey(Hash([number; 32])),
            run_id: format!("r-{number}"),
            used,
            outputs: Some(TreeId(Hash([number; 32]))),
            commit: None,
            entry: "{}".to_owned(),
        }
    }

    #[test]
    fn a_verdict_is_found_by_its_key_until_it_is_removed() {
        let connection = database();
        put(&connection, &row(1, 5)).unwrap();
        assert_eq!(get(&connection, row(1, 5).key).unwrap(), Some(row(1, 5)));
        assert_eq!(get(&connection, row(2, 5).key).unwrap(), None);
        let commit = CommitId(Hash([9; 32]));
        name_commit(&connection, "r-1", commit).unwrap();
        assert_eq!(get(&connection, row(1, 5).key).unwrap().unwrap().commit, Some(commit));
        assert_eq!(outputs(&connection).unwrap(), [TreeId(Hash([1; 32]))]);
        remove(&connection, row(1, 5).key).unwrap();
        assert_eq!(get(&connection, row(1, 5).key).unwrap(), None);
    }

    #[test]
    fn pruning_leaves_what_is_young_and_not_too_many() {
        let connection = database();
        (1..=6).for_each(|number| put(&connection, &row(number, i64::from(number))).unwrap());
        touch(&connection, row(1, 0).key, 10).unwrap();
        assert_eq!(prune(&connection, 3, 3).unwrap(), 3);
        let left: Vec<u8> =
            (1..=6).filter(|n| get(&connection, row(*n, 0).key).unwrap().is_some()).collect();
        assert_eq!(left, [1, 5, 6]);
    }

    #[test]
    fn the_detail_of_a_run_is_replaced_by_a_newer_one() {
        let connection = database();
        put_detail(&connection, "r-1", "{}").unwrap();
        put_detail(&connection, "r-1", "[]").unwrap();
        assert_eq!(detail(&connection, "r-1").unwrap().as_deref(), Some("[]"));
        assert_eq!(detail(&connection, "r-2").unwrap(), None);
    }
}
