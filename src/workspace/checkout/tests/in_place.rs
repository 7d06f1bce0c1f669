//! Large files of which little changes, which are written to where they are.

#![cfg(target_os = "linux")]

use std::io::Read;
use std::os::unix::fs::{FileExt, MetadataExt};
use std::sync::Arc;
use std::time::Duration;

use super::large::{DyingStore, long_text};
use super::*;
use crate::object::ObjectDb;

/// Returns `text` with a few of its bytes replaced, in so many places, and `more` at its end.
fn edited(text: &str, places: usize, with: &str, more: &str) -> String {
    let mut text = text.to_owned();
    for place in 1..=places {
        let at = text.len() * place / (places + 1);
        text.replace_range(at..at + with.len(), with);
    }
    text + more
}

/// Tells whether files can be patched here; says so where not.
fn can_patch() -> bool {
    let file = tempfile::NamedTempFile::new().unwrap().into_temp_path();
    let open = fs::OpenOptions::new().read(true).write(true).open(&file).unwrap();
    let can = crate::workspace::disk::Lease::take(open).is_some();
    if !can {
        println!("skipped: the file system gives no leases");
    }
    can
}

fn old_text() -> String {
    long_text(60_000)
}

/// Two trees with a large file of which little differs.
fn two(sample: &Sample, more: &str) -> (TreeId, TreeId) {
    let (old, new) = (old_text(), edited(&old_text(), 3, "something else", more));
    (sample.tree(&[("a", "1"), ("model", &old)]), sample.tree(&[("a", "2"), ("model", &new)]))
}

fn full(sample: &Sample) -> std::path::PathBuf {
    sample.root.join("model")
}

fn inode(sample: &Sample) -> u64 {
    fs::metadata(full(sample)).unwrap().ino()
}

/// Returns the working copy over a store that ends its reader at the n-th chunk.
fn dying(sample: &Sample, after: usize, kills: bool) -> Workspace {
    let inner = sample.objects.store().clone();
    let store = Arc::new(DyingStore { inner, left: AtomicUsize::new(after), kills });
    Workspace::open(&sample.root, &sample.root.join(".mlv"), ObjectDb::new(store)).unwrap()
}

/// Switches until the n-th chunk is read, then dies; tells whether it came to its end.
fn killed(sample: &Sample, from: TreeId, to: TreeId, after: usize) -> bool {
    let workspace = dying(sample, after, true);
    let plan = workspace.plan_checkout(from, to, Policy::Keep).unwrap();
    let apply = || workspace.apply_checkout(plan, b"", &UntilInterrupted, &NoProgress).unwrap();
    survives(|| drop(apply())).is_some()
}

/// Switches and dies when half of the patch is written; checks that it is so.
fn killed_midway(sample: &Sample, from: TreeId, to: TreeId) {
    let bytes = || fs::read_to_string(full(sample)).unwrap();
    let before = bytes();
    let target = sample.in_tree(to).pop().unwrap().1;
    for after in 1.. {
        assert!(!killed(sample, from, to, after), "it never stopped midway");
        let found = bytes();
        if found != before && found != target {
            return;
        }
        let pending = sample.workspace.interrupted_checkout().unwrap().unwrap();
        pending.resolve(Direction::Back, &NoProgress).unwrap();
    }
}

#[test]
fn a_large_file_of_which_little_changes_stays_where_it_is_there_and_back() {
    if !can_patch() {
        return;
    }
    for more in ["", "and a little longer\n"] {
        let sample = Sample::new();
        let (old, new) = two(&sample, more);
        sample.fill(old);
        let before = inode(&sample);
        for (from, to) in [(old, new), (new, old), (old, new)] {
            sample.checkout(from, to, Policy::Keep).unwrap();
            assert!(sample.on_disk() == sample.in_tree(to));
            let stat = sample.workspace.disk.cursor().stat(&path("model")).unwrap().unwrap();
            assert!(sample.workspace.cache.get(&path("model")).unwrap().proves(&stat));
            assert!(sample.status(to, to, UntrackedMode::Files).is_clean());
        }
        assert_eq!(inode(&sample), before, "it was replaced");
    }
}

#[test]
fn a_file_that_also_becomes_executable_is_patched_too() {
    if !can_patch() {
        return;
    }
    let sample = Sample::new();
    let old = old_text();
    let new = "#!".to_owned() + &edited(&old, 2, "something else", "")[2..];
    let (old, new) = (sample.tree(&[("model", &old)]), sample.tree(&[("model", &new)]));
    sample.fill(old);
    let before = inode(&sample);
    for (from, to, runs) in [(old, new, true), (new, old, false)] {
        sample.checkout(from, to, Policy::Keep).unwrap();
        assert!(sample.on_disk() == sample.in_tree(to));
        assert_eq!(fs::metadata(full(&sample)).unwrap().mode() & 0o111 != 0, runs);
        assert!(sample.status(to, to, UntrackedMode::Files).is_clean());
    }
    assert_eq!(inode(&sample), before);
}

