use std::path::Path;
use std::time::{Duration, Instant};

use super::*;

struct Bench {
    dir: tempfile::TempDir,
    limits: Limits,
}

impl Bench {
    fn new() -> Self {
        let dir = tempfile::tempdir().unwrap();
        for name in ["sandbox", "scratch"] {
            std::fs::create_dir(dir.path().join(name)).unwrap();
        }
        put(&dir.path().join("scratch/stdin"), b"{}");
        let limits = Limits {
            timeout: Duration::from_secs(20),
            grace: Duration::from_millis(200),
            ..Limits::default()
        };
        Self { dir, limits }
    }

    fn task(&self, script: &str) -> Task {
        Task {
            command: ["sh", "-c", script].map(Into::into).to_vec(),
            dir: self.dir.path().join("sandbox"),
            environment: vec![("PATH".into(), "/usr/bin:/bin".into())],
            stdin: self.dir.path().join("scratch/stdin"),
            log: self.dir.path().join("log"),
            note: None,
            masker: Masker::default(),
        }
    }

    fn run(&self, script: &str) -> Ended {
        run(self.task(script), &self.limits, &mut |_| {}).unwrap()
    }

    fn log(&self) -> String {
        let file = std::fs::File::open(self.dir.path().join("log")).unwrap();
        std::io::read_to_string(decode_log(file).unwrap()).unwrap()
    }

    /// Waits until the process whose number the script wrote into `pid` is gone.
    fn is_gone(&self) -> bool {
        let pid = std::fs::read_to_string(self.dir.path().join("sandbox/pid")).unwrap();
        let stat = format!("/proc/{}/stat", pid.trim());
        let dead = || std::fs::read_to_string(&stat).map_or(true, |text| text.contains(") Z "));
        (0..200).any(|_| {
            std::thread::sleep(Duration::from_millis(10));
            dead()
        })
    }
}

fn put(path: &Path, bytes: &[u8]) {
    crate::base::fs::atomic_write(path, bytes).unwrap();
}

#[test]
fn both_streams_reach_the_log_in_order_and_the_code_is_told() {
    let bench = Bench::new();
    let ended = bench.run("echo one; echo two >&2; echo three; exit 7");
    assert_eq!(ended.end, End::Exited(7));
    assert_eq!(bench.log(), "one\ntwo\nthree\n");
    assert_eq!(ended.tail, ["one", "two", "three"]);
}

#[test]
fn the_payload_can_be_read_or_left() {
    let bench = Bench::new();
    put(&bench.dir.path().join("scratch/stdin"), &vec![b'x'; 3_000_000]);
    assert_eq!(bench.run("wc -c").tail, ["3000000"]);
    assert_eq!(bench.run("exec <&-; echo fine").tail, ["fine"]);
    assert_eq!(bench.run("true").end, End::Exited(0));
}

#[test]
fn nothing_of_our_environment_is_inherited() {
    let bench = Bench::new();
    let ended = bench.run("env -0 | tr '\\0' '\\n' | cut -d= -f1 | sort");
    let own = ["PATH", "PWD", "SHLVL", "_", "OLDPWD"];
    assert!(ended.tail.iter().all(|name| own.contains(&name.as_str())), "{:?}", ended.tail);
}

#[test]
fn a_hook_that_hangs_is_ended_at_its_timeout_with_its_children() {
    let mut bench = Bench::new();
    bench.limits.timeout = Duration::from_millis(200);
    let start = Instant::now();
    let ended = bench.run("echo started; sleep 60 & echo $! > pid; wait");
    assert_eq!(ended.end, End::TimedOut);
    assert_eq!(ended.tail, ["started"]);
    assert!(start.elapsed() < Duration::from_secs(10));
    assert!(bench.is_gone());
}

#[test]
fn a_hook_that_ignores_the_signal_is_killed_after_the_grace() {
    let mut bench = Bench::new();
    bench.limits.timeout = Duration::from_millis(200);
    let start = Instant::now();
    let ended = bench.run("trap '' TERM; echo $$ > pid; while :; do sleep 0.05; done");
    assert_eq!(ended.end, End::TimedOut);
    assert!(start.elapsed() >= Duration::from_millis(400));
    assert!(bench.is_gone());
}

