//! Laws of the way to a remote and back.

mod meter;
mod place;

use std::collections::{BTreeMap, BTreeSet};

use proptest::prelude::*;

use crate::base::{CommitId, NoProgress, RepoPath};
use crate::remote::backend::faulty::Faulty;
use crate::remote::log::PackMeta;
use crate::remote::{Part, RemoteError, RemoteIndex, check_packs, key, to_push, unbacked, wait};
use crate::repo::reach::Roots;
use crate::store::{BlobKind, ChunkStore, PackClass, PackName, StoreError};
use meter::Remote;
use place::{Place, noise, roots};

fn first_of(packs: &BTreeMap<PackName, PackMeta>) -> PackName {
    *packs.keys().next().unwrap()
}

#[test]
fn what_was_pushed_is_fetched_to_the_last_blob() {
    let (here, there) = (Place::new(), Place::new());
    let mut remote = Remote::new();
    let first = here.commit(&[], &[("a/b.txt", b"one"), ("weights", &noise(1, 3 << 20))]);
    let second = here.commit(&[first], &[("a/b.txt", b"two"), ("c", b"")]);
    here.push(&mut remote, &roots(&[second]), &Roots::default());
    there.fetch(&remote, &roots(&[second]), &Roots::default(), Part::Whole, None);
    assert_eq!(there.closure(&[second]), here.closure(&[second]));
    assert_eq!(there.all_blobs(), here.closure(&[second]), "and nothing else");
}

#[test]
fn data_and_metadata_travel_in_packs_of_their_own() {
    let here = Place::new();
    let mut remote = Remote::new();
    let tip = here.commit(&[], &[("a", b"one"), ("b", b"two")]);
    let uploaded = here.push(&mut remote, &roots(&[tip]), &Roots::default());
    let classes: BTreeSet<PackClass> = uploaded.values().map(|pack| pack.class).collect();
    assert_eq!((uploaded.len(), classes.len()), (2, 2));
}

#[test]
fn a_second_push_of_the_same_sends_nothing() {
    let here = Place::new();
    let mut remote = Remote::new();
    let tip = here.commit(&[], &[("a", &noise(1, 100_000))]);
    here.push(&mut remote, &roots(&[tip]), &Roots::default());
    let (sent, got) = (remote.meter.sent(), remote.meter.got());
    // Even where nobody knows what its refs are.
    assert_eq!(here.push(&mut remote, &roots(&[tip]), &Roots::default()).len(), 0);
    assert_eq!(remote.meter.sent(), sent);
    here.push(&mut remote, &roots(&[tip]), &roots(&[tip]));
    assert_eq!((remote.meter.sent(), remote.meter.got()), (sent, got));
}

#[test]
fn of_a_file_that_changed_in_one_percent_little_more_travels() {
    let (here, there) = (Place::new(), Place::new());
    let mut remote = Remote::new();
    let size = 32 << 20;
    let mut bytes = noise(1, size);
    let first = here.commit(&[], &[("weights", &bytes)]);
    here.push(&mut remote, &roots(&[first]), &Roots::default());
    there.fetch(&remote, &roots(&[first]), &Roots::default(), Part::Whole, None);
    let changed = size / 100;
    bytes[size / 2..size / 2 + changed].copy_from_slice(&noise(2, changed));
    let second = here.commit(&[first], &[("weights", &bytes)]);
    let (sent, got) = (remote.meter.sent(), remote.meter.got());
    here.push(&mut remote, &roots(&[second]), &roots(&[first]));
    there.fetch(&remote, &roots(&[second]), &roots(&[first]), Part::Whole, None);
    let limit = (size * 3 / 100) as u64;
    assert!(remote.meter.sent() - sent <= limit, "{} sent", remote.meter.sent() - sent);
    assert!(remote.meter.got() - got <= limit, "{} fetched", remote.meter.got() - got);
    assert_eq!(there.closure(&[second]), here.closure(&[second]));
}