#[test]
fn who_has_the_file_open_or_mapped_or_knows_it_by_another_name_keeps_it_as_it_was() {
    for has_it_open in [true, false] {
        let sample = Sample::new();
        let (old, new) = two(&sample, "");
        sample.fill(old);
        let (text, before) = (fs::read(full(&sample)).unwrap(), inode(&sample));
        let open = has_it_open.then(|| fs::File::open(full(&sample)).unwrap());
        let second = sample.root.join(".mlv/second name");
        if !has_it_open {
            fs::hard_link(full(&sample), &second).unwrap();
        }
        sample.checkout(old, new, Policy::Keep).unwrap();
        assert!(sample.on_disk() == sample.in_tree(new));
        assert_ne!(inode(&sample), before);
        let mut kept = Vec::new();
        let mut file = open.unwrap_or_else(|| fs::File::open(second).unwrap());
        file.read_to_end(&mut kept).unwrap();
        assert!(kept == text);
    }
}

#[test]
fn a_patch_that_was_killed_at_any_chunk_is_finished_or_taken_back() {
    if !can_patch() {
        return;
    }
    for (direction, boot) in [(Direction::Forward, None), (Direction::Back, Some("later"))] {
        let sample = Sample::new();
        let (old, new) = two(&sample, "longer\n");
        sample.fill(old);
        let (mut midway, mut from, mut to) = (0, old, new);
        // Another boot makes each recovery wait for the disk.
        for after in (0..).step_by(if boot.is_some() { 5 } else { 1 }) {
            let ended = killed(&sample, from, to, after);
            let found = sample.on_disk();
            midway += usize::from(found != sample.in_tree(old) && found != sample.in_tree(new));
            let later = boot.map(|boot| sample.in_boot(Some(boot)));
            let workspace = later.as_ref().unwrap_or(&sample.workspace);
            let pending = workspace.interrupted_checkout().unwrap().unwrap();
            let recovery = pending.resolve(direction, &NoProgress).unwrap();
            assert!(recovery.saved.is_empty() && recovery.left.is_empty(), "{recovery:?}");
            if direction == Direction::Forward {
                std::mem::swap(&mut from, &mut to);
            }
            assert!(sample.on_disk() == sample.in_tree(from), "{direction:?} after {after} chunks");
            assert!(sample.status(from, from, UntrackedMode::Files).is_clean());
            if ended {
                break;
            }
            assert!(after < 1000);
        }
        assert!(midway > 0, "it was never killed while it wrote");
    }
}

#[test]
fn work_done_on_a_half_patched_file_is_saved() {
    if !can_patch() {
        return;
    }
    for at in [0, 60_000 * 65 / 4 + 3] {
        let sample = Sample::new();
        let (old, new) = two(&sample, "");
        sample.fill(old);
        killed_midway(&sample, old, new);
        let file = fs::OpenOptions::new().write(true).open(full(&sample)).unwrap();
        file.write_all_at(b"MINE", at).unwrap();
        drop(file);
        let mine = fs::read_to_string(full(&sample)).unwrap();
        let pending = sample.workspace.interrupted_checkout().unwrap().unwrap();
        let recovery = pending.resolve(Direction::Back, &NoProgress).unwrap();
        assert!(sample.on_disk() == sample.in_tree(old));
        let saved = sample.objects.edit_tree(sample.empty_tree(), recovery.saved).unwrap();
        assert!(sample.in_tree(saved) == [("model".to_owned(), mine)]);
    }
}

#[test]
fn a_patch_that_fails_midway_is_taken_back_and_the_error_told() {
    let sample = Sample::new();
    let (old, new) = two(&sample, "longer\n");
    sample.fill(old);
    for after in 0.. {
        let workspace = dying(&sample, after, false);
        let plan = workspace.plan_checkout(old, new, Policy::Keep).unwrap();
        let outcome = workspace.apply_checkout(plan, b"", &UntilInterrupted, &NoProgress);
        let Err(error) = outcome else { break };
        assert!(matches!(error, WorkspaceError::Object(_)), "{error}");
        // The way back reads the store as well: where that fails, it is for the next command.
        if let Some(pending) = sample.workspace.interrupted_checkout().unwrap() {
            pending.resolve(Direction::Back, &NoProgress).unwrap();
        }
        assert!(sample.on_disk() == sample.in_tree(old), "after {after} chunks");
        assert!(after < 1000);
    }
}

