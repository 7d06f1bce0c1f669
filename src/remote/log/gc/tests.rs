use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Arc, Mutex};

use bytes::Bytes;
use futures_util::future::join_all;
use proptest::prelude::*;

use super::*;
use crate::base::{CommitId, Hash, PackId};
use crate::refs::RefValue;
use crate::remote::backend::faulty::Faulty;
use crate::remote::log::Appended;
use crate::remote::log::samples::{Move, backend, branch, draft, draft_of, meta, pack, sound};
use crate::remote::{Backend, wait};
use crate::store::fresh_nonce;

const BLOB: u64 = 100;
const NEVER: RepackLimits = RepackLimits { max_unused: 100, max_rewrite: 0, min_rewrite: 0 };
const EAGER: RepackLimits = RepackLimits { max_unused: 0, max_rewrite: 100, min_rewrite: 1 << 20 };

fn unused(_: &PackName) -> PackUse {
    PackUse { live: 0, dead_blobs: 1 }
}

fn file(number: u8, age: i64) -> Stored {
    let modified = Timestamp::from_seconds(1_000_000 - age);
    Stored { key: key::pack(pack(number)), len: 7, modified }
}

async fn appended(log: &mut RefLog, moves: &[Move]) -> Result<(), RemoteError> {
    let draft = draft_of(log.state(), moves);
    assert!(matches!(log.append(&draft).await?, Appended::Won(_)));
    Ok(())
}

#[test]
fn a_plan_tells_dead_packs_orphans_leftovers_and_what_is_gone_apart() {
    let packs = [(pack(1), meta(1000)), (pack(2), meta(1000))].into();
    let state = State { packs, removed: [pack(3), pack(4)].into(), ..State::empty() };
    let files = [file(1, 0), file(2, 0), file(3, 0), file(5, COURTESY + 1), file(6, COURTESY)];
    let usage =
        |name: &PackName| PackUse { live: if *name == pack(1) { 1000 } else { 0 }, dead_blobs: 1 };
    let plan = GcPlan::new(&state, &files, &usage, NEVER, Timestamp::from_seconds(1_000_000));
    assert_eq!((plan.packs.remove.clone(), plan.packs.rewrite.clone()), (vec![pack(2)], vec![]));
    assert_eq!((plan.orphans.clone(), plan.leftovers.clone()), (vec![pack(5)], vec![pack(3)]));
    assert_eq!(plan.gone, [pack(4)]);
    let mut draft = draft(&state);
    plan.mark(&mut draft);
    assert_eq!(draft.remove, [pack(2), pack(5)].into());
    assert_eq!(draft.forget, [pack(4)].into());
}

#[test]
fn nothing_is_swept_that_no_entry_removed() {
    wait(async {
        let backend = sound();
        let mut log = RefLog::create(&backend).await?;
        for number in 1..=3 {
            backend.put(&key::pack(pack(number)), Bytes::from("pack")).await?;
        }
        appended(&mut log, &[Move::Add(1), Move::Add(2)]).await?;
        let stale = log.clone();
        appended(&mut log, &[Move::Remove(2)]).await?;
        assert_eq!(stale.sweep().await?, Swept::default());
        assert_eq!(log.sweep().await?, Swept { packs: 1, bytes: 4 });
        let now = Timestamp::from_seconds(i64::MAX);
        let plan = log.plan_gc(&unused, NEVER, now).await?;
        assert_eq!((plan.packs.remove, plan.orphans), (vec![pack(1)], vec![pack(3)]));
        assert_eq!((plan.leftovers, plan.gone), (vec![], vec![pack(2)]));
        Ok(())
    })
    .unwrap();
}

#[test]
fn old_checkpoints_go_and_the_newest_stay() {
    wait(async {
        let backend = sound();
        let mut log = RefLog::create(&backend).await?;
        for _ in 0..32 * 6 {
            appended(&mut log, &[]).await?;
        }
        log.sweep().await?;
        let kept: Vec<String> =
            backend.list(key::CHECKPOINTS).await?.into_iter().map(|file| file.key).collect();
        assert_eq!(kept, [3, 4, 5, 6].map(|number| key::checkpoint(32 * number)));
        Ok(())
    })
    .unwrap();
}

/// A world in which a commit is a set of blobs, and everybody knows which blobs a pack or a commit
/// stands for.
#[derive(Debug, Default)]
struct World {
    packs: Mutex<BTreeMap<PackName, BTreeSet<u8>>>,
    commits: Mutex<BTreeMap<CommitId, BTreeSet<u8>>>,
}

impl World {
    fn commit(&self, blobs: &BTreeSet<u8>) -> CommitId {
        let id = CommitId(Hash::of(&blobs.iter().copied().collect::<Vec<u8>>()));
        self.commits.lock().unwrap().insert(id, blobs.clone());
        id
    }

    fn blobs_of<'p>(&self, packs: impl Iterator<Item = &'p PackName>) -> BTreeSet<u8> {
        let known = self.packs.lock().unwrap();
        packs.flat_map(|pack| known[pack].iter().copied()).collect()
    }

    fn live(&self, state: &State) -> BTreeSet<u8> {
        let commits = self.commits.lock().unwrap();
        state.refs.values().flat_map(|value| commits[&value.commit().unwrap()].clone()).collect()
    }

    /// Uploads a pack of these blobs.
    async fn upload(
        &self,
        backend: &Backend,
        blobs: BTreeSet<u8>,
    ) -> Result<(PackName, PackMeta), RemoteError> {
        let id = PackId(Hash::of(&blobs.iter().copied().collect::<Vec<u8>>()));
        let pack = PackName { id, nonce: fresh_nonce() };
        let len = blobs.len() as u64 * BLOB;
        self.packs.lock().unwrap().insert(pack, blobs);
        backend.put(&key::pack(pack), Bytes::from(vec![0; len as usize])).await?;
        Ok((pack, meta(len)))
    }
}

