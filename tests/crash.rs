//! Processes killed at random moments, and processes that run at once. `MLV_CRASH_ROUNDS` makes the
//! runs longer, `MLV_CRASH_SEED` other ones.

use std::collections::{BTreeMap, BTreeSet};
use std::process::{Child, Stdio};
use std::time::{Duration, Instant};

use mlv::base::{CommitId, Hash};
use mlv::refs::RefName;

use crate::common::TestEnvironment;
use crate::common::model::{self, Dice, Files, parameter};

/// A repository, and what it must hold.
struct World {
    env: TestEnvironment,
    dice: Dice,
    /// What each commit holds.
    commits: BTreeMap<CommitId, Files>,
    /// How long a verb takes when it is let run.
    usual: BTreeMap<String, Duration>,
    round: u64,
    killed: u64,
}

impl World {
    fn new(seed: u64) -> Self {
        let env = TestEnvironment::new();
        env.success(&["init"]);
        env.write("mlv.yaml", "version: 1\nhooks:\n  look:\n    on: [pre-commit, post-commit]\n    run: test -e mlv.yaml\n");
        let mut world = Self {
            env,
            dice: Dice::new(seed),
            commits: BTreeMap::new(),
            usual: BTreeMap::new(),
            round: 0,
            killed: 0,
        };
        world.commit_everything();
        world.env.success(&["switch", "-c", "other"]);
        world.commit_everything();
        world
    }

    /// Changes, adds and removes files; returns nothing, as the disk is the truth.
    fn scribble(&mut self) {
        for _ in 0..=self.dice.below(6) {
            let path = format!("d{}/f{}", self.dice.below(4), self.dice.below(12));
            if self.dice.below(5) == 0 {
                let _ = std::fs::remove_file(self.env.path(&path));
                continue;
            }
            let len = [0, 10, 5_000, 100_000, 700_000][self.dice.below(5) as usize];
            let bytes = self.dice.bytes(len);
            self.env.write(&path, bytes);
        }
    }

    /// Makes a commit of some changes, so that nothing is dirty.
    fn commit_everything(&mut self) {
        self.scribble();
        self.env.success(&["add", "."]);
        let start = Instant::now();
        self.env.success(&["commit", "--allow-empty", "-m", "all"]);
        self.usual.insert("commit".to_owned(), start.elapsed());
        self.note_commit(&model::on_disk(&self.env.root()));
    }

    /// Notes what the checked-out commit must hold, where it is new.
    fn note_commit(&mut self, files: &Files) {
        let head = model::open(&self.env.root()).head().unwrap();
        self.commits.entry(head.commit().unwrap()).or_insert_with(|| files.clone());
    }

    /// Starts a command and kills it at a random moment; tells whether it had not ended by then.
    fn kill(&mut self, arguments: &[&str]) -> bool {
        let usual = self.usual.get(arguments[0]).copied().unwrap_or(Duration::from_millis(40));
        let span = u64::try_from(usual.as_micros()).unwrap();
        let patience = Duration::from_micros(self.dice.below(span * 11 / 10));
        let mut command = self.env.command(arguments);
        let start = Instant::now();
        let mut child = command.stdout(Stdio::null()).stderr(Stdio::null()).spawn().unwrap();
        std::thread::sleep(patience);
        child.kill().unwrap();
        let killed = child.wait().unwrap().code().is_none();
        // One that never ended yet is given a little more time, so that late moments are met too.
        let next = if killed { usual * 21 / 20 } else { start.elapsed().max(usual / 2) };
        self.usual.insert(arguments[0].to_owned(), next);
        self.killed += u64::from(killed);
        killed
    }

    /// Holds the repository and the disk against what they must be after a kill.
    #[track_caller]
    fn check(&mut self, before: &Files, what: &str) {
        let place = format!("round {}, {what}", self.round);
        self.env.success(&["status"]);
        // The first command that changes something settles what the kill left behind.
        let settled = self.env.mlv(&["switch", "-c", &format!("settle{}", self.round)]);
        assert_eq!(settled.code, 0, "{place}: {settled}");
        self.env.success(&["undo"]);
        let fsck = self.env.mlv(&["fsck"]);
        assert_eq!(fsck.code, 0, "{place}: {fsck}");
        let repo = model::open(&self.env.root());
        let after = model::on_disk(&self.env.root());
        let strays = after.keys().filter(|path| path.contains(".mlv-"));
        assert_eq!(strays.collect::<Vec<_>>(), [""; 0], "{place}: half-written files are left");
        let kept = model::contents(&repo);
        for (path, bytes) in before {
            let on_disk = after.get(path) == Some(bytes);
            assert!(on_disk || kept.contains(&Hash::of(bytes)), "{place}: `{path}` is lost");
        }
        for id in model::commits(&repo) {
            if let Some(files) = self.commits.get(&id) {
                assert!(*files == model::of_commit(&repo, id), "{place}: commit {id} is not whole");
            }
        }
    }

