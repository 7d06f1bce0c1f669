//! Bringing blobs to a remote: local packs as they are where nearly all of one is wanted, and new
//! packs of the rest. A finished upload is noted, so that the next attempt does not repeat it.

mod notes;
mod plan;

pub use notes::Notes;
pub use plan::UploadPlan;

use std::collections::{BTreeMap, BTreeSet};
use std::fs::File;
use std::sync::Arc;

use futures_util::{StreamExt as _, TryStreamExt as _, stream};

use crate::base::progress::Unit;
use crate::base::{PackId, Progress};
use crate::remote::log::PackMeta;
use crate::remote::transfer::off_thread;
use crate::remote::{Backend, RemoteError, RemoteIndex, key};
use crate::store::{BlobEntry, LocalStore, PackClass, PackName, fresh_nonce};
use plan::{Place, groups};

/// Packs that are at the remote, for an entry of its log to name.
type Uploaded = BTreeMap<PackName, PackMeta>;

/// The way to a remote.
#[derive(Debug, Clone, Copy)]
pub struct Upload<'a> {
    pub backend: &'a Backend,
    pub store: &'a Arc<LocalStore>,
    pub index: &'a RemoteIndex,
    /// The packs that an entry of the log removed: those that are still there must not be relied on.
    pub removed: &'a BTreeSet<PackName>,
    /// How many packs are on their way at a time.
    pub jobs: usize,
    pub progress: &'a dyn Progress,
}

/// One pack to be sent.
#[derive(Debug)]
enum Shipment {
    /// A local pack, and what is wanted of it.
    Whole(PackName, Vec<BlobEntry>),
    Built(Vec<Place>),
}

impl Upload<'_> {
    /// Brings what the plan says. Nothing at the remote names the packs until an entry of its log
    /// does; what this returns is what that entry is to add.
    pub async fn carry_out(&self, plan: UploadPlan) -> Result<Uploaded, RemoteError> {
        self.progress.phase("pushing", Some(plan.bytes), Unit::Bytes);
        let whole = plan.whole.into_iter().map(|(name, wanted)| Shipment::Whole(name, wanted));
        let shipments = whole.chain(plan.built.into_iter().map(Shipment::Built));
        let sent = shipments.map(|shipment| self.send(shipment));
        let sent = stream::iter(sent).buffer_unordered(self.jobs.max(1));
        let sent: Vec<Uploaded> = sent.try_collect().await?;
        Ok(plan.reused.into_iter().chain(sent.into_iter().flatten()).collect())
    }

    async fn send(&self, shipment: Shipment) -> Result<Uploaded, RemoteError> {
        match shipment {
            Shipment::Built(places) => Ok([self.send_built(places).await?].into()),
            Shipment::Whole(name, wanted) => {
                let store = Arc::clone(self.store);
                if let Some(pack) = off_thread(move || store.open_sound(name)).await? {
                    let class = PackClass::of(wanted[0].id.kind);
                    let sent = self.send_file(name.id, class, &pack.file, &pack.footer, pack.len);
                    return Ok([sent.await?].into());
                }
                // What is damaged of it may be what nobody wants, or have a copy elsewhere.
                let mut sent = Uploaded::new();
                for group in groups(wanted.into_iter().map(|entry| (name, entry)).collect()) {
                    sent.extend([self.send_built(group).await?]);
                }
                Ok(sent)
            }
        }
    }

    async fn send_built(&self, places: Vec<Place>) -> Result<(PackName, PackMeta), RemoteError> {
        let store = Arc::clone(self.store);
        let class = PackClass::of(places[0].1.id.kind);
        let pack = off_thread(move || store.build_pack(&places)).await?;
        self.send_file(pack.id, class, pack.file(), &pack.footer, pack.size()).await
    }

    async fn send_file(
        &self,
        id: PackId,
        class: PackClass,
        file: &File,
        footer: &[u8],
        len: u64,
    ) -> Result<(PackName, PackMeta), RemoteError> {
        let name = PackName { id, nonce: fresh_nonce() };
        let sent = |bytes| self.progress.advance(bytes);
        self.backend.upload(&key::pack(name), file, &sent).await?;
        self.index.notes().write(name, len, footer)?;
        tracing::debug!(%name, len, "uploaded");
        Ok((name, PackMeta { len, class }))
    }
}
