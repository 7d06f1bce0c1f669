//! `mlv hooks log`

use std::io::Read;

use crate::base::interrupt;
use crate::cli::error::{CommandError, user_error};
use crate::cli::exit::ExitStatus;
use crate::cli::globals::Globals;
use crate::cli::session;
use crate::cli::ui::Ui;
use crate::ops::hooks::{self, RunLog};

/// Print what a run wrote, whole, with all its attempts
#[derive(Debug, clap::Args)]
pub struct Args {
    /// The run, as `mlv hooks runs` names it; the newest with a log where none is named
    run: Option<String>,

    /// Go on printing until the run is over
    #[arg(short, long)]
    follow: bool,
}

pub fn run(ui: &mut Ui, globals: &Globals, args: Args) -> Result<ExitStatus, CommandError> {
    let context = session::open(ui, globals)?;
    let log = hooks::log(&context, args.run.as_deref())?;
    if args.follow {
        if let Some(text) = log.follow(&context)? {
            copy(text, ui)?;
        }
        let interrupted = interrupt::requested();
        return Ok(if interrupted { ExitStatus::Interrupted } else { ExitStatus::Done });
    }
    if !log.exists() {
        return Err(no_log(&log));
    }
    ui.detail(format_args!("{}: {} {}", log.run_id, field(&log, "hook"), field(&log, "status")));
    ui.start_pager()?;
    copy(log.read()?, ui)?;
    Ok(ExitStatus::Done)
}

fn field<'a>(log: &'a RunLog, name: &str) -> &'a str {
    log.record[name].as_str().unwrap_or_default()
}

fn no_log(log: &RunLog) -> CommandError {
    let cached = log.record["cached"].as_bool().unwrap_or_default();
    let status = if cached { "cached" } else { field(log, "status") };
    let why = match field(log, "message") {
        "" => status.to_owned(),
        message => format!("{status}: {message}"),
    };
    user_error(format!("run `{}` wrote no log, or one that is gone: {why}", log.run_id))
}

/// Prints a text as it comes.
fn copy(mut text: impl Read, ui: &mut Ui) -> Result<(), CommandError> {
    let mut buffer = vec![0; 64 * 1024];
    loop {
        let length = text.read(&mut buffer).map_err(user_error)?;
        if length == 0 {
            return Ok(());
        }
        ui.bytes(&buffer[..length])?;
        ui.flush()?;
    }
}
