//! The journal of hook runs: a row is written before a process starts, so that a run whose process
//! died is found.

use rusqlite::{Connection, OptionalExtension, Row};

use crate::refs::RefError;

/// The tables of this room.
pub const SCHEMA: &str = "
    CREATE TABLE runs (
        number INTEGER PRIMARY KEY AUTOINCREMENT,
        run_id TEXT NOT NULL UNIQUE,
        event  TEXT NOT NULL,
        hook   TEXT NOT NULL,
        status TEXT NOT NULL,
        owner  TEXT,
        record TEXT NOT NULL
    ) STRICT;
    CREATE INDEX runs_by_status ON runs (status);
    CREATE TABLE pending (
        number  INTEGER PRIMARY KEY AUTOINCREMENT,
        owner   TEXT NOT NULL,
        context TEXT NOT NULL
    ) STRICT;
    CREATE TABLE trusted (
        definition BLOB PRIMARY KEY NOT NULL,
        time       INTEGER NOT NULL
    ) STRICT, WITHOUT ROWID;
    CREATE TABLE facts (
        name  TEXT PRIMARY KEY NOT NULL,
        value TEXT NOT NULL
    ) STRICT, WITHOUT ROWID;
";

/// What the second version of the schema adds: what it takes to run a hook again, what it remarked,
/// and the events that wait for a worker, which no live process owns.
pub const SCHEMA_2: &str = "
    ALTER TABLE runs ADD COLUMN event_number INTEGER;
    ALTER TABLE runs ADD COLUMN noted TEXT;
    ALTER TABLE runs ADD COLUMN detail TEXT;
    CREATE INDEX runs_by_event ON runs (event_number) WHERE event_number IS NOT NULL;
";

/// What counts the runs that ended, by event, hook and status: a run that is run again, or whose row
/// goes, lowers no count.
pub const COUNTS: &str = "
    CREATE TABLE run_counts (
        event  TEXT NOT NULL,
        hook   TEXT NOT NULL,
        status TEXT NOT NULL,
        runs   INTEGER NOT NULL,
        PRIMARY KEY (event, hook, status)
    ) STRICT, WITHOUT ROWID;
    INSERT INTO run_counts
        SELECT event, hook, status, count(*) FROM runs
        WHERE status NOT IN ('queued', 'running') GROUP BY event, hook, status;
    CREATE TRIGGER count_new_run AFTER INSERT ON runs
    WHEN NEW.status NOT IN ('queued', 'running') BEGIN
        INSERT INTO run_counts VALUES (NEW.event, NEW.hook, NEW.status, 1)
            ON CONFLICT DO UPDATE SET runs = runs + 1;
    END;
    CREATE TRIGGER count_ended_run AFTER UPDATE ON runs
    WHEN NEW.status NOT IN ('queued', 'running') AND NEW.status <> OLD.status BEGIN
        INSERT INTO run_counts VALUES (NEW.event, NEW.hook, NEW.status, 1)
            ON CONFLICT DO UPDATE SET runs = runs + 1;
    END;
";

/// How often runs of a hook ended with a status.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RunCount {
    pub event: String,
    pub hook: String,
    pub status: String,
    pub runs: u64,
}

/// Returns how often runs ended, ever.
pub fn counts(connection: &Connection) -> Result<Vec<RunCount>, RefError> {
    let mut statement =
        connection.prepare_cached("SELECT event, hook, status, runs FROM run_counts")?;
    let rows = statement.query_map([], |row| {
        let runs: i64 = row.get(3)?;
        let runs = runs.unsigned_abs();
        Ok(RunCount { event: row.get(0)?, hook: row.get(1)?, status: row.get(2)?, runs })
    })?;
    Ok(rows.collect::<Result<_, _>>()?)
}

/// The owner of an event that waits for a worker.
pub const NOBODY: &str = "";

/// One run of a hook.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RunRow {
    pub run_id: String,
    pub event: String,
    pub hook: String,
    pub status: String,
    /// Names the live process that runs it, nothing where nobody does.
    pub owner: Option<String>,
    /// The run as users see it, JSON.
    pub record: String,
    /// The number of the noted event that it belongs to; nothing for a hook before the deed.
    pub event_number: Option<i64>,
    /// The noted event itself, JSON: what it takes to run the hook again.
    pub noted: Option<String>,
    /// What it remarked and the last lines it wrote, JSON.
    pub detail: Option<String>,
}

/// An event whose hooks have not all been run yet.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Pending {
    pub number: i64,
    /// Names the live process that runs them.
    pub owner: String,
    /// What it takes to run them, JSON.
    pub context: String,
}

