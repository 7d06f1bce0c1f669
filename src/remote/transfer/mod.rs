//! Blobs on their way between the local store and the packs of a remote: the index of what is there,
//! what has to travel, and both ways of travelling. Whatever leaves or arrives is verified.

mod download;
mod fetch;
mod footer;
mod frontier;
mod history;
mod index;
mod push;
mod upload;
mod verify;

pub use download::{Download, DownloadPlan, Downloaded};
pub use fetch::{Fetch, Fetched, Part};
pub use index::{Learned, RemoteIndex};
pub use push::to_push;
pub use upload::{Upload, UploadPlan};
pub use verify::{PackDamage, Unbacked, check_packs, unbacked};

use crate::remote::{Backend, RemoteError};
use crate::store::{PackName, StoreError};

/// Turns the error of a pack that is not there into one that says so.
fn or_gone<T>(
    backend: &Backend,
    pack: PackName,
    result: Result<T, RemoteError>,
) -> Result<T, RemoteError> {
    result.map_err(|error| match error {
        RemoteError::Missing { .. } => {
            RemoteError::PackGone { remote: backend.url().to_string(), pack }
        }
        error => error,
    })
}

/// Does work of the processor and the disk beside the network's.
async fn off_thread<T: Send + 'static>(
    work: impl FnOnce() -> Result<T, StoreError> + Send + 'static,
) -> Result<T, RemoteError> {
    match tokio::task::spawn_blocking(work).await {
        Ok(done) => Ok(done?),
        Err(error) => Err(RemoteError::NoThreads { reason: error.to_string() }),
    }
}

#[cfg(test)]
mod tests;