#[test]
fn a_push_that_was_cut_off_does_not_send_finished_packs_again() {
    let here = Place::new();
    let mut remote = Remote::new();
    let tip = here.commit(&[], &[("a", &noise(1, 500_000))]);
    remote.meter.stop_after(1);
    here.push_until_stopped(&remote, &roots(&[tip]));
    let first = remote.meter.sent();
    assert!(first > 0);
    remote.meter.go_on();
    let uploaded = here.push(&mut remote, &roots(&[tip]), &Roots::default());
    let whole: u64 = uploaded.values().map(|pack| pack.len).sum();
    assert_eq!(remote.meter.sent(), whole, "each pack was sent once");
    assert_eq!(here.notes(), 0, "what the log names needs no note");
    let there = Place::new();
    there.fetch(&remote, &roots(&[tip]), &Roots::default(), Part::Whole, None);
    assert_eq!(there.closure(&[tip]), here.closure(&[tip]));
}

#[test]
fn a_finished_upload_that_is_gone_or_removed_is_sent_again() {
    let here = Place::new();
    let remote = Remote::new();
    let tip = here.commit(&[], &[("a", &noise(1, 100_000))]);
    let upload = |removed: &BTreeSet<PackName>| -> BTreeSet<PackName> {
        let wanted = here.to_push(&roots(&[tip]), &Roots::default());
        here.upload(&remote, removed, wanted).into_keys().collect()
    };
    let first = upload(&BTreeSet::new());
    assert_eq!((here.notes(), upload(&BTreeSet::new())), (2, first.clone()));
    wait(remote.backend.delete(&key::pack(*first.first().unwrap()))).unwrap();
    let second = upload(&BTreeSet::new());
    assert_eq!(second.intersection(&first).count(), 1);
    assert_eq!(upload(&second).intersection(&second).count(), 0);
}

#[test]
fn a_damaged_blob_does_not_leave_the_store() {
    let here = Place::new();
    let mut remote = Remote::new();
    let tip = here.commit(&[], &[("a", b"a text that is damaged later")]);
    let wanted = here.to_push(&roots(&[tip]), &Roots::default());
    here.damage(b"a text");
    let error = here.try_upload(&remote, wanted).unwrap_err();
    let chunk = |id: crate::store::BlobId| id.kind == BlobKind::Chunk;
    assert!(
        matches!(error, RemoteError::Store(StoreError::Damaged { id, .. }) if chunk(id)),
        "{error}"
    );
    assert!(remote.packs.is_empty());
    here.write_again(b"a text that is damaged later");
    here.push(&mut remote, &roots(&[tip]), &Roots::default());
    let there = Place::new();
    there.fetch(&remote, &roots(&[tip]), &Roots::default(), Part::Whole, None);
    assert_eq!(there.closure(&[tip]).len(), here.closure(&[tip]).len());
}

#[test]
fn a_pack_that_is_gone_is_named() {
    let (here, there) = (Place::new(), Place::new());
    let mut remote = Remote::new();
    let tip = here.commit(&[], &[("a", b"one")]);
    let gone = first_of(&here.push(&mut remote, &roots(&[tip]), &Roots::default()));
    there.index(&remote);
    wait(remote.backend.delete(&key::pack(gone))).unwrap();
    let fetched = there.try_fetch(&remote, &roots(&[tip]), &Roots::default(), Part::Whole, None);
    let error = fetched.unwrap_err();
    assert!(matches!(error, RemoteError::PackGone { pack, .. } if pack == gone), "{error}");
}

#[test]
fn a_bit_that_flips_at_the_remote_is_never_stored() {
    let (here, there) = (Place::new(), Place::new());
    let mut remote = Remote::new();
    let tip = here.commit(&[], &[("a", &noise(1, 100_000))]);
    for pack in here.push(&mut remote, &roots(&[tip]), &Roots::default()).into_keys() {
        remote.flip(&key::pack(pack), 100);
    }
    let fetched = there.try_fetch(&remote, &roots(&[tip]), &Roots::default(), Part::Whole, None);
    assert!(matches!(fetched, Err(RemoteError::Damaged { .. })), "{fetched:?}");
    assert!(there.all_blobs().is_empty());
    let dir = tempfile::tempdir().unwrap();
    let checked = check_packs(&remote.backend, &remote.packs, dir.path(), 4, &NoProgress);
    let damaged = wait(checked).unwrap();
    assert_eq!(damaged.len(), 2);
    assert!(damaged.iter().all(|pack| pack.damage.len() == 1), "{damaged:?}");
}

