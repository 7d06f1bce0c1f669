//! Reading on other threads while the caller works: one thread fetches, some decode, and what they
//! decoded reaches the caller in the order of the file. What waits between them is bounded.

use std::thread;

use crossbeam_channel::{Receiver, Sender, bounded};

use crate::format::FormatError;
use crate::format::table::Column;

/// Some rows, before it is known how many came before them.
#[derive(Debug)]
pub struct Rows {
    pub rows: usize,
    pub columns: Vec<Column>,
}

/// What decodes a part of a file.
pub type Work<'a> = Box<dyn FnOnce() -> Result<Vec<Rows>, FormatError> + Send + 'a>;

type Decoded = Result<Vec<Rows>, FormatError>;

/// Takes the parts of files in order; says no when no more are wanted.
pub struct Parts<'a> {
    work: Sender<(Work<'a>, Sender<Decoded>)>,
    in_order: Sender<Receiver<Decoded>>,
}

impl<'a> Parts<'a> {
    /// Hands a part on to be decoded; tells whether more are wanted.
    pub fn put(&self, work: Work<'a>) -> bool {
        let (sender, receiver) = bounded(1);
        self.work.send((work, sender)).is_ok() && self.in_order.send(receiver).is_ok()
    }

    /// Hands on why there is no next part.
    pub fn fail(&self, error: FormatError) {
        self.put(Box::new(move || Err(error)));
    }
}

/// Runs `produce` and the work it puts on other threads and hands what they decode to `take`, in order.
pub fn run<'a, E: From<FormatError>>(
    produce: impl FnOnce(&Parts<'a>) + Send,
    take: &mut dyn FnMut(Rows) -> Result<(), E>,
) -> Result<(), E> {
    let workers = thread::available_parallelism().map_or(1, usize::from).min(8);
    let (work, to_do) = bounded::<(Work<'a>, Sender<Decoded>)>(workers);
    let (in_order, results) = bounded(workers + 1);
    thread::scope(|scope| {
        scope.spawn(move || produce(&Parts { work, in_order }));
        for _ in 0..workers {
            let to_do = to_do.clone();
            scope.spawn(move || {
                for (work, result) in to_do {
                    // Nobody waits for it where the caller has left; the queue is emptied all the same.
                    let _left = result.send(work());
                }
            });
        }
        drop(to_do);
        // Moved in here, so that leaving early tells the producer.
        let results: Receiver<Receiver<Decoded>> = results;
        for decoded in results {
            // A worker that panicked sends nothing: the scope hands its panic on.
            let Ok(decoded) = decoded.recv() else { break };
            for rows in decoded? {
                take(rows)?;
            }
        }
        Ok(())
    })
}
