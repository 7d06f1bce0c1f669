//! Whether a remote has what it should, without taking any of it over.

use std::collections::BTreeMap;
use std::path::Path;

use futures_util::{StreamExt as _, TryStreamExt as _, stream};

use crate::base::Progress;
use crate::base::fs::IoContext;
use crate::base::progress::Unit;
use crate::remote::log::PackMeta;
use crate::remote::transfer::{off_thread, or_gone};
use crate::remote::{Backend, RemoteError, RemoteIndex, key};
use crate::store::{BlobId, Damage, PackName, StoreError, verify_pack_file};

/// A blob that cannot be had from a remote.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Unbacked {
    pub id: BlobId,
    /// The packs that should hold it and are not there, or not whole; none where no pack should.
    pub packs: Vec<PackName>,
}

/// Returns those of some blobs that a remote cannot give, as far as can be told without reading
/// packs: `packs` are those that its log names and `listed` those that are there, with their lengths.
pub fn unbacked(
    index: &RemoteIndex,
    packs: &BTreeMap<PackName, PackMeta>,
    listed: &BTreeMap<PackName, u64>,
    blobs: impl IntoIterator<Item = BlobId>,
) -> Result<Vec<Unbacked>, RemoteError> {
    let whole =
        |name: &PackName| packs.get(name).is_some_and(|pack| listed.get(name) == Some(&pack.len));
    let mut found = Vec::new();
    for id in blobs {
        if index.find(id)?.is_some_and(|place| whole(&place.pack)) {
            continue;
        }
        let places = index.find_all(id)?;
        if !places.iter().any(|place| whole(&place.pack)) {
            found.push(Unbacked { id, packs: places.iter().map(|place| place.pack).collect() });
        }
    }
    Ok(found)
}

/// A pack of a remote, and what is wrong with it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PackDamage {
    pub pack: PackName,
    /// Nothing where the pack is not there, or shorter than it should be.
    pub damage: Vec<Damage>,
}

/// Reads packs of a remote whole, `jobs` at a time by way of files in `tmp`, and returns those with
/// which something is wrong.
pub async fn check_packs(
    backend: &Backend,
    packs: &BTreeMap<PackName, PackMeta>,
    tmp: &Path,
    jobs: usize,
    progress: &dyn Progress,
) -> Result<Vec<PackDamage>, RemoteError> {
    progress.phase(
        "checking the remote",
        Some(packs.values().map(|pack| pack.len).sum()),
        Unit::Bytes,
    );
    let checks = packs.iter().map(async |(name, pack)| {
        match check_pack(backend, *name, pack.len, tmp, progress).await {
            Err(RemoteError::PackGone { pack, .. }) => {
                Ok(Some(PackDamage { pack, damage: Vec::new() }))
            }
            checked => checked,
        }
    });
    let mut damaged: Vec<PackDamage> = stream::iter(checks)
        .buffer_unordered(jobs.max(1))
        .try_filter_map(async |found| Ok(found))
        .try_collect()
        .await?;
    damaged.sort_unstable_by_key(|damage| damage.pack);
    Ok(damaged)
}

async fn check_pack(
    backend: &Backend,
    name: PackName,
    len: u64,
    tmp: &Path,
    progress: &dyn Progress,
) -> Result<Option<PackDamage>, RemoteError> {
    let key = key::pack(name);
    if backend.len(&key).await? != Some(len) {
        return Ok(Some(PackDamage { pack: name, damage: Vec::new() }));
    }
    let file = tempfile::tempfile_in(tmp).context("create a file in", tmp)?;
    let received = |bytes| progress.advance(bytes);
    or_gone(backend, name, backend.download(&key, len, &file, &received).await)?;
    let place = tmp.to_owned();
    let damage = off_thread(move || {
        let mut damage = Vec::new();
        let checked = verify_pack_file(&file, name, &mut |_| {}, &mut |found| damage.push(found));
        checked.context("read", place).map_err(StoreError::from)?;
        Ok(damage)
    });
    let damage = damage.await?;
    Ok((!damage.is_empty()).then_some(PackDamage { pack: name, damage }))
}
