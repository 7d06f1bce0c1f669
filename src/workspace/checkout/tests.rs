mod in_place;
mod large;

use std::fs;
use std::os::unix::fs::symlink;
use std::sync::atomic::{AtomicUsize, Ordering};

use super::*;
use crate::base::interrupt::Interrupted;
use crate::base::{NoProgress, RepoPath, TreeId};
use crate::workspace::cache::{CachedFile, NewRow};
use crate::workspace::error::WorkspaceError;
use crate::workspace::handle::Workspace;
use crate::workspace::status::UntrackedMode;
use crate::workspace::tests::{Sample, path};

const FORCE: Policy<'_> = Policy::Force { wanted: &|_| true };

impl Sample {
    fn checkout(
        &self,
        from: TreeId,
        to: TreeId,
        policy: Policy<'_>,
    ) -> Result<TreeId, WorkspaceError> {
        let plan = self.workspace.plan_checkout(from, to, policy)?;
        let done = self.workspace.apply_checkout(plan, b"", &UntilInterrupted, &NoProgress)?;
        let saved = self.objects.edit_tree(from, done.saved().to_vec()).unwrap();
        done.finish()?;
        Ok(saved)
    }

    fn fill(&self, tree: TreeId) {
        self.checkout(self.empty_tree(), tree, Policy::Keep).unwrap();
    }

    fn blocked(&self, from: TreeId, to: TreeId) -> Vec<String> {
        let before = self.on_disk();
        let Err(WorkspaceError::Blocked { blocked }) = self.checkout(from, to, Policy::Keep) else {
            panic!("the checkout went on");
        };
        assert_eq!(self.on_disk(), before, "nothing is touched");
        blocked.iter().map(|it| format!("{:?} {}", it.reason, it.path)).collect()
    }
}

/// Two trees with every kind of transition between them.
fn two_trees(sample: &Sample) -> (TreeId, TreeId) {
    let old = sample.tree(&[
        ("same", "1"),
        ("changed", "2"),
        ("removed/deep/x", "3"),
        ("file-to-directory", "4"),
        ("directory-to-file/a", "5"),
        ("directory-to-file/b/c", "6"),
        ("link-to-directory", "->same"),
        ("file-to-link", "7"),
        ("link-to-file", "->same"),
        ("mode.sh", "#!1"),
    ]);
    let new = sample.tree(&[
        ("same", "1"),
        ("changed", "two"),
        ("added/deep/y", "8"),
        ("file-to-directory/a", "9"),
        ("file-to-directory/b/c", "10"),
        ("directory-to-file", "11"),
        ("link-to-directory/z", "12"),
        ("file-to-link", "->/etc/passwd"),
        ("link-to-file", "13"),
        ("mode.sh", "#!2"),
    ]);
    (old, new)
}

#[test]
fn the_disk_holds_the_other_tree_afterwards_and_back_again() {
    let sample = Sample::new();
    let (old, new) = two_trees(&sample);
    sample.fill(old);
    assert_eq!(sample.on_disk(), sample.in_tree(old));
    for (from, to) in [(old, new), (new, old), (old, sample.empty_tree())] {
        sample.checkout(from, to, Policy::Keep).unwrap();
        assert_eq!(sample.on_disk(), sample.in_tree(to));
        assert!(sample.status(to, to, UntrackedMode::Files).is_clean());
    }
}

#[test]
fn files_just_written_are_believed_without_reading() {
    let sample = Sample::new();
    sample.fill(sample.tree(&[("a", "1"), ("b/c", "#!2")]));
    for name in ["a", "b/c"] {
        let stat = sample.workspace.disk.cursor().stat(&path(name)).unwrap().unwrap();
        assert!(sample.workspace.cache.get(&path(name)).unwrap().proves(&stat));
        assert_eq!(stat.is_executable(), name == "b/c");
    }
}

#[test]
fn a_file_that_only_becomes_executable_is_not_written_again() {
    let sample = Sample::new();
    let old = sample.tree(&[("a", "text")]);
    let runs = sample.objects.walk_tree(old, &RepoPath::root()).map(|row| {
        let (path, entry) = row.unwrap();
        let crate::object::Entry::File { file, .. } = entry else { panic!() };
        let entry = crate::object::Entry::File { file, executable: true };
        crate::object::TreeEdit { path, value: crate::object::TreeValue::Set(entry) }
    });
    let new = sample.objects.edit_tree(old, runs.collect()).unwrap();
    sample.fill(old);
    let stat = || sample.workspace.disk.cursor().stat(&path("a")).unwrap().unwrap();
    let before = stat();
    sample.checkout(old, new, Policy::Keep).unwrap();
    assert_eq!(stat().inode, before.inode);
    assert!(stat().is_executable());
    assert!(sample.status(new, new, UntrackedMode::Files).is_clean());
}