#[test]
fn a_hook_that_is_asked_to_end_may_clean_up() {
    let mut bench = Bench::new();
    bench.limits.timeout = Duration::from_millis(200);
    bench.limits.grace = Duration::from_secs(10);
    let ended = bench.run("trap 'echo cleaned; exit 0' TERM; while :; do sleep 0.05; done");
    assert_eq!(ended.end, End::TimedOut);
    assert_eq!(ended.tail.last().unwrap(), "cleaned");
}

#[test]
fn a_hook_that_stops_itself_still_ends() {
    let mut bench = Bench::new();
    bench.limits.timeout = Duration::from_millis(200);
    assert_eq!(bench.run("kill -STOP $$").end, End::TimedOut);
}

#[test]
fn the_users_interrupt_ends_it_at_once() {
    let mut bench = Bench::new();
    bench.limits.interrupted = || true;
    let ended = bench.run("sleep 60");
    assert_eq!(ended.end, End::Interrupted);
    assert!(ended.duration < Duration::from_secs(5));
}

#[test]
fn a_flood_does_not_block_and_its_log_is_whole_and_small() {
    let bench = Bench::new();
    let ended = bench.run("yes abcdefghijklmnopqrstuvwxyz | head -c 30000000; echo; echo last");
    assert_eq!(ended.end, End::Exited(0));
    assert_eq!(bench.log().len(), 30_000_006);
    assert!(bench.dir.path().join("log").metadata().unwrap().len() < 1_000_000);
    assert_eq!(ended.tail.last().unwrap(), "last");
}

#[test]
fn a_flood_without_end_is_stopped_by_the_timeout() {
    let mut bench = Bench::new();
    bench.limits.timeout = Duration::from_millis(300);
    assert_eq!(bench.run("yes").end, End::TimedOut);
}

#[test]
fn a_background_process_of_the_group_is_ended_with_the_hook() {
    let bench = Bench::new();
    let ended = bench.run("sleep 60 & echo $! > pid; echo done");
    assert_eq!(ended.end, End::Exited(0));
    assert!(ended.duration < Duration::from_secs(5));
    assert!(bench.is_gone());
}

#[test]
fn a_daemon_that_holds_the_pipe_does_not_hold_us() {
    let bench = Bench::new();
    let ended = bench.run(
        "setsid sh -c 'echo $$ > pid; exec sleep 8' & while ! [ -s pid ]; do :; done; echo done",
    );
    assert_eq!(ended.end, End::Exited(0));
    assert!(ended.duration < Duration::from_secs(5), "{:?}", ended.duration);
    assert_eq!(ended.tail, ["done"]);
}

#[test]
fn a_hook_that_deletes_its_own_sandbox_only_hurts_itself() {
    let bench = Bench::new();
    let ended = bench.run("rm -rf \"$PWD\"; echo gone");
    assert_eq!((ended.end, ended.tail), (End::Exited(0), vec!["gone".to_owned()]));
}

#[test]
fn a_hook_killed_by_a_signal_says_which() {
    assert_eq!(Bench::new().run("kill -KILL $$").end, End::Signalled(9));
}

#[test]
fn secrets_are_masked_in_the_log_the_tail_and_the_lines() {
    let bench = Bench::new();
    let mut task = bench.task("printf hun; sleep 0.1; echo ter2 is it");
    task.masker = Masker::new([&b"hunter2"[..]]);
    let mut lines = Vec::new();
    let ended = run(task, &bench.limits, &mut |line| lines.push(line.to_owned())).unwrap();
    assert_eq!(ended.tail, ["*** is it"]);
    assert_eq!(lines, ended.tail);
    assert_eq!(bench.log(), "*** is it\n");
}

#[test]
fn a_program_or_directory_that_is_missing_is_named() {
    let bench = Bench::new();
    let mut task = bench.task("true");
    task.command[0] = "no-such-shell".into();
    let error = run(task, &bench.limits, &mut |_| {}).unwrap_err().to_string();
    assert!(error.starts_with("cannot start `no-such-shell` in `"), "{error}");
}

#[test]
fn an_empty_hook_costs_little_beyond_its_process() {
    let bench = Bench::new();
    bench.run("true");
    let quickest = (0..10).map(|_| bench.run("true").duration).min().unwrap();
    assert!(quickest < Duration::from_millis(100), "{quickest:?}");
}
