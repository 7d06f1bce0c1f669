//! Hooks as they run, on stderr: what the event is, a line for each hook, and the end of the log of
//! one that fails. What was never counted on to fail is told under `-q` too.

use std::collections::HashMap;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use super::progress::{Line, TerminalProgress};
use super::render::printable;
use super::style::{Label, Paint};
use super::ui::{Ui, Verbosity};
use super::worker::{self, Workplace};
use crate::base::Progress;
use crate::base::duration::format_duration;
use crate::hook::event::Event;
use crate::hook::runner::{RunEvent, RunRecord, Status};
use crate::hook::spec::HookId;
use crate::ops::Listener;

/// The least width of the column of names, and of that of messages.
const NAME_WIDTH: usize = 13;
const MESSAGE_WIDTH: usize = 36;

/// Shows hooks while they run.
#[derive(Debug)]
pub struct RunView {
    progress: Arc<TerminalProgress>,
    paint: Paint,
    verbosity: Verbosity,
    name_width: AtomicUsize,
    /// The repository for which a worker is to be started where hooks wait for one.
    worker: Option<Workplace>,
    /// The hooks that run, by their run ids, with their lines on the screen.
    running: Mutex<HashMap<String, Option<Line>>>,
}

impl RunView {
    /// Returns a view that shares its line with `progress`; `worker` is the repository for which it
    /// starts a worker where hooks wait for one.
    pub fn new(progress: Arc<TerminalProgress>, ui: &Ui, worker: Option<Workplace>) -> Self {
        Self {
            progress,
            paint: ui.talk_paint(),
            verbosity: ui.verbosity(),
            name_width: AtomicUsize::new(NAME_WIDTH),
            worker,
            running: Mutex::default(),
        }
    }

    fn tell(&self, least: Verbosity, line: &str) {
        if self.verbosity >= least {
            self.progress.notice(line);
        }
    }

    fn running(&self) -> MutexGuard<'_, HashMap<String, Option<Line>>> {
        self.running.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn started(&self, run_id: String, hook: &HookId) {
        // What was shown of the work before is over.
        self.progress.end();
        let line = self.progress.line(&format!("  {hook}"));
        self.running().insert(run_id, line);
    }

    /// Shows what a hook writes, and which hook, where several do.
    fn line_of(&self, hook: &HookId, text: &str) {
        if self.verbosity >= Verbosity::Verbose {
            let several = self.running().len() > 1;
            let name = if several { format!("{hook} | ") } else { String::new() };
            self.tell(Verbosity::Verbose, &log_line(&format!("{name}{text}")));
        }
    }

    fn finished(&self, record: &RunRecord, duration: Duration, tail: &[String]) {
        self.running().remove(&record.run_id);
        let failed = matches!(record.status, Status::Failed | Status::Cancelled);
        let least = if failed { Verbosity::Quiet } else { Verbosity::Normal };
        self.tell(least, &self.line(record, duration));
        // The last line may be the message, which stands above already.
        let said_more = match tail.split_last() {
            Some((last, before)) if Some(last) == record.message.as_ref() => before,
            _ => tail,
        };
        // Whoever asked for more has seen these lines already.
        if failed && self.verbosity < Verbosity::Verbose {
            for text in said_more {
                self.tell(least, &log_line(text));
            }
        }
    }

    /// Returns the line of a run that is over.
    fn line(&self, record: &RunRecord, duration: Duration) -> String {
        let (mark, label) = mark(record.status);
        let mark = self.paint.paint(label, mark);
        let message = record.message.as_deref().unwrap_or(record.status.name());
        let message = printable(message);
        let (name, width) = (record.hook.as_str(), self.name_width.load(Ordering::Relaxed));
        if record.status == Status::Skipped {
            return format!(
                "  {mark} {name:<width$} {}",
                self.paint.paint(Label::Skipped, message)
            );
        }
        let seconds = format!("{:.1}s", duration.as_secs_f64());
        let seconds = self.paint.paint(Label::Faint, format!("{seconds:>6}"));
        format!("  {mark} {name:<width$} {message:<MESSAGE_WIDTH$} {seconds}")
    }
}

