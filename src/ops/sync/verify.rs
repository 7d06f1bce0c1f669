//! Whether a remote has all of a commit, and whether what it has is sound.

use std::collections::BTreeMap;

use crate::base::CommitId;
use crate::base::progress::Unit;
use crate::merge::History;
use crate::ops::sync::connect::{Connection, connect};
use crate::ops::sync::metadata::{Named, named, reachable};
use crate::ops::{Context, OpsError};
use crate::refs::Revision;
use crate::remote::{check_packs, unbacked, wait};
use crate::repo::reach::Roots;
use crate::store::{BlobId, PackName};

/// So many findings are listed.
const LISTED: usize = 100;

/// Whether a remote has all of a commit.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize)]
pub struct VerifyReport {
    pub remote: String,
    pub id: CommitId,
    /// How many objects the commit leads to, its history included.
    pub objects: u64,
    /// How many files of it lie elsewhere and are only referred to: no remote has these.
    pub references: u64,
    /// Whether a branch or a tag of the remote leads to the commit, so that a collection keeps it.
    pub kept: bool,
    /// Objects that the remote cannot give; the list is cut at a limit.
    pub missing: Vec<String>,
    pub missing_count: u64,
    pub ok: bool,
}

/// Finds out whether a remote has all of a commit. Nothing is downloaded but lists.
pub fn verify(context: &Context, revision: &str, remote: &str) -> Result<VerifyReport, OpsError> {
    let id = context.resolve(&Revision::parse(revision)?)?;
    let connection = connect(context, remote)?;
    connection.remote.learn()?;
    context.progress.phase("finding what the commit leads to", None, Unit::Objects);
    let roots = Roots { commits: vec![id], trees: Vec::new() };
    let Named { blobs, references } = named(context, &roots)?;
    let objects = blobs.len() as u64;
    let missing = missing(&connection, blobs)?;
    let missing_count = missing.len() as u64;
    let kept = is_kept(context, &connection, id)?;
    Ok(VerifyReport {
        remote: connection.place.shown().to_owned(),
        id,
        objects,
        references,
        kept,
        ok: missing.is_empty() && kept,
        missing: missing.iter().take(LISTED).map(ToString::to_string).collect(),
        missing_count,
    })
}

/// Returns those of some blobs that a remote cannot give.
fn missing(
    connection: &Connection,
    wanted: impl IntoIterator<Item = BlobId>,
) -> Result<Vec<BlobId>, OpsError> {
    let listed = wait(connection.remote.listed())?;
    let (index, packs) = (connection.remote.index(), &connection.remote.state().packs);
    let found = unbacked(index, packs, &listed, wanted)?;
    let mut missing: Vec<BlobId> = found.into_iter().map(|unbacked| unbacked.id).collect();
    missing.sort_unstable();
    Ok(missing)
}

/// Tells whether a ref of the remote leads to a commit. A ref whose commits are not here leads to none
/// that anybody here knows.
fn is_kept(context: &Context, connection: &Connection, id: CommitId) -> Result<bool, OpsError> {
    let objects = context.repo.local_objects();
    let mut history = History::of(&objects);
    for tip in connection.remote.commits() {
        if objects.commit(tip).is_ok() && history.is_ancestor(id, tip)? {
            return Ok(true);
        }
    }
    Ok(false)
}

/// A pack of a remote with which something is wrong.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize)]
pub struct DamagedPack {
    pub pack: String,
    /// How many places of it are damaged; none where it is not there, or shorter than it should be.
    pub places: u64,
}

/// What was found of a remote.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize)]
pub struct RemoteFsckReport {
    pub remote: String,
    pub entries: u64,
    pub packs: u64,
    pub bytes: u64,
    pub damaged: Vec<DamagedPack>,
    /// Checkpoints that the log contradicts; they only save reading, and are not believed.
    pub wrong_checkpoints: Vec<String>,
    /// Objects that its refs lead to and it cannot give; the list is cut at a limit.
    pub missing: Vec<String>,
    pub missing_count: u64,
    pub ok: bool,
}

/// Reads all that a remote has, and verifies every hash.
pub fn fsck_remote(context: &Context, remote: &str) -> Result<RemoteFsckReport, OpsError> {
    let mut connection = connect(context, remote)?;
    let audit = wait(connection.remote.log().audit())?;
    connection.remote.learn()?;
    let packs: BTreeMap<PackName, _> = connection.remote.state().packs.clone();
    let (tmp, jobs) = (context.repo.layout().temporary(), connection.remote.backend().jobs());
    let progress = context.progress.as_ref();
    let damaged = wait(check_packs(connection.remote.backend(), &packs, &tmp, jobs, progress))?;
    let missing =
        reachable(context, &mut connection).and_then(|wanted| missing(&connection, wanted));
    let (missing, is_whole) = match missing {
        Ok(missing) => (missing.iter().map(ToString::to_string).collect(), missing.is_empty()),
        Err(OpsError::RemoteNotWhole { reason, .. }) => (vec![reason], false),
        Err(error) if damaged.is_empty() => return Err(error),
        // The damage was found already, and says why.
        Err(error) => (vec![error.to_string()], false),
    };
    let damaged: Vec<DamagedPack> = damaged
        .into_iter()
        .map(|found| DamagedPack {
            pack: found.pack.to_string(),
            places: found.damage.len() as u64,
        })
        .collect();
    Ok(RemoteFsckReport {
        remote: connection.place.shown().to_owned(),
        entries: audit.state.number,
        packs: packs.len() as u64,
        bytes: packs.values().map(|pack| pack.len).sum(),
        ok: damaged.is_empty() && is_whole && audit.wrong_checkpoints.is_empty(),
        damaged,
        wrong_checkpoints: audit.wrong_checkpoints,
        missing_count: missing.len() as u64,
        missing: missing.into_iter().take(LISTED).collect(),
    })
}
