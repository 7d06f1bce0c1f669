//! Progress of long work on stderr: on a terminal a bar after 250 ms, at most 30 times a second;
//! elsewhere a plain line every ten seconds.

use std::sync::mpsc::{self, RecvTimeoutError, Sender};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::thread;
use std::time::{Duration, Instant};

use indicatif::{MultiProgress, ProgressBar, ProgressDrawTarget, ProgressStyle};

use super::ui::Verbosity;
use crate::base::progress::{Progress, Unit};

const PATIENCE: Duration = Duration::from_millis(250);
const REDRAWS_PER_SECOND: u8 = 30;
const PLAIN_INTERVAL: Duration = Duration::from_secs(10);

/// Shows progress to whoever looks at stderr.
#[derive(Debug)]
pub struct TerminalProgress {
    verbosity: Verbosity,
    face: Face,
    phase: Mutex<Option<Phase>>,
    /// Of things that go on at the same time.
    lines: MultiProgress,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Face {
    Bar,
    Lines,
}

#[derive(Debug)]
struct Phase {
    bar: ProgressBar,
    /// Dropped with the phase: the thread that waits to show it ends then.
    _waiter: Sender<()>,
}

/// A line that says that something goes on, and for how long; it goes with the value.
#[derive(Debug)]
pub struct Line(Phase);

impl Drop for Line {
    fn drop(&mut self) {
        self.0.bar.finish_and_clear();
    }
}

impl TerminalProgress {
    /// Returns a listener; under `-q` it shows notices only.
    pub fn new(verbosity: Verbosity, is_terminal: bool) -> Self {
        let face = if is_terminal { Face::Bar } else { Face::Lines };
        let lines = MultiProgress::with_draw_target(ProgressDrawTarget::hidden());
        if face == Face::Bar {
            lines.set_draw_target(ProgressDrawTarget::stderr_with_hz(REDRAWS_PER_SECOND));
        }
        Self { verbosity, face, phase: Mutex::new(None), lines }
    }

    /// Writes something else to the terminal while the bar stands aside.
    pub fn stand_aside<T>(&self, write: impl FnOnce() -> T) -> T {
        match &*self.phase_slot() {
            Some(phase) => phase.bar.suspend(write),
            None => self.lines.suspend(write),
        }
    }

    /// Shows a line of its own for something that goes on beside other things; nothing under `-q`.
    pub fn line(&self, name: &str) -> Option<Line> {
        if self.verbosity == Verbosity::Quiet {
            return None;
        }
        let bar = ProgressBar::with_draw_target(None, ProgressDrawTarget::hidden())
            .with_style(style(false, Unit::Time))
            .with_prefix(name.to_owned());
        let (waiter, ended) = mpsc::channel();
        let (shown, lines) = (bar.clone(), self.lines.clone());
        match self.face {
            Face::Bar => thread::spawn(move || join_later(&shown, &lines, &ended)),
            Face::Lines => thread::spawn(move || tell_now_and_then(&shown, Unit::Time, &ended)),
        };
        Some(Line(Phase { bar, _waiter: waiter }))
    }

    /// Ends the phase and clears its bar.
    pub fn end(&self) {
        if let Some(phase) = self.phase_slot().take() {
            phase.bar.finish_and_clear();
        }
    }

