//! Remotes under fire: processes killed at random moments, and many that push at once.
//! `MLV_CRASH_ROUNDS` and `MLV_RACE_COMMITS` make the runs longer, `MLV_CRASH_SEED` other ones.

use std::collections::BTreeSet;
use std::process::Stdio;
use std::time::{Duration, Instant};

use crate::common::model::{self, Dice, parameter};
use crate::common::servers::{self, Server};
use crate::common::{Team, TestEnvironment};

/// How many push to one branch at once.
const WRITERS: u64 = 8;

/// Runs that are killed at a random moment of their usual length.
struct Killer {
    dice: Dice,
    usual: Duration,
    killed: u64,
}

impl Killer {
    /// Returns the exit code where the command ended before it was killed.
    fn run(&mut self, team: &Team, arguments: &[&str]) -> Option<i32> {
        let span = u64::try_from(self.usual.as_micros()).unwrap();
        let patience = Duration::from_micros(self.dice.below(span * 11 / 10));
        let mut command = team.env.command(arguments);
        let start = Instant::now();
        let mut child = command.stdout(Stdio::null()).stderr(Stdio::null()).spawn().unwrap();
        std::thread::sleep(patience);
        child.kill().unwrap();
        let code = child.wait().unwrap().code();
        let met = if code.is_none() { self.usual * 21 / 20 } else { start.elapsed() };
        self.usual = met.max(self.usual / 2);
        self.killed += u64::from(code.is_none());
        code
    }
}

/// So many rounds are played at one remote: what a round costs grows with those before it. A log of so
/// many pushes has checkpoints.
const SEASON: u64 = 40;

/// Runs the rounds, each season at a remote that `open` makes and `close` looks over, and holds that
/// some commands met their end early.
fn rounds(
    open: impl Fn() -> Team,
    mut round: impl FnMut(&mut Killer, &Team, u64),
    close: impl Fn(&Team),
) {
    let dice = Dice::new(parameter("MLV_CRASH_SEED", 1));
    let usual = Duration::from_millis(150);
    let mut killer = Killer { dice, usual, killed: 0 };
    let all: Vec<u64> = (0..parameter("MLV_CRASH_ROUNDS", 6)).collect();
    for season in all.chunks(SEASON as usize) {
        let team = open();
        killer.usual = usual;
        for number in season {
            round(&mut killer, &team, *number);
        }
        close(&team);
    }
    assert!(killer.killed > 0, "no command was killed before it ended");
}

fn some_files(team: &Team, who: &str, dice: &mut Dice, round: u64) {
    for file in 0..4 {
        let len = [10, 5_000, 300_000, 2_000_000][file as usize];
        team.env.write(format!("{who}/data/r{round}-{file}"), dice.bytes(len));
    }
    team.commit(who, &format!("round-{round}"), "");
}

#[test]
fn a_push_that_is_killed_moved_all_or_nothing_and_the_next_one_goes_on() {
    let mut dice = Dice::new(7);
    let play = |killer: &mut Killer, team: &Team, round| {
        some_files(team, "ada", &mut dice, round);
        let (before, mine) = (team.there("refs/heads/main"), Some(team.id("ada", "main")));
        let code = killer.run(team, &["-C", "ada", "push"]);
        let after = team.there("refs/heads/main");
        assert!(after == mine || (code.is_none() && after == before), "round {round}: {code:?}");
        team.success("ada", &["push"]);
        assert_eq!(team.there("refs/heads/main"), mine, "round {round}");
        let copy = format!("copy{round}");
        team.clone(&copy);
        team.success(&copy, &["fsck"]);
        assert_eq!(Some(team.id(&copy, "main")), mine, "round {round}");
        std::fs::remove_dir_all(team.env.path(&copy)).unwrap();
    };
    rounds(Team::new, play, |team| drop(team.success("ada", &["fsck"])));
}

#[test]
fn a_pull_that_is_killed_loses_nothing_and_the_next_one_goes_on() {
    let mut dice = Dice::new(8);
    let open = || {
        let team = Team::new();
        team.clone("bob");
        team
    };
    let play = |killer: &mut Killer, team: &Team, round| {
        some_files(team, "ada", &mut dice, round);
        team.success("ada", &["push"]);
        team.commit("bob", &format!("mine-{round}"), "bob");
        let mine = team.id("bob", "main");
        killer.run(team, &["-C", "bob", "pull"]);
        team.success("bob", &["pull"]);
        team.success("bob", &["fsck"]);
        let log = team.json("bob", &["log"]);
        let ids: Vec<_> = log.as_array().unwrap().iter().map(|it| &it["id"]).collect();
        for id in [&mine, &team.id("ada", "main")] {
            assert!(ids.iter().any(|found| *found == id), "round {round}: {id} is lost");
        }
        assert_eq!(team.json("bob", &["status"])["clean"], true, "round {round}");
        team.success("bob", &["push"]);
        team.success("ada", &["pull"]);
    };
    rounds(open, play, |team| drop(team.success("ada", &["fsck", "--remote", "origin"])));
}

