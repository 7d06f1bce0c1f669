//! A process beside mlv that ends the groups of hooks when mlv dies, however it dies: it reads from
//! a pipe which groups live, and the kernel closes the pipe.

use std::io::Write;
use std::process::{ChildStdin, Command, Stdio};
use std::sync::{Mutex, OnceLock, PoisonError};

use std::os::unix::process::CommandExt;

use rustix::process::Pid;

/// Keeps the groups it was told of, and has none left when mlv ends well.
const SCRIPT: &str = r#"trap '' INT TERM HUP QUIT
live=' '
while read -r sign group; do
  case $sign in
    +) live="$live$group " ;;
    -) live="${live%% $group *} ${live#* $group }" ;;
  esac
done
for group in $live; do kill -s TERM -- "-$group"; done
for group in $live; do sleep 1; break; done
for group in $live; do kill -s KILL -- "-$group"; done
"#;

/// Returns the pipe to the guard; nothing where it could not be started: hooks run without it.
fn pipe() -> Option<&'static Mutex<ChildStdin>> {
    static PIPE: OnceLock<Option<Mutex<ChildStdin>>> = OnceLock::new();
    PIPE.get_or_init(|| start().map(Mutex::new)).as_ref()
}

/// Starts the guard in a group of its own, which Ctrl-C does not reach.
fn start() -> Option<ChildStdin> {
    let mut guard = Command::new("/bin/sh");
    guard.args(["-c", SCRIPT, "mlv-guard"]).env_clear().env("PATH", "/usr/bin:/bin");
    guard.current_dir("/").process_group(0);
    guard.stdin(Stdio::piped()).stdout(Stdio::null()).stderr(Stdio::null());
    guard.spawn().ok()?.stdin
}

fn tell(sign: char, group: Pid) {
    if let Some(pipe) = pipe() {
        let mut pipe = pipe.lock().unwrap_or_else(PoisonError::into_inner);
        // A guard that is gone guards nothing; the hook runs all the same.
        let _ = writeln!(pipe, "{sign} {}", group.as_raw_nonzero());
    }
}

/// Has the group ended should mlv die.
pub(super) fn watch(group: Pid) {
    tell('+', group);
}

/// Forgets a group, whose number may soon be another's.
pub(super) fn forget(group: Pid) {
    tell('-', group);
}

#[cfg(test)]
mod tests {
    use super::*;
    use rustix::process::{Signal, test_kill_process_group};

    fn sleeper() -> (std::process::Child, Pid) {
        let child = Command::new("sleep").arg("60").process_group(0).spawn().unwrap();
        let group = Pid::from_child(&child);
        (child, group)
    }

    #[test]
    fn groups_that_are_not_forgotten_end_when_the_pipe_closes() {
        let mut pipe = start().unwrap();
        let [(mut doomed, first), (mut spared, second), (mut also, third)] =
            [sleeper(), sleeper(), sleeper()];
        for group in [first, second, third] {
            writeln!(pipe, "+ {}", group.as_raw_nonzero()).unwrap();
        }
        writeln!(pipe, "- {}", second.as_raw_nonzero()).unwrap();
        drop(pipe);
        doomed.wait().unwrap();
        also.wait().unwrap();
        assert!(test_kill_process_group(second).is_ok());
        rustix::process::kill_process_group(second, Signal::KILL).unwrap();
        spared.wait().unwrap();
    }
}
