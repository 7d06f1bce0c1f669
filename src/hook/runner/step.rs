//! One hook: its files, its process, what it answered, what it made.

use std::ffi::OsString;
use std::path::{Path, PathBuf};
use std::time::Duration;

use crate::base::Timestamp;
use crate::base::duration::format_duration;
use crate::base::fs::{IoContext, PathError};
use crate::hook::output::{HookOutput, Level};
use crate::hook::payload::{Payload, Places, changed_files, environment, secrets_of};
use crate::hook::process::{self, End, Ended, Limits, Masker, Task};
use crate::hook::runner::host::{Collected, HostError, RunEvent, Sandbox, Slot};
use crate::hook::runner::record::{RunRecord, Status};
use crate::hook::runner::run::Runner;
use crate::hook::spec::{Hook, Work};

/// Why a plan could not be carried out; how a hook ends is never an error.
#[derive(Debug, thiserror::Error)]
pub enum HookError {
    #[error(transparent)]
    Host(HostError),
    #[error(transparent)]
    Path(#[from] PathError),
}

/// The files that pass between mlv and a hook.
struct Files {
    stdin: PathBuf,
    changed: PathBuf,
    output: PathBuf,
}

/// How a hook ended, before it is written down.
struct Verdict {
    status: Status,
    exit_code: Option<i32>,
    message: Option<String>,
    duration: Duration,
    tail: Vec<String>,
    output: HookOutput,
}

impl Verdict {
    fn of(status: Status, message: Option<String>) -> Self {
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

/// Runs the hook and returns its final record.
pub(super) fn step(
    runner: &mut Runner<'_>,
    hook: &Hook,
    slot: &Slot,
    mut record: RunRecord,
) -> Result<RunRecord, HookError> {
    record.started = Some(Timestamp::now());
    let judged = in_sandbox(runner, hook, slot, &mut record);
    let verdict = match judged {
        Ok(verdict) => verdict,
        Err(error) => return Err(give_up(runner, record, error)),
    };
    record.status = verdict.status;
    record.finished = Some(Timestamp::now());
    record.exit_code = verdict.exit_code;
    record.message = verdict.message;
    record.metrics = verdict.output.metrics;
    runner.journal(&record)?;
    runner.tell(RunEvent::Finished {
        record: Box::new(record.clone()),
        duration: verdict.duration,
        tail: verdict.tail,
        annotations: verdict.output.annotations,
    });
    Ok(record)
}

fn in_sandbox(
    runner: &mut Runner<'_>,
    hook: &Hook,
    slot: &Slot,
    record: &mut RunRecord,
) -> Result<Verdict, HookError> {
    let sandbox = runner.host.prepare(hook, &slot.run_id).map_err(HookError::Host)?;
    record.status = Status::Running;
    record.tree = sandbox.tree;
    record.log = Some(slot.log_name.clone());
    let judged = judge(runner, hook, slot, &sandbox, record);
    runner.host.release(sandbox);
    judged
}

/// Writes down that a run could not be carried out, as far as that can still be written.
fn give_up(runner: &mut Runner<'_>, mut record: RunRecord, error: HookError) -> HookError {
    record.status = Status::Failed;
    record.finished = Some(Timestamp::now());
    record.message = Some(format!("could not be carried out: {error}"));
    // The first error is the one to tell.
    let _ = runner.journal(&record);
    error
}

/// Runs the process and, where it passed, takes in what it made.
fn judge(
    runner: &mut Runner<'_>,
    hook: &Hook,
    slot: &Slot,
    sandbox: &Sandbox,
    record: &RunRecord,
) -> Result<Verdict, HookError> {
    runner.journal(record)?;
    runner.tell(RunEvent::Started { run_id: slot.run_id.clone(), hook: hook.id.clone() });
    let mut verdict = execute(runner, hook, slot, sandbox)?;
    if verdict.status.is_good() {
        match runner.host.collect(hook, sandbox).map_err(HookError::Host)? {
            Collected::Taken { remark } => verdict.add_remark(remark),
            Collected::Spoilt { reason } => {
                verdict.status = Status::Failed;
                verdict.message = Some(reason);
            }
        }
    }
    Ok(verdict)
}

fn execute(
    runner: &mut Runner<'_>,
    hook: &Hook,
    slot: &Slot,
    sandbox: &Sandbox,
) -> Result<Verdict, HookError> {
    let payload = Payload::new(runner.context, hook, &slot.run_id, sandbox.tree);
    let files = write_files(&sandbox.scratch, &payload, &changed_files(&runner.context.changes))?;
    let action_dir = sandbox.scratch.join("action");
    let places = Places {
        changed_files: &files.changed,
        output: &files.output,
        base_dir: sandbox.base_dir.as_deref(),
        action_dir: &action_dir,
    };
    let secrets = secrets_of(runner.environment, hook);
    let masker = || Masker::new(secrets.iter().map(Vec::as_slice));
    let task = Task {
        command: command_of(hook, &action_dir)?,
        dir: start_dir(sandbox, hook),
        environment: environment(runner.environment, hook, &payload, places),
        stdin: files.stdin,
        log: slot.log.clone(),
        masker: masker(),
    };
    let limits = Limits { timeout: hook.timeout.unwrap_or(runner.limits.timeout), ..runner.limits };
    let mut on_line = |text: &str| {
        let (run_id, hook) = (slot.run_id.clone(), hook.id.clone());
        (runner.sink)(RunEvent::Line { run_id, hook, text: text.to_owned() });
    };
    match process::run(task, &limits, &mut on_line) {
        Ok(ended) => {
            let output = HookOutput::read(&files.output, &masker()).unwrap_or_else(unreadable);
            Ok(verdict_of(ended, output, limits.timeout))
        }
        // A missing program or directory is the hook's fault, and its log stays empty.
        Err(error) => Ok(Verdict::of(Status::Failed, Some(error.to_string()))),
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
    Verdict { status, exit_code, message, duration: ended.duration, tail: ended.tail, output }
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
        (count, None) => (Status::Warned, Some(format!("{count} annotations"))),
    }
}
