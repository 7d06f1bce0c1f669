//! Work done ahead: whoever comes first does it, a spare thread or the walk.

use std::sync::{Arc, Condvar, Mutex, PoisonError};

/// A piece of work to be done once.
pub(super) struct Prefetch<T> {
    work: Box<dyn Fn() -> T + Send + Sync>,
    state: Mutex<State<T>>,
    done: Condvar,
}

enum State<T> {
    Waiting,
    Running,
    Done(Option<T>),
}

impl<T> std::fmt::Debug for Prefetch<T> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Prefetch").finish_non_exhaustive()
    }
}

impl<T: Send + 'static> Prefetch<T> {
    /// Hands the work to the thread pool.
    pub fn start(work: impl Fn() -> T + Send + Sync + 'static) -> Arc<Self> {
        let (work, state) = (Box::new(work), Mutex::new(State::Waiting));
        let job = Arc::new(Self { work, state, done: Condvar::new() });
        let task = job.clone();
        rayon::spawn(move || {
            // Where the walk no longer wants it, nobody does it.
            if Arc::strong_count(&task) > 1 && task.claim() {
                let outcome = (task.work)();
                *task.lock() = State::Done(Some(outcome));
                task.done.notify_all();
            }
        });
        job
    }

    /// Returns what came of it, once: does it now where no thread has begun.
    pub fn finish(&self) -> T {
        if self.claim() {
            return (self.work)();
        }
        let mut state = self.lock();
        loop {
            if let State::Done(outcome) = &mut *state {
                return outcome.take().expect("the walk asks once");
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

    fn lock(&self) -> std::sync::MutexGuard<'_, State<T>> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
