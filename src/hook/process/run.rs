//! Runs a command to its end, its timeout, or the user's Ctrl-C, and captures what it writes.

use std::ffi::OsString;
use std::fs::File;
use std::io::{self, PipeReader, Read};
use std::os::fd::OwnedFd;
use std::os::unix::process::ExitStatusExt;
use std::path::PathBuf;
use std::process::{Command, ExitStatus, Stdio};
use std::time::{Duration, Instant};

use rustix::event::{PollFd, PollFlags, Timespec, poll};
use rustix::fs::{OFlags, fcntl_getfl, fcntl_setfl};

use crate::base::fs::{IoContext, PathError};
use crate::base::interrupt;
use crate::hook::process::capture::Capture;
use crate::hook::process::group::Group;
use crate::hook::process::mask::Masker;

/// How often a silent process is looked at.
const TICK: Duration = Duration::from_millis(20);

/// How long the output is still read when the command has ended but something holds the pipe.
const DRAIN: Duration = Duration::from_millis(250);

const READ_SIZE: usize = 64 * 1024;

/// What to run, and where its words go.
#[derive(Debug)]
pub struct Task {
    /// The program and its arguments.
    pub command: Vec<OsString>,
    pub dir: PathBuf,
    /// The whole environment; nothing else is inherited.
    pub environment: Vec<(OsString, OsString)>,
    /// The file that the process reads as its standard input.
    pub stdin: PathBuf,
    /// Where its output is added to, compressed.
    pub log: PathBuf,
    /// What the log says before the output.
    pub note: Option<String>,
    pub masker: Masker,
}

/// How far a process may go.
#[derive(Debug, Clone, Copy)]
pub struct Limits {
    pub timeout: Duration,
    /// How long a process may take to end when asked, before it is killed.
    pub grace: Duration,
    /// Tells whether the user wants everything to stop.
    pub interrupted: fn() -> bool,
}

impl Limits {
    pub const DEFAULT_TIMEOUT: Duration = Duration::from_hours(1);
    pub const DEFAULT_GRACE: Duration = Duration::from_secs(5);
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            timeout: Self::DEFAULT_TIMEOUT,
            grace: Self::DEFAULT_GRACE,
            interrupted: interrupt::requested,
        }
    }
}

/// How a process came to its end.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum End {
    Exited(i32),
    Signalled(i32),
    TimedOut,
    Interrupted,
}

/// A process that has ended, with all of its group.
#[derive(Debug)]
pub struct Ended {
    pub end: End,
    pub duration: Duration,
    pub tail: Vec<String>,
}

