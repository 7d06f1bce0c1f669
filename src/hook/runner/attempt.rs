//! One attempt at one hook: its files, its process, what it answered, what it made.

use std::ffi::OsString;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use crossbeam_channel::Sender;

use crate::base::TreeId;
use crate::base::duration::format_duration;
use crate::base::fs::{IoContext, PathError};
use crate::config::Environment;
use crate::hook::context::EventContext;
use crate::hook::output::{HookOutput, Level};
use crate::hook::payload::{Payload, Places, changed_files, environment, secrets_of};
use crate::hook::process::{self, End, Ended, Limits, Masker, Task};
use crate::hook::runner::conduct::{Word, say};
use crate::hook::runner::host::{Collected, Host, RunEvent, Sandbox, Slot, Turn};
use crate::hook::runner::record::{RunRecord, Status};
use crate::hook::runner::run::HookError;
use crate::hook::spec::{Hook, Work};
use crate::object::tree::TreeEdit;

/// What the threads of a plan share.
pub(super) struct Crew<'a> {
    pub context: &'a EventContext,
    pub environment: &'a Environment,
    pub host: &'a dyn Host,
    pub words: Sender<Word>,
}

/// What a thread is to do.
pub(super) struct Attempt<'p> {
    pub hook: &'p Hook,
    pub slot: Slot,
    pub tree: TreeId,
    pub record: RunRecord,
    /// What is left of the timeout, and the other limits.
    pub limits: Limits,
    /// The whole timeout, for what is said of it.
    pub timeout: Duration,
    /// Held until the attempt is over.
    pub turn: Option<Turn>,
}

/// How an attempt ended.
pub(super) struct Attempted {
    pub record: RunRecord,
    pub verdict: Verdict,
    pub edits: Vec<TreeEdit>,
}

/// The files that pass between mlv and a hook.
struct Files {
    stdin: PathBuf,
    changed: PathBuf,
    output: PathBuf,
}

/// How a hook ended, before it is written down.
pub(super) struct Verdict {
    pub status: Status,
    pub exit_code: Option<i32>,
    pub message: Option<String>,
    pub duration: Duration,
    pub tail: Vec<String>,
    pub output: HookOutput,
}

impl Verdict {
    pub(super) fn of(status: Status, message: Option<String>) -> Self {
        Self {
            status,
            exit_code: None,
            message,
            duration: Duration::ZERO,
            tail: Vec::new(),
            output: HookOutput::default(),
        }
    }

    fn add_remark(&mut self, remark: Option<String>) {
        self.message = match (self.message.take(), remark) {
            (Some(message), Some(remark)) => Some(format!("{message}; {remark}")),
            (message, remark) => message.or(remark),
        };
    }
}

impl Attempt<'_> {
    /// Runs the hook to its end.
    pub(super) fn carry_out(mut self, crew: &Crew<'_>) -> Result<Attempted, HookError> {
        let start = Instant::now();
        let (mut verdict, edits) = self.in_sandbox(crew)?;
        verdict.duration = start.elapsed();
        drop(self.turn);
        Ok(Attempted { record: self.record, verdict, edits })
    }

    fn in_sandbox(&mut self, crew: &Crew<'_>) -> Result<(Verdict, Vec<TreeEdit>), HookError> {
        let prepared = crew.host.prepare(self.hook, &self.slot.run_id, self.tree);
        let sandbox = prepared.map_err(HookError::Host)?;
        let judged = self.judge(crew, &sandbox);
        crew.host.release(sandbox);
        judged
    }

    /// Runs the process and, where it passed, takes in what it made.
    fn judge(
        &mut self,
        crew: &Crew<'_>,
        sandbox: &Sandbox,
    ) -> Result<(Verdict, Vec<TreeEdit>), HookError> {
        self.record.status = Status::Running;
        self.record.log = Some(self.slot.log_name.clone());
        crew.host.journal(std::slice::from_ref(&self.record)).map_err(HookError::Host)?;
        let (run_id, hook) = (self.slot.run_id.clone(), self.hook.id.clone());
        say(&crew.words, RunEvent::Started { run_id, hook });
        let mut verdict = self.execute(crew, sandbox)?;
        if !verdict.status.is_good() {
            return Ok((verdict, Vec::new()));
        }
        match crew.host.collect(self.hook, sandbox).map_err(HookError::Host)? {
            Collected::Taken { edits, remark } => {
                verdict.add_remark(remark);
                Ok((verdict, edits))
            }
            Collected::Spoilt { reason } => {
                verdict.status = Status::Failed;
                verdict.message = Some(reason);
                Ok((verdict, Vec::new()))
            }
        }
    }

    fn execute(&self, crew: &Crew<'_>, sandbox: &Sandbox) -> Result<Verdict, HookError> {
        let (hook, slot) = (self.hook, &self.slot);
        let payload = Payload::new(crew.context, hook, &slot.run_id, Some(self.tree));
        let changed = changed_files(&crew.context.changes);
        let files = write_files(&sandbox.scratch, &payload, &changed)?;
        let action_dir = sandbox.scratch.join("action");
        let places = Places {
            changed_files: &files.changed,
            output: &files.output,
            base_dir: sandbox.base_dir.as_deref(),
            action_dir: &action_dir,
            attempt: self.record.attempt,
        };
        let secrets = secrets_of(crew.environment, hook);
        let masker = || Masker::new(secrets.iter().map(Vec::as_slice));
        let mut variables = environment(crew.environment, hook, &payload, places);
        variables.extend(sandbox.way.iter().map(|(name, value)| (name.into(), value.clone())));
        let task = Task {
            command: command_of(hook, &action_dir)?,
            dir: start_dir(sandbox, hook),
            environment: variables,
            stdin: files.stdin,
            log: slot.log.clone(),
            note: (self.record.attempt > 1)
                .then(|| format!("[mlv: attempt {}]\n", self.record.attempt)),
            masker: masker(),
        };
        let mut on_line = |text: &str| {
            let (run_id, hook) = (slot.run_id.clone(), hook.id.clone());
            say(&crew.words, RunEvent::Line { run_id, hook, text: text.to_owned() });
        };
        match process::run(task, &self.limits, &mut on_line) {
            Ok(ended) => {
                let output = HookOutput::read(&files.output, &masker()).unwrap_or_else(unreadable);
                Ok(verdict_of(ended, output, self.timeout))
            }
            // A missing program or directory is the hook's fault, and its log stays empty.
            Err(error) => Ok(Verdict::of(Status::Failed, Some(error.to_string()))),
        }
    }
}

