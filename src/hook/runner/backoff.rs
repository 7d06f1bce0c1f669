//! How long to wait before a hook is tried again.

use std::time::Duration;

use crate::base::Hash;

/// No wait is longer, jitter aside.
const LONGEST: Duration = Duration::from_hours(1);

/// Returns the wait after this many failures: doubled each time, and a quarter more or less, so that
/// those who failed together do not come back together.
pub(super) fn backoff(first: Duration, failures: u32, run_id: &str) -> Duration {
    let doublings = failures.saturating_sub(1).min(31);
    let plain = first.saturating_mul(1 << doublings).min(LONGEST);
    let lot = Hash::of(format!("{run_id} {failures} {}", std::process::id()).as_bytes()).0[0];
    plain.mul_f64(0.75 + f64::from(lot) / 255.0 * 0.5).min(LONGEST)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn waits_double_with_a_quarter_of_jitter_up_to_an_hour() {
        let first = Duration::from_secs(10);
        for (failures, plain) in [(1, 10.0), (2, 20.0), (3, 40.0), (8, 1280.0)] {
            let wait = backoff(first, failures, "r-000001").as_secs_f64();
            assert!((plain * 0.75..=plain * 1.25).contains(&wait), "{failures}: {wait}");
        }
        assert!(backoff(first, u32::MAX, "r-000001") <= LONGEST);
        assert_eq!(backoff(Duration::ZERO, 3, "r-000001"), Duration::ZERO);
    }

    #[test]
    fn runs_that_fail_together_do_not_come_back_together() {
        let waits = (0..20).map(|run| backoff(LONGEST / 2, 1, &format!("r-{run}")));
        let distinct: std::collections::BTreeSet<_> = waits.collect();
        assert!(distinct.len() > 5);
    }
}