#[test]
fn a_footer_that_is_damaged_names_its_pack() {
    let (here, there) = (Place::new(), Place::new());
    let mut remote = Remote::new();
    let tip = here.commit(&[], &[("a", b"one")]);
    let pack = first_of(&here.push(&mut remote, &roots(&[tip]), &Roots::default()));
    remote.flip(&key::pack(pack), remote.packs[&pack].len as usize - 60);
    let index = RemoteIndex::open(there.remote_dir()).unwrap();
    let error = wait(index.update(&remote.backend, &remote.packs)).unwrap_err().to_string();
    assert!(error.contains(&pack.to_string()), "{error}");
}

#[test]
fn what_a_remote_cannot_give_is_known_without_reading_it() {
    let here = Place::new();
    let mut remote = Remote::new();
    let tip = here.commit(&[], &[("a", b"one")]);
    let lost_pack = first_of(&here.push(&mut remote, &roots(&[tip]), &Roots::default()));
    let index = here.index(&remote);
    let closure = here.closure(&[tip]);
    let mut listed: BTreeMap<PackName, u64> =
        remote.packs.iter().map(|(name, pack)| (*name, pack.len)).collect();
    let none = unbacked(&index, &remote.packs, &listed, closure.iter().copied()).unwrap();
    assert_eq!(none, []);
    listed.remove(&lost_pack);
    let lost = unbacked(&index, &remote.packs, &listed, closure).unwrap();
    assert!(!lost.is_empty());
    assert!(lost.iter().all(|blob| blob.packs == [lost_pack]));
}

#[test]
fn the_content_stays_away_where_only_the_history_is_asked_for() {
    let (here, there) = (Place::new(), Place::new());
    let mut remote = Remote::new();
    let tip = here.commit(&[], &[("a", &noise(1, 500_000)), ("b", b"two")]);
    here.push(&mut remote, &roots(&[tip]), &Roots::default());
    there.fetch(&remote, &roots(&[tip]), &Roots::default(), Part::Lazy, None);
    let mut expected = here.closure(&[tip]);
    expected.retain(|id| id.kind != BlobKind::Chunk);
    assert_eq!(there.all_blobs(), expected);
}

#[test]
fn of_some_paths_only_their_content_comes() {
    let (here, there) = (Place::new(), Place::new());
    let mut remote = Remote::new();
    let (one, two) = (noise(1, 500_000), noise(2, 500_000));
    // The same directory twice: once wanted, once not.
    let tip = here.commit(&[], &[("in/x", &one), ("out/x", &one), ("out/y", &two)]);
    here.push(&mut remote, &roots(&[tip]), &Roots::default());
    let wanted = |path: &RepoPath| path.as_bytes().starts_with(b"in/");
    there.fetch(&remote, &roots(&[tip]), &Roots::default(), Part::Paths(&wanted), None);
    let tree = there.db.commit(tip).unwrap().tree;
    assert_eq!(there.read(tree, "in/x"), Some(one.clone()));
    assert_eq!(there.read(tree, "out/x"), Some(one));
    assert_eq!(there.read(tree, "out/y"), None);
}

#[test]
fn a_shallow_fetch_ends_where_it_was_told_to() {
    let (here, there) = (Place::new(), Place::new());
    let mut remote = Remote::new();
    let mut tips = vec![here.commit(&[], &[("a", b"0")])];
    for number in 1..5u8 {
        tips.push(here.commit(&tips[tips.len() - 1..], &[("a", &[number])]));
    }
    for tip in &tips {
        here.push(&mut remote, &roots(&[*tip]), &Roots::default());
    }
    let fetched = there.fetch(&remote, &roots(&tips[4..]), &Roots::default(), Part::Whole, Some(2));
    assert_eq!(fetched.shallow, [tips[3]]);
    there.db.set_shallow(fetched.shallow.into_iter().collect());
    assert_eq!(
        there.closure(&tips[4..]).iter().filter(|id| id.kind == BlobKind::Commit).count(),
        2
    );
    let elsewhere = to_push(&there.db, &roots(&tips[4..]), &Roots::default());
    assert!(
        matches!(elsewhere, Err(RemoteError::Shallow { commit }) if commit == tips[3]),
        "what lies below cannot be sent"
    );
    let next = there.commit(&tips[4..], &[("a", b"next")]);
    there.push(&mut remote, &roots(&[next]), &roots(&tips[4..]));
    let parents = there.db.commit_as_stored(tips[3]).unwrap().parents;
    there.fetch(&remote, &roots(&parents), &roots(&tips[4..]), Part::Whole, None);
    there.db.set_shallow(BTreeSet::new());
    assert_eq!(there.closure(&tips[4..]), here.closure(&tips[4..]));
}