#[test]
fn unsaved_work_in_the_way_is_named_and_nothing_is_touched() {
    let sample = Sample::new();
    let (old, new) = two_trees(&sample);
    sample.fill(old);
    sample.write(".mlvignore", "added\n");
    for (name, text) in [
        ("changed", "mine"),
        ("removed/deep/x", "mine"),
        ("added/deep/y", "mine, and ignored"),
        ("directory-to-file/mine", "mine"),
    ] {
        sample.write(name, text);
    }
    assert_eq!(
        sample.blocked(old, new),
        [
            "Untracked added/deep/y",
            "Modified changed",
            "Untracked directory-to-file/mine",
            "Modified removed/deep/x",
        ]
    );
}

#[test]
fn a_file_or_link_in_place_of_a_directory_is_in_the_way() {
    let sample = Sample::new();
    let outside = tempfile::tempdir().unwrap();
    let new = sample.tree(&[("a/b/c", "1"), ("d/e", "2")]);
    sample.write("a", "mine");
    symlink(outside.path(), sample.root.join("d")).unwrap();
    assert_eq!(sample.blocked(sample.empty_tree(), new), ["Untracked a", "Untracked d"]);

    let saved = sample.checkout(sample.empty_tree(), new, FORCE).unwrap();
    assert_eq!(sample.on_disk(), sample.in_tree(new));
    assert_eq!(fs::read_dir(outside.path()).unwrap().count(), 0);
    let target = format!("->{}", outside.path().display());
    assert_eq!(saved, sample.tree(&[("a", "mine"), ("d", &target)]));
}

#[test]
fn work_that_is_not_in_the_way_is_left_alone() {
    let sample = Sample::new();
    let old = sample.tree(&[("a", "1"), ("b", "2"), ("c", "3"), ("gone", "4")]);
    let new = sample.tree(&[("a", "1"), ("b", "two"), ("c", "three"), ("gone", "5")]);
    sample.fill(old);
    sample.write("a", "mine");
    sample.write("mine", "mine");
    sample.write("c", "three");
    sample.remove("gone");
    sample.checkout(old, new, Policy::Keep).unwrap();
    let expected = [("a", "mine"), ("b", "two"), ("c", "three"), ("gone", "5"), ("mine", "mine")];
    assert_eq!(sample.on_disk(), expected.map(|(a, b)| (a.to_owned(), b.to_owned())));
}

#[test]
fn force_saves_what_it_overwrites_and_leaves_what_it_was_not_asked_for() {
    let sample = Sample::new();
    let old = sample.tree(&[("a", "1"), ("b", "2"), ("dir/c", "3"), ("removed", "4")]);
    let new = sample.tree(&[("a", "1"), ("b", "two"), ("dir", "a file")]);
    sample.fill(old);
    for name in ["a", "b", "dir/mine", "removed", "untouched"] {
        sample.write(name, "mine");
    }
    let saved = sample.checkout(old, new, FORCE).unwrap();
    assert_eq!(
        saved,
        sample.tree(&[
            ("a", "mine"),
            ("b", "mine"),
            ("dir/c", "3"),
            ("dir/mine", "mine"),
            ("removed", "mine")
        ])
    );
    let untouched = ("untouched".to_owned(), "mine".to_owned());
    assert_eq!(sample.on_disk(), [sample.in_tree(new), vec![untouched]].concat());

    sample.write("a", "again");
    sample.write("b", "again");
    let only_a = Policy::Force { wanted: &|path| path.as_bytes() == b"a" };
    sample.checkout(new, new, only_a).unwrap();
    assert_eq!(fs::read_to_string(sample.root.join("a")).unwrap(), "1");
    assert_eq!(fs::read_to_string(sample.root.join("b")).unwrap(), "again");
}

