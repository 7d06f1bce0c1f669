//! The key of a row: a hash of 128 bits over some of its cells. Two keys that differ meet in one hash
//! once in 2^128 pairs, so equal hashes count as equal keys.

use std::hash::{BuildHasher, RandomState};
use std::io::Write;
use std::sync::LazyLock;

use crate::check::suite::engine::view::View;
use crate::format::table::Column;

pub type KeyHash = [u64; 2];

/// Drawn once for the process: nobody can prepare data whose keys meet.
static SEEDS: LazyLock<[RandomState; 2]> =
    LazyLock::new(|| [RandomState::new(), RandomState::new()]);

/// Returns the hash of some bytes.
pub fn hash_of(bytes: &[u8]) -> KeyHash {
    let seeds = &*SEEDS;
    [seeds[0].hash_one(bytes), seeds[1].hash_one(bytes)]
}

/// Returns the hash of a cell by its text; nothing where it is missing.
pub(in crate::check::suite) fn cell_key(
    cells: &Column,
    row: usize,
    scratch: &mut Vec<u8>,
) -> Option<KeyHash> {
    match cells {
        _ if cells.is_null(row) => None,
        Column::Text(array) | Column::Json(array) => Some(hash_of(array.value(row).as_bytes())),
        Column::Int(array) => {
            scratch.clear();
            write!(scratch, "{}", array.value(row)).expect("memory can be written to");
            Some(hash_of(scratch))
        }
        _ => cells.text(row).map(|text| hash_of(text.as_bytes())),
    }
}

/// Returns the hash of a row's cells in these columns; nothing where all of them are missing.
pub(in crate::check::suite) fn row_key(
    view: &View<'_>,
    columns: &[usize],
    row: usize,
    scratch: &mut Vec<u8>,
) -> Option<KeyHash> {
    if let [column] = columns {
        return cell_key(view.column(*column), row, scratch);
    }
    scratch.clear();
    let mut is_there = false;
    for column in columns {
        match view.text(*column, row) {
            Some(text) => {
                is_there = true;
                scratch.push(1);
                scratch.extend_from_slice(&(text.len() as u64).to_le_bytes());
                scratch.extend_from_slice(text.as_bytes());
            }
            None => scratch.push(0),
        }
    }
    is_there.then(|| hash_of(scratch))
}
