//! `mlv hooks work`

use crate::base::interrupt;
use crate::cli::error::CommandError;
use crate::cli::exit::ExitStatus;
use crate::cli::globals::Globals;
use crate::cli::render::count;
use crate::cli::session;
use crate::cli::ui::Ui;
use crate::ops::hooks::{self, WorkOptions, Worked};
use crate::ops::remote_worker::{self, RemoteWorkOptions};

/// Run the hooks that wait in the background, and those whose time has come
///
/// Hooks with `async: true` wait for a worker, and so do scheduled ones. Any number of workers may
/// run at once: each event is taken by one of them. A worker that is stopped, or dies, leaves its
/// event to the next one. It ends with 0 however the hooks end: `mlv hooks runs` tells.
///
/// With `--remote` it follows the log of a remote: each time a branch moves forward there, the
/// `post-merge` hooks run that did not run where the merge was made, once, however many workers follow
/// from wherever. It begins with what comes after its first start; what it has done it remembers.
#[derive(Debug, clap::Args)]
pub struct Args {
    /// End when nothing waits, in place of waiting for more
    #[arg(long)]
    once: bool,

    /// End at once where another worker with this flag is at it
    #[arg(long, conflicts_with = "remote")]
    alone: bool,

    /// Run the hooks of branches that move at this remote
    #[arg(long, value_name = "REMOTE")]
    remote: Option<String>,

    /// Begin with entry N of the log of the remote
    #[arg(long, value_name = "N", requires = "remote")]
    from: Option<u64>,

    /// Print the runs, `[run]`, as JSON when it ends
    #[arg(long)]
    json: bool,
}

pub fn run(ui: &mut Ui, globals: &Globals, args: Args) -> Result<ExitStatus, CommandError> {
    let context = session::open_for_worker(ui, globals)?;
    if !args.once {
        ui.status("waiting for hooks to run; Ctrl-C ends it");
    }
    let Args { once, alone, from, .. } = args;
    let worked = match args.remote {
        Some(remote) => remote_worker::work(&context, &RemoteWorkOptions { remote, from, once })?,
        None => hooks::work(&context, WorkOptions { once, alone })?,
    };
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