#[test]
fn repositories_and_sockets_are_in_the_way_even_of_force() {
    let sample = Sample::new();
    let new = sample.tree(&[("a", "1"), ("b", "2"), ("s", "3")]);
    sample.write("a/.git/config", "");
    sample.write("b/.mlv/repo.db", "");
    let _listener = std::os::unix::net::UnixListener::bind(sample.root.join("s")).unwrap();
    let error = sample.checkout(sample.empty_tree(), new, FORCE).unwrap_err();
    let WorkspaceError::Blocked { blocked } = error else { panic!("{error}") };
    let blocked: Vec<_> = blocked.iter().map(|it| format!("{:?} {}", it.reason, it.path)).collect();
    assert_eq!(blocked, ["NestedRepository a", "NestedRepository b", "Special s"]);
}

#[test]
fn a_file_changed_between_plan_and_deed_is_not_overwritten() {
    let sample = Sample::new();
    let old = sample.tree(&[("a", "1"), ("b", "2"), ("c", "3")]);
    let new = sample.tree(&[("a", "one"), ("b", "two")]);
    sample.fill(old);
    for victim in ["b", "c", "new"] {
        let new = if victim == "new" { sample.tree(&[("a", "one"), ("new", "n")]) } else { new };
        let plan = sample.workspace.plan_checkout(old, new, Policy::Keep).unwrap();
        sample.write(victim, "mine");
        let before = sample.on_disk();
        let error =
            sample.workspace.apply_checkout(plan, b"", &UntilInterrupted, &NoProgress).unwrap_err();
        assert!(
            matches!(&error, WorkspaceError::ChangedMeanwhile { path } if path.to_string() == victim),
            "{error}"
        );
        assert_eq!(sample.on_disk(), before);
        assert!(sample.workspace.interrupted_checkout().unwrap().is_none());
        sample.remove(victim);
        sample.checkout(old, old, FORCE).unwrap();
    }
}

#[test]
fn a_checkout_can_be_taken_back_before_it_is_finished() {
    let sample = Sample::new();
    let (old, new) = two_trees(&sample);
    sample.fill(old);
    sample.write("changed", "mine");
    let before = sample.on_disk();
    let plan = sample.workspace.plan_checkout(old, new, FORCE).unwrap();
    let done = sample.workspace.apply_checkout(plan, b"", &UntilInterrupted, &NoProgress).unwrap();
    assert_eq!(sample.on_disk(), sample.in_tree(new));
    done.roll_back(&NoProgress).unwrap();
    assert_eq!(sample.on_disk(), before);
    assert!(sample.workspace.interrupted_checkout().unwrap().is_none());
}

/// Lets so many steps happen, then either asks to stop or dies.
struct Stop {
    left: AtomicUsize,
    dies: bool,
}

impl Pace for Stop {
    fn before_step(&self) -> Result<(), Interrupted> {
        let step = |left: usize| left.checked_sub(1);
        match self.left.fetch_update(Ordering::SeqCst, Ordering::SeqCst, step) {
            Ok(_) => Ok(()),
            // Nothing in the checkout catches this, so nothing tidies up, as when killed.
            Err(_) if self.dies => std::panic::resume_unwind(Box::new("killed")),
            Err(_) => Err(Interrupted),
        }
    }
}

fn stop(after: usize, dies: bool) -> Stop {
    Stop { left: AtomicUsize::new(after), dies }
}

/// Runs something that may be killed; tells whether it came to its end.
fn survives<T>(deed: impl FnOnce() -> T) -> Option<T> {
    std::panic::catch_unwind(std::panic::AssertUnwindSafe(deed)).ok()
}

#[test]
fn an_interrupted_checkout_is_taken_back_at_every_step() {
    let mut after = 0;
    loop {
        let sample = Sample::new();
        let (old, new) = two_trees(&sample);
        sample.fill(old);
        sample.write("changed", "mine");
        let before = sample.on_disk();
        let plan = sample.workspace.plan_checkout(old, new, FORCE).unwrap();
        match sample.workspace.apply_checkout(plan, b"", &stop(after, false), &NoProgress) {
            Ok(done) => return done.finish().unwrap(),
            Err(error) => assert!(matches!(error, WorkspaceError::Interrupted(_)), "{error}"),
        }
        assert_eq!(sample.on_disk(), before, "after {after} steps");
        after += 1;
        assert!(after < 100);
    }
}