    /// Checks that the files are wholly those of the commit that is checked out.
    #[track_caller]
    fn check_clean(&self, what: &str) {
        let repo = model::open(&self.env.root());
        let head = repo.head().unwrap().commit().unwrap();
        let (wanted, found) = (model::of_commit(&repo, head), model::on_disk(&self.env.root()));
        let names = |files: &Files| files.keys().cloned().collect::<Vec<_>>();
        let place = format!("round {}, {what}", self.round);
        assert_eq!(names(&wanted), names(&found), "{place}: the files are not those of `HEAD`");
        assert!(wanted == found, "{place}: a file is not as `HEAD` has it");
    }
}

fn rounds(usual: u64) -> u64 {
    parameter("MLV_CRASH_ROUNDS", usual)
}

/// What is killed, in turn.
const VERBS: [&str; 10] = [
    "add",
    "commit",
    "switch",
    "merge",
    "dirty switch",
    "undo",
    "discard",
    "gc",
    "clone",
    "sparse",
];

#[test]
fn kills_at_random_moments_lose_nothing() {
    let seed = parameter("MLV_CRASH_SEED", 1);
    let mut world = World::new(seed);
    for round in 0..rounds(20) {
        world.round = round;
        let verb = VERBS[round as usize % VERBS.len()];
        match verb {
            "add" => {
                world.scribble();
                let before = model::on_disk(&world.env.root());
                world.kill(&["add", "."]);
                world.check(&before, verb);
            }
            "commit" => {
                world.scribble();
                world.env.success(&["add", "."]);
                let before = model::on_disk(&world.env.root());
                world.kill(&["commit", "--allow-empty", "-m", "killed"]);
                world.note_commit(&before);
                world.check(&before, verb);
            }
            "switch" => {
                world.commit_everything();
                let before = model::on_disk(&world.env.root());
                let target = other_branch(&world.env);
                world.kill(&["switch", &target]);
                world.check(&before, verb);
                world.check_clean(verb);
            }
            "merge" => {
                world.commit_everything();
                let before = model::on_disk(&world.env.root());
                let source = other_branch(&world.env);
                world.kill(&["merge", &source, "--strategy", "theirs"]);
                world.check(&before, verb);
                world.check_clean(verb);
            }
            "dirty switch" => {
                world.commit_everything();
                world.scribble();
                let before = model::on_disk(&world.env.root());
                let target = other_branch(&world.env);
                world.kill(&["switch", &target]);
                world.check(&before, verb);
            }
            "undo" => {
                world.commit_everything();
                world.scribble();
                let before = model::on_disk(&world.env.root());
                world.kill(&["undo"]);
                world.check(&before, verb);
            }
            "discard" => {
                world.commit_everything();
                world.scribble();
                let before = model::on_disk(&world.env.root());
                let target = other_branch(&world.env);
                world.kill(&["switch", "--discard-changes", &target]);
                world.check(&before, verb);
            }
            "gc" => {
                world.commit_everything();
                let before = model::on_disk(&world.env.root());
                let window = ["undo.keep_days=0", "undo.keep_operations=4"];
                world.kill(&["-c", window[0], "-c", window[1], "gc"]);
                world.check(&before, verb);
                world.check_clean(verb);
            }
            "sparse" => {
                world.commit_everything();
                let before = model::on_disk(&world.env.root());
                world.kill(&["sparse", "set", "d0", "d1", "mlv.yaml"]);
                world.check(&before, verb);
                world.env.success(&["sparse", "disable"]);
                world.check_clean(verb);
            }
            _ => kill_a_clone(&mut world),
        }
    }
    assert!(world.killed > 0, "no command was killed before it ended");
}

fn other_branch(env: &TestEnvironment) -> String {
    let head = model::open(&env.root()).head().unwrap();
    let on_main = head.branch() == Some(&RefName::branch("main").unwrap());
    if on_main { "other" } else { "main" }.to_owned()
}