#[test]
fn a_file_whose_facts_lie_is_left_alone_and_read_the_next_time() {
    if !can_patch() {
        return;
    }
    let sample = Sample::new();
    let (old, new) = two(&sample, "");
    sample.fill(old);
    let entry = sample.workspace.cache.get(&path("model")).unwrap().entry;
    let file = fs::OpenOptions::new().write(true).open(full(&sample)).unwrap();
    file.write_all_at(b"MINE", 60_000 * 65 / 4 + 3).unwrap();
    drop(file);
    sample.age("model", Duration::from_mins(1));
    let stat = sample.workspace.disk.cursor().stat(&path("model")).unwrap().unwrap();
    let file = CachedFile { stat, observed_ns: i64::MAX, entry };
    sample.workspace.cache.update(&[NewRow { path: path("model"), file }], &[]);
    let before = sample.on_disk();
    let refused = sample.checkout(old, new, Policy::Keep).unwrap_err();
    assert!(matches!(refused, WorkspaceError::ChangedMeanwhile { .. }), "{refused}");
    assert!(sample.on_disk() == before);
    assert_eq!(sample.blocked(old, new), ["Modified model"]);
}

#[test]
fn a_file_written_a_moment_ago_is_written_anew() {
    let sample = Sample::new();
    let (old, new) = two(&sample, "");
    sample.fill(old);
    let before = inode(&sample);
    let file = fs::OpenOptions::new().write(true).open(full(&sample)).unwrap();
    let soon = std::time::SystemTime::now() + Duration::from_secs(5);
    file.set_modified(soon).unwrap();
    drop(file);
    sample.checkout(old, new, Policy::Keep).unwrap();
    assert!(sample.on_disk() == sample.in_tree(new));
    assert_ne!(inode(&sample), before);
}

/// Makes a patched file hold the old bytes again in some places, as a power cut does.
fn tear_patch(sample: &Sample, old: TreeId, places: &[u64]) {
    let before = sample.in_tree(old).pop().unwrap().1;
    let file = fs::OpenOptions::new().write(true).open(full(sample)).unwrap();
    for place in places {
        let at = *place as usize;
        file.write_all_at(&before.as_bytes()[at..at + 4096], *place).unwrap();
    }
}

#[test]
fn a_patch_of_which_a_power_cut_took_a_part_is_finished_by_the_next_command() {
    let sample = Sample::new();
    let (old, new) = two(&sample, "");
    sample.fill(old);
    sample.checkout(old, new, Policy::Keep).unwrap();
    tear_patch(&sample, old, &[60_000 * 65 / 4 / 4096 * 4096]);
    sample.write("a", "mine");
    let later = sample.in_boot(Some("later"));
    assert!(later.torn().is_empty());
    let pending = later.interrupted_checkout().unwrap().unwrap();
    assert_eq!((pending.from(), pending.to()), (old, new));
    let recovery = pending.resolve(Direction::Forward, &NoProgress).unwrap();
    assert!(recovery.saved.is_empty() && recovery.left.is_empty());
    let mut expected = sample.in_tree(new);
    expected[0].1 = "mine".to_owned();
    assert!(sample.on_disk() == expected, "and what was done since is left alone");
}

#[test]
fn a_file_that_was_made_what_it_was_before_a_power_cut_stays_so() {
    let sample = Sample::new();
    let (old, new) = two(&sample, "");
    sample.fill(old);
    sample.checkout(old, new, Policy::Keep).unwrap();
    sample.write("model", &old_text());
    let later = sample.in_boot(Some("later"));
    assert!(later.interrupted_checkout().unwrap().is_none() && later.torn().is_empty());
    assert!(fs::read_to_string(full(&sample)).unwrap() == old_text());
}

#[test]
fn only_the_way_back_stands_for_a_patch_that_may_not_be_on_the_disk() {
    let sample = Sample::new();
    let (first, second) = two(&sample, "");
    let third = edited(&old_text(), 4, "a third version", "");
    let third = sample.tree(&[("a", "3"), ("model", &third)]);
    sample.fill(first);
    sample.checkout(first, second, Policy::Keep).unwrap();
    let scope =
        journal::Journal::read_scope(&unsynced::path_in(&sample.root.join(".mlv"))).unwrap();
    assert_eq!(scope.in_place.len(), 1);
    let steps = |to| sample.workspace.plan_checkout(second, to, Policy::Keep).unwrap().steps;
    assert!(unsynced::covers(&steps(first), &scope));
    assert_eq!(steps(third).len(), 2);
    assert!(!unsynced::covers(&steps(third), &scope));
}
