//! The SQLite file of the stat cache. It never makes an operation fail: without it files are read.

use std::path::{Path, PathBuf};
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use crossbeam_channel::{Receiver, Sender};
use rusqlite::{Connection, OpenFlags, OptionalExtension};

use crate::base::fs::remove_file_if_exists;
use crate::base::{PathList, RepoPath};
use crate::workspace::cache::key::key_of;
use crate::workspace::cache::row::{CachedFile, NewRow, encode_entry};

/// Says that a SQLite file is ours: `mlvs` in ASCII.
const APPLICATION_ID: i32 = 0x6d6c_7673;

/// The version of the table.
const VERSION: i32 = 1;

/// How long a writer waits for another process.
const PATIENCE: Duration = Duration::from_millis(500);

const SCHEMA: &str = "CREATE TABLE file (
    path BLOB PRIMARY KEY NOT NULL,
    stat BLOB NOT NULL,
    entry BLOB NOT NULL
) WITHOUT ROWID";

const UPSERT: &str = "INSERT INTO file (path, stat, entry) VALUES (?1, ?2, ?3)
    ON CONFLICT (path) DO UPDATE SET stat = excluded.stat, entry = excluded.entry";

/// The stat cache of a working copy.
#[derive(Debug)]
pub struct StatCache {
    path: PathBuf,
    /// Nothing where the file can be neither read nor made.
    connection: Mutex<Option<Connection>>,
}

/// Rows in the order of paths: key and file, read ahead by a thread of its own.
#[derive(Debug)]
pub struct CacheRows {
    batches: Option<Receiver<Vec<KeyedFile>>>,
    batch: std::vec::IntoIter<KeyedFile>,
}

type KeyedFile = (Vec<u8>, CachedFile);

impl StatCache {
    /// Opens the cache at `path`; one that is damaged, foreign or of another version is replaced.
    pub fn open(path: &Path) -> Self {
        let connection = match connect(path) {
            Ok(connection) => Some(connection),
            Err(error) if is_unreachable(&error) => None,
            Err(_) => replace(path),
        };
        Self { path: path.to_owned(), connection: Mutex::new(connection) }
    }

    /// Returns what is known of one file.
    pub fn get(&self, path: &RepoPath) -> Option<CachedFile> {
        self.with(|connection| {
            let mut statement =
                connection.prepare_cached("SELECT stat, entry FROM file WHERE path = ?1")?;
            statement
                .query_row([key_of(path)], |row| {
                    Ok(CachedFile::decode(row.get_ref(0)?.as_blob()?, row.get_ref(1)?.as_blob()?))
                })
                .optional()
        })
        .flatten()
        .flatten()
    }

    /// Returns all rows at and below `dir`, in the order of paths.
    pub fn rows(&self, dir: &RepoPath) -> CacheRows {
        let (sender, receiver) = crossbeam_channel::bounded(8);
        let (path, from) = (self.path.clone(), key_of(dir));
        let open = self.with(|_| Ok(())).is_some();
        if open {
            std::thread::spawn(move || {
                // Whoever hung up wants no more; what cannot be read is not known.
                let _ = stream(&path, &from, &sender);
            });
        }
        CacheRows { batches: open.then_some(receiver), batch: Vec::new().into_iter() }
    }

    /// Writes rows, and forgets paths, in one transaction. Where the file is busy or broken nothing
    /// is written: the files will be read again.
    pub fn update(&self, rows: &[NewRow], gone: &[RepoPath]) {
        if rows.is_empty() && gone.is_empty() {
            return;
        }
        self.with(|connection| {
            let transaction = connection.transaction()?;
            {
                let mut upsert = transaction.prepare_cached(UPSERT)?;
                for NewRow { path, file } in rows {
                    let (stat, entry) = (file.encode_stat(), encode_entry(&file.entry));
                    upsert.execute((key_of(path), stat, entry))?;
                }
            }
            delete(&transaction, gone.iter().cloned())?;
            transaction.commit()
        });
    }

    /// Forgets paths; tells whether it has.
    #[must_use]
    pub fn forget(&self, paths: &PathList) -> bool {
        let deed = |connection: &mut Connection| {
            let transaction = connection.transaction()?;
            delete(&transaction, paths)?;
            transaction.commit()
        };
        self.with(deed).is_some()
    }

    /// Forgets everything; tells whether it has.
    #[must_use]
    pub fn forget_all(&self) -> bool {
        self.with(|connection| connection.execute("DELETE FROM file", ())).is_some()
    }

    /// Knows nothing from now on, so that every file is read.
    pub fn close(&self) {
        *self.connection.lock().unwrap_or_else(PoisonError::into_inner) = None;
    }

    fn with<T>(&self, deed: impl FnOnce(&mut Connection) -> rusqlite::Result<T>) -> Option<T> {
        let mut guard = self.connection.lock().unwrap_or_else(PoisonError::into_inner);
        match deed(guard.as_mut()?) {
            Ok(value) => Some(value),
            Err(error) => {
                if is_damaged(&error) {
                    *guard = None;
                    *guard = replace(&self.path);
                }
                None
            }
        }
    }
}

impl Iterator for CacheRows {
    type Item = KeyedFile;

    fn next(&mut self) -> Option<Self::Item> {
        loop {
            if let Some(row) = self.batch.next() {
                return Some(row);
            }
            self.batch = self.batches.as_ref()?.recv().ok()?.into_iter();
        }
    }
}

