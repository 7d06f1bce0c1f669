//! Work that entries of a remote's log ask for, as one worker does it: plain functions over the claims.

use std::sync::mpsc::{RecvTimeoutError, channel};
use std::time::Duration;

use crate::remote::log::{self, Claimed, Entry, Finished, Lease};
use crate::remote::{Remote, RemoteError, wait};

/// So many entries are read at once.
const WINDOW: u64 = 16;

impl Remote {
    /// Returns some entries of the log with their numbers, from `first` on and not beyond its head as it
    /// was read; none where there are no more.
    pub fn entries(&self, first: u64) -> Result<Vec<(u64, Entry)>, RemoteError> {
        let count = WINDOW.min((self.state().number + 1).saturating_sub(first));
        if count == 0 {
            return Ok(Vec::new());
        }
        let entries = wait(log::entries(self.backend(), first, count))?;
        Ok((first..).zip(entries).collect())
    }

    /// Claims the work `name` that entry `number` asks for, for as long as a sign of life comes at
    /// least once in `lease`.
    pub fn claim(
        &self,
        number: u64,
        name: &str,
        worker: &str,
        lease: Duration,
    ) -> Result<Claimed, RemoteError> {
        wait(log::claim(self.backend(), number, name, worker, lease))
    }

    /// Returns what came of some work; nothing where it is not done.
    pub fn outcome(&self, number: u64, name: &str) -> Result<Option<Vec<u8>>, RemoteError> {
        wait(log::outcome(self.backend(), number, name))
    }

    /// Shows what came of all work that is done, the newest entry first, until `wanted` has enough.
    pub fn outcomes(&self, wanted: impl FnMut(Vec<u8>) -> bool) -> Result<(), RemoteError> {
        wait(log::outcomes(self.backend(), wanted))
    }
}

impl Lease {
    /// Does the work, and says meanwhile, once in `every`, that the worker lives.
    pub fn keep<T>(&self, every: Duration, work: impl FnOnce() -> T) -> T {
        std::thread::scope(|scope| {
            let (done, is_done) = channel::<()>();
            scope.spawn(move || {
                while is_done.recv_timeout(every) == Err(RecvTimeoutError::Timeout) {
                    // Whoever took over meanwhile does it once more: it was promised at least once.
                    if let Ok(false) | Err(RemoteError::Interrupted(_)) = wait(self.beat()) {
                        break;
                    }
                }
            });
            let result = work();
            drop(done);
            result
        })
    }

    /// Writes down what came of the work, unless another worker was first.
    pub fn finished(self, outcome: &[u8]) -> Result<Finished, RemoteError> {
        wait(self.finish(outcome))
    }
}