#[test]
fn a_killed_checkout_is_recovered_either_way_from_every_step() {
    let ways = [Direction::Forward, Direction::Back].map(|way| [(way, false), (way, true)]);
    for (direction, restarted) in ways.into_iter().flatten() {
        let mut after = 0;
        loop {
            let sample = Sample::new();
            let (old, new) = two_trees(&sample);
            sample.fill(old);
            sample.write("changed", "mine");
            sample.write("beside", "mine");
            let before = sample.on_disk();
            let plan = sample.workspace.plan_checkout(old, new, FORCE).unwrap();
            let saved = plan.saved();
            let pace = stop(after, true);
            let done = survives(|| {
                drop(sample.workspace.apply_checkout(plan, b"op", &pace, &NoProgress).unwrap());
            });
            let later = sample.in_boot(Some("later"));
            let workspace = if restarted { &later } else { &sample.workspace };
            // A second death, midway through the recovery.
            let pending = workspace.interrupted_checkout().unwrap().unwrap();
            let pace = stop(after, true);
            let recovered = survives(|| pending.resolve_at(direction, &pace, &NoProgress).unwrap());
            if recovered.is_none() {
                let pending = workspace.interrupted_checkout().unwrap().unwrap();
                assert_eq!((pending.from(), pending.to(), pending.note()), (old, new, &b"op"[..]));
                pending.resolve(direction, &NoProgress).unwrap();
            }
            let expected = match direction {
                Direction::Back => before,
                Direction::Forward => {
                    let mut files = sample.in_tree(new);
                    files.push(("beside".to_owned(), "mine".to_owned()));
                    files.sort();
                    files
                }
            };
            assert_eq!(
                sample.on_disk(),
                expected,
                "{direction:?} after {after} steps, restarted: {restarted}"
            );
            assert!(workspace.interrupted_checkout().unwrap().is_none());
            let saved = sample.objects.edit_tree(old, saved).unwrap();
            assert!(sample.in_tree(saved).contains(&("changed".to_owned(), "mine".to_owned())));
            if done.is_some() {
                break;
            }
            after += 1;
            assert!(after < 100);
        }
    }
}

#[test]
fn what_the_user_did_between_the_crash_and_the_recovery_is_saved() {
    let sample = Sample::new();
    let (old, new) = two_trees(&sample);
    sample.fill(old);
    let plan = sample.workspace.plan_checkout(old, new, Policy::Keep).unwrap();
    let done = sample.workspace.apply_checkout(plan, b"", &UntilInterrupted, &NoProgress).unwrap();
    drop(done);
    let plan = sample.workspace.plan_checkout(new, old, Policy::Keep).unwrap();
    let refused = sample.workspace.apply_checkout(plan, b"", &UntilInterrupted, &NoProgress);
    assert!(matches!(refused, Err(WorkspaceError::Unrecovered)));
    sample.write("changed", "mine");
    sample.write("file-to-directory/mine", "mine too");
    let pending = sample.workspace.interrupted_checkout().unwrap().unwrap();
    let recovery = pending.resolve(Direction::Back, &NoProgress).unwrap();
    assert_eq!(sample.on_disk(), sample.in_tree(old));
    let saved: Vec<_> = recovery.saved.iter().map(|edit| edit.path.to_string()).collect();
    assert_eq!(saved, ["changed", "file-to-directory/mine"]);
}

/// Tears a file as a power cut does: other bytes, and a row of the stat cache that knows nothing of it.
fn tear(sample: &Sample, name: &str) {
    let entry = sample.workspace.cache.get(&path(name)).unwrap().entry;
    sample.write(name, "torn");
    let stat = sample.workspace.disk.cursor().stat(&path(name)).unwrap().unwrap();
    let file = CachedFile { stat, observed_ns: i64::MAX, entry };
    sample.workspace.cache.update(&[NewRow { path: path(name), file }], &[]);
}

fn knows(workspace: &Workspace, name: &str) -> bool {
    workspace.cache.get(&path(name)).is_some()
}

fn unsynced(sample: &Sample) -> bool {
    sample.root.join(".mlv/checkout.unsynced").exists()
}

