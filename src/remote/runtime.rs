//! Where async ends.

use std::future::Future;
use std::pin::pin;
use std::sync::OnceLock;
use std::time::Duration;

use futures_util::future::{Either, select};
use tokio::runtime::{Builder, Runtime};

use crate::base::interrupt;
use crate::remote::RemoteError;

/// How often a wait looks whether the user wants it to end.
const TICK: Duration = Duration::from_millis(50);

/// Runs a future to its end, or to Ctrl-C, at which it is dropped. Must not be called from within
/// another.
pub fn wait<T>(work: impl Future<Output = Result<T, RemoteError>>) -> Result<T, RemoteError> {
    runtime()?.block_on(async {
        match select(pin!(work), pin!(interrupted())).await {
            Either::Left((done, _)) => done,
            Either::Right((stopped, _)) => Err(stopped.into()),
        }
    })
}

async fn interrupted() -> interrupt::Interrupted {
    loop {
        if let Err(stopped) = interrupt::check() {
            return stopped;
        }
        tokio::time::sleep(TICK).await;
    }
}

fn runtime() -> Result<&'static Runtime, RemoteError> {
    static RUNTIME: OnceLock<Runtime> = OnceLock::new();
    if let Some(runtime) = RUNTIME.get() {
        return Ok(runtime);
    }
    let made = Builder::new_multi_thread().worker_threads(2).enable_all().build();
    let made = made.map_err(|error| RemoteError::NoThreads { reason: error.to_string() })?;
    Ok(RUNTIME.get_or_init(|| made))
}
