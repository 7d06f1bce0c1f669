//! How patient a backend is: how often it tries, how long it waits in between and for an answer.

use std::time::{Duration, Instant};

use async_trait::async_trait;
use object_store::retry::{RetryContext, RetryFailure, RetryPolicy};

use crate::remote::RemoteError;

/// How often the same is tried, and what is waited for how long.
#[derive(Debug, Clone, Copy)]
pub(in crate::remote) struct Pace {
    pub tries: u32,
    /// The wait after the first failure; it doubles with each.
    pub first: Duration,
    pub longest: Duration,
    /// How long nothing may come before a request counts as lost.
    pub stall: Duration,
    /// What a connection carries at least, in bytes a second; a write gets the time that takes.
    pub slowest: u64,
}

impl Pace {
    /// For real networks: a dead server costs about eight seconds, a silent one three minutes.
    pub const PATIENT: Self = Self {
        tries: 6,
        first: Duration::from_millis(250),
        longest: Duration::from_secs(8),
        stall: Duration::from_secs(30),
        slowest: 8 << 10,
    };

    /// For stores that fail by a script.
    #[cfg(test)]
    pub const QUICK: Self = Self {
        tries: 60,
        first: Duration::ZERO,
        longest: Duration::ZERO,
        stall: Duration::from_millis(150),
        slowest: u64::MAX,
    };

    /// Returns how long to wait after this many failures: half of it certain, half by chance, so that
    /// many who failed together do not come back together.
    pub fn wait(&self, failures: u32) -> Duration {
        let doubled = self.first.saturating_mul(1 << failures.saturating_sub(1).min(16));
        let whole = doubled.min(self.longest);
        whole / 2 + (whole / 2).mul_f64(chance())
    }

    /// Returns how long a request may take that sends `len` bytes.
    pub fn allowance(&self, len: usize) -> Duration {
        self.stall + Duration::from_secs(len as u64 / self.slowest.max(1))
    }

    /// Runs an operation until it succeeds, fails for good, or has failed too often.
    pub async fn retried<T, F>(&self, mut operation: impl FnMut() -> F) -> Result<T, RemoteError>
    where
        F: Future<Output = Result<T, RemoteError>>,
    {
        let mut failures = 0;
        loop {
            match operation().await {
                Err(error) if error.is_passing() && failures + 1 < self.tries => {
                    failures += 1;
                    tracing::debug!(target: "mlv::remote", failures, %error, "once more");
                    tokio::time::sleep(self.wait(failures)).await;
                }
                done => return done,
            }
        }
    }
}

/// The parts of an upload are tried again one by one.
#[async_trait]
impl RetryPolicy for Pace {
    async fn retry(&self, context: RetryContext) -> bool {
        let passing = match context.failure {
            RetryFailure::Status(status) => {
                status.is_server_error() || matches!(status.as_u16(), 200 | 408 | 429)
            }
            _ => true,
        };
        let failures = u32::try_from(context.attempt).unwrap_or(u32::MAX);
        let again = passing && failures < self.tries;
        if again {
            tokio::time::sleep(self.wait(failures)).await;
        }
        again
    }
}

/// Returns a number from 0 up to 1 that differs from process to process and from call to call.
fn chance() -> f64 {
    use std::hash::{BuildHasher as _, RandomState};
    let bits = RandomState::new().hash_one(Instant::now());
    f64::from(bits as u32) / f64::from(u32::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn waits_double_up_to_the_longest() {
        let pace = Pace::PATIENT;
        for (failures, whole) in [(1, 250), (2, 500), (3, 1000), (7, 8000), (40, 8000)] {
            let (wait, whole) = (pace.wait(failures), Duration::from_millis(whole));
            assert!(wait >= whole / 2 && wait <= whole, "{failures} failures: {wait:?}");
        }
    }

    #[test]
    fn a_large_part_gets_the_time_that_a_slow_line_needs() {
        assert_eq!(Pace::PATIENT.allowance(0), Duration::from_secs(30));
        assert_eq!(Pace::PATIENT.allowance(16 << 20), Duration::from_secs(30 + 2048));
    }
}
