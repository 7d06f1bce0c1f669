//! The only owner of stdout and stderr: stdout carries data, stderr the talk about it.
//! Colours, paging, quietness and a reader that went away are decided here, once.

use std::fmt::Display;
use std::io::{self, IsTerminal, Write};
use std::sync::Arc;

use super::error::{CommandError, ErrorKind};
use super::globals::{ColorWhen, GlobalArgs};
use super::pager::Pager;
use super::progress::TerminalProgress;
use super::style::{Label, Paint, Painted};
use crate::config::Config;

/// Data could not be written to stdout.
#[derive(Debug, thiserror::Error)]
#[error("cannot write to standard output: {0}")]
pub struct OutputError(#[source] pub io::Error);

/// How much is told on stderr.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Verbosity {
    Quiet,
    Normal,
    Verbose,
}

/// The two streams, and how they are to be used.
pub struct Ui {
    data: Box<dyn Write>,
    talk: Box<dyn Write>,
    data_paint: Paint,
    talk_paint: Paint,
    verbosity: Verbosity,
    data_is_terminal: bool,
    talk_is_terminal: bool,
    pager_command: Option<String>,
    pager: Option<Pager>,
    reader_left: bool,
    progress: Option<Arc<TerminalProgress>>,
}

impl std::fmt::Debug for Ui {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Ui").field("verbosity", &self.verbosity).finish_non_exhaustive()
    }
}

impl Ui {
    /// Returns the streams of this process, coloured where they are terminals.
    pub fn new() -> Self {
        Self {
            data: Box::new(io::BufWriter::with_capacity(1 << 16, io::stdout().lock())),
            talk: Box::new(io::stderr()),
            data_paint: Paint { colored: wants_color(ColorWhen::Auto, &io::stdout()) },
            talk_paint: Paint { colored: wants_color(ColorWhen::Auto, &io::stderr()) },
            verbosity: Verbosity::Normal,
            data_is_terminal: io::stdout().is_terminal(),
            talk_is_terminal: io::stderr().is_terminal(),
            pager_command: Some(super::pager::DEFAULT.to_owned()),
            pager: None,
            reader_left: false,
            progress: None,
        }
    }

    /// Follows the flags of the command line.
    pub fn configure(&mut self, args: &GlobalArgs) {
        self.set_color(args.color.unwrap_or_default());
        self.verbosity = match (args.quiet, args.verbose) {
            (true, _) => Verbosity::Quiet,
            (false, false) => Verbosity::Normal,
            (false, true) => Verbosity::Verbose,
        };
        if args.no_pager {
            self.pager_command = None;
        }
    }

    /// Follows the settings, where no flag has the last word.
    pub fn follow(&mut self, args: &GlobalArgs, config: &Config) {
        let text = |name| config.string(name).map(|value| value.text);
        if let (None, Some(when)) = (args.color, text("ui.color")) {
            self.set_color(ColorWhen::from_setting(&when));
        }
        if let (Some(command), Some(pager)) = (&mut self.pager_command, text("ui.pager")) {
            *command = pager;
        }
    }

    fn set_color(&mut self, when: ColorWhen) {
        self.data_paint = Paint { colored: wants_color(when, &io::stdout()) };
        self.talk_paint = Paint { colored: wants_color(when, &io::stderr()) };
    }

    /// Writes a line of data.
    pub fn data(&mut self, line: impl Display) -> Result<(), CommandError> {
        self.end_progress();
        let written = writeln!(self.data, "{line}");
        self.settle(written)
    }

    /// Writes bytes of data as they are.
    pub fn bytes(&mut self, bytes: &[u8]) -> Result<(), CommandError> {
        self.end_progress();
        let written = self.data.write_all(bytes);
        self.settle(written)
    }

    /// Writes a value as JSON.
    pub fn json(&mut self, value: &impl serde::Serialize) -> Result<(), CommandError> {
        self.end_progress();
        let written = serde_json::to_writer_pretty(&mut self.data, value).map_err(io::Error::from);
        let written = written.and_then(|()| self.data.write_all(b"\n"));
        self.settle(written)
    }