fn from_row(row: &Row<'_>) -> rusqlite::Result<RunRow> {
    Ok(RunRow {
        run_id: row.get(0)?,
        event: row.get(1)?,
        hook: row.get(2)?,
        status: row.get(3)?,
        owner: row.get(4)?,
        record: row.get(5)?,
        event_number: row.get(6)?,
        noted: row.get(7)?,
        detail: row.get(8)?,
    })
}

const COLUMNS: &str = "run_id, event, hook, status, owner, record, event_number, noted, detail";

/// Returns the next run id of this repository, as `r-000042`, and reserves it.
pub fn next_run_id(connection: &Connection) -> Result<String, RefError> {
    let number: i64 = connection.query_row(
        "INSERT INTO facts (name, value) VALUES ('next_run', '2')
         ON CONFLICT (name) DO UPDATE SET value = CAST(value AS INTEGER) + 1
         RETURNING CAST(value AS INTEGER) - 1",
        [],
        |row| row.get(0),
    )?;
    Ok(format!("r-{number:06}"))
}

/// Writes a run, or replaces what was known of it.
pub fn write(connection: &Connection, row: &RunRow) -> Result<(), RefError> {
    connection
        .prepare_cached(
            "INSERT INTO runs
                (run_id, event, hook, status, owner, record, event_number, noted, detail)
             VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9)
             ON CONFLICT (run_id) DO UPDATE SET
                status = excluded.status, owner = excluded.owner, record = excluded.record,
                event_number = excluded.event_number, noted = excluded.noted,
                detail = excluded.detail",
        )?
        .execute((
            &row.run_id,
            &row.event,
            &row.hook,
            &row.status,
            &row.owner,
            &row.record,
            row.event_number,
            &row.noted,
            &row.detail,
        ))?;
    Ok(())
}

/// Returns one run.
pub fn get(connection: &Connection, run_id: &str) -> Result<Option<RunRow>, RefError> {
    let sql = format!("SELECT {COLUMNS} FROM runs WHERE run_id = ?1");
    Ok(connection.prepare_cached(&sql)?.query_row([run_id], from_row).optional()?)
}

/// Which runs are asked for: those that agree with all that is said.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Filter {
    pub status: Option<String>,
    pub event: Option<String>,
    /// A hook, or all cells of one.
    pub hook: Option<String>,
    pub branch: Option<String>,
}

/// Returns up to `limit` of the runs that are asked for, newest first.
pub fn list(
    connection: &Connection,
    filter: &Filter,
    limit: usize,
) -> Result<Vec<RunRow>, RefError> {
    let sql = format!(
        "SELECT {COLUMNS} FROM runs WHERE (?1 IS NULL OR status = ?1)
             AND (?2 IS NULL OR event = ?2)
             AND (?3 IS NULL OR hook = ?3 OR substr(hook, 1, length(?3) + 1) = ?3 || '[')
             AND (?4 IS NULL OR json_extract(record, '$.branch') = ?4)
         ORDER BY number DESC LIMIT ?5"
    );
    let mut statement = connection.prepare_cached(&sql)?;
    let limit = i64::try_from(limit).unwrap_or(i64::MAX);
    let asked = (&filter.status, &filter.event, &filter.hook, &filter.branch, limit);
    let rows = statement.query_map(asked, from_row)?;
    Ok(rows.collect::<Result<_, _>>()?)
}

/// Returns the runs that are not over, oldest first.
pub fn unfinished(connection: &Connection) -> Result<Vec<RunRow>, RefError> {
    let sql =
        format!("SELECT {COLUMNS} FROM runs WHERE status IN ('queued', 'running') ORDER BY number");
    let mut statement = connection.prepare_cached(&sql)?;
    let rows = statement.query_map([], from_row)?;
    Ok(rows.collect::<Result<_, _>>()?)
}

/// Returns the runs of a noted event, oldest first.
pub fn of_event(connection: &Connection, number: i64) -> Result<Vec<RunRow>, RefError> {
    let sql = format!("SELECT {COLUMNS} FROM runs WHERE event_number = ?1 ORDER BY number");
    let mut statement = connection.prepare_cached(&sql)?;
    let rows = statement.query_map([number], from_row)?;
    Ok(rows.collect::<Result<_, _>>()?)
}

/// Notes an event whose hooks are to be run, and returns its number.
pub fn add_pending(connection: &Connection, owner: &str, context: &str) -> Result<i64, RefError> {
    connection.execute("INSERT INTO pending (owner, context) VALUES (?1, ?2)", (owner, context))?;
    Ok(connection.last_insert_rowid())
}

/// Returns the events whose hooks have not all been run, oldest first.
pub fn pending(connection: &Connection) -> Result<Vec<Pending>, RefError> {
    let mut statement =
        connection.prepare_cached("SELECT number, owner, context FROM pending ORDER BY number")?;
    let rows = statement.query_map([], |row| {
        Ok(Pending { number: row.get(0)?, owner: row.get(1)?, context: row.get(2)? })
    })?;
    Ok(rows.collect::<Result<_, _>>()?)
}

