//! Bringing blobs from a remote: whole packs where much of one is wanted, ranges of the others. Every
//! blob is verified before it counts as here.

mod plan;

pub use plan::DownloadPlan;

use std::collections::BTreeMap;
use std::sync::Arc;

use bytes::Bytes;
use futures_util::{StreamExt as _, TryStreamExt as _, stream};

use crate::base::Progress;
use crate::remote::log::PackMeta;
use crate::remote::transfer::{off_thread, or_gone};
use crate::remote::{Backend, RemoteError, RemoteIndex, key};
use crate::store::{BlobEntry, Incoming, LocalStore, PackName, StoreError};
use plan::Run;

/// The way from a remote.
#[derive(Debug, Clone, Copy)]
pub struct Download<'a> {
    pub backend: &'a Backend,
    pub store: &'a Arc<LocalStore>,
    pub index: &'a RemoteIndex,
    /// The packs of the remote: what `index` is up to date with.
    pub packs: &'a BTreeMap<PackName, PackMeta>,
    /// How many requests are under way at a time; each may take 8 MiB of memory.
    pub jobs: usize,
    /// Is told of bytes; whoever calls begins the phase.
    pub progress: &'a dyn Progress,
}

/// What was brought.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Downloaded {
    /// The packs that were taken whole.
    pub packs: u64,
    /// The wanted blobs.
    pub blobs: u64,
    /// The bytes that travelled, or had travelled before an interruption.
    pub bytes: u64,
}

impl Downloaded {
    pub(super) fn add(&mut self, other: Self) {
        self.packs += other.packs;
        self.blobs += other.blobs;
        self.bytes += other.bytes;
    }
}

/// One request, or one pack.
enum Delivery {
    Whole(PackName, u64),
    Range(Run),
}

impl Download<'_> {
    /// Brings what the plan says and makes it durable.
    pub async fn carry_out(&self, plan: DownloadPlan) -> Result<Downloaded, RemoteError> {
        let done =
            Downloaded { packs: plan.whole.len() as u64, blobs: plan.blobs, bytes: plan.bytes };
        let whole = plan.whole.into_iter().map(|(name, len)| Delivery::Whole(name, len));
        let deliveries = whole.chain(plan.runs.into_iter().map(Delivery::Range));
        let fetched = deliveries.map(async |delivery| match delivery {
            Delivery::Whole(name, len) => self.fetch_pack(name, len).await,
            Delivery::Range(run) => self.fetch_run(run).await,
        });
        let fetched = stream::iter(fetched).buffer_unordered(self.jobs.max(1));
        fetched.try_collect::<()>().await?;
        let store = Arc::clone(self.store);
        off_thread(move || store.settle_received()).await?;
        Ok(done)
    }

    async fn fetch_pack(&self, name: PackName, len: u64) -> Result<(), RemoteError> {
        let incoming = self.store.incoming(name)?;
        let resumed = incoming.received()?;
        if resumed > len {
            incoming.clear()?;
        }
        self.progress.advance(incoming.received()?);
        if self.receive(name, len, incoming).await? {
            return Ok(());
        }
        // What an attempt before brought may be what is damaged.
        let again = resumed > 0 && self.receive(name, len, self.store.incoming(name)?).await?;
        if again {
            Ok(())
        } else {
            Err(self.backend.damaged(&key::pack(name), "its hashes do not match"))
        }
    }

    /// Completes a pack and makes it one of the store's; tells whether it is sound.
    async fn receive(
        &self,
        name: PackName,
        len: u64,
        incoming: Incoming,
    ) -> Result<bool, RemoteError> {
        if incoming.received()? < len {
            let received = |bytes| self.progress.advance(bytes);
            let key = key::pack(name);
            let result = self.backend.download(&key, len, incoming.file(), &received).await;
            or_gone(self.backend, name, result)?;
        }
        let store = Arc::clone(self.store);
        off_thread(move || store.accept(incoming)).await
    }

    async fn fetch_run(&self, run: Run) -> Result<(), RemoteError> {
        let range = run.range.clone();
        let len = range.end - range.start;
        let bytes = self.backend.get_range(&key::pack(run.pack), range).await;
        let bytes = or_gone(self.backend, run.pack, bytes)?;
        let store = Arc::clone(self.store);
        let (pack, start) = (run.pack, run.range.start);
        let stored = off_thread(move || store_run(&store, &run.entries, start, &bytes)).await;
        self.progress.advance(len);
        stored.map_err(|error| match error {
            RemoteError::Store(StoreError::Damaged { id, reason, .. }) => {
                self.backend.damaged(&key::pack(pack), format!("{id}: {reason}"))
            }
            error => error,
        })
    }
}

fn store_run(
    store: &LocalStore,
    entries: &[BlobEntry],
    start: u64,
    bytes: &Bytes,
) -> Result<(), StoreError> {
    entries.iter().try_for_each(|entry| {
        let from = (u64::from(entry.offset) - start) as usize;
        let to = ((entry.end() - start) as usize).min(bytes.len());
        store.put_received(entry, bytes.get(from..to).unwrap_or_default())
    })
}
