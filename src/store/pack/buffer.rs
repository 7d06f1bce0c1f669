//! The buffers of growing packs, used again and again: memory that is touched for the first time
//! costs more than the copy into it.

use std::sync::{Mutex, PoisonError};

use crate::store::pack::writer::BATCH;

const CAPACITY: usize = 2 * BATCH;

/// How many are kept: one to fill and one to write for each of a few threads.
const MOST: usize = 8;

static SPARE: Mutex<Vec<Vec<u8>>> = Mutex::new(Vec::new());

/// Returns an empty buffer.
pub fn take() -> Vec<u8> {
    let spare = SPARE.lock().unwrap_or_else(PoisonError::into_inner).pop();
    spare.unwrap_or_else(|| Vec::with_capacity(CAPACITY))
}

/// Keeps a buffer for the next who takes one.
pub fn give(mut buffer: Vec<u8>) {
    if buffer.capacity() != CAPACITY {
        return;
    }
    buffer.clear();
    let mut spare = SPARE.lock().unwrap_or_else(PoisonError::into_inner);
    if spare.len() < MOST {
        spare.push(buffer);
    }
}