    fn phase_slot(&self) -> MutexGuard<'_, Option<Phase>> {
        self.phase.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Progress for TerminalProgress {
    fn phase(&self, name: &str, total: Option<u64>, unit: Unit) {
        self.end();
        if self.verbosity == Verbosity::Quiet {
            return;
        }
        let bar = ProgressBar::with_draw_target(total, ProgressDrawTarget::hidden())
            .with_style(style(total.is_some(), unit))
            .with_prefix(name.to_owned());
        let (waiter, ended) = mpsc::channel();
        let shown = bar.clone();
        match self.face {
            Face::Bar => thread::spawn(move || show_later(&shown, &ended)),
            Face::Lines => thread::spawn(move || tell_now_and_then(&shown, unit, &ended)),
        };
        *self.phase_slot() = Some(Phase { bar, _waiter: waiter });
    }

    fn advance(&self, amount: u64) {
        if let Some(phase) = &*self.phase_slot() {
            phase.bar.inc(amount);
        }
    }

    fn notice(&self, message: &str) {
        self.stand_aside(|| tell(message));
    }
}

impl Drop for TerminalProgress {
    fn drop(&mut self) {
        self.end();
    }
}

fn show_later(bar: &ProgressBar, ended: &mpsc::Receiver<()>) {
    if ended.recv_timeout(PATIENCE) == Err(RecvTimeoutError::Timeout) && !bar.is_finished() {
        bar.set_draw_target(ProgressDrawTarget::stderr_with_hz(REDRAWS_PER_SECOND));
        bar.enable_steady_tick(Duration::from_millis(100));
    }
}

fn join_later(bar: &ProgressBar, lines: &MultiProgress, ended: &mpsc::Receiver<()>) {
    if ended.recv_timeout(PATIENCE) == Err(RecvTimeoutError::Timeout) && !bar.is_finished() {
        let bar = lines.add(bar.clone());
        bar.enable_steady_tick(Duration::from_millis(100));
        // Until the line is dropped; the bar has been cleared then.
        let _ = ended.recv();
        lines.remove(&bar);
    }
}

fn tell_now_and_then(bar: &ProgressBar, unit: Unit, ended: &mpsc::Receiver<()>) {
    let begun = Instant::now();
    while ended.recv_timeout(PLAIN_INTERVAL) == Err(RecvTimeoutError::Timeout) {
        tell(&plain_line(bar, unit, begun.elapsed()));
    }
}

fn plain_line(bar: &ProgressBar, unit: Unit, elapsed: Duration) -> String {
    let count = |n: u64| match unit {
        Unit::Bytes => super::render::size(n),
        Unit::Files => format!("{n} files"),
        Unit::Objects => format!("{n} objects"),
        Unit::Steps => format!("{n} steps"),
        Unit::Time => "running".to_owned(),
    };
    let done = count(bar.position());
    let of = bar.length().map_or_else(String::new, |total| format!(" of {}", count(total)));
    format!("{}: {done}{of} after {} s", bar.prefix(), elapsed.as_secs())
}

fn tell(message: &str) {
    use std::io::Write;
    // When stderr is gone there is nobody left to tell.
    let _ = writeln!(std::io::stderr(), "{message}");
}

fn style(has_total: bool, unit: Unit) -> ProgressStyle {
    let template = match (has_total, unit) {
        (_, Unit::Time) => "{prefix} {spinner} {elapsed}",
        (true, Unit::Bytes) => {
            "{prefix} [{bar:24}] {binary_bytes} of {binary_total_bytes}, {binary_bytes_per_sec}, {eta} left"
        }
        (true, _) => "{prefix} [{bar:24}] {human_pos} of {human_len}, {eta} left",
        (false, Unit::Bytes) => "{prefix} {spinner} {binary_bytes}, {binary_bytes_per_sec}",
        (false, _) => "{prefix} {spinner} {human_pos}",
    };
    ProgressStyle::with_template(template)
        .expect("a test reads every template")
        .progress_chars("=> ")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_template_can_be_read() {
        for unit in [Unit::Bytes, Unit::Files, Unit::Objects, Unit::Steps, Unit::Time] {
            style(true, unit);
            style(false, unit);
        }
    }

    #[test]
    fn plain_lines_count_in_the_unit_of_the_phase() {
        let bar = ProgressBar::hidden().with_prefix("adding");
        bar.set_length(4096);
        bar.inc(1024);
        let line = plain_line(&bar, Unit::Bytes, Duration::from_secs(10));
        assert_eq!(line, "adding: 1.0 KiB of 4.0 KiB after 10 s");
    }

    #[test]
    fn phases_follow_each_other_and_count_on_their_own() {
        let progress = TerminalProgress::new(Verbosity::Normal, false);
        progress.phase("one", Some(10), Unit::Files);
        progress.advance(3);
        progress.phase("two", None, Unit::Files);
        progress.advance(2);
        assert_eq!(progress.phase_slot().as_ref().unwrap().bar.position(), 2);
    }

    #[test]
    fn lines_stand_beside_each_other_and_go_with_their_values() {
        let progress = TerminalProgress::new(Verbosity::Normal, false);
        let (one, two) = (progress.line("one").unwrap(), progress.line("two").unwrap());
        let bar = one.0.bar.clone();
        drop(one);
        assert!(bar.is_finished() && !two.0.bar.is_finished());
        assert!(TerminalProgress::new(Verbosity::Quiet, true).line("one").is_none());
    }

    #[test]
    fn a_quiet_listener_counts_nothing() {
        let progress = TerminalProgress::new(Verbosity::Quiet, true);
        progress.phase("one", Some(10), Unit::Files);
        progress.advance(3);
        assert!(progress.phase_slot().is_none());
    }
}