/// Takes over an event from an owner that is dead; tells whether nobody else was faster.
pub fn take_over(
    connection: &Connection,
    pending: &Pending,
    owner: &str,
) -> Result<bool, RefError> {
    let changed = connection.execute(
        "UPDATE pending SET owner = ?3 WHERE number = ?1 AND owner = ?2",
        (pending.number, &pending.owner, owner),
    )?;
    Ok(changed == 1)
}

/// Leaves an event, as it is to be run now, to the next worker.
pub fn hand_over(connection: &Connection, number: i64, context: &str) -> Result<(), RefError> {
    connection.execute(
        "UPDATE pending SET owner = ?2, context = ?3 WHERE number = ?1",
        (number, NOBODY, context),
    )?;
    Ok(())
}

/// Notes an event again whose hooks have been run, under the number that their runs know it by; tells
/// whether it was not noted already.
pub fn note_again(
    connection: &Connection,
    number: i64,
    owner: &str,
    context: &str,
) -> Result<bool, RefError> {
    let added = connection.execute(
        "INSERT OR IGNORE INTO pending (number, owner, context) VALUES (?1, ?2, ?3)",
        (number, owner, context),
    )?;
    Ok(added == 1)
}

/// Strikes an event whose hooks have been run.
pub fn remove_pending(connection: &Connection, number: i64) -> Result<(), RefError> {
    connection.execute("DELETE FROM pending WHERE number = ?1", [number])?;
    Ok(())
}

/// Remembers that the user has read this definition of hooks and lets it run.
pub fn trust(connection: &Connection, definition: &[u8; 32], seconds: i64) -> Result<(), RefError> {
    connection.execute(
        "INSERT OR IGNORE INTO trusted (definition, time) VALUES (?1, ?2)",
        (definition, seconds),
    )?;
    Ok(())
}

/// Tells whether the user lets this definition of hooks run.
pub fn is_trusted(connection: &Connection, definition: &[u8; 32]) -> Result<bool, RefError> {
    let mut statement = connection.prepare_cached("SELECT 1 FROM trusted WHERE definition = ?1")?;
    Ok(statement.exists([definition])?)
}

/// Returns a fact about the repository as a whole.
pub fn fact(connection: &Connection, name: &str) -> Result<Option<String>, RefError> {
    let mut statement = connection.prepare_cached("SELECT value FROM facts WHERE name = ?1")?;
    Ok(statement.query_row([name], |row| row.get(0)).optional()?)
}

/// Forgets a fact about the repository as a whole.
pub fn remove_fact(connection: &Connection, name: &str) -> Result<(), RefError> {
    connection.execute("DELETE FROM facts WHERE name = ?1", [name])?;
    Ok(())
}