/// Why a process could not be run; whatever had started was ended.
#[derive(Debug, thiserror::Error)]
pub enum ProcessError {
    #[error("cannot start `{program}` in `{}`: {source}", dir.display())]
    Start { program: String, dir: PathBuf, source: io::Error },
    #[error("cannot follow the process: {0}")]
    Follow(#[source] io::Error),
    #[error(transparent)]
    Path(#[from] PathError),
}

/// Runs the task; every line it writes is handed to `on_line`.
pub fn run(
    task: Task,
    limits: &Limits,
    on_line: &mut dyn FnMut(&str),
) -> Result<Ended, ProcessError> {
    let stdin = File::open(&task.stdin).context("open", &task.stdin)?;
    let mut capture = Capture::append(&task.log, task.masker)?;
    task.note.iter().try_for_each(|note| capture.note(note))?;
    let (pipe, group) = start(&task.command, &task.dir, &task.environment, stdin)?;
    let start = Instant::now();
    let mut watch = Watch { group: &group, limits, start, asked: None, ended: None };
    let mut pipe = Some(pipe);
    loop {
        // Once the leader has ended only its helpers' last words are waited for.
        let end = group.end().filter(|_| watch.ended.is_none());
        wait(pipe.as_ref(), end)?;
        if let Some(open) = &mut pipe
            && read_some(open, &mut capture, on_line)? == Progress::End
        {
            pipe = None;
        }
        capture.flush_when_due()?;
        if watch.is_over(pipe.is_none())? {
            break;
        }
    }
    let asked = watch.asked.map(|(why, _)| why);
    let status = group.reap().map_err(ProcessError::Follow)?;
    let tail = capture.finish(on_line)?;
    let end = asked.unwrap_or_else(|| end_of(status));
    Ok(Ended { end, duration: start.elapsed(), tail })
}

fn start(
    words: &[OsString],
    dir: &std::path::Path,
    environment: &[(OsString, OsString)],
    stdin: File,
) -> Result<(PipeReader, Group), ProcessError> {
    let program = words.first().cloned().unwrap_or_default();
    let failed = |source| ProcessError::Start {
        program: program.to_string_lossy().into_owned(),
        dir: dir.to_owned(),
        source,
    };
    let (reader, writer) = io::pipe().map_err(failed)?;
    let flags = fcntl_getfl(&reader).map_err(|error| failed(error.into()))?;
    fcntl_setfl(&reader, flags | OFlags::NONBLOCK).map_err(|error| failed(error.into()))?;
    let mut command = Command::new(&program);
    command
        .args(words.iter().skip(1))
        .current_dir(dir)
        .env_clear()
        .envs(environment.iter().map(|(name, value)| (name, value)))
        .stdin(stdin)
        .stderr(writer.try_clone().map_err(failed)?)
        .stdout(Stdio::from(writer));
    // `command` holds our copies of the writing end: they close with it, here.
    let group = Group::spawn(&mut command).map_err(failed)?;
    Ok((reader, group))
}

#[derive(PartialEq)]
enum Progress {
    Read,
    Nothing,
    End,
}

/// Waits for output or for the end of the leader, but no longer than a tick.
fn wait(pipe: Option<&PipeReader>, end: Option<&OwnedFd>) -> Result<(), ProcessError> {
    let pipe = pipe.map(|pipe| PollFd::new(pipe, PollFlags::IN));
    let end = end.map(|end| PollFd::new(end, PollFlags::IN));
    let mut both: Vec<PollFd<'_>> = pipe.into_iter().chain(end).collect();
    // With nothing to wait for, the end is a moment away.
    let patience = if both.is_empty() { Duration::from_millis(1) } else { TICK };
    let patience = Timespec::try_from(patience).expect("a tick is short");
    match poll(&mut both, Some(&patience)) {
        Ok(_) | Err(rustix::io::Errno::INTR) => Ok(()),
        Err(error) => Err(ProcessError::Follow(error.into())),
    }
}

/// Takes in one read of the output.
fn read_some(
    pipe: &mut PipeReader,
    capture: &mut Capture,
    on_line: &mut dyn FnMut(&str),
) -> Result<Progress, ProcessError> {
    let mut buffer = vec![0; READ_SIZE];
    match pipe.read(&mut buffer) {
        Ok(0) => Ok(Progress::End),
        Ok(count) => {
            capture.feed(&buffer[..count], on_line)?;
            Ok(Progress::Read)
        }
        Err(error)
            if matches!(error.kind(), io::ErrorKind::WouldBlock | io::ErrorKind::Interrupted) =>
        {
            Ok(Progress::Nothing)
        }
        Err(error) => Err(ProcessError::Follow(error)),
    }
}

/// Decides when a process is asked to end, when it is killed, and when it is over.
struct Watch<'a> {
    group: &'a Group,
    limits: &'a Limits,
    start: Instant,
    asked: Option<(End, Instant)>,
    ended: Option<Instant>,
}

impl Watch<'_> {
    fn is_over(&mut self, pipe_closed: bool) -> Result<bool, ProcessError> {
        if self.ended.is_none() && self.group.has_ended().map_err(ProcessError::Follow)? {
            self.ended = Some(Instant::now());
        }
        if let Some(ended) = self.ended {
            // Helpers left behind by the command get a moment to say their last, no more.
            return Ok(pipe_closed || ended.elapsed() >= DRAIN);
        }
        match self.asked {
            None => {
                if let Some(why) = self.reason_to_end() {
                    self.group.terminate();
                    self.asked = Some((why, Instant::now()));
                }
            }
            Some((_, since)) if since.elapsed() >= self.limits.grace => self.group.kill(),
            Some(_) => {}
        }
        Ok(false)
    }

    fn reason_to_end(&self) -> Option<End> {
        if (self.limits.interrupted)() {
            Some(End::Interrupted)
        } else if self.start.elapsed() >= self.limits.timeout {
            Some(End::TimedOut)
        } else {
            None
        }
    }
}

fn end_of(status: ExitStatus) -> End {
    match (status.code(), status.signal()) {
        (Some(code), _) => End::Exited(code),
        (None, signal) => End::Signalled(signal.unwrap_or_default()),
    }
}
