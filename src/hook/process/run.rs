//! Runs a command to its end, its timeout, or the user's Ctrl-C, and captures what it writes.

use std::ffi::OsString;
use std::fs::File;
use std::io::{self, PipeReader, Read};
use std::os::unix::process::ExitStatusExt;
use std::path::PathBuf;
use std::process::{Command, ExitStatus, Stdio};
use std::time::{Duration, Instant};

use rustix::event::{PollFd, PollFlags, Timespec, poll};
use rustix::fs::{OFlags, fcntl_getfl, fcntl_setfl};

use crate::base::fs::{IoContext, PathError};
use crate::base::interrupt;
use crate::hook::process::capture::{Capture, LOG_LIMIT};
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
    pub log: PathBuf,
    pub masker: Masker,
}

/// How far a process may go.
#[derive(Debug, Clone, Copy)]
pub struct Limits {
    pub timeout: Duration,
    /// How long a process may take to end when asked, before it is killed.
    pub grace: Duration,
    pub log_bytes: u64,
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
            log_bytes: LOG_LIMIT,
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
    pub log_left_out: u64,
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
    let mut capture = Capture::create(&task.log, limits.log_bytes, task.masker)?;
    let (pipe, group) = start(&task.command, &task.dir, &task.environment, stdin)?;
    let start = Instant::now();
    let mut watch = Watch { group: &group, limits, start, asked: None, ended: None };
    let mut pipe = Some(pipe);
    loop {
        let read = match &mut pipe {
            Some(open) => read_some(open, &mut capture, on_line)?,
            None => Progress::Nothing,
        };
        if read == Progress::End {
            pipe = None;
        }
        if watch.is_over(pipe.is_none())? {
            break;
        }
        if pipe.is_none() {
            // The pipe closes a moment before the process becomes a zombie.
            std::thread::sleep(Duration::from_millis(1));
        }
    }
    let asked = watch.asked.map(|(why, _)| why);
    let status = group.reap().map_err(ProcessError::Follow)?;
    let (tail, log_left_out) = capture.finish(on_line)?;
    let end = asked.unwrap_or_else(|| end_of(status));
    Ok(Ended { end, duration: start.elapsed(), tail, log_left_out })
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

/// Waits a tick for output and takes in one read of it.
fn read_some(
    pipe: &mut PipeReader,
    capture: &mut Capture,
    on_line: &mut dyn FnMut(&str),
) -> Result<Progress, ProcessError> {
    let tick = Timespec::try_from(TICK).expect("a tick is short");
    let ready = poll(&mut [PollFd::new(pipe, PollFlags::IN)], Some(&tick));
    match ready {
        Ok(0) | Err(rustix::io::Errno::INTR) => return Ok(Progress::Nothing),
        Ok(_) => {}
        Err(error) => return Err(ProcessError::Follow(error.into())),
    }
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