fn start_dir(sandbox: &Sandbox, hook: &Hook) -> PathBuf {
    if hook.workdir.is_root() {
        sandbox.dir.clone()
    } else {
        sandbox.dir.join(hook.workdir.as_path())
    }
}

fn unreadable(error: PathError) -> HookOutput {
    HookOutput { problems: vec![error.to_string()], ..HookOutput::default() }
}

fn command_of(hook: &Hook, action_dir: &Path) -> Result<Vec<OsString>, PathError> {
    match &hook.work {
        Work::Run { command, shell } => {
            Ok(shell.0.iter().chain([command]).map(OsString::from).collect())
        }
        Work::Uses { action, .. } => action.lay_out(action_dir),
    }
}

fn write_files(scratch: &Path, payload: &Payload<'_>, changed: &[u8]) -> Result<Files, PathError> {
    let files = Files {
        stdin: scratch.join("payload.json"),
        changed: scratch.join("changed-files"),
        output: scratch.join("output.ndjson"),
    };
    for (path, bytes) in [
        (&files.stdin, payload.to_json().as_slice()),
        (&files.changed, changed),
        (&files.output, &[]),
    ] {
        put(path, bytes)?;
    }
    Ok(files)
}

/// Writes a file that need not survive a crash.
fn put(path: &Path, bytes: &[u8]) -> Result<(), PathError> {
    use std::io::Write;
    let mut file = std::fs::File::create(path).context("create", path)?;
    file.write_all(bytes).context("write", path)
}

fn verdict_of(ended: Ended, output: HookOutput, timeout: Duration) -> Verdict {
    let failed = |message: String| (Status::Failed, Some(message));
    let exit_code = if let End::Exited(code) = ended.end { Some(code) } else { None };
    let (status, message) = match ended.end {
        End::Exited(0) => praise(&output),
        End::Exited(code) => {
            failed(output.summary.clone().unwrap_or_else(|| format!("exit code {code}")))
        }
        End::Signalled(signal) => failed(format!("killed by signal {signal}")),
        End::TimedOut => failed(format!("timed out after {}", format_duration(timeout))),
        End::Interrupted => (Status::Cancelled, Some("interrupted".to_owned())),
    };
    Verdict { exit_code, tail: ended.tail, output, ..Verdict::of(status, message) }
}

/// Returns how a hook that exited with 0 passed, and what it says about it.
fn praise(output: &HookOutput) -> (Status, Option<String>) {
    if let Some(problem) = output.problems.first() {
        return (Status::Warned, Some(format!("its answer could not be read: {problem}")));
    }
    let warns = output.annotations.iter().filter(|note| note.level != Level::Note).count();
    match (warns, &output.summary) {
        (0, summary) => (Status::Passed, summary.clone()),
        (_, Some(summary)) => (Status::Warned, Some(summary.clone())),
        (1, None) => (Status::Warned, Some("1 annotation".to_owned())),
        (count, None) => (Status::Warned, Some(format!("{count} annotations"))),
    }
}
