//! The operation log: each command that changed refs, with what they held before and after, so
//! that undo is applying the way back, as one more operation.

use std::str::FromStr;

use rusqlite::{Connection, OptionalExtension, Row};

use crate::base::{Timestamp, TreeId};
use crate::refs::table::AppliedEdit;
use crate::refs::{RefError, RefName, RefValue};

/// The tables of this room.
pub const SCHEMA: &str = "
    CREATE TABLE operations (
        id            INTEGER PRIMARY KEY AUTOINCREMENT,
        time          INTEGER NOT NULL,
        command       TEXT NOT NULL,
        kind          TEXT NOT NULL,
        subject       INTEGER,
        checkout_from BLOB,
        checkout_to   BLOB,
        saved         BLOB
    ) STRICT;
    CREATE TABLE operation_edits (
        operation INTEGER NOT NULL REFERENCES operations (id) ON DELETE CASCADE,
        name      TEXT NOT NULL,
        old       BLOB,
        new       BLOB,
        PRIMARY KEY (name, operation)
    ) STRICT, WITHOUT ROWID;
    CREATE INDEX operation_edits_by_operation ON operation_edits (operation);
";

/// How an operation stands to another.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum OperationKind {
    Normal,
    /// Took operation `of` back.
    Undo {
        of: i64,
    },
    /// Did operation `of` again after it had been taken back.
    Redo {
        of: i64,
    },
}

impl OperationKind {
    fn columns(self) -> (&'static str, Option<i64>) {
        match self {
            Self::Normal => ("normal", None),
            Self::Undo { of } => ("undo", Some(of)),
            Self::Redo { of } => ("redo", Some(of)),
        }
    }

    fn from_columns(kind: &str, subject: Option<i64>) -> Self {
        match (kind, subject) {
            ("undo", Some(of)) => Self::Undo { of },
            ("redo", Some(of)) => Self::Redo { of },
            _ => Self::Normal,
        }
    }
}

/// The way a command moved the working copy: from the files of one tree to those of another.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Moved {
    pub from: TreeId,
    pub to: TreeId,
}

/// What a command did besides editing refs.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NewOperation {
    pub time: Timestamp,
    /// The command line, for people.
    pub command: String,
    pub kind: OperationKind,
    /// How the working copy was moved, where it was.
    pub checkout: Option<Moved>,
    /// Files of the working copy that were overwritten and are in no other tree.
    pub saved: Option<TreeId>,
}

/// One line of the operation log.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Operation {
    pub id: i64,
    pub time: Timestamp,
    pub command: String,
    pub kind: OperationKind,
    pub checkout: Option<Moved>,
    pub saved: Option<TreeId>,
    pub edits: Vec<AppliedEdit>,
}

/// Writes an operation inside the caller's transaction and returns its number.
pub fn record(
    connection: &Connection,
    operation: &NewOperation,
    edits: &[AppliedEdit],
) -> Result<i64, RefError> {
    let (kind, subject) = operation.kind.columns();
    connection
        .prepare_cached(
            "INSERT INTO operations (time, command, kind, subject, checkout_from, checkout_to, saved)
             VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7)",
        )?
        .execute((
            operation.time.seconds,
            &operation.command,
            kind,
            subject,
            operation.checkout.map(|moved| moved.from.0.0),
            operation.checkout.map(|moved| moved.to.0.0),
            operation.saved.map(|tree| tree.0.0),
        ))?;
    let id = connection.last_insert_rowid();
    let mut insert = connection.prepare_cached(
        "INSERT INTO operation_edits (operation, name, old, new) VALUES (?1, ?2, ?3, ?4)",
    )?;
    for edit in edits {
        let bytes = |value: &Option<RefValue>| value.as_ref().map(RefValue::to_bytes);
        insert.execute((id, edit.name.as_str(), bytes(&edit.old), bytes(&edit.new)))?;
    }
    Ok(id)
}

fn tree(bytes: Option<[u8; 32]>) -> Option<TreeId> {
    bytes.map(|bytes| TreeId(crate::base::Hash(bytes)))
}

fn from_row(row: &Row<'_>) -> rusqlite::Result<Operation> {
    let (from, to) = (tree(row.get(5)?), tree(row.get(6)?));
    Ok(Operation {
        id: row.get(0)?,
        time: Timestamp::from_seconds(row.get(1)?),
        command: row.get(2)?,
        kind: OperationKind::from_columns(&row.get::<_, String>(3)?, row.get(4)?),
        checkout: from.zip(to).map(|(from, to)| Moved { from, to }),
        saved: tree(row.get(7)?),
        edits: Vec::new(),
    })
}

const COLUMNS: &str = "id, time, command, kind, subject, checkout_from, checkout_to, saved";

