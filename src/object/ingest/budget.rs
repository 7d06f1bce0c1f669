//! A bound on the memory of large files: so many at a time may use large buffers and all cores.

use std::sync::atomic::{AtomicUsize, Ordering};

/// How many large files are pipelined at a time, in the whole process. Each takes 17 MiB; whoever
/// comes on top works alone in 3 MiB, which also keeps work stealing from stacking them up.
const PIPELINES: usize = 3;

static TAKEN: AtomicUsize = AtomicUsize::new(0);

/// The right to use large buffers and the other cores.
#[derive(Debug)]
pub struct Permit(());

impl Permit {
    /// Returns a permit where one is left.
    pub fn get() -> Option<Self> {
        let more = |taken| (taken < PIPELINES).then_some(taken + 1);
        TAKEN.fetch_update(Ordering::SeqCst, Ordering::SeqCst, more).ok().map(|_| Self(()))
    }
}

impl Drop for Permit {
    fn drop(&mut self) {
        TAKEN.fetch_sub(1, Ordering::SeqCst);
    }
}

/// Runs both, at the same time where `parallel`.
pub fn both<A: Send, B: Send>(
    parallel: bool,
    first: impl FnOnce() -> A + Send,
    second: impl FnOnce() -> B + Send,
) -> (A, B) {
    if parallel { rayon::join(first, second) } else { (first(), second()) }
}
