//! A child process that leads a group of its own: it can be looked at without being reaped, so that
//! its group's number stays ours until the last signal is sent.

use std::io;
use std::os::fd::OwnedFd;
use std::os::unix::process::CommandExt;
use std::process::{Child, Command, ExitStatus};

use rustix::process::{Pid, Signal, WaitId, WaitIdOptions, kill_process_group, waitid};

use crate::hook::process::guard;

pub(super) struct Group {
    child: Child,
    leader: Pid,
    /// Becomes readable when the leader ends, where the system has that.
    end: Option<OwnedFd>,
    reaped: bool,
}

impl Group {
    /// Starts the command as the leader of a new group.
    pub(super) fn spawn(command: &mut Command) -> io::Result<Self> {
        let child = command.process_group(0).spawn()?;
        let leader = Pid::from_child(&child);
        guard::watch(leader);
        Ok(Self { child, leader, end: end_of(leader), reaped: false })
    }

    /// Tells whether the leader has ended; it stays a zombie, which holds the group's number.
    pub(super) fn has_ended(&self) -> io::Result<bool> {
        let options = WaitIdOptions::EXITED | WaitIdOptions::NOHANG | WaitIdOptions::NOWAIT;
        Ok(waitid(WaitId::Pid(self.leader), options)?.is_some())
    }

    /// Returns what becomes readable when the leader ends.
    pub(super) fn end(&self) -> Option<&OwnedFd> {
        self.end.as_ref()
    }

    /// Asks every process of the group to end.
    pub(super) fn terminate(&self) {
        self.signal(Signal::TERM);
        // One that was stopped could not hear it.
        self.signal(Signal::CONT);
    }

    /// Ends every process of the group.
    pub(super) fn kill(&self) {
        self.signal(Signal::KILL);
    }

    /// Ends what is left of the group and returns how its leader ended.
    pub(super) fn reap(mut self) -> io::Result<ExitStatus> {
        self.kill();
        self.reaped = true;
        guard::forget(self.leader);
        self.child.wait()
    }

    fn signal(&self, signal: Signal) {
        // A group that is gone already is what was wanted.
        let _ = kill_process_group(self.leader, signal);
    }
}

/// An error on the way leaves nothing running.
impl Drop for Group {
    fn drop(&mut self) {
        if !self.reaped {
            self.kill();
            guard::forget(self.leader);
            let _ = self.child.wait();
        }
    }
}

#[cfg(target_os = "linux")]
fn end_of(leader: Pid) -> Option<OwnedFd> {
    rustix::process::pidfd_open(leader, rustix::process::PidfdFlags::empty()).ok()
}

#[cfg(not(target_os = "linux"))]
fn end_of(_leader: Pid) -> Option<OwnedFd> {
    None
}