fn read_edits(connection: &Connection, id: i64) -> Result<Vec<AppliedEdit>, RefError> {
    let mut statement = connection.prepare_cached(
        "SELECT name, old, new FROM operation_edits WHERE operation = ?1 ORDER BY name",
    )?;
    let rows = statement.query_map([id], |row| {
        let name: String = row.get(0)?;
        Ok((name, row.get::<_, Option<Vec<u8>>>(1)?, row.get::<_, Option<Vec<u8>>>(2)?))
    })?;
    let mut edits = Vec::new();
    for row in rows {
        let (name, old, new) = row?;
        let value = |bytes: Option<Vec<u8>>| {
            bytes.map(|bytes| RefValue::from_bytes(&name, &bytes)).transpose()
        };
        edits.push(AppliedEdit {
            old: value(old)?,
            new: value(new)?,
            name: RefName::from_str(&name)?,
        });
    }
    Ok(edits)
}

/// Returns one operation.
pub fn get(connection: &Connection, id: i64) -> Result<Operation, RefError> {
    let sql = format!("SELECT {COLUMNS} FROM operations WHERE id = ?1");
    let found = connection.prepare_cached(&sql)?.query_row([id], from_row).optional()?;
    let mut operation = found.ok_or(RefError::NoSuchOperation { id })?;
    operation.edits = read_edits(connection, id)?;
    Ok(operation)
}

/// Returns up to `limit` operations, newest first.
pub fn list(connection: &Connection, limit: usize) -> Result<Vec<Operation>, RefError> {
    let sql = format!("SELECT {COLUMNS} FROM operations ORDER BY id DESC LIMIT ?1");
    let mut statement = connection.prepare_cached(&sql)?;
    let rows = statement.query_map([i64::try_from(limit).unwrap_or(i64::MAX)], from_row)?;
    let mut operations = rows.collect::<Result<Vec<_>, _>>()?;
    for operation in &mut operations {
        operation.edits = read_edits(connection, operation.id)?;
    }
    Ok(operations)
}

/// Returns the operations after `id`, newest first.
pub fn since(connection: &Connection, id: i64) -> Result<Vec<Operation>, RefError> {
    let sql = "SELECT id FROM operations WHERE id > ?1 ORDER BY id DESC";
    let mut statement = connection.prepare_cached(sql)?;
    let ids = statement.query_map([id], |row| row.get(0))?.collect::<Result<Vec<i64>, _>>()?;
    ids.into_iter().map(|id| get(connection, id)).collect()
}

/// Returns the newest operation that took another back, or did it again, as `kind` says.
pub fn newest(connection: &Connection, kind: OperationKind) -> Result<Option<Operation>, RefError> {
    let (kind, subject) = kind.columns();
    let sql = "SELECT max(id) FROM operations WHERE kind = ?1 AND subject IS ?2";
    let found: Option<i64> =
        connection.prepare_cached(sql)?.query_row((kind, subject), |row| row.get(0))?;
    found.map(|id| get(connection, id)).transpose()
}

/// Returns the values a ref held, newest first, starting with the present one; nothing stands for
/// a time when the ref did not exist.
pub fn history(connection: &Connection, name: &RefName) -> Result<Vec<Option<RefValue>>, RefError> {
    let mut statement = connection.prepare_cached(
        "SELECT old, new FROM operation_edits WHERE name = ?1 ORDER BY operation DESC",
    )?;
    let rows = statement.query_map([name.as_str()], |row| {
        Ok((row.get::<_, Option<Vec<u8>>>(0)?, row.get::<_, Option<Vec<u8>>>(1)?))
    })?;
    let mut values = Vec::new();
    let decode = |bytes: Option<Vec<u8>>| {
        bytes.map(|bytes| RefValue::from_bytes(name.as_str(), &bytes)).transpose()
    };
    for row in rows {
        let (old, new) = row?;
        if values.is_empty() {
            values.push(decode(new)?);
        }
        values.push(decode(old)?);
    }
    Ok(values)
}

/// Which operations `undo` and `redo` would take, newest last.
#[derive(Debug, Default, Clone, PartialEq, Eq)]
pub struct UndoStacks {
    pub undo: Vec<i64>,
    pub redo: Vec<i64>,
}

impl UndoStacks {
    /// Plays the kinds of all operations, oldest first.
    pub fn replay(operations: impl IntoIterator<Item = (i64, OperationKind)>) -> Self {
        let mut stacks = Self::default();
        for (id, kind) in operations {
            match kind {
                OperationKind::Normal => {
                    stacks.undo.push(id);
                    stacks.redo.clear();
                }
                OperationKind::Undo { of } => {
                    stacks.undo.retain(|earlier| *earlier != of);
                    stacks.redo.push(of);
                }
                OperationKind::Redo { of } => {
                    stacks.redo.retain(|earlier| *earlier != of);
                    stacks.undo.push(of);
                }
            }
        }
        stacks
    }

    /// Reads the stacks off the log.
    pub fn read(connection: &Connection) -> Result<Self, RefError> {
        let mut statement =
            connection.prepare_cached("SELECT id, kind, subject FROM operations ORDER BY id")?;
        let rows = statement.query_map([], |row| {
            let kind = OperationKind::from_columns(&row.get::<_, String>(1)?, row.get(2)?);
            Ok((row.get(0)?, kind))
        })?;
        Ok(Self::replay(rows.collect::<Result<Vec<_>, _>>()?))
    }
}