#[test]
fn a_clone_that_is_killed_is_gone_on_with_by_the_same_command() {
    let open = || {
        let (team, mut dice) = (Team::new(), Dice::new(9));
        for round in 0..3 {
            some_files(&team, "ada", &mut dice, round);
        }
        team.success("ada", &["push"]);
        team
    };
    let play = |killer: &mut Killer, team: &Team, round| {
        let whole = killer.run(team, &["clone", team.url(), "copy"]) == Some(0);
        if !whole && !team.env.path("copy/.mlv/format").exists() {
            team.clone("copy");
        }
        team.success("copy", &["fsck"]);
        assert_eq!(team.id("copy", "main"), team.id("ada", "main"), "round {round}");
        let files = |who: &str| model::on_disk(&team.env.path(who));
        assert!(files("copy") == files("ada"), "round {round}");
        assert_eq!(team.json("copy", &["status"])["clean"], true, "round {round}");
        std::fs::remove_dir_all(team.env.path("copy")).unwrap();
    };
    rounds(open, play, |team| drop(team.success("ada", &["fsck", "--remote", "origin"])));
}

#[test]
fn a_collection_at_a_remote_that_is_killed_loses_nothing_and_the_next_one_ends_it() {
    let mut dice = Dice::new(10);
    let play = |killer: &mut Killer, team: &Team, round| {
        some_files(team, "ada", &mut dice, round);
        team.success("ada", &["push"]);
        let side = format!("side{round}");
        team.success("ada", &["switch", "-c", &side]);
        some_files(team, "ada", &mut dice, 1_000 + round);
        team.success("ada", &["push"]);
        team.success("ada", &["switch", "main"]);
        team.success("ada", &["push", "--delete", "origin", &side]);
        killer.run(team, &["-C", "ada", "gc", "--remote", "origin"]);
        team.success("ada", &["fsck", "--remote", "origin"]);
        team.clone("copy");
        team.success("copy", &["fsck"]);
        assert_eq!(team.id("copy", "main"), team.id("ada", "main"), "round {round}");
        std::fs::remove_dir_all(team.env.path("copy")).unwrap();
        team.success("ada", &["gc", "--remote", "origin"]);
    };
    let whole = |team: &Team| drop(team.success("ada", &["fsck", "--remote", "origin"]));
    rounds(Team::new, play, whole);
}

#[test]
fn a_collection_takes_nothing_that_a_push_under_way_relies_on() {
    let team = Team::new();
    let commits = 2 * parameter("MLV_RACE_COMMITS", 5);
    std::thread::scope(|scope| {
        let team = &team;
        let write =
            |writer| scope.spawn(move || write_on(team, &format!("writer{writer}"), commits));
        let writers: Vec<_> = (0..3).map(write).collect();
        // A branch that comes and goes makes garbage, of which a part is what the others push.
        for round in 0.. {
            if writers.iter().all(std::thread::ScopedJoinHandle::is_finished) {
                break;
            }
            let (side, path) = (format!("side{round}"), format!("data/writer0-{round}"));
            team.success("ada", &["switch", "-c", &side]);
            team.commit("ada", &path, &path);
            team.success("ada", &["push"]);
            team.success("ada", &["switch", "main"]);
            team.success("ada", &["push", "--delete", "origin", &side]);
            team.success("ada", &["gc", "--remote", "origin"]);
        }
    });
    team.success("ada", &["pull"]);
    team.success("ada", &["fsck", "--remote", "origin"]);
    team.clone("late");
    team.success("late", &["fsck"]);
    for (writer, turn) in (0..3).flat_map(|it| (0..commits).map(move |turn| (it, turn))) {
        let path = format!("data/writer{writer}-{turn}");
        assert_eq!(team.env.read(format!("late/{path}")), path.as_bytes());
    }
}

#[test]
fn all_that_many_push_at_once_is_in_one_history() {
    if servers::are_skipped() {
        return;
    }
    let server = Server::s3();
    let mut env = TestEnvironment::new();
    server.variables.iter().for_each(|(name, value)| env.set_variable(name, value));
    let team = Team::at(env, server.url, "version: 1\n");
    let commits = parameter("MLV_RACE_COMMITS", 5);
    std::thread::scope(|scope| {
        for writer in 0..WRITERS {
            let team = &team;
            scope.spawn(move || write_on(team, &format!("writer{writer}"), commits));
        }
    });
    team.success("ada", &["pull"]);
    team.success("ada", &["fsck"]);
    let log = team.json("ada", &["log"]);
    let found: BTreeSet<&str> =
        log.as_array().unwrap().iter().filter_map(|it| it["message"].as_str()).collect();
    for (writer, turn) in (0..WRITERS).flat_map(|it| (0..commits).map(move |turn| (it, turn))) {
        let path = format!("data/writer{writer}-{turn}");
        assert!(found.contains(path.as_str()), "{path} is lost");
        assert_eq!(team.env.read(format!("ada/{path}")), path.as_bytes());
    }
}

/// Makes commits of their own and pushes each, taking in what others were faster with.
fn write_on(team: &Team, who: &str, commits: u64) {
    team.clone(who);
    for turn in 0..commits {
        let path = format!("data/{who}-{turn}");
        team.commit(who, &path, &path);
        loop {
            let pushed = team.run(who, &["push"]);
            match pushed.code {
                0 => break,
                5 => drop(team.success(who, &["pull"])),
                _ => panic!("{pushed}"),
            }
        }
    }
}