impl Listener for RunView {
    fn queued(&self, runs: &[RunRecord]) {
        for run in runs {
            let width = self.name_width.load(Ordering::Relaxed);
            let line = format!("  - {:<width$} waits for a worker", run.hook.as_str());
            self.tell(Verbosity::Normal, &self.paint.paint(Label::Skipped, line).to_string());
        }
        if let Some(place) = &self.worker
            && let Err(error) = worker::start(place)
        {
            self.tell(Verbosity::Quiet, &format!("no worker could be started: {error}"));
        }
    }

    fn hear(&self, event: RunEvent) {
        match event {
            RunEvent::Begun { event, subject } => {
                let header = self.paint.paint(Label::Heading, header(event, subject.as_deref()));
                self.tell(Verbosity::Normal, &header.to_string());
            }
            RunEvent::Queued { hook, .. } => {
                self.name_width.fetch_max(hook.as_str().len(), Ordering::Relaxed);
            }
            RunEvent::LeftOut { hook, reason } => {
                let width = self.name_width.load(Ordering::Relaxed);
                let line = format!("  - {:<width$} {reason}", hook.as_str());
                self.tell(Verbosity::Verbose, &self.paint.paint(Label::Skipped, line).to_string());
            }
            RunEvent::Started { run_id, hook } => self.started(run_id, &hook),
            RunEvent::Line { hook, text, .. } => self.line_of(&hook, &text),
            RunEvent::Resting { record, wait } => {
                self.running().remove(&record.run_id);
                let message = record.message.as_deref().unwrap_or("failed");
                let line = format!(
                    "  ↻ {} attempt {}: {}; again in {}",
                    record.hook,
                    record.attempt,
                    printable(message),
                    format_duration(wait)
                );
                self.tell(Verbosity::Normal, &self.paint.paint(Label::Warning, line).to_string());
            }
            RunEvent::Finished { record, duration, tail, .. } => {
                self.finished(&record, duration, &tail);
            }
        }
    }
}

/// Returns a line of a log as it is shown: without its colours, which are of another screen.
fn log_line(text: &str) -> String {
    let plain = anstream::adapter::strip_str(text).to_string().replace('\t', "    ");
    format!("      {}", printable(&plain))
}

/// Returns what is going on, as in `pre-merge into main`.
fn header(event: Event, subject: Option<&str>) -> String {
    let preposition = match event {
        Event::PreMerge | Event::PostMerge => "into",
        Event::PreSwitch | Event::PostSwitch | Event::PreDeploy | Event::PostDeploy => "to",
        _ if event.is_about_a_name() => "of",
        _ => "on",
    };
    format!("{event} {preposition} {}", printable(subject.unwrap_or("a detached HEAD")))
}

/// Returns the sign of a status and how it looks.
pub fn mark(status: Status) -> (&'static str, Label) {
    match status {
        Status::Passed => ("✓", Label::Passed),
        Status::Warned => ("!", Label::Warning),
        Status::Failed | Status::Cancelled => ("✗", Label::Failed),
        Status::Queued | Status::Running | Status::Skipped => ("-", Label::Skipped),
    }
}

/// Says which hooks failed after the deed, that the deed stands, and what to look at.
pub fn warn_of_late_failures(ui: &mut Ui, deed: &str, runs: &[RunRecord]) {
    for run in runs.iter().filter(|run| !run.event.may_refuse()) {
        if matches!(run.status, Status::Failed | Status::Cancelled) {
            let how = if run.status == Status::Failed { "failed" } else { "was cancelled" };
            ui.warning(format_args!("`{}` {how} after the {deed}, which stands", run.hook));
            ui.hint(format_args!("full log: `mlv hooks log {}`", run.run_id));
        }
    }
}
