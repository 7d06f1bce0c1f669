//! Hooks as they run: a line for each on stderr, and the end of the log of one that fails.

use std::sync::Arc;
use std::time::Duration;

use super::progress::TerminalProgress;
use super::ui::Ui;
use crate::base::Progress;
use crate::hook::runner::{RunEvent, RunRecord, Status};
use crate::ops::Listener;

/// Shows hooks while they run.
#[derive(Debug)]
pub struct RunView {
    progress: Arc<TerminalProgress>,
}

impl RunView {
    pub fn new(ui: &mut Ui) -> Self {
        Self { progress: ui.progress() }
    }
}

impl Listener for RunView {
    fn hear(&self, event: RunEvent) {
        if let RunEvent::Finished { record, duration, tail, .. } = event {
            self.progress.notice(&line(&record, duration));
            if record.status == Status::Failed {
                for text in tail {
                    self.progress.notice(&format!("    {text}"));
                }
            }
        }
    }
}

/// Returns the line of a run that is over.
fn line(record: &RunRecord, duration: Duration) -> String {
    let mark = match record.status {
        Status::Passed => "✓",
        Status::Warned => "!",
        Status::Failed | Status::Cancelled => "✗",
        _ => "-",
    };
    let message = record.message.as_deref().unwrap_or_default();
    let name = record.hook.as_str();
    format!("  {mark} {name:<14} {message:<40} {:.1}s", duration.as_secs_f64())
}