    /// Returns a writer of data for work that streams.
    pub fn writer(&mut self) -> DataWriter<'_> {
        self.end_progress();
        DataWriter { ui: self }
    }

    /// Says what was done; `-q` silences it.
    pub fn status(&mut self, line: impl Display) {
        if self.verbosity > Verbosity::Quiet {
            self.say(&line);
        }
    }

    /// Says a detail that only `-v` asks for.
    pub fn detail(&mut self, line: impl Display) {
        if self.verbosity == Verbosity::Verbose {
            self.say(&line);
        }
    }

    /// Warns, also under `-q`.
    pub fn warning(&mut self, line: impl Display) {
        let head = self.talk_paint.paint(Label::Warning, "warning:");
        self.say(&format_args!("{head} {line}"));
    }

    /// Says what to type next; `-q` silences it.
    pub fn hint(&mut self, line: impl Display) {
        let head = self.talk_paint.paint(Label::Hint, "hint:");
        self.status(format_args!("{head} {line}"));
    }

    /// Shows an error with its causes and hints.
    pub fn error(&mut self, error: &CommandError) {
        let mut lines = error.lines().into_iter();
        let head = self.talk_paint.paint(Label::Error, "error:");
        self.say(&format_args!("{head} {}", lines.next().unwrap_or_default()));
        for cause in lines {
            self.say(&format_args!("  caused by: {cause}"));
        }
        let head = self.talk_paint.paint(Label::Hint, "hint:");
        for hint in &error.hints {
            self.say(&format_args!("{head} {hint}"));
        }
    }

    /// Returns a value as its label looks in data.
    pub fn paint<T: Display>(&self, label: Label, value: T) -> Painted<T> {
        self.data_paint.paint(label, value)
    }

    /// Returns a value as its label looks in talk.
    pub fn paint_talk<T: Display>(&self, label: Label, value: T) -> Painted<T> {
        self.talk_paint.paint(label, value)
    }

    /// Returns how data is coloured, for a renderer that outlives a borrow of this.
    pub fn data_paint(&self) -> Paint {
        self.data_paint
    }

    /// Returns how talk is coloured, for a renderer that outlives a borrow of this.
    pub fn talk_paint(&self) -> Paint {
        self.talk_paint
    }

    /// Returns how much is told on stderr.
    pub fn verbosity(&self) -> Verbosity {
        self.verbosity
    }

    /// Tells whether a person reads the data.
    pub fn data_is_terminal(&self) -> bool {
        self.data_is_terminal
    }

    /// Returns a listener for long work. Its bar stands aside for talk, and ends with the first data.
    pub fn progress(&mut self) -> Arc<TerminalProgress> {
        if let Some(progress) = &self.progress {
            return progress.clone();
        }
        let progress = Arc::new(TerminalProgress::new(self.verbosity, self.talk_is_terminal));
        self.progress = Some(progress.clone());
        progress
    }

    /// Sends the data through the pager from here on, where a person reads it.
    pub fn start_pager(&mut self) -> Result<(), CommandError> {
        self.end_progress();
        let Some(command) = &self.pager_command else {
            return Ok(());
        };
        if !self.data_is_terminal || self.pager.is_some() {
            return Ok(());
        }
        let Some((pager, input)) = Pager::start(command) else {
            return Ok(());
        };
        self.flush()?;
        self.data = Box::new(io::BufWriter::with_capacity(1 << 16, input));
        self.pager = Some(pager);
        Ok(())
    }

    /// Hands over everything that was written so far.
    pub fn flush(&mut self) -> Result<(), CommandError> {
        let flushed = self.data.flush();
        self.settle(flushed)
    }

    /// Ends the output: writes what is left and waits for the pager.
    pub fn finish(&mut self) -> Result<(), CommandError> {
        self.end_progress();
        let flushed = self.flush();
        self.data = Box::new(io::sink());
        if let Some(pager) = self.pager.take() {
            pager.wait();
        }
        flushed
    }

    /// Tells whether an error only says that nobody reads the output any more.
    pub fn is_broken_pipe(&self, error: &CommandError) -> bool {
        let of_a_pipe = |e: &io::Error| e.kind() == io::ErrorKind::BrokenPipe;
        error.kind == ErrorKind::BrokenPipe
            || (self.reader_left && error.is_caused_by::<io::Error>(of_a_pipe))
    }

    /// Takes the bar away: the long work is over.
    pub fn end_progress(&mut self) {
        if let Some(progress) = self.progress.take() {
            progress.end();
        }
    }

    fn say(&mut self, line: &dyn Display) {
        // The order of data and talk is kept where both go to one place; and when stderr itself is
        // gone there is nobody left to tell.
        let _ = self.data.flush();
        let talk = &mut self.talk;
        let _ = match &self.progress {
            Some(progress) => progress.stand_aside(|| writeln!(talk, "{line}")),
            None => writeln!(talk, "{line}"),
        };
    }

    fn settle(&mut self, written: io::Result<()>) -> Result<(), CommandError> {
        written.map_err(|error| {
            self.reader_left |= error.kind() == io::ErrorKind::BrokenPipe;
            OutputError(error).into()
        })
    }
}

impl Default for Ui {
    fn default() -> Self {
        Self::new()
    }
}

/// Data as a stream; a reader that went away is remembered, so that the program ends quietly.
#[derive(Debug)]
pub struct DataWriter<'a> {
    ui: &'a mut Ui,
}

impl Write for DataWriter<'_> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let written = self.ui.data.write(bytes);
        self.ui.reader_left |= is_broken(&written);
        written
    }

    fn flush(&mut self) -> io::Result<()> {
        let flushed = self.ui.data.flush();
        self.ui.reader_left |= is_broken(&flushed);
        flushed
    }
}

fn is_broken<T>(result: &io::Result<T>) -> bool {
    result.as_ref().is_err_and(|error| error.kind() == io::ErrorKind::BrokenPipe)
}

fn wants_color(when: ColorWhen, stream: &impl anstream::stream::RawStream) -> bool {
    match when {
        ColorWhen::Always => true,
        ColorWhen::Never => false,
        // Looks at the terminal, NO_COLOR, CLICOLOR and TERM.
        ColorWhen::Auto => anstream::AutoStream::choice(stream) != anstream::ColorChoice::Never,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    struct Closed;

    impl Write for Closed {
        fn write(&mut self, _bytes: &[u8]) -> io::Result<usize> {
            Err(io::ErrorKind::BrokenPipe.into())
        }

        fn flush(&mut self) -> io::Result<()> {
            Ok(())
        }
    }

    #[test]
    fn a_reader_that_left_is_told_from_other_errors() {
        let mut ui = Ui { data: Box::new(Closed), ..Ui::new() };
        let broken_elsewhere = io::Error::from(io::ErrorKind::BrokenPipe);
        let elsewhere = super::super::error::user_error(broken_elsewhere);
        assert!(!ui.is_broken_pipe(&elsewhere));
        let error = ui.data("lost").unwrap_err();
        assert!(ui.is_broken_pipe(&error));
        assert_eq!(error.exit.code(), 0);
    }
}