fn kill_a_clone(world: &mut World) {
    world.commit_everything();
    let target = world.env.home().join("copy");
    let _ = std::fs::remove_dir_all(&target);
    let path = target.to_str().unwrap().to_owned();
    world.kill(&["clone", ".", &path]);
    let whole = target.join(".mlv/format").exists();
    if whole {
        let refused = world.env.mlv(&["clone", ".", &path]);
        assert_eq!(refused.code, 1, "{refused}");
    } else {
        world.env.success(&["clone", ".", &path]);
    }
    world.env.success(&["-C", &path, "fsck"]);
    let (source, clone) = (model::open(&world.env.root()), model::open(&target));
    let head = clone.head().unwrap().commit();
    assert_eq!(head, source.head().unwrap().commit());
    assert!(model::of_commit(&clone, head.unwrap()) == model::on_disk(&target), "clone");
    assert_eq!(world.env.success(&["-C", &path, "status", "--json"]).json()["clean"], true);
}

#[test]
fn four_writers_and_a_reader_at_once_lose_nothing() {
    let env = TestEnvironment::new();
    env.success(&["init"]);
    env.write("first", "1");
    env.success(&["add", "."]);
    env.success(&["commit", "-m", "first"]);
    let turns = rounds(3);
    let landed: BTreeSet<String> = std::thread::scope(|scope| {
        let reader = scope.spawn(|| read_on(&env, turns * 4));
        let writer = |number: u64| {
            let env = &env;
            scope.spawn(move || write_on(env, number, turns))
        };
        let writers: Vec<_> = (0..4).map(writer).collect();
        let landed = writers.into_iter().flat_map(|writer| writer.join().unwrap()).collect();
        reader.join().unwrap();
        landed
    });
    env.success(&["fsck"]);
    let repo = model::open(&env.root());
    let commits = model::commits(&repo);
    let messages: BTreeSet<String> =
        commits.iter().map(|id| repo.objects().commit(*id).unwrap().message).collect();
    assert!(landed.is_subset(&messages), "a commit that was reported is not there");
    assert!(!landed.is_empty(), "no writer had a turn");
    env.success(&["add", "."]);
    env.mlv(&["commit", "-m", "rest"]);
    let head = model::open(&env.root()).head().unwrap().commit().unwrap();
    assert!(model::of_commit(&model::open(&env.root()), head) == model::on_disk(&env.root()));
}

/// Adds and commits; returns the messages of the commits that were reported as made.
fn write_on(env: &TestEnvironment, number: u64, turns: u64) -> Vec<String> {
    let mut landed = Vec::new();
    let mut dice = Dice::new(number + 1);
    for turn in 0..turns {
        let path = format!("writer{number}/file{turn}");
        env.write(&path, dice.bytes(50_000));
        let added = env.mlv(&["add", &path]);
        assert!(added.code == 0 || added.stderr.starts_with("error: "), "{added}");
        let message = format!("writer {number}, turn {turn}");
        let made = env.mlv(&["commit", "-m", &message]);
        match made.code {
            0 => landed.push(message),
            // Another writer has committed what this one staged, or moved the branch.
            1 | 5 => assert!(made.stderr.starts_with("error: "), "{made}"),
            _ => panic!("{made}"),
        }
    }
    landed
}

fn read_on(env: &TestEnvironment, turns: u64) {
    for _ in 0..turns {
        env.success(&["log", "--json"]);
        env.success(&["status", "--json"]);
    }
}

#[test]
fn a_collection_of_garbage_beside_writers_takes_nothing_that_is_needed() {
    let env = TestEnvironment::new();
    env.success(&["init"]);
    env.write("first", "1");
    env.success(&["add", "."]);
    env.success(&["commit", "-m", "first"]);
    let turns = rounds(3);
    std::thread::scope(|scope| {
        let env = &env;
        let collector = scope.spawn(move || {
            for _ in 0..turns * 2 {
                let window = ["undo.keep_days=0", "undo.keep_operations=1"];
                let gc = env.mlv(&["-c", window[0], "-c", window[1], "gc"]);
                assert!(gc.code == 0 || gc.stderr.contains("uses the store"), "{gc}");
            }
        });
        let cloner = scope.spawn(move || {
            for turn in 0..turns {
                let target = env.home().join(format!("clone{turn}"));
                env.success(&["clone", ".", target.to_str().unwrap()]);
                env.success(&["-C", target.to_str().unwrap(), "fsck"]);
            }
        });
        let writers = [0, 1].map(|number| scope.spawn(move || write_on(env, number, turns)));
        let landed: usize = writers.into_iter().map(|writer| writer.join().unwrap().len()).sum();
        assert!(landed > 0, "no writer had a turn");
        collector.join().unwrap();
        cloner.join().unwrap();
    });
    env.success(&["fsck"]);
    env.success(&["add", "."]);
    assert!(env.mlv(&["status"]).code == 0);
}