fn delete(
    connection: &Connection,
    paths: impl IntoIterator<Item = RepoPath>,
) -> rusqlite::Result<()> {
    let mut delete = connection.prepare_cached("DELETE FROM file WHERE path = ?1")?;
    paths.into_iter().try_for_each(|path| delete.execute([key_of(&path)]).map(drop))
}

/// How many rows are handed over at a time.
const BATCH: usize = 1024;

fn stream(path: &Path, from: &[u8], sender: &Sender<Vec<KeyedFile>>) -> rusqlite::Result<()> {
    let flags = OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_NO_MUTEX;
    let connection = Connection::open_with_flags(path, flags)?;
    connection.busy_timeout(PATIENCE)?;
    // Below `dir` come the keys that begin with it and the lowest byte; after them none below 1.
    let end = [from, &[1]].concat();
    let sql = if from.is_empty() {
        "SELECT path, stat, entry FROM file WHERE path >= ?1 AND ?2 = ?2 ORDER BY path"
    } else {
        "SELECT path, stat, entry FROM file WHERE path >= ?1 AND path < ?2 ORDER BY path"
    };
    let mut statement = connection.prepare(sql)?;
    let mut rows = statement.query((from, end))?;
    let mut batch = Vec::with_capacity(BATCH);
    while let Some(row) = rows.next()? {
        let (stat, entry) = (row.get_ref(1)?.as_blob()?, row.get_ref(2)?.as_blob()?);
        let key = row.get_ref(0)?.as_blob()?;
        batch.extend(CachedFile::decode(stat, entry).map(|file| (key.to_vec(), file)));
        if batch.len() == BATCH {
            let full = std::mem::replace(&mut batch, Vec::with_capacity(BATCH));
            if sender.send(full).is_err() {
                return Ok(());
            }
        }
    }
    // An error means that the reader is gone, which is fine at the end.
    let _ = sender.send(batch);
    Ok(())
}

/// Opens the file as a cache of ours, making it where there is none.
fn connect(path: &Path) -> rusqlite::Result<Connection> {
    let flags = OpenFlags::SQLITE_OPEN_READ_WRITE
        | OpenFlags::SQLITE_OPEN_CREATE
        | OpenFlags::SQLITE_OPEN_NO_MUTEX;
    let mut connection = Connection::open_with_flags(path, flags)?;
    connection.busy_timeout(PATIENCE)?;
    configure(&connection, path)?;
    let transaction = connection.transaction()?;
    let pragma = |name| transaction.pragma_query_value(None, name, |row| row.get::<_, i32>(0));
    match (pragma("application_id")?, pragma("user_version")?) {
        (APPLICATION_ID, VERSION) => {}
        (0, 0) => {
            transaction.execute_batch(SCHEMA)?;
            transaction.pragma_update(None, "application_id", APPLICATION_ID)?;
            transaction.pragma_update(None, "user_version", VERSION)?;
        }
        _ => return Err(rusqlite::Error::InvalidQuery),
    }
    transaction.commit()?;
    Ok(connection)
}

/// Chooses a journal that a power cut cannot make lie: a page of it is checked or synced before it
/// counts. Network file systems have no shared memory for a write-ahead log.
fn configure(connection: &Connection, path: &Path) -> rusqlite::Result<()> {
    let (journal, synchronous) =
        if is_on_network(path) { ("TRUNCATE", "FULL") } else { ("WAL", "NORMAL") };
    connection.pragma_update_and_check(None, "journal_mode", journal, |_| Ok(()))?;
    connection.pragma_update(None, "synchronous", synchronous)?;
    connection.pragma_update(None, "cache_size", -16_000)
}

/// The numbers by which Linux knows NFS, SMB (three), AFS, Ceph, FUSE, 9P and Lustre.
#[cfg(target_os = "linux")]
const NETWORK_FILE_SYSTEMS: [i64; 9] = [
    0x6969,
    0x517B,
    0xFF53_4D42,
    0xFE53_4D42,
    0x5346_414F,
    0x00C3_6400,
    0x6573_5546,
    0x0102_1997,
    0x0BD0_0BD0,
];

#[cfg(target_os = "linux")]
fn is_on_network(path: &Path) -> bool {
    let dir = crate::base::fs::parent_of(path);
    #[expect(clippy::unnecessary_cast, reason = "the field differs between machines")]
    rustix::fs::statfs(dir).is_ok_and(|stat| NETWORK_FILE_SYSTEMS.contains(&(stat.f_type as i64)))
}

#[cfg(not(target_os = "linux"))]
fn is_on_network(_path: &Path) -> bool {
    false
}

fn replace(path: &Path) -> Option<Connection> {
    for suffix in ["", "-wal", "-shm", "-journal"] {
        let mut name = path.as_os_str().to_owned();
        name.push(suffix);
        remove_file_if_exists(Path::new(&name)).ok()?;
    }
    connect(path).ok()
}

/// Returns whether the file may well be sound: it is busy, or the disk is full.
fn is_unreachable(error: &rusqlite::Error) -> bool {
    use rusqlite::ErrorCode::{DatabaseBusy, DatabaseLocked, DiskFull, SystemIoFailure};
    matches!(
        error.sqlite_error_code(),
        Some(DatabaseBusy | DatabaseLocked | DiskFull | SystemIoFailure)
    )
}

fn is_damaged(error: &rusqlite::Error) -> bool {
    use rusqlite::ErrorCode::{DatabaseCorrupt, NotADatabase};
    matches!(error.sqlite_error_code(), Some(DatabaseCorrupt | NotADatabase))
        || matches!(
            error,
            rusqlite::Error::InvalidColumnType(..) | rusqlite::Error::FromSqlConversionFailure(..)
        )
}
