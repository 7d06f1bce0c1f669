//! Reading on other threads while the caller works: one thread fetches, some decode, and what they
//! decoded reaches the caller in the order of the file. What waits between them is bounded.

use std::thread;

use crossbeam_channel::{Receiver, Sender, bounded};

use crate::format::FormatError;
use crate::format::table::{Batch, Column};

/// Some rows, before it is known how many came before them.
#[derive(Debug)]
pub struct Rows {
    pub rows: usize,
    pub columns: Vec<Column>,
}

/// What decodes a part of a file.
pub type Work<'a> = Box<dyn FnOnce() -> Result<Vec<Rows>, FormatError> + Send + 'a>;

impl Rows {
    /// Returns them as the first rows of a table.
    fn first(self, file: usize) -> Batch {
        Batch { file, first_row: 0, rows: self.rows, columns: self.columns }
    }
}

/// The batches of a part, each with what was made of it on the thread that decoded it.
type Decoded<T> = Result<Vec<(T, Batch)>, FormatError>;

/// A part of a file to decode, and where it goes.
type Task<'a, T> = (usize, Work<'a>, Sender<Decoded<T>>);

/// Takes the parts of files in order; says no when no more are wanted.
pub struct Parts<'p, 'a> {
    file: usize,
    put: &'p dyn Fn(usize, Work<'a>) -> bool,
}

impl<'p, 'a> Parts<'p, 'a> {
    /// Returns what takes the parts of the file of this number.
    pub fn of(&self, file: usize) -> Parts<'p, 'a> {
        Parts { file, put: self.put }
    }

    /// Hands a part on to be decoded; tells whether more are wanted.
    pub fn put(&self, work: Work<'a>) -> bool {
        (self.put)(self.file, work)
    }

    /// Hands on why there is no next part.
    pub fn fail(&self, error: FormatError) {
        self.put(Box::new(move || Err(error)));
    }
}

/// Runs `produce` and the work it puts on other threads, where `look` sees each batch as soon as it is
/// decoded, and hands batches and what `look` made of them to `take`, in order. What `look` sees of a
/// batch begins at row 0: how many rows came before is not known yet.
pub fn run<'a, T: Send, E: From<FormatError>>(
    produce: impl FnOnce(&Parts<'_, 'a>) + Send,
    look: &(dyn Fn(&Batch) -> T + Sync),
    take: &mut dyn FnMut(Batch, T) -> Result<(), E>,
) -> Result<(), E> {
    let workers = thread::available_parallelism().map_or(1, usize::from).min(8);
    let (work, to_do) = bounded::<Task<'a, T>>(workers);
    let (in_order, results) = bounded(workers + 1);
    thread::scope(|scope| {
        scope.spawn(move || {
            let put = move |file, part| {
                let (sender, receiver) = bounded(1);
                work.send((file, part, sender)).is_ok() && in_order.send(receiver).is_ok()
            };
            produce(&Parts { file: 0, put: &put });
        });
        for _ in 0..workers {
            let to_do = to_do.clone();
            scope.spawn(move || {
                for (file, work, result) in to_do {
                    let looked = |rows: Rows| {
                        let batch = rows.first(file);
                        (look(&batch), batch)
                    };
                    let decoded = work().map(|parts| parts.into_iter().map(looked).collect());
                    // Nobody waits for it where the caller has left; the queue is emptied all the same.
                    let _left = result.send(decoded);
                }
            });
        }
        drop(to_do);
        // Moved in here, so that leaving early tells the producer.
        let results: Receiver<Receiver<Decoded<T>>> = results;
        for decoded in results {
            // A worker that panicked sends nothing: the scope hands its panic on.
            let Ok(decoded) = decoded.recv() else { break };
            for (looked, batch) in decoded? {
                take(batch, looked)?;
            }
        }
        Ok(())
    })
}