#[test]
fn a_second_process_waits_for_the_one_that_changes_the_files() {
    let env = TestEnvironment::new();
    env.success(&["init"]);
    env.write("big", Dice::new(3).bytes(3_000_000));
    let spawn = |arguments: &[&str]| -> Child {
        let mut command = env.command(arguments);
        command.stdout(Stdio::null()).stderr(Stdio::null()).spawn().unwrap()
    };
    let mut both = [spawn(&["add", "."]), spawn(&["add", "big"])];
    let codes = both.each_mut().map(|child| child.wait().unwrap().code());
    assert_eq!(codes, [Some(0), Some(0)]);
    env.success(&["commit", "-m", "both"]);
    env.success(&["fsck"]);
}

/// Returns `bytes` with a byte changed every now and then.
fn spotted(bytes: &[u8]) -> Vec<u8> {
    let mut bytes = bytes.to_vec();
    bytes.iter_mut().skip(1000).step_by(500_000).for_each(|byte| *byte ^= 1);
    bytes
}

#[test]
fn a_large_file_whose_patching_was_killed_is_nobodys_change() {
    let env = TestEnvironment::new();
    env.success(&["init"]);
    let mut dice = Dice::new(parameter("MLV_CRASH_SEED", 1));
    let main = dice.bytes(8_000_000);
    let other = spotted(&main);
    for (branch, bytes) in [("main", &main), ("other", &other)] {
        if branch == "other" {
            env.success(&["switch", "-c", branch]);
        }
        env.write("model.bin", bytes);
        env.success(&["add", "."]);
        env.success(&["commit", "-m", branch]);
    }
    let read = || std::fs::read(env.path("model.bin")).unwrap();
    for round in 0..rounds(8) {
        let target = other_branch(&env);
        let mut command = env.command(&["switch", &target]);
        let mut child = command.stdout(Stdio::null()).stderr(Stdio::null()).spawn().unwrap();
        while child.try_wait().unwrap().is_none() && !env.path(".mlv/checkout.journal").exists() {
            std::thread::sleep(Duration::from_micros(200));
        }
        std::thread::sleep(Duration::from_micros(dice.below(120_000)));
        child.kill().unwrap();
        child.wait().unwrap();
        // The first look at the files, or the first `add`, settles it.
        if round % 2 == 0 {
            assert_eq!(env.json(&["status", "--json"])["clean"], true, "round {round}");
        } else {
            env.success(&["add", "."]);
            assert_eq!(env.json(&["status", "--json"])["clean"], true, "round {round}");
        }
        let bytes = if other_branch(&env) == "main" { &other } else { &main };
        assert!(read() == *bytes, "round {round}");
    }
    env.success(&["fsck"]);
}

#[test]
fn a_file_that_a_power_cut_tore_is_named_once_with_the_way_back() {
    let env = TestEnvironment::new();
    env.success(&["init"]);
    for (name, text) in [("a.csv", "one"), ("b.csv", "one")] {
        env.write(name, text);
    }
    env.success(&["add", "."]);
    env.success(&["commit", "-m", "one"]);
    env.write("a.csv", "two");
    env.write("b.csv", "two");
    env.success(&["commit", "-am", "two"]);
    env.success(&["switch", "--detach", "HEAD~1"]);
    move_to_another_boot(&env.path(".mlv/checkout.unsynced"));
    // What never reached the disk, and work of the user.
    env.write("a.csv", "");
    env.write("b.csv", "mine");
    let told = env.success(&["status", "-s"]);
    let notice = "a power cut tore `a.csv`: `mlv restore a.csv` brings it back";
    assert_eq!((told.stdout.as_str(), told.stderr.trim_end()), (" M a.csv\n M b.csv\n", notice));
    assert_eq!(env.success(&["status", "-s"]).stderr, "");
    env.success(&["restore", "a.csv"]);
    assert_eq!(env.read("a.csv"), b"one");
}

/// Changes the boot that the first record of a journal names.
#[expect(clippy::disallowed_methods, reason = "the test stands for another program")]
fn move_to_another_boot(journal: &std::path::Path) {
    let mut bytes = std::fs::read(journal).unwrap();
    let len = u32::from_le_bytes(bytes[..4].try_into().unwrap()) as usize;
    let payload = &mut bytes[12..12 + len];
    // The last text of the record is the boot.
    *payload.last_mut().unwrap() ^= 1;
    let checksum = mlv::base::Hash::of(payload).0;
    bytes[4..12].copy_from_slice(&checksum[..8]);
    std::fs::write(journal, bytes).unwrap();
}
