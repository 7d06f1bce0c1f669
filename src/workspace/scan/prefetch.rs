//! A directory that is being read ahead: whoever comes first reads it, a spare thread or the walk.

use std::sync::{Arc, Condvar, Mutex, PoisonError};

use crate::workspace::scan::listing::{Directory, Listing, Refused};

type Outcome = Result<Listing, Refused>;

/// A directory to be read once.
#[derive(Debug)]
pub(super) struct Prefetch {
    directory: Directory,
    state: Mutex<State>,
    done: Condvar,
}

#[derive(Debug)]
enum State {
    Waiting,
    Running,
    Done(Option<Outcome>),
}

impl Prefetch {
    /// Hands the directory to the thread pool.
    pub fn start(directory: Directory) -> Arc<Self> {
        let job =
            Arc::new(Self { directory, state: Mutex::new(State::Waiting), done: Condvar::new() });
        let task = job.clone();
        rayon::spawn(move || {
            // Where the walk no longer wants it, nobody reads it.
            if Arc::strong_count(&task) > 1 && task.claim() {
                let outcome = task.directory.read();
                *task.lock() = State::Done(Some(outcome));
                task.done.notify_all();
            }
        });
        job
    }

    /// Returns what the directory holds: reads it now where no thread has begun.
    pub fn finish(&self) -> Outcome {
        if self.claim() {
            return self.directory.read();
        }
        let mut state = self.lock();
        loop {
            if let State::Done(outcome) = &mut *state {
                return outcome.take().unwrap_or(Err(Refused::Gone));
            }
            state = self.done.wait(state).unwrap_or_else(PoisonError::into_inner);
        }
    }

    fn claim(&self) -> bool {
        let mut state = self.lock();
        let free = matches!(*state, State::Waiting);
        if free {
            *state = State::Running;
        }
        free
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
