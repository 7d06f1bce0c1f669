//! `mlv hooks retry`

use crate::cli::commands::shared::unless_interrupted;
use crate::cli::error::{CommandError, user_error};
use crate::cli::exit::ExitStatus;
use crate::cli::globals::Globals;
use crate::cli::session;
use crate::cli::ui::Ui;
use crate::hook::runner::{RunRecord, Status};
use crate::ops::hooks;

/// Run a hook again, under its run id
///
/// A hook that ran after a deed goes on in its event, and those that need it and did not pass run
/// after it. One that refused a deed judges the tree that it judged then: the deed itself is not
/// repeated. `MLV_RUN_ID` stays the same and `MLV_ATTEMPT` goes up.
#[derive(Debug, clap::Args)]
#[command(after_help = "Examples:
  mlv hooks retry r-000042
  mlv hooks retry --failed")]
pub struct Args {
    /// The run, as `mlv hooks runs` names it
    #[arg(required_unless_present = "failed")]
    run: Option<String>,

    /// Every hook that failed after a deed
    #[arg(long, conflicts_with = "run")]
    failed: bool,

    /// Print the runs, `[run]`, as JSON
    #[arg(long)]
    json: bool,
}

pub fn run(ui: &mut Ui, globals: &Globals, args: Args) -> Result<ExitStatus, CommandError> {
    let mut context = session::open(ui, globals)?;
    context.reuses_verdicts = false;
    let runs = match &args.run {
        Some(run) => hooks::retry(&context, run)?,
        None => hooks::retry_failed(&context)?,
    };
    if args.json {
        ui.json(&runs)?;
    }
    if runs.is_empty() {
        ui.status("no hook failed after a deed");
    }
    match runs.iter().find(|run| run.status == Status::Failed) {
        Some(failed) => Err(failed_again(failed)),
        None => Ok(unless_interrupted()),
    }
}

fn failed_again(run: &RunRecord) -> CommandError {
    let status = if run.event.may_refuse() { ExitStatus::Refused } else { ExitStatus::Failed };
    user_error(format!("`{}` failed again", run.hook))
        .hinted(format!("full log: `mlv hooks log {}`", run.run_id))
        .exiting(status)
}