/// What a process uploaded and no entry named yet; it may be from before its last command.
type Uploads = Vec<(PackName, PackMeta)>;

/// Returns those uploads whose files are still there.
async fn present(backend: &Backend, uploads: &Uploads) -> Result<Uploads, RemoteError> {
    let mut present = Vec::new();
    for (pack, meta) in uploads {
        if backend.len(&key::pack(*pack)).await? == Some(meta.len) {
            present.push((*pack, *meta));
        }
    }
    Ok(present)
}

/// Sets a branch to a commit, or deletes it, uploading what is missing; what was uploaded for a plan
/// that lost counts for the next, unless it was removed.
async fn push(
    world: &World,
    log: &mut RefLog,
    name: &str,
    blobs: Option<&BTreeSet<u8>>,
    uploads: &mut Uploads,
) -> Result<(), RemoteError> {
    *uploads = present(log.backend(), uploads).await?;
    loop {
        let state = log.state().clone();
        uploads.retain(|(pack, _)| !log.is_removed(pack) && !state.packs.contains_key(pack));
        let there = world.blobs_of(state.packs.keys().chain(uploads.iter().map(|(pack, _)| pack)));
        let missing: BTreeSet<u8> = blobs.into_iter().flatten().copied().collect();
        let missing: BTreeSet<u8> = missing.difference(&there).copied().collect();
        if !missing.is_empty() {
            uploads.push(world.upload(log.backend(), missing).await?);
        }
        let mut draft = draft(&state);
        draft.set(&state, branch(name), blobs.map(|blobs| RefValue::Commit(world.commit(blobs))));
        draft.add.extend(uploads.iter().copied());
        tokio::task::yield_now().await;
        if let Appended::Won(_) = log.append(&draft).await? {
            uploads.clear();
            return Ok(());
        }
    }
}

/// Collects garbage as if every upload were ages old.
async fn collect(world: &World, log: &mut RefLog) -> Result<(), RemoteError> {
    loop {
        let live = world.live(log.state());
        let usage = |pack: &PackName| {
            let blobs = world.blobs_of([pack].into_iter());
            let kept = blobs.intersection(&live).count();
            PackUse { live: kept as u64 * BLOB, dead_blobs: (blobs.len() - kept) as u64 }
        };
        let plan = log.plan_gc(&usage, EAGER, Timestamp::from_seconds(i64::MAX)).await?;
        let mut draft = draft(log.state());
        plan.mark(&mut draft);
        let moved = world.blobs_of(plan.packs.rewrite.iter());
        let moved: BTreeSet<u8> = moved.intersection(&live).copied().collect();
        if !moved.is_empty() {
            let made = world.upload(log.backend(), moved).await?;
            plan.mark_rewritten(&mut draft, &[made]);
        }
        tokio::task::yield_now().await;
        if let Appended::Won(_) = log.append(&draft).await? {
            log.sweep().await?;
            return Ok(());
        }
    }
}

/// One thing that a process does.
#[derive(Debug, Clone)]
enum Deed {
    Push(u8, BTreeSet<u8>),
    Delete(u8),
    Collect,
}

fn deeds() -> impl Strategy<Value = Vec<Deed>> {
    let blobs = proptest::collection::btree_set(0u8..12, 1..6);
    let deed = prop_oneof![
        4 => (0u8..4, blobs).prop_map(|(name, blobs)| Deed::Push(name, blobs)),
        1 => (0u8..4).prop_map(Deed::Delete),
        2 => Just(Deed::Collect),
    ];
    proptest::collection::vec(deed, 1..8)
}

/// Does one thing after the other; one whose outcome is not known is left there, as by a process that died.
async fn live(world: &World, faulty: Arc<Faulty>, deeds: Vec<Deed>) {
    let backend = backend(&faulty);
    let mut uploads = Uploads::new();
    for deed in deeds {
        let Ok(mut log) = RefLog::create(&backend).await else { continue };
        let done = match deed {
            Deed::Push(name, blobs) => {
                push(world, &mut log, &format!("b{name}"), Some(&blobs), &mut uploads).await
            }
            Deed::Delete(name) => {
                push(world, &mut log, &format!("b{name}"), None, &mut uploads).await
            }
            Deed::Collect => collect(world, &mut log).await,
        };
        match done {
            Ok(()) | Err(RemoteError::Unsettled { .. } | RemoteError::Unreachable { .. }) => {}
            Err(error) => panic!("{error}"),
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(48))]

    #[test]
    fn nothing_that_a_ref_needs_is_ever_deleted(
        seed in any::<u64>(),
        percent in 0u64..30,
        processes in proptest::collection::vec(deeds(), 2..5),
    ) {
        let world = World::default();
        let (log, files) = wait(async {
            let faulty = Faulty::seeded(seed, percent);
            join_all(processes.into_iter().map(|deeds| live(&world, faulty.clone(), deeds))).await;
            faulty.heals();
            let log = RefLog::create(&backend(&faulty)).await?;
            let files = log.backend().list(key::PACKS).await?;
            Ok((log, files))
        })
        .unwrap();
        let files: BTreeSet<PackName> =
            files.iter().filter_map(|file| key::pack_of(&file.key)).collect();
        let there = world.blobs_of(log.state().packs.keys());
        prop_assert!(world.live(log.state()).is_subset(&there));
        prop_assert!(log.state().packs.keys().all(|pack| files.contains(pack)));
    }
}