#[test]
fn files_of_the_last_checkout_are_believed_until_the_machine_is_restarted() {
    let sample = Sample::new();
    let first = sample.tree(&[("a", "1"), ("b", "2")]);
    let second = sample.tree(&[("a", "1"), ("b", "two")]);
    sample.fill(first);
    sample.checkout(first, second, Policy::Keep).unwrap();
    tear(&sample, "b");
    assert!(sample.workspace.plan_checkout(second, first, Policy::Keep).is_ok());

    let same = sample.in_boot(sample.workspace.boot.as_deref());
    assert!(knows(&same, "a") && knows(&same, "b") && unsynced(&sample));
    let later = sample.in_boot(Some("later"));
    assert!(knows(&later, "a") && !knows(&later, "b"), "the first checkout was synced");
    assert_eq!(later.torn(), [path("b")]);
    assert!(!unsynced(&sample));
    let plan = later.plan_checkout(second, first, Policy::Keep).unwrap();
    let blocked: Vec<_> = plan.blocked.iter().map(|it| it.path.to_string()).collect();
    assert_eq!(blocked, ["b"], "it shows as modified");
}

#[test]
fn a_damaged_list_of_unsynced_files_makes_all_files_unbelieved() {
    let sample = Sample::new();
    sample.fill(sample.tree(&[("a", "1")]));
    sample.write(".mlv/checkout.unsynced", "nonsense");
    assert!(!knows(&sample.in_boot(None), "a"));
    assert!(!unsynced(&sample));
}

#[test]
fn while_another_process_holds_the_lock_nothing_of_an_earlier_boot_is_believed() {
    let sample = Sample::new();
    sample.fill(sample.tree(&[("a", "1")]));
    let lock = sample.workspace.lock_checkout().unwrap();
    let later = sample.in_boot(Some("later"));
    assert!(!knows(&later, "a") && unsynced(&sample));
    drop(lock);
    assert!(knows(&sample.workspace, "a"));
}

#[test]
fn where_no_boot_can_be_told_from_another_a_checkout_waits_for_the_disk() {
    let sample = Sample::new();
    let workspace = sample.in_boot(None);
    let (from, to) = (sample.empty_tree(), sample.tree(&[("a", "1")]));
    let plan = workspace.plan_checkout(from, to, Policy::Keep).unwrap();
    workspace.apply_checkout(plan, b"", &UntilInterrupted, &NoProgress).unwrap().finish().unwrap();
    assert!(!unsynced(&sample) && workspace.interrupted_checkout().unwrap().is_none());
    assert!(knows(&sample.in_boot(None), "a"));
}

#[test]
fn a_recorded_checkout_whose_end_a_power_cut_undid_leaves_later_work() {
    let sample = Sample::new();
    let (old, new) = two_trees(&sample);
    sample.fill(old);
    let plan = sample.workspace.plan_checkout(old, new, Policy::Keep).unwrap();
    let done = sample.workspace.apply_checkout(plan, b"", &UntilInterrupted, &NoProgress).unwrap();
    drop(done);
    tear(&sample, "changed");
    sample.write("link-to-file", "mine");
    let later = sample.in_boot(Some("later"));
    let pending = later.interrupted_checkout().unwrap().unwrap();
    let recovery = pending.resolve(Direction::Forward, &NoProgress).unwrap();
    let left: Vec<_> = recovery.left.iter().map(|it| it.path.to_string()).collect();
    assert_eq!(left, ["changed", "link-to-file"]);
    assert!(sample.on_disk().contains(&("link-to-file".to_owned(), "mine".to_owned())));
}

#[test]
fn the_way_back_stands_for_the_unsynced_files_of_the_way_there() {
    let sample = Sample::new();
    let names = |tree: TreeId, to: TreeId| {
        sample.checkout(tree, to, Policy::Keep).unwrap();
        let journal = journal::Journal::read(&sample.root.join(".mlv/checkout.unsynced"));
        let steps = journal.unwrap().unwrap().steps;
        steps.iter().map(|step| step.path.to_string()).collect::<Vec<_>>()
    };
    let first = sample.tree(&[("a", "1"), ("b", "2")]);
    let second = sample.tree(&[("a", "1"), ("b", "two")]);
    assert_eq!(names(sample.empty_tree(), first), ["a", "b"]);
    assert_eq!(names(first, second), ["b"]);
    assert_eq!(names(second, first), ["b"]);
    assert_eq!(names(first, sample.empty_tree()), ["a", "b"]);
    let later = sample.in_boot(Some("later"));
    assert!(!knows(&later, "a") && later.torn().is_empty());
}
