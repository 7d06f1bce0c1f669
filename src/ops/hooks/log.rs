//! The logs of runs: finding one, reading it whole, and following it while it grows.

use std::fs::File;
use std::io::{self, Read};
use std::path::PathBuf;
use std::time::Duration;

use serde_json::Value;

use crate::base::fs::IoContext;
use crate::base::interrupt;
use crate::hook::process::decode_log;
use crate::hook::runner::Status;
use crate::ops::hooks::heal::bury;
use crate::ops::hooks::runs::Filter;
use crate::ops::{Context, OpsError};
use crate::repo::journal::{self, RunRow};

/// How often a log that does not grow is looked at.
const TICK: Duration = Duration::from_millis(50);

/// How many looks go by before the journal is asked whether the run is over.
const TICKS_PER_QUESTION: u32 = 4;

/// How many runs are looked through for the newest that has a log.
const RECENT: usize = 50;

/// The log of a run.
#[derive(Debug, Clone, PartialEq)]
pub struct RunLog {
    pub run_id: String,
    pub record: Value,
    path: PathBuf,
}

impl RunLog {
    fn of(context: &Context, row: &RunRow) -> Self {
        let runs = context.repo.layout().runs();
        let plain = runs.join(format!("{}.log", row.run_id));
        let path =
            if plain.exists() { plain } else { runs.join(format!("{}.log.zst", row.run_id)) };
        let record = serde_json::from_str(&row.record).unwrap_or(Value::Null);
        Self { run_id: row.run_id.clone(), record, path }
    }

    /// Tells whether the run has written one.
    pub fn exists(&self) -> bool {
        self.path.exists()
    }

    /// Opens it, as far as it is written.
    pub fn read(&self) -> Result<Box<dyn Read>, OpsError> {
        let file = File::open(&self.path).context("open", &self.path)?;
        self.decoded(file)
    }

    /// Opens it for following: the end comes when the run is over, or when the user has enough.
    pub fn follow<'a>(&self, context: &'a Context) -> Result<Option<Box<dyn Read + 'a>>, OpsError> {
        let mut follow = Follow::new(context, self.run_id.clone());
        while !self.exists() {
            if !follow.wait()? {
                return Ok(None);
            }
        }
        follow.file = Some(File::open(&self.path).context("open", &self.path)?);
        Ok(Some(self.decoded(follow)?))
    }

    fn decoded<'a>(&self, source: impl Read + 'a) -> Result<Box<dyn Read + 'a>, OpsError> {
        if self.path.extension().is_some_and(|ending| ending == "log") {
            return Ok(Box::new(source));
        }
        Ok(Box::new(decode_log(source).context("read", &self.path)?))
    }
}

/// Finds the log of a run; the newest run that has one where none is named.
pub fn log(context: &Context, run_id: Option<&str>) -> Result<RunLog, OpsError> {
    let connection = context.repo.connection();
    if let Some(run_id) = run_id {
        let row = journal::get(&connection, run_id)?;
        let row = row.ok_or_else(|| OpsError::NoSuchRun { run: run_id.to_owned() })?;
        return Ok(RunLog::of(context, &row));
    }
    let recent = journal::list(&connection, &Filter::default(), RECENT)?;
    let mut logs = recent.iter().map(|row| RunLog::of(context, row));
    logs.find(RunLog::exists).ok_or(OpsError::NoRun)
}

/// A file that has no end for as long as a run goes on.
struct Follow<'a> {
    context: &'a Context,
    run_id: String,
    file: Option<File>,
    looks: u32,
    /// Whether the run was over when the file was last read: there is nothing more to come.
    over: bool,
}

impl<'a> Follow<'a> {
    fn new(context: &'a Context, run_id: String) -> Self {
        Self { context, run_id, file: None, looks: 0, over: false }
    }

    /// Waits a moment; tells whether there is something to wait for.
    fn wait(&mut self) -> Result<bool, OpsError> {
        if self.over || interrupt::requested() {
            return Ok(false);
        }
        if self.looks.is_multiple_of(TICKS_PER_QUESTION) {
            self.over = is_over(self.context, &self.run_id)?;
        }
        self.looks += 1;
        if !self.over {
            std::thread::sleep(TICK);
        }
        Ok(true)
    }
}

impl Read for Follow<'_> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        loop {
            let file = self.file.as_mut().expect("a log is opened before it is read");
            let length = file.read(buffer)?;
            if length > 0 || !self.wait().map_err(io::Error::other)? {
                return Ok(length);
            }
        }
    }
}

/// Tells whether nothing more will come of a run, its process being dead perhaps.
fn is_over(context: &Context, run_id: &str) -> Result<bool, OpsError> {
    bury(context)?;
    let row = journal::get(&context.repo.connection(), run_id)?;
    let status = row.and_then(|row| Status::parse(&row.status));
    Ok(status.is_none_or(Status::is_final))
}
