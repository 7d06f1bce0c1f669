//! `mlv hooks log`

use std::fs::File;
use std::io;

use crate::base::fs::IoContext;
use crate::cli::error::{CommandError, user_error};
use crate::cli::exit::ExitStatus;
use crate::cli::globals::Globals;
use crate::cli::session;
use crate::cli::ui::Ui;
use crate::hook::process::decode_log;
use crate::ops::hooks;

/// Print what a run wrote
#[derive(Debug, clap::Args)]
pub struct Args {
    /// The run, as `mlv hooks runs` names it; the newest with a log where none is named
    run: Option<String>,
}

pub fn run(ui: &mut Ui, globals: &Globals, args: Args) -> Result<ExitStatus, CommandError> {
    let context = session::open(ui, globals)?;
    let log = hooks::log(&context, args.run.as_deref())?;
    let text = |field: &str| log.record[field].as_str().unwrap_or_default().to_owned();
    let Some(path) = &log.path else {
        let why = [text("status"), text("message")].join(": ");
        return Err(user_error(format!("run `{}` wrote no log: {why}", text("run_id"))));
    };
    ui.detail(format_args!("{}: {} {}", text("run_id"), text("hook"), text("status")));
    ui.start_pager()?;
    let file = File::open(path).context("open", path)?;
    let mut text = decode_log(file).context("read", path)?;
    io::copy(&mut text, &mut ui.writer()).context("copy", path)?;
    Ok(ExitStatus::Done)
}
