//! `repo.db`: one SQLite database for all that moves, so that one transaction moves it together.

use std::path::Path;
use std::time::Duration;

use rusqlite::{Connection, ErrorCode, OpenFlags, Transaction, TransactionBehavior};

use crate::refs::{operation, table};
use crate::repo::RepoError;
use crate::repo::{hook_cache, journal, releases};

/// The schema of this version; each migration leads from its number to the next.
const MIGRATIONS: &[&[&str]] = &[
    &[table::SCHEMA, operation::SCHEMA, journal::SCHEMA],
    &[journal::SCHEMA_2],
    &[hook_cache::SCHEMA],
    &[releases::SCHEMA],
    &[journal::COUNTS],
];

/// How long a command waits for another one's transaction.
const PATIENCE: Duration = Duration::from_secs(10);

/// File systems on which SQLite's shared memory cannot be trusted: NFS, SMB, CIFS, 9p, FUSE,
/// Lustre, GPFS, Ceph, AFS.
const NETWORK_FILE_SYSTEMS: [u64; 9] = [
    0x6969,
    0x517b,
    0xff53_4d42,
    0x0102_1997,
    0x6573_5546,
    0x0bd0_0bd0,
    0x4750_4653,
    0x00c3_6400,
    0x5346_414f,
];

fn on_network(path: &Path) -> bool {
    let kind = rustix::fs::statfs(crate::base::fs::parent_of(path));
    kind.is_ok_and(|stat| NETWORK_FILE_SYSTEMS.contains(&(stat.f_type as u64 & 0xffff_ffff)))
}

/// Turns an SQLite error into one that names the file, and says so where it is merely busy.
pub fn database_error(path: &Path, source: rusqlite::Error) -> RepoError {
    match source.sqlite_error_code() {
        Some(ErrorCode::DatabaseBusy | ErrorCode::DatabaseLocked) => {
            RepoError::Busy { path: path.to_owned() }
        }
        _ => RepoError::Database { path: path.to_owned(), source },
    }
}

/// Returns whether SQLite found no room on the disk: to write, or for the memory it shares.
pub fn is_out_of_room(source: &rusqlite::Error) -> bool {
    let extended = source.sqlite_error().map(|error| error.extended_code);
    source.sqlite_error_code() == Some(ErrorCode::DiskFull)
        || extended == Some(rusqlite::ffi::SQLITE_IOERR_SHMSIZE)
}

/// Returns whether SQLite may not write to the file.
pub fn is_read_only(source: &rusqlite::Error) -> bool {
    source.sqlite_error_code() == Some(ErrorCode::ReadOnly)
}

/// Who else may have the database open.
#[derive(Debug, Clone, Copy)]
enum Sharing {
    Others,
    /// Nobody; it then needs no file for shared memory, for which a full disk has no room.
    Alone,
}

/// Opens or creates the database and brings it to the present schema. Where the directory is
/// read-only or the disk is full, the database can still be read.
pub fn open(path: &Path) -> Result<Connection, RepoError> {
    let attempt = open_writable(path, Sharing::Others);
    let Err(RepoError::Database { source, .. }) = &attempt else { return attempt };
    if is_out_of_room(source) {
        return open_writable(path, Sharing::Alone);
    }
    let unwritable =
        matches!(source.sqlite_error_code(), Some(ErrorCode::ReadOnly | ErrorCode::CannotOpen));
    if unwritable && path.exists() {
        return open_read_only(path).map_err(|error| database_error(path, error));
    }
    attempt
}

fn open_writable(path: &Path, sharing: Sharing) -> Result<Connection, RepoError> {
    let fail = |error| database_error(path, error);
    let mut connection = Connection::open(path).map_err(fail)?;
    let journal_mode = if on_network(path) { "DELETE" } else { "WAL" };
    connection.busy_timeout(PATIENCE).map_err(fail)?;
    if let Sharing::Alone = sharing {
        connection.pragma_update(None, "locking_mode", "EXCLUSIVE").map_err(fail)?;
    }
    connection.pragma_update(None, "synchronous", "FULL").map_err(fail)?;
    connection.pragma_update(None, "foreign_keys", "ON").map_err(fail)?;
    if schema(&connection).map_err(fail)? < MIGRATIONS.len() as i64 {
        connection.pragma_update(None, "journal_mode", journal_mode).map_err(fail)?;
        migrate(&mut connection).map_err(fail)?;
    }
    let found = schema(&connection).map_err(fail)?;
    let supported = MIGRATIONS.len() as i64;
    if found > supported {
        return Err(RepoError::NewerDatabase { path: path.to_owned(), found, supported });
    }
    Ok(connection)
}

fn open_read_only(path: &Path) -> rusqlite::Result<Connection> {
    let text = path.to_string_lossy();
    let escaped = text.replace('%', "%25").replace('?', "%3f").replace('#', "%23");
    let flags = OpenFlags::SQLITE_OPEN_READ_ONLY | OpenFlags::SQLITE_OPEN_URI;
    let plain = Connection::open_with_flags(format!("file:{escaped}"), flags)?;
    if schema(&plain).is_ok() {
        return Ok(plain);
    }
    // Nobody can write to a read-only directory, so the file cannot change beneath us.
    Connection::open_with_flags(format!("file:{escaped}?immutable=1"), flags)
}

fn schema(connection: &Connection) -> rusqlite::Result<i64> {
    connection.pragma_query_value(None, "user_version", |row| row.get(0))
}

fn migrate(connection: &mut Connection) -> rusqlite::Result<()> {
    let transaction = write(connection)?;
    let found = schema(&transaction)?;
    for (number, step) in (0..).zip(MIGRATIONS) {
        if found <= number {
            step.iter().try_for_each(|sql| transaction.execute_batch(sql))?;
            transaction.pragma_update(None, "user_version", number + 1)?;
        }
    }
    transaction.commit()
}

/// Begins a transaction that will write, waiting for its turn.
pub fn write(connection: &mut Connection) -> rusqlite::Result<Transaction<'_>> {
    connection.transaction_with_behavior(TransactionBehavior::Immediate)
}

/// Waits for the disk no longer, where the log that is written ahead keeps the database whole.
pub fn relax(connection: &Connection) -> rusqlite::Result<()> {
    let mode: String = connection.pragma_query_value(None, "journal_mode", |row| row.get(0))?;
    if mode == "wal" { connection.pragma_update(None, "synchronous", "NORMAL") } else { Ok(()) }
}

/// Waits for the disk again with every transaction.
pub fn tighten(connection: &Connection) -> rusqlite::Result<()> {
    connection.pragma_update(None, "synchronous", "FULL")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_new_database_has_the_present_schema_and_opens_again() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("repo.db");
        for _ in 0..2 {
            let connection = open(&path).unwrap();
            assert_eq!(schema(&connection).unwrap(), MIGRATIONS.len() as i64);
        }
    }

    #[test]
    fn a_database_of_the_future_is_refused() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("repo.db");
        open(&path).unwrap().pragma_update(None, "user_version", 99).unwrap();
        assert!(matches!(open(&path), Err(RepoError::NewerDatabase { found: 99, .. })));
    }

    #[test]
    fn a_file_that_is_no_database_is_an_error_that_names_it() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("repo.db");
        crate::base::fs::atomic_write(&path, &[b'x'; 4096]).unwrap();
        let error = open(&path).unwrap_err().to_string();
        assert!(error.contains("repo.db") && error.contains("not a database"), "{error}");
    }
}
