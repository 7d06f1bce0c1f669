//! `mlv hooks work`

use crate::base::interrupt;
use crate::cli::error::CommandError;
use crate::cli::exit::ExitStatus;
use crate::cli::globals::Globals;
use crate::cli::render::count;
use crate::cli::session;
use crate::cli::ui::Ui;
use crate::ops::hooks::{self, WorkOptions, Worked};

/// Run the hooks that wait in the background, and those whose time has come
///
/// Hooks with `async: true` wait for a worker, and so do scheduled ones. Any number of workers may
/// run at once: each event is taken by one of them. A worker that is stopped, or dies, leaves its
/// event to the next one. It ends with 0 however the hooks end: `mlv hooks runs` tells.
#[derive(Debug, clap::Args)]
pub struct Args {
    /// End when nothing waits, in place of waiting for more
    #[arg(long)]
    once: bool,

    /// End at once where another worker with this flag is at it
    #[arg(long)]
    alone: bool,

    /// Print the runs, `[run]`, as JSON when it ends
    #[arg(long)]
    json: bool,
}

pub fn run(ui: &mut Ui, globals: &Globals, args: Args) -> Result<ExitStatus, CommandError> {
    let context = session::open_for_worker(ui, globals)?;
    if !args.once {
        ui.status("waiting for hooks to run; Ctrl-C ends it");
    }
    let worked = hooks::work(&context, WorkOptions { once: args.once, alone: args.alone })?;
    if args.json {
        ui.json(&worked.runs)?;
    }
    ui.status(summary(&worked));
    let interrupted = args.once && interrupt::requested();
    Ok(if interrupted { ExitStatus::Interrupted } else { ExitStatus::Done })
}

fn summary(worked: &Worked) -> String {
    if worked.events == 0 {
        return "nothing waited".to_owned();
    }
    let (runs, events) = (count(worked.runs.len(), "run"), count(worked.events, "event"));
    match worked.failed() {
        0 => format!("{runs} of {events}"),
        failed => format!("{runs} of {events}, {failed} failed"),
    }
}