/// A step of a random history: the commit it grows on, the file it changes, and to what.
fn steps() -> impl Strategy<Value = Vec<(usize, usize, u64, bool)>> {
    proptest::collection::vec((0usize..100, 0usize..12, 0u64..6, any::<bool>()), 1..9)
}

const PATHS: [&str; 4] = ["a", "dir/b", "dir/sub/c", "large"];

fn history(here: &Place, steps: &[(usize, usize, u64, bool)]) -> Vec<CommitId> {
    let mut commits: Vec<CommitId> = Vec::new();
    for (parent, path, seed, _) in steps {
        let parent: Vec<CommitId> =
            commits.get(parent % (commits.len() + 1)).copied().into_iter().collect();
        let path = PATHS[path % PATHS.len()];
        let len = if path == "large" { 600_000 } else { 100 };
        commits.push(here.commit(&parent, &[(path, &noise(*seed, len))]));
    }
    commits
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(8))]

    #[test]
    fn whatever_was_pushed_and_fetched_before_nothing_is_missing_after(steps in steps()) {
        let (here, there) = (Place::new(), Place::new());
        let mut remote = Remote::new();
        let commits = history(&here, &steps);
        let (mut pushed, mut fetched) = (Vec::new(), Vec::new());
        for (commit, (.., now)) in commits.iter().zip(&steps) {
            here.push(&mut remote, &roots(&[*commit]), &roots(&pushed));
            pushed.push(*commit);
            if *now {
                there.fetch(&remote, &roots(&pushed), &roots(&fetched), Part::Whole, None);
                fetched.clone_from(&pushed);
            }
        }
        there.fetch(&remote, &roots(&pushed), &roots(&fetched), Part::Whole, None);
        prop_assert_eq!(there.closure(&commits), here.closure(&commits));
        let stored: u64 = remote.packs.values().map(|pack| pack.len).sum();
        prop_assert_eq!(remote.meter.sent(), stored, "nothing was sent twice");
        let blobs = wait(async { remote.count_blobs(&there).await }).unwrap();
        prop_assert_eq!(blobs, here.closure(&commits).len(), "each blob is there once");
        prop_assert!(there.store.flush(crate::store::Durability::Durable).is_ok());
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(24))]

    /// Half of a push is lost, and begun again, as often as it takes.
    #[test]
    fn over_a_network_that_fails_all_arrives_and_nothing_false(seed in any::<u64>()) {
        let (here, there) = (Place::new(), Place::new());
        let faulty = Faulty::seeded(seed, 20);
        let mut remote = Remote::over(faulty.backend(&meter::url()));
        let first = here.commit(&[], &[("a", &noise(1, 400_000)), ("b/c", b"two")]);
        let second = here.commit(&[first], &[("b/c", b"three"), ("d", &noise(2, 300))]);
        for (tip, known) in [(first, vec![]), (second, vec![first])] {
            let (tips, known) = (roots(&[tip]), roots(&known));
            while let Err(error) = here.try_push(&mut remote, &tips, &known) {
                prop_assert!(error.is_passing(), "{error}");
            }
            while let Err(error) = there.try_fetch(&remote, &tips, &known, Part::Whole, None) {
                prop_assert!(error.is_passing(), "{error}");
            }
            prop_assert_eq!(there.closure(&[tip]), here.closure(&[tip]));
        }
    }
}