/// Returns the operations that are both older than `before` and not among the newest `keep`, save
/// those that a younger one took back or did again.
pub fn expired(
    connection: &Connection,
    before: Timestamp,
    keep: u64,
) -> Result<Vec<i64>, RefError> {
    let mut statement = connection.prepare_cached(
        "WITH RECURSIVE kept (id) AS (
            SELECT id FROM operations WHERE time >= ?1
                OR id IN (SELECT id FROM operations ORDER BY id DESC LIMIT ?2)
            UNION
            SELECT subject FROM operations JOIN kept USING (id) WHERE subject IS NOT NULL
        )
        SELECT id FROM operations WHERE id NOT IN (SELECT id FROM kept) ORDER BY id",
    )?;
    let keep = i64::try_from(keep).unwrap_or(i64::MAX);
    let rows = statement.query_map((before.seconds, keep), |row| row.get(0))?;
    Ok(rows.collect::<Result<_, _>>()?)
}

/// Forgets operations, inside the caller's transaction.
pub fn forget(connection: &Connection, ids: &[i64]) -> Result<(), RefError> {
    let mut delete = connection.prepare_cached("DELETE FROM operations WHERE id = ?1")?;
    ids.iter().try_for_each(|id| delete.execute([id]).map(|_| ()))?;
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::base::Hash;

    fn database() -> Connection {
        let connection = Connection::open_in_memory().unwrap();
        connection.execute_batch("PRAGMA foreign_keys = ON").unwrap();
        connection.execute_batch(SCHEMA).unwrap();
        connection
    }

    fn new(seconds: i64, kind: OperationKind) -> NewOperation {
        NewOperation {
            time: Timestamp::from_seconds(seconds),
            command: "mlv commit".to_owned(),
            kind,
            checkout: None,
            saved: None,
        }
    }

    #[test]
    fn an_operation_reads_back_as_it_was_recorded() {
        let connection = database();
        let tree = TreeId(Hash::of(b"t"));
        let edit =
            AppliedEdit { name: RefName::staged(), old: None, new: Some(RefValue::Tree(tree)) };
        let moved = Some(Moved { from: tree, to: tree });
        let mut wanted = new(7, OperationKind::Undo { of: 1 });
        (wanted.checkout, wanted.saved) = (moved, Some(tree));
        let id = record(&connection, &wanted, std::slice::from_ref(&edit)).unwrap();
        let found = get(&connection, id).unwrap();
        assert_eq!((found.kind, found.checkout, found.saved), (wanted.kind, moved, Some(tree)));
        assert_eq!(found.edits, [edit]);
        assert_eq!(list(&connection, 5).unwrap(), [found]);
        let history = history(&connection, &RefName::staged()).unwrap();
        assert_eq!(history, [Some(RefValue::Tree(tree)), None]);
        assert!(matches!(get(&connection, 9), Err(RefError::NoSuchOperation { id: 9 })));
    }

    #[test]
    fn undo_walks_back_and_a_new_operation_ends_redo() {
        use OperationKind::{Normal, Redo, Undo};
        let undone = [(1, Normal), (2, Normal), (3, Undo { of: 2 }), (4, Undo { of: 1 })];
        let stacks = UndoStacks::replay(undone);
        assert_eq!((stacks.undo, stacks.redo), (vec![], vec![2, 1]));
        let redone = undone.into_iter().chain([(5, Redo { of: 1 })]);
        let stacks = UndoStacks::replay(redone.clone());
        assert_eq!((stacks.undo, stacks.redo), (vec![1], vec![2]));
        let stacks = UndoStacks::replay(redone.chain([(6, Normal)]));
        assert_eq!((stacks.undo, stacks.redo), (vec![1, 6], vec![]));
    }

    #[test]
    fn what_is_young_or_among_the_newest_or_taken_back_by_such_a_one_is_kept() {
        use OperationKind::{Normal, Redo, Undo};
        let connection = database();
        let kinds = [Normal, Normal, Undo { of: 2 }, Normal, Redo { of: 3 }];
        for (seconds, kind) in [1, 2, 3, 4, 100].into_iter().zip(kinds) {
            record(&connection, &new(seconds, kind), &[]).unwrap();
        }
        let before = Timestamp::from_seconds(50);
        assert_eq!(expired(&connection, before, 1).unwrap(), [1, 4]);
        assert_eq!(expired(&connection, before, 2).unwrap(), [1]);
        assert_eq!(expired(&connection, Timestamp::from_seconds(0), 0).unwrap(), [0; 0]);
        forget(&connection, &[1, 4]).unwrap();
        let left: Vec<_> = list(&connection, 9).unwrap().iter().map(|op| op.id).collect();
        assert_eq!(left, [5, 3, 2]);
    }
}
