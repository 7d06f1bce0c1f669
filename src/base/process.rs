//! Telling whether another process still lives: one that named itself where this one reads it. An id
//! alone does not tell, since the kernel gives it out again.

use minicbor::{Decode, Encode};
use rustix::io::Errno;
use rustix::process::{Pid, test_kill_process};

use crate::base::boot::boot_id;

/// A process, named so that others of the same machine can tell whether it lives.
#[derive(Debug, Clone, PartialEq, Eq, Encode, Decode)]
pub struct ProcessName {
    /// Where ids of processes and times of their starts mean the same: the boot of the machine, and
    /// the namespaces of both.
    #[n(0)]
    space: String,
    #[n(1)]
    pid: u32,
    /// In ticks of the kernel since the boot.
    #[n(2)]
    started: u64,
}

/// What is known of a process.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Life {
    Lives,
    Ended,
    /// It is of another machine or container, or the system does not tell.
    Unknown,
}

impl ProcessName {
    /// Returns the name of this process; nothing where the system does not tell enough (Linux does).
    pub fn of_this_one() -> Option<Self> {
        let pid = std::process::id();
        // A `/proc` of another namespace speaks of other processes.
        let here = std::fs::read_link("/proc/self").ok()?;
        if here.to_str() != Some(&pid.to_string()) {
            return None;
        }
        Self::of(pid)
    }

    /// Returns the name of a process that this one sees.
    pub fn of(pid: u32) -> Option<Self> {
        let (_, started) = look(pid)?;
        Some(Self { space: space()?, pid, started })
    }

    /// Tells whether the process of this name lives.
    pub fn life(&self) -> Life {
        let pid = i32::try_from(self.pid).ok().and_then(Pid::from_raw);
        let is_here = Self::of_this_one().is_some_and(|me| me.space == self.space);
        let Some(pid) = pid.filter(|_| is_here) else { return Life::Unknown };
        if test_kill_process(pid) == Err(Errno::SRCH) {
            return Life::Ended;
        }
        match look(self.pid) {
            // The id was given out again.
            Some((_, started)) if started != self.started => Life::Ended,
            // Nobody has asked yet how it ended.
            Some(('Z' | 'X', _)) => Life::Ended,
            Some(_) => Life::Lives,
            // It may have ended just now, or its owner may hide it.
            None => Life::Unknown,
        }
    }
}

fn space() -> Option<String> {
    let namespace = |name: &str| {
        let link = std::fs::read_link(format!("/proc/self/ns/{name}")).ok();
        link.map(|link| link.to_string_lossy().into_owned())
    };
    // Old kernels have one time for all.
    Some(format!("{} {} {}", boot_id()?, namespace("pid")?, namespace("time").unwrap_or_default()))
}

/// Returns the state of a process, and when it started.
fn look(pid: u32) -> Option<(char, u64)> {
    let text = std::fs::read(format!("/proc/{pid}/stat")).ok()?;
    let text = String::from_utf8_lossy(&text);
    // The name of the program may hold spaces and parentheses.
    let (_, rest) = text.rsplit_once(')')?;
    let mut fields = rest.split_ascii_whitespace();
    let state = fields.next()?.chars().next()?;
    Some((state, fields.nth(18)?.parse().ok()?))
}

#[cfg(all(test, target_os = "linux"))]
mod tests {
    use std::process::{Command, Stdio};

    use super::*;

    #[test]
    fn a_process_lives_until_it_ends_whether_or_not_somebody_asks_how() {
        assert_eq!(ProcessName::of_this_one().unwrap().life(), Life::Lives);
        let mut child = Command::new("sleep").arg("60").stdin(Stdio::null()).spawn().unwrap();
        let name = ProcessName::of(child.id()).unwrap();
        assert_eq!(name.life(), Life::Lives);
        child.kill().unwrap();
        while look(child.id()).is_some_and(|(state, _)| state != 'Z') {
            std::thread::yield_now();
        }
        assert_eq!(name.life(), Life::Ended, "a zombie");
        child.wait().unwrap();
        assert_eq!(name.life(), Life::Ended);
    }

    #[test]
    fn an_id_that_was_given_out_again_is_not_the_process_and_another_machine_is_unknown() {
        let me = ProcessName::of_this_one().unwrap();
        let earlier = ProcessName { started: me.started - 1, ..me.clone() };
        assert_eq!(earlier.life(), Life::Ended);
        let far = ProcessName { space: "another boot".to_owned(), ..me.clone() };
        assert_eq!(far.life(), Life::Unknown);
        for pid in [0, u32::MAX, 1 << 31] {
            assert_eq!(ProcessName { pid, ..me.clone() }.life(), Life::Unknown);
        }
    }
}