/// Sets a fact about the repository as a whole.
pub fn set_fact(connection: &Connection, name: &str, value: &str) -> Result<(), RefError> {
    connection
        .execute("INSERT OR REPLACE INTO facts (name, value) VALUES (?1, ?2)", (name, value))?;
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn database() -> Connection {
        let connection = Connection::open_in_memory().unwrap();
        connection.execute_batch(SCHEMA).unwrap();
        connection.execute_batch(SCHEMA_2).unwrap();
        write(&connection, &row("r-0", "passed")).unwrap();
        connection.execute_batch(COUNTS).unwrap();
        connection.execute("DELETE FROM runs", []).unwrap();
        connection
    }

    fn row(run_id: &str, status: &str) -> RunRow {
        RunRow {
            run_id: run_id.to_owned(),
            event: "pre-commit".to_owned(),
            hook: "validate".to_owned(),
            status: status.to_owned(),
            owner: None,
            record: "{}".to_owned(),
            event_number: None,
            noted: None,
            detail: None,
        }
    }

    #[test]
    fn run_ids_count_up_and_are_never_given_twice() {
        let connection = database();
        let ids: Vec<_> = (0..3).map(|_| next_run_id(&connection).unwrap()).collect();
        assert_eq!(ids, ["r-000001", "r-000002", "r-000003"]);
    }

    #[test]
    fn a_run_is_rewritten_in_place_and_listed_newest_first() {
        let connection = database();
        for id in ["r-1", "r-2"] {
            write(&connection, &row(id, "running")).unwrap();
        }
        write(&connection, &row("r-1", "passed")).unwrap();
        let ids = |filter: Filter| -> Vec<_> {
            let rows = list(&connection, &filter, 9).unwrap();
            rows.into_iter().map(|row| row.run_id).collect()
        };
        let text = |text: &str| Some(text.to_owned());
        assert_eq!(ids(Filter::default()), ["r-2", "r-1"]);
        assert_eq!(ids(Filter { status: text("running"), ..Filter::default() }), ["r-2"]);
        assert_eq!(get(&connection, "r-1").unwrap(), Some(row("r-1", "passed")));
        assert_eq!(get(&connection, "r-9").unwrap(), None);
    }

    #[test]
    fn what_ended_is_counted_and_nothing_lowers_a_count() {
        let connection = database();
        let count = |status: &str| {
            let found = counts(&connection).unwrap().into_iter();
            found.filter(|count| count.status == status).map(|count| count.runs).sum::<u64>()
        };
        assert_eq!(count("passed"), 1, "what an earlier version ran");
        for status in ["queued", "running", "failed", "failed", "running", "failed", "passed"] {
            write(&connection, &row("r-1", status)).unwrap();
        }
        write(&connection, &row("r-2", "skipped")).unwrap();
        connection.execute("DELETE FROM runs", []).unwrap();
        assert_eq!((count("failed"), count("passed"), count("skipped")), (2, 2, 1));
        assert_eq!((count("running"), count("queued")), (0, 0));
    }

    #[test]
    fn runs_are_found_by_event_hook_and_branch() {
        let connection = database();
        let with = |id: &str, event: &str, hook: &str, branch: &str| RunRow {
            event: event.to_owned(),
            hook: hook.to_owned(),
            record: format!("{{\"branch\":\"{branch}\"}}"),
            ..row(id, "passed")
        };
        for row in [
            with("r-1", "pre-commit", "train[a=1]", "main"),
            with("r-2", "pre-merge", "train", "dev"),
            with("r-3", "pre-merge", "trainer", "main"),
        ] {
            write(&connection, &row).unwrap();
        }
        let found = |event: Option<&str>, hook: Option<&str>, branch: Option<&str>| {
            let [event, hook, branch] = [event, hook, branch].map(|text| text.map(str::to_owned));
            let filter = Filter { status: None, event, hook, branch };
            let rows = list(&connection, &filter, 9).unwrap();
            rows.into_iter().map(|row| row.run_id).collect::<Vec<_>>()
        };
        assert_eq!(found(Some("pre-merge"), None, None), ["r-3", "r-2"]);
        assert_eq!(found(None, Some("train"), None), ["r-2", "r-1"]);
        assert_eq!(found(None, None, Some("main")), ["r-3", "r-1"]);
        assert_eq!(found(Some("pre-merge"), Some("train"), Some("main")), [""; 0]);
    }

    #[test]
    fn an_event_is_noted_again_under_its_number_and_only_where_it_is_not_noted() {
        let connection = database();
        let number = add_pending(&connection, "me", "{}").unwrap();
        assert!(!note_again(&connection, number, "you", "{}").unwrap());
        remove_pending(&connection, number).unwrap();
        assert!(note_again(&connection, number, "you", "{}").unwrap());
        assert_eq!(pending(&connection).unwrap()[0].owner, "you");
        assert!(add_pending(&connection, "me", "{}").unwrap() > number);
    }

    #[test]
    fn an_event_is_taken_over_once() {
        let connection = database();
        let number = add_pending(&connection, "dead", "{}").unwrap();
        let found = pending(&connection).unwrap();
        assert_eq!(found.len(), 1);
        assert!(take_over(&connection, &found[0], "me").unwrap());
        assert!(!take_over(&connection, &found[0], "you").unwrap());
        remove_pending(&connection, number).unwrap();
        assert_eq!(pending(&connection).unwrap(), []);
    }

    #[test]
    fn an_event_that_is_handed_over_belongs_to_nobody_and_its_runs_are_found() {
        let connection = database();
        let number = add_pending(&connection, "me", "{}").unwrap();
        hand_over(&connection, number, "{\"x\":1}").unwrap();
        let found = pending(&connection).unwrap().remove(0);
        assert_eq!((found.owner.as_str(), found.context.as_str()), (NOBODY, "{\"x\":1}"));
        assert!(take_over(&connection, &found, "you").unwrap());
        let run = RunRow { event_number: Some(number), ..row("r-1", "passed") };
        write(&connection, &run).unwrap();
        write(&connection, &row("r-2", "passed")).unwrap();
        assert_eq!(of_event(&connection, number).unwrap(), [run]);
    }

    #[test]
    fn trust_is_bound_to_one_definition() {
        let connection = database();
        trust(&connection, &[1; 32], 0).unwrap();
        assert!(is_trusted(&connection, &[1; 32]).unwrap());
        assert!(!is_trusted(&connection, &[2; 32]).unwrap());
        set_fact(&connection, "origin", "x").unwrap();
        assert_eq!(fact(&connection, "origin").unwrap(), Some("x".to_owned()));
    }
}
