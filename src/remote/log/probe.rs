//! Whether a place keeps two writers apart: without that there is no log.

use bytes::Bytes;
use futures_util::future::join_all;

use crate::remote::log::settle::{self, Settled};
use crate::remote::{Backend, RemoteError};
use crate::store::fresh_nonce;

/// What the keys of all probes begin with.
pub(super) const PROBES: &str = "probe";

/// How many writers create the same object at once.
const WRITERS: u8 = 4;

/// Creates the same object more than once, one after the other and at once, and refuses a place
/// where more than one writer is told to have done it.
pub async fn probe(backend: &Backend) -> Result<(), RemoteError> {
    let key = fresh_key();
    let outcome = race(backend, &key).await;
    // A place that lets nobody delete keeps a few bytes.
    if let Err(error) = backend.delete(&key).await {
        tracing::debug!(%error, key, "what was written to probe the remote stays");
    }
    outcome
}

/// Returns a key that nobody else writes to.
pub(super) fn fresh_key() -> String {
    format!("{PROBES}/{:016x}", fresh_nonce())
}

async fn race(backend: &Backend, key: &str) -> Result<(), RemoteError> {
    let body = |writer: u8| Bytes::from(format!("writer {writer}\n"));
    let bodies: Vec<Bytes> = (0..WRITERS).map(body).collect();
    let writers = bodies.iter().map(|body| settle::create(backend, key, body));
    let mut winners = 0;
    for settled in join_all(writers).await {
        winners += u32::from(settled? == Settled::Ours);
    }
    let late = settle::create(backend, key, &body(WRITERS)).await?;
    if winners == 1 && late != Settled::Ours {
        return Ok(());
    }
    Err(RemoteError::NoConditionalCreate { remote: backend.url().to_string() })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::remote::backend::faulty::{Fault, Faulty};
    use crate::remote::log::samples::{backend, sound};
    use crate::remote::wait;

    #[test]
    fn a_place_that_keeps_writers_apart_passes_and_is_left_empty() {
        wait(async {
            let backend = sound();
            probe(&backend).await?;
            assert_eq!(backend.any_key().await?, None);
            Ok(())
        })
        .unwrap();
    }

    #[test]
    fn a_place_where_everybody_wins_is_refused() {
        let faulty = Faulty::scripted([Some(Fault::Careless); 20]);
        let error = wait(probe(&backend(&faulty))).unwrap_err();
        assert!(matches!(error, RemoteError::NoConditionalCreate { .. }), "{error}");
    }

    #[test]
    fn faults_of_the_network_do_not_fail_a_place() {
        for seed in 0..20 {
            match wait(probe(&backend(&Faulty::seeded(seed, 20)))) {
                Ok(()) | Err(RemoteError::Unsettled { .. }) => {}
                Err(error) => panic!("{error}"),
            }
        }
    }
}
